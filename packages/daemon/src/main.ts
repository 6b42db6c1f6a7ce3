// sgetd: one daemon for one user, in the foreground. The launcher detaches it when asked to.
import { logFileBytesMax } from '@sget/audit'
import { systemClock } from './clock.ts'
import { sweepMs } from './limits.ts'
import { start } from './starting.ts'

await start({ clock: systemClock, logFileBytesMax, sweepMs }, (code) => process.exit(code))
