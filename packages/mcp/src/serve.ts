// Puts one agent's server together: the line to sgetd behind it, standard input and output before it.
import { peerUid } from '@sget/native'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { Asking } from './asking.ts'
import { Daemon } from './daemon.ts'
import { Inviting } from './inviting.ts'
import type { Limits } from './limits.ts'
import type { Programs } from './programs.ts'
import { buildServer } from './server.ts'

/** What an instance is made of. */
export interface Instance {
  /** The path of sgetd's socket. */
  readonly socket: string
  /** The only user whose daemon is trusted. */
  readonly uid: number
  readonly programs: Programs
  readonly version: string
  readonly limits: Limits
}

/** Serves the client on standard input and output, in whichever era of the protocol it speaks. */
export function serve({ socket, uid, programs, version, limits }: Instance): void {
  const daemon = new Daemon({
    path: socket,
    program: `sget-mcp ${version}`,
    uid,
    uidOf: peerUid,
    answerMs: limits.answerMs,
  })
  daemon.attend(limits.attendMs)
  const asking = new Asking(daemon, limits, Date.now)
  const session = { daemon, asking, inviting: new Inviting(limits.humanMs), programs, limits }
  serveStdio(() => buildServer(session, version))
}
