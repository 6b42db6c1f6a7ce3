// What the tools of one agent share.
import type { Asking } from './asking.ts'
import type { Daemon } from './daemon.ts'
import type { Inviting } from './inviting.ts'
import type { Limits } from './limits.ts'
import type { Programs } from './programs.ts'

/** One agent's session; it ends with the process. */
export interface Session {
  readonly daemon: Daemon
  readonly asking: Asking
  readonly inviting: Inviting
  readonly programs: Programs
  readonly limits: Limits
}
