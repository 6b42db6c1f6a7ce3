// Asks sgetd for grants: one request at a time for the same variables, however often an agent calls.
import { Refusal, type Body } from '@sget/wire'
import type { Daemon } from './daemon.ts'
import { Flight, type Caller } from './flight.ts'
import type { Limits } from './limits.ts'
import { patiently } from './within.ts'

/** A grant, or what a human must do before there is one. */
export type Answer = { readonly granted: Body<'granted'> } | { readonly waiting: Body<'waiting'> }

/**
 * The requests of one agent. A call that gave up leaves its request in flight, and the next call that asks the same
 * takes it up. A handle goes to one call only.
 */
export class Asking {
  readonly #daemon: Daemon
  readonly #limits: Limits
  readonly #now: () => number
  readonly #flights = new Map<string, Flight>()

  /** @param now wall clock, milliseconds */
  constructor(daemon: Daemon, limits: Limits, now: () => number) {
    this.#daemon = daemon
    this.#limits = limits
    this.#now = now
  }

  /**
   * Asks, or takes up what was asked before, and waits for a human up to the limit.
   *
   * @throws Refusal · Invited while the human has to sign in
   */
  async ask(body: Body<'grant'>, caller: Caller): Promise<Answer> {
    const patience = { ms: this.#limits.humanMs, signal: caller.signal }
    return patiently(patience, (givenUp) => this.#ask(body, caller, givenUp))
  }

  async #ask(body: Body<'grant'>, caller: Caller, givenUp: Promise<undefined>): Promise<Answer> {
    for (;;) {
      const flight = this.#find(body) ?? this.#launch(body)
      const ticker = setInterval(() => flight.remind(caller), this.#limits.progressMs)
      const granted = await flight.join(caller, givenUp).finally(() => clearInterval(ticker))
      if (granted === undefined) return unanswered(flight)
      flight.owner ??= caller
      // Else a later call owns the handle, and this one asks for its own.
      if (flight.owner === caller) return { granted }
    }
  }

  /** The request that asks the same. One that is decided goes to this call and is forgotten. */
  #find(body: Body<'grant'>): Flight | undefined {
    const key = keyOf(body)
    const flight = this.#flights.get(key)
    if (flight === undefined || flight.keptUntil === Infinity) return flight
    this.#flights.delete(key)
    return flight.keptUntil > this.#now() ? flight : undefined
  }

  #launch(body: Body<'grant'>): Flight {
    const now = this.#now()
    for (const [key, { keptUntil }] of this.#flights) if (keptUntil <= now) this.#flights.delete(key)
    const flight = new Flight(this.#daemon, body)
    this.#flights.set(keyOf(body), flight)
    flight.outcome.then(
      ({ expires }) => this.#settle(body, flight, expires),
      (error: unknown) =>
        this.#settle(body, flight, isDenial(error) ? this.#now() + this.#limits.refusalKeptMs : 0),
    )
    return flight
  }

  #settle(body: Body<'grant'>, flight: Flight, keptUntil: number): void {
    flight.keptUntil = keptUntil
    flight.owner = flight.latest
    if (flight.owner !== undefined || keptUntil === 0) this.#flights.delete(keyOf(body))
  }
}

/** The reason is left out: an agent that asks again words it anew. */
function keyOf({ shell, wanted }: Body<'grant'>): string {
  return JSON.stringify([shell, wanted])
}

function isDenial(error: unknown): boolean {
  return error instanceof Refusal && error.failure === 'approval-denied'
}

function unanswered({ waiting }: Flight): Answer {
  if (waiting === undefined) throw new Refusal('too-slow')
  return { waiting }
}
