// One request for a grant, from its sending until a call has taken its outcome.
import type { Body, Connection } from '@sget/wire'
import type { Daemon } from './daemon.ts'
import { Invited } from './invited.ts'

/** A call of the tool: its client may cancel it, and it is told when a human is being asked. */
export interface Caller {
  readonly signal: AbortSignal
  readonly onWaiting: (waiting: Body<'waiting'>) => void
}

/** A request that outlives the calls that wait for it, and tells each of them about the human. */
export class Flight {
  readonly #callers = new Set<Caller>()
  #waiting: Body<'waiting'> | undefined

  /** Ends the waiting of each call, with Invited, while the human has to sign in. */
  #summons = Promise.withResolvers<never>()

  /** Called when they have; does nothing before they have to. */
  #admit = nothing

  #isHumanAsked = false

  /** Settles when sgetd has decided. */
  readonly outcome: Promise<Body<'granted'>>

  /** The call that the handle belongs to, once there is one. */
  owner: Caller | undefined

  /** Until when the outcome is of use: wall clock, milliseconds. */
  keptUntil = Infinity

  constructor(daemon: Daemon, body: Body<'grant'>) {
    const unasked = (): boolean => !this.#isHumanAsked
    // A human who was asked already is not asked once more behind the agent's back.
    this.outcome = daemon.over((connection) => this.#request(connection, body), unasked)
    const decided = (): unknown => (this.#summons = Promise.withResolvers())
    this.outcome.then(decided, decided)
  }

  /** What a human must do, once sgetd has said so. */
  get waiting(): Body<'waiting'> | undefined {
    return this.#waiting
  }

  /** The latest call that still waits; an earlier one's client may have given up without a word. */
  get latest(): Caller | undefined {
    return [...this.#callers].at(-1)
  }

  /**
   * Waits for the outcome until `givenUp` settles, and then returns undefined.
   *
   * @throws Refusal · Invited while the human has to sign in
   */
  async join(caller: Caller, givenUp: Promise<undefined>): Promise<Body<'granted'> | undefined> {
    this.#callers.add(caller)
    this.remind(caller)
    try {
      return await Promise.race([this.outcome, this.#summons.promise, givenUp])
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
      onInvitation: (invitation) => this.#summon(invitation),
    })
    void connection.closed.then(() => (this.keptUntil = 0))
    return granted
  }

  #announce(waiting: Body<'waiting'>): void {
    this.#isHumanAsked = true
    this.#admit()
    this.#waiting = waiting
    for (const caller of this.#callers) this.remind(caller)
  }

  #summon(invitation: Body<'invitation'>): void {
    this.#isHumanAsked = true
    this.#admit()
    const { promise: admitted, resolve } = Promise.withResolvers<undefined>()
    this.#admit = () => {
      this.#admit = nothing
      this.#summons = Promise.withResolvers()
      resolve(undefined)
    }
    const over = Promise.race([admitted, this.outcome.then(() => undefined)])
    this.#summons.promise.catch(nothing)
    this.#summons.reject(new Invited(invitation, over))
  }
}

function nothing(): void {
  // For who calls back without need.
}
