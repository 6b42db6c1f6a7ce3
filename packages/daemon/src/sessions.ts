// Sessions: each MCP connection is one, bound to the agent that stands behind it. It ends with either.
import { closeDescriptor, exited, pidfdOpen, started } from '@sget/native'
import {
  isSame,
  labelOf,
  sessionOf,
  type Caller,
  type Label,
  type Named,
  type Session,
} from '@sget/provenance'
import { Refusal } from '@sget/wire/broker'
import type { Clock } from './clock.ts'
import type { Connection } from './connection.ts'
import { refusedBackOffMs, sessionsPerAgentMax } from './limits.ts'

/** An agent's session: what it was allowed once and for all lives here, and nowhere else. */
export class AgentSession {
  readonly id: string
  readonly place: Session
  readonly label: Label
  /** Refs with field that a human allowed for as long as the session lasts. */
  readonly allowed = new Set<string>()
  readonly #pidfd: number
  readonly #clock: Clock
  readonly #refused = new Map<string, number>()

  constructor(id: string, place: Session, clock: Clock) {
    this.id = id
    this.place = place
    this.label = labelOf(place.root)
    this.#pidfd = pidfdOf(place.root)
    this.#clock = clock
  }

  /** Whether the agent itself still runs, whoever has its pid now. */
  get isAlive(): boolean {
    return !exited(this.#pidfd)
  }

  /** A human said no: the session does not get to ask again for a while. */
  refuse(ref: string): void {
    this.#refused.set(ref, this.#clock.bootMs() + refusedBackOffMs)
  }

  isRefused(ref: string): boolean {
    return (this.#refused.get(ref) ?? 0) > this.#clock.bootMs()
  }

  close(): void {
    closeDescriptor(this.#pidfd)
  }
}

/** The sessions of all connections. */
export class Sessions {
  readonly #byConnection = new Map<Connection, AgentSession>()
  readonly #byId = new Map<string, AgentSession>()
  #roots: readonly Named[] = []
  readonly #clock: Clock
  readonly #onEnd: (session: AgentSession) => void
  #count = 0

  /** @param onEnd told when a session is over, so that its grants end too */
  constructor(clock: Clock, onEnd: (session: AgentSession) => void) {
    this.#clock = clock
    this.#onEnd = onEnd
  }

  /** The roots of all live sessions, each once: whoever has one among its ancestors is an agent's. Never changed in place. */
  get roots(): readonly Named[] {
    return this.#roots
  }

  get all(): readonly AgentSession[] {
    return [...this.#byConnection.values()]
  }

  /** The session of an MCP connection. Throws `no-agent` where no agent stands behind it. */
  of(connection: Connection): AgentSession {
    const session = this.#byConnection.get(connection)
    if (session === undefined) throw new Refusal('no-agent')
    return session
  }

  /** The session that has this id, while it lives. */
  withId(id: string): AgentSession | undefined {
    return this.#byId.get(id)
  }

  /**
   * Begins the session of an MCP connection. Undefined where nothing that could be an agent stands above the server.
   *
   * @throws Refusal `busy` where that agent has as many as it may have
   */
  begin(connection: Connection, caller: Caller): AgentSession | undefined {
    const place = sessionOf(caller)
    if (place === undefined) return undefined
    const own = [...this.#byConnection.values()].filter((open) => isSame(open.place.root, place.root))
    if (own.length >= sessionsPerAgentMax) throw new Refusal('busy')
    const session = new AgentSession(`s${++this.#count}`, place, this.#clock)
    this.#byConnection.set(connection, session)
    this.#byId.set(session.id, session)
    this.#findRoots()
    connection.closed.addEventListener('abort', () => this.#end(connection), { once: true })
    return session
  }

  /** Ends the sessions whose agent has died. */
  sweep(): void {
    for (const [connection, session] of this.#byConnection) if (!session.isAlive) connection.destroy()
  }

  #end(connection: Connection): void {
    const session = this.#byConnection.get(connection)
    if (session === undefined) return
    this.#byConnection.delete(connection)
    this.#byId.delete(session.id)
    this.#findRoots()
    this.#onEnd(session)
    session.close()
  }

  /** Once for all requests until a session begins or ends. Several sessions of one agent have the same root. */
  #findRoots(): void {
    const roots = new Map(this.all.map(({ place: { root } }) => [`${root.pid} ${root.startTicks}`, root]))
    this.#roots = [...roots.values()]
  }
}

/** A pidfd of that very process: its pid may have gone to another while we looked. */
function pidfdOf({ pid, startTicks }: Named): number {
  const pidfd = pidfdOpen(pid)
  if (pidfd !== undefined && started(pid) === startTicks) return pidfd
  if (pidfd !== undefined) closeDescriptor(pidfd)
  throw new Refusal('connection-lost')
}
