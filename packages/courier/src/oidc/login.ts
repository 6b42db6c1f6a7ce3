// What every login has: one at a time, an end, and a session that is looked at before it counts.
import { SsoFailure } from './failure.ts'
import { loginMs } from './limits.ts'
import type { Session } from './session.ts'
import { standing, type Demand } from './step-up.ts'

/** Whose session it is to be, and how strong. */
export interface Wanted {
  readonly demand?: Demand
  /** The subject of the session in hand, where there is one. */
  readonly subject?: string
}

/** A login that waits for the human. */
export interface Login {
  /** To be opened in a browser. */
  readonly url: string
  /** Rejects with NetworkFailure or SsoFailure. Whoever takes it disposes of it. */
  readonly session: Promise<Session>
  /** Ends the wait: `cancelled`. */
  cancel(): void
}

/** How long a human may take, and what time it is. A test has less time than the world. */
export interface Pace {
  readonly loginMs: number
  readonly now: () => number
}

/** The pace of the world. */
export const worldly: Pace = { loginMs, now: Date.now }

/** The end of one login: after its time, or when somebody cancels it. */
export class Ending {
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout

  constructor(ms: number) {
    this.#timer = setTimeout(() => this.#end('unfinished'), ms)
  }

  /** Aborts when the login is over before it came to anything. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  cancel(): void {
    this.#end('cancelled')
  }

  /** Settles like what is waited for, or rejects at once with why the login is over. */
  async before<Result>(awaited: Promise<Result>): Promise<Result> {
    const { signal } = this
    const { promise: over, reject } = Promise.withResolvers<never>()
    const abort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    try {
      return await Promise.race([over, awaited])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** The login is over, one way or the other. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }

  #end(code: 'unfinished' | 'cancelled'): void {
    this.#controller.abort(new SsoFailure(code))
  }
}

/**
 * The session, when it is what was wanted: a provider may ignore what it was asked for (OpenID Connect Core, section 5.5.1.1).
 * Else it is disposed of.
 *
 * @throws SsoFailure `other-person`, `too-weak`
 */
export function accepted(session: Session, { demand = {}, subject }: Wanted, nowMs: number): Session {
  const isOther = subject !== undefined && subject !== session.facts.subject
  if (!isOther && standing(session.facts, demand, nowMs) === 'enough') return session
  session[Symbol.dispose]()
  throw new SsoFailure(isOther ? 'other-person' : 'too-weak')
}
