// On whose behalf: the agent above an sget-mcp, and the way by which its grants may be redeemed.
import { type Caller } from './caller.ts'
import { isAmong, isBoundary, type Process } from './process.ts'

/** A session of an agent. `server`: sget-mcp, who connected, and what is between it and the root; the root is the last. */
export type Session = { root: Process; server: readonly Process[] }

/**
 * The session that an sget-mcp, the caller, opens: its root is the first process above it that is no shell, or is a
 * shell that leads a terminal's session, and from there up to the last one below a shell, a boundary, a process of
 * another user, or one that is hidden. Undefined when that would be no agent but what all programs hang from.
 */
export function sessionOf({ processes, peer }: Caller): Session | undefined {
  const first = processes.findIndex((process, at) => at > 0 && !isWrapper(process))
  const candidate = processes[first]
  if (!candidate || isBoundary(candidate) || candidate.uid !== peer.uid) return undefined
  let at = first
  if (candidate.kind !== 'shell') while (mayClimb(processes[at + 1], peer)) at++
  const root = processes[at]
  return root && { root, server: processes.slice(0, at + 1) }
}

/** `sh -c sget-mcp` leaves a shell in between. */
const isWrapper = ({ kind, pid, session, terminal }: Process) =>
  kind === 'shell' && !(pid === session && terminal !== 0)

const mayClimb = (parent: Process | undefined, peer: Process): boolean =>
  parent !== undefined &&
  parent.kind !== 'shell' &&
  parent.kind !== 'hidden' &&
  !isBoundary(parent) &&
  parent.uid === peer.uid

/**
 * When the oldest of those processes started that must be younger than a grant to the session, in ticks since boot: the
 * caller itself and all below the nearest process that it shares with the session's sget-mcp. A bystander in the tree
 * reads a handle in /proc/PID/cmdline before the lawful process has run. 0, older than any grant, when the caller is not
 * below the root. A grant's reply must be held back until the next tick, so that a lawful process is later than it.
 */
export function oldestOnPath({ processes }: Caller, { root, server }: Session): number {
  if (!isAmong(root, processes)) return 0
  const shared = processes.findIndex((process) => isAmong(process, server))
  return Math.min(...processes.slice(0, Math.max(shared, 1)).map(({ startTicks }) => startTicks))
}

/** Whether the path has to be fresh: not for an agent that types into shells of before, which no script can claim to be. */
export const needsFreshPath = ({ root }: Session): boolean =>
  root.script !== undefined || root.agent?.shellsPersist !== true
