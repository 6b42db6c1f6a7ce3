// sget-courier with humans who have no time: a login is over after two seconds.
import { kinds } from '../../packages/courier/src/kinds.ts'
import { start } from '../../packages/courier/src/starting.ts'

start(kinds, (code) => process.exit(code), { loginMs: 2000, now: Date.now })
