// On whose behalf: the agent above an sget-mcp, and the way by which its grants may be redeemed.
import { type Caller } from './caller.ts'
import { isAmong, isBoundary, isSame, type Process } from './process.ts'

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
 * Whether a caller may redeem what was granted to a session at `birthTick` (the unit of `bootTicks`; the grant's reply
 * must be held back until the next tick, so that a lawful process is always later). It must be below the root; and
 * itself and all below the nearest process that it shares with the session's sget-mcp must have started after the grant:
 * a bystander in the tree can read a handle in /proc/PID/cmdline. Agents whose shells persist are spared the latter.
 */
export function isFreshPath({ processes }: Caller, { root, server }: Session, birthTick: number): boolean {
  if (!isAmong(root, processes)) return false
  if (root.script === undefined && root.agent?.shellsPersist) return true
  const shared = processes.findIndex((process) => server.some((other) => isSame(process, other)))
  return processes.slice(0, Math.max(shared, 1)).every(({ startTicks }) => startTicks > birthTick)
}
