// The SSO session of somebody who is signed in: tokens that are sealed, facts that may be shown, and an end.
import { standing, type Demand } from '@sget/courier/messages'
import { Enclave, isOver, sealBytes, type Instant } from '@sget/memory'
import type { SessionFacts } from './session-errands.ts'
import type { Loaned } from './shift.ts'

const purpose = Buffer.from('sso session')

/** Tokens under a key of their own: once that is gone nobody has them. */
export class SealedTokens {
  readonly #enclave = Enclave.random()
  #sealed: Buffer | undefined

  /** Takes the tokens out of locked memory, which is wiped. */
  readonly take = (tokens: Buffer): void => {
    this.#sealed = this.#enclave.seal(tokens, purpose)
  }

  get bytes(): number {
    return Math.max(0, (this.#sealed?.length ?? 0) - sealBytes)
  }

  /** Opens them into the beginning of locked memory, and returns their length. Throws MemoryFailure `destroyed`, `no-room`. */
  open(into: Buffer): number {
    return this.#sealed === undefined ? 0 : this.#enclave.open(this.#sealed, purpose, into)
  }

  get loaned(): Loaned {
    return { bytesMax: this.bytes, fill: async (room) => Promise.resolve(this.open(room)) }
  }

  destroy(): void {
    this.#enclave.destroy()
  }
}

/** From a login or a renewal to the next, or to the end. */
export class HeldSession {
  readonly tokens: SealedTokens
  readonly facts: SessionFacts
  /** When it came. */
  readonly #since: Instant

  constructor(tokens: SealedTokens, facts: SessionFacts, since: Instant) {
    this.tokens = tokens
    this.facts = facts
    this.#since = since
  }

  /** Whether its tokens serve no more, by either clock. */
  isOver(now: Instant): boolean {
    return isOver(this.#since, now, this.facts.until - this.#since.wallMs)
  }

  /** Whether it is to be renewed. */
  isDue(now: Instant): boolean {
    const { refreshAt } = this.facts
    return refreshAt !== 0 && isOver(this.#since, now, refreshAt - this.#since.wallMs)
  }

  /** Whether whoever signed in did so as strongly and as lately as is demanded. A clock that was set back makes nobody younger. */
  meets(demand: Demand, now: Instant): boolean {
    const { acr, amr, authTime } = this.facts
    const strength = {
      acr: acr === '' ? undefined : acr,
      amr: amr.map(({ method }) => method),
      authTime: authTime === 0 ? undefined : authTime,
    }
    const slept = this.#since.wallMs + (now.bootMs - this.#since.bootMs)
    return standing(strength, demand, Math.max(now.wallMs, slept)) === 'enough'
  }
}
