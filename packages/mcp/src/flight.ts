// One request for a grant, from its sending until a call has taken its outcome.
import type { Body, Connection } from '@sget/wire'
import type { Daemon } from './daemon.ts'

/** A call of the tool: its client may cancel it, and it is told when a human is being asked. */
export interface Caller {
  readonly signal: AbortSignal
  readonly onWaiting: (waiting: Body<'waiting'>) => void
}

/** A request that outlives the calls that wait for it, and tells each of them about the human. */
export class Flight {
  readonly #callers = new Set<Caller>()
  #waiting: Body<'waiting'> | undefined

  /** Settles when sgetd has decided. */
  readonly outcome: Promise<Body<'granted'>>

  /** The call that the handle belongs to, once there is one. */
  owner: Caller | undefined

  /** Until when the outcome is of use: wall clock, milliseconds. */
  keptUntil = Infinity

  constructor(daemon: Daemon, body: Body<'grant'>) {
    const unasked = (): boolean => this.#waiting === undefined
    // A human who was asked already is not asked once more behind the agent's back.
    this.outcome = daemon.over((connection) => this.#request(connection, body), unasked)
  }

  /** What a human must do, once sgetd has said so. */
  get waiting(): Body<'waiting'> | undefined {
    return this.#waiting
  }

  /** The latest call that still waits; an earlier one's client may have given up without a word. */
  get latest(): Caller | undefined {
    return [...this.#callers].at(-1)
  }

  /** Waits for the outcome until `givenUp` settles, and then returns undefined. */
  async join(caller: Caller, givenUp: Promise<undefined>): Promise<Body<'granted'> | undefined> {
    this.#callers.add(caller)
    this.remind(caller)
    try {
      return await Promise.race([this.outcome, givenUp])
    } finally {
      this.#callers.delete(caller)
    }
  }

  /** Tells a call that a human is still being asked. */
  remind(caller: Caller): void {
    if (this.#waiting !== undefined) caller.onWaiting(this.#waiting)
  }

  async #request(connection: Connection, body: Body<'grant'>): Promise<Body<'granted'>> {
    const granted = await connection.request('grant', body, 'granted', {
      onWaiting: (waiting) => this.#announce(waiting),
    })
    void connection.closed.then(() => (this.keptUntil = 0))
    return granted
  }

  #announce(waiting: Body<'waiting'>): void {
    this.#waiting = waiting
    for (const caller of this.#callers) this.remind(caller)
  }
}
