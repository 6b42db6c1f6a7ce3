// A cache full of values, read from a file into locked memory, for others to look at from outside.
// All of sgetd is loaded too, and holds the locked frames that it has, but serves nothing.
// usage: hoard FILE COUNT VALUE_BYTES; prints what it costs before and after, as lines of JSON; at the first byte that
// comes in it ends the cache and prints again; it stays until the end of standard input.
import { openSync, readSync } from 'node:fs'
import { memoryUsage } from 'node:process'
import { setImmediate } from 'node:timers/promises'
import { serve } from '../../packages/daemon/src/daemon.ts'
import { Pool, Receiver, SealedCache, lockedBytes } from '../../packages/memory/src/index.ts'
import { frameBytesMax } from '../../packages/wire/src/broker.ts'

const [, , file = '', count = '', valueBytes = ''] = process.argv
const descriptor = openSync(file, 'r')
const bytes = Number(valueBytes)
const frames = 4
const daemon = { serve, receiver: new Receiver(), pool: new Pool({ frameBytes: frameBytesMax }) }
const pool = new Pool({ frameBytes: 4096, frames })
const now = (): { bootMs: number; wallMs: number } => ({ bootMs: performance.now(), wallMs: Date.now() })
const cache = new SealedCache({ now, lifetimeMs: 60 * 60_000 })

async function fetchOne(at: number): Promise<void> {
  await cache.get(`team/service-${at}`, async (keep) => {
    await setImmediate()
    using loan = await pool.loan(bytes)
    readSync(descriptor, loan.bytes, 0, bytes, at * bytes)
    keep('key', loan.bytes)
  })
}

function milliseconds(work: () => void): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

function tell(also: object = {}): void {
  const cost = {
    rssBytes: memoryUsage.rss(),
    lockedBytes: lockedBytes(),
    values: cache.size,
    parts: Object.keys(daemon),
  }
  process.stdout.write(`${JSON.stringify({ ...cost, ...also })}\n`)
}

tell()
for (let at = 0; at < Number(count); at += frames)
  await Promise.all(Array.from({ length: frames }, (_, one) => fetchOne(at + one)))
tell({ sweepMs: milliseconds(() => cache.sweep()) })

process.stdin.once('data', () => {
  const before = memoryUsage.rss()
  const endMs = milliseconds(() => cache.end())
  tell({ endMs, freedBytes: before - memoryUsage.rss() })
})
