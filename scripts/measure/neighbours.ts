// What others feel of peers that mean harm: sget beside them, and beside nobody, in alternation.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { Instance } from '../../test/rig/instance.ts'
import { end, plainEnvironment } from '../../test/rig/process.ts'
import { alternate, ratio, sgetOf, value } from './pairs.ts'
import { type Result } from './result.ts'

const pairs = 150
/** So many bytes that one of them is as large as a value may be. */
const bigBytes = 1024 * 1024
const slowedAtMost = 2

/** What harm.ts can do, each in so many processes. */
const harms = [
  { act: 'idle', processes: 4 },
  { act: 'drip', processes: 1 },
  { act: 'flood', processes: 1 },
  { act: 'large', processes: 1 },
] as const

/** How many times as long `sget REF` takes beside each kind of harm, as beside none on the same machine. */
export async function neighbours(harmed: Instance, policy: string): Promise<Result[]> {
  const quiet = await Instance.create(policy)
  try {
    await quiet.put('bench/value', value)
    await harmed.put('bench/large', randomBytes(bigBytes / 2).toString('hex'))
    const results: Result[] = []
    for (const { act, processes } of harms)
      results.push({
        name: `sget_ratio_beside_${act}_peers`,
        value: await beside(act, processes, { harmed, quiet }),
        unit: '×',
        goal: { atMost: slowedAtMost },
      })
    return results
  } finally {
    quiet.remove()
  }
}

async function beside(
  act: string,
  processes: number,
  { harmed, quiet }: { harmed: Instance; quiet: Instance },
): Promise<number> {
  const crowd = Array.from({ length: processes }, () =>
    spawn(process.execPath, [join(import.meta.dirname, 'harm.ts'), harmed.home, act], {
      env: plainEnvironment,
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  )
  try {
    await Promise.all(crowd.map(({ stdout }) => once(stdout, 'data')))
    return ratio(await alternate(sgetOf(quiet), sgetOf(harmed), pairs, join(quiet.home, 'times')))
  } finally {
    for (const child of crowd) child.stdin.end()
    await Promise.all(crowd.map((child) => end(child)))
  }
}
