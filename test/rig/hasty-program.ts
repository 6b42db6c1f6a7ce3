// sgetd that looks after what ends by itself ten times a second, and soon gives up a job, or a courier that has none.
import { logFileBytesMax } from '../../packages/audit/src/index.ts'
import { systemClock } from '../../packages/daemon/src/clock.ts'
import { start } from '../../packages/daemon/src/starting.ts'

const patience = { idleMs: 2000, jobMs: 5000 }

await start({ clock: systemClock, logFileBytesMax, sweepMs: 100, patience }, (code) => process.exit(code))
