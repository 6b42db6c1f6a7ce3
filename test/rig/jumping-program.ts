// sgetd with clocks that jump when a test says so, by a file beside its folders, and that never looks after what ends by
// itself: what is over has to be noticed when it is used, as after a sleep in which no timer ran.
import { readFileSync } from 'node:fs'
import { logFileBytesMax } from '../../packages/audit/src/index.ts'
import { systemClock, type Clock } from '../../packages/daemon/src/clock.ts'
import { start } from '../../packages/daemon/src/starting.ts'
import type { Jump } from './jump.ts'

const neverMs = 2 ** 31 - 1
const home = process.argv[process.argv.indexOf('--home') + 1] ?? ''

/** How far the clocks are from the machine's now. */
function jumped(): Jump {
  try {
    return JSON.parse(readFileSync(`${home}/jump`, 'utf8')) as Jump
  } catch {
    return { bootMs: 0, wallMs: 0 }
  }
}

const clock: Clock = {
  ...systemClock,
  bootMs: () => systemClock.bootMs() + jumped().bootMs,
  wallMs: () => systemClock.wallMs() + jumped().wallMs,
}

await start({ clock, logFileBytesMax, sweepMs: neverMs }, (code) => process.exit(code))
