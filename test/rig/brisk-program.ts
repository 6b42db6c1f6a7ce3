// sgetd that looks after what ends by itself ten times a second, so that a test need not wait for it.
import { logFileBytesMax } from '../../packages/audit/src/index.ts'
import { systemClock } from '../../packages/daemon/src/clock.ts'
import { start } from '../../packages/daemon/src/starting.ts'

await start({ clock: systemClock, logFileBytesMax, sweepMs: 100 }, (code) => process.exit(code))
