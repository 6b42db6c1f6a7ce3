// sget-courier: does sgetd's errands on the network, and keeps nothing. sgetd starts it when there is one, and ends it.
import { kinds } from './kinds.ts'
import { start } from './starting.ts'

start(kinds, (code) => process.exit(code))
