// What 100,000 values in the sealed cache cost, and what of them is found in the memory of the process that has them.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { copies } from '../packages/memory/test/fixtures/scan.ts'
import { Hoard } from './rig/hoard.ts'

const count = 100_000
const valueBytes = 100
const mebibyte = 1024 * 1024
const residentBytesMax = 130 * mebibyte

const folder = mkdtempSync(join(tmpdir(), 'sget-cache-'))
t.teardown(() => rmSync(folder, { recursive: true }))

t.test('100,000 values', { skip: process.platform !== 'linux' }, async (t) => {
  const file = join(folder, 'values')
  const values = randomBytes(count * valueBytes)
  writeFileSync(file, values)
  const hoard = await Hoard.start(file, count, valueBytes)
  t.teardown(() => hoard.stop())
  const { empty, full } = hoard
  const valueAt = (at: number): Buffer => values.subarray(at * valueBytes, (at + 1) * valueBytes)
  const sample = [0, 1, 49_999, count - 1].map(valueAt)

  t.test('are all there, and leave room for the rest of sgetd', async (t) => {
    t.match(empty, { values: 0 })
    t.match(full, { values: count })
    t.ok(full.rssBytes <= residentBytesMax, `${full.rssBytes / mebibyte} MiB in all`)
  })
  t.test('lock no more memory than none', async (t) => {
    t.equal(full.lockedBytes, empty.lockedBytes)
    t.ok(full.lockedBytes < 5 * mebibyte, `${full.lockedBytes} bytes`)
  })
  t.test('are not in memory while nobody uses them', async (t) => {
    t.not(copies(hoard.pid, Buffer.from('team/service-4999')), 0, 'the scan finds a name')
    for (const value of sample) t.equal(copies(hoard.pid, value), 0)
  })
  t.test('are gone at once when the cache ends', async (t) => {
    const ended = await hoard.endCache()
    t.match(ended, { values: 0, lockedBytes: full.lockedBytes })
    t.ok((ended.freedBytes ?? 0) > 15 * mebibyte, 'the system has the memory of what was sealed back')
    for (const value of sample) t.equal(copies(hoard.pid, value), 0)
  })
})
