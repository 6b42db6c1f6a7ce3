// sgetd with an audit log of short files, so that one is set aside several times a second under load.
import { systemClock } from '../../packages/daemon/src/clock.ts'
import { sweepMs } from '../../packages/daemon/src/limits.ts'
import { start } from '../../packages/daemon/src/starting.ts'

await start({ clock: systemClock, logFileBytesMax: 32 * 1024, sweepMs }, (code) => process.exit(code))
