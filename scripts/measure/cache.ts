// What a full sealed cache costs, and how long it takes to make all of it worthless.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hoard } from '../../test/rig/hoard.ts'
import { type Result } from './result.ts'

const cachedValues = 100_000
const cachedValueBytes = 100

/** Of a process like sgetd, before and after. */
export async function fullCache(): Promise<Result[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sget-cache-'))
  const file = join(folder, 'values')
  writeFileSync(file, randomBytes(cachedValues * cachedValueBytes))
  const hoard = await Hoard.start(file, cachedValues, cachedValueBytes)
  const ended = await hoard.endCache()
  await hoard.stop()
  rmSync(folder, { recursive: true })
  const { empty, full } = hoard
  const lockedKib = (full.lockedBytes - empty.lockedBytes) / 1024
  return [
    { name: 'cache_empty_rss', value: empty.rssBytes / 1024 ** 2, unit: 'MiB' },
    { name: 'cache_full_rss', value: full.rssBytes / 1024 ** 2, unit: 'MiB', goal: { atMost: 130 } },
    { name: 'cache_full_locked_more', value: lockedKib, unit: 'KiB', goal: { atMost: 0 } },
    { name: 'cache_full_sweep', value: full.sweepMs ?? Number.NaN, unit: 'ms' },
    { name: 'cache_full_end', value: ended.endMs ?? Number.NaN, unit: 'ms', goal: { atMost: 10 } },
  ]
}
