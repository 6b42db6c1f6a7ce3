// A process of a chain, with what it was found to be.
import { type Ancestor } from '@sget/native'
import { type Agent } from './agents.ts'

/** `hidden`: we may not know what it runs. `program`: anything that the tables do not name. */
export type Kind =
  | 'agent'
  | 'helper'
  | 'hidden'
  | 'init'
  | 'interpreter'
  | 'login'
  | 'multiplexer'
  | 'program'
  | 'session-manager'
  | 'shell'
  | 'terminal'

/**
 * `executable`: the resolved path, or the process's own name in parentheses when the path is hidden. `elsewhere`: that path
 * is one of another mount namespace, where anybody may have put anything there. `script`: what an interpreter claims to run.
 * `agent`: its row, when it is a known one.
 */
export type Identity = { kind: Kind; executable: string; elsewhere?: true; script?: string; agent?: Agent }

export type Process = Ancestor & Identity

/** What names a process for good: a pid may be used again, but not with the same start. */
export type Named = { pid: number; startTicks: number }

export const isSame = (one: Named, other: Named): boolean =>
  one.pid === other.pid && one.startTicks === other.startTicks

/** Whether a process is one of several. */
export const isAmong = (process: Named, others: readonly Named[]): boolean =>
  others.some((other) => isSame(process, other))

/** Where people and the system begin and programs end: no session reaches over one of these. */
export const isBoundary = ({ kind }: Identity): boolean =>
  kind === 'init' ||
  kind === 'login' ||
  kind === 'multiplexer' ||
  kind === 'session-manager' ||
  kind === 'terminal'

/** How a process is shown and matched. `claimed`: it says so itself. */
export type Label = { path: string; claimed: boolean }

/** The label of a process: of an interpreter its script, else the executable, else the name that it gave itself. */
export const labelOf = ({ executable, elsewhere, script }: Identity): Label =>
  script === undefined
    ? { path: executable, claimed: elsewhere === true || !executable.startsWith('/') }
    : { path: script, claimed: true }
