// Who asks: the class of a caller, from the processes above it.
import { isAmong, type Named, type Process } from './process.ts'
import { type Refusal } from './refusal.ts'

/**
 * `agent`: a live session root or a known agent anywhere in the chain, above a login too. `human`: see `isHuman`.
 * `unattributed`: everything else, services, cron, `systemd-run`, double forks, what runs in a multiplexer.
 */
export type CallerClass = 'agent' | 'human' | 'unattributed'

/**
 * What is known of a chain. `processes`: the peer first, then its ancestors. `complete`: up to one without a parent.
 * `roots`: the session roots that lived when it asked. `attested`: the peer is proved to be the genuine sget. `refusal`:
 * why it is answered nothing, if so.
 */
export type Trace = {
  peer: Process
  attested: boolean
  processes: readonly Process[]
  complete: boolean
  roots: readonly Named[]
  refusal: Refusal | undefined
}

/**
 * Who asks. `agent`: the nearest process that makes it an agent's. `terminal`: controlling terminal (device number) and
 * session id of the peer: what is remembered for a terminal is remembered for the two.
 */
export type Caller = Trace & {
  class: CallerClass
  agent: Process | undefined
  terminal: { device: number; session: number } | undefined
}

/** Decides what a trace makes of the one who asks. */
export function callerOf(trace: Trace): Caller {
  const { peer, processes, complete, roots } = trace
  const agent = processes.find((process) => process.kind === 'agent' || isAmong(process, roots))
  const unaccompanied = complete && isHuman(processes) ? 'human' : 'unattributed'
  const terminal = peer.terminal === 0 ? undefined : { device: peer.terminal, session: peer.session }
  return { ...trace, class: agent ? 'agent' : unaccompanied, agent, terminal }
}

/**
 * A controlling terminal, and readable processes all the way to a login that root runs, or through a terminal emulator
 * to a session manager. A terminal emulator that hangs from pid 1 was detached. What a program does behind an emulator
 * that it has the session manager start cannot be told from a human's work.
 */
function isHuman(processes: readonly Process[]): boolean {
  if (processes[0]?.terminal === 0) return false
  let inTerminal = false
  for (const { kind } of processes) {
    if (kind === 'login') return true
    if (kind === 'session-manager') return inTerminal
    if (kind === 'multiplexer' || kind === 'hidden' || kind === 'init') return false
    inTerminal ||= kind === 'terminal'
  }
  return false
}
