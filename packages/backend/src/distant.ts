// A vault on the network, behind a sealed cache: what it gave serves for a while, and for longer while it cannot be asked.
import {
  isOver,
  MemoryFailure,
  type Instant,
  type Keep,
  type SealedCache,
  type SealedSecret,
} from '@sget/memory'
import { Absences } from './absences.ts'
import { BackendFailure } from './failure.ts'

/** Asks the vault for all fields of a secret at once. */
export type Gather = (path: string, keep: Keep, signal: AbortSignal) => Promise<void>

/** How long what was fetched counts. */
export interface Freshness {
  /** Until the vault is asked again. */
  readonly ttlMs: number
  /** While it cannot be reached; 0 for no longer than that. */
  readonly staleMs: number
}

/** What a failed try says of the secret: nothing, since the vault did not answer; that there is none; or something else. */
export type Meaning = 'unreachable' | 'absent' | 'other'

export interface DistantOptions {
  readonly gather: Gather
  readonly meaningOf: (failure: unknown) => Meaning
  /** Of the session at this vault: who ends it ends all that is kept. Its lifetime is `lifetimeMs` of the freshness. */
  readonly cache: SealedCache
  readonly freshness: Freshness
  readonly now: () => Instant
}

/** A secret that was fetched, and how old it is where the vault could not be asked. */
export interface Obtained {
  readonly secret: SealedSecret
  readonly staleMs: number | undefined
}

/** How long a cache for this freshness keeps what it has. */
export function lifetimeMs({ ttlMs, staleMs }: Freshness): number {
  return Math.max(ttlMs, staleMs)
}

export class Distant {
  readonly #options: DistantOptions
  readonly #absences: Absences

  constructor(options: DistantOptions) {
    this.#options = options
    this.#absences = new Absences(options.now)
  }

  /**
   * The secret: kept, fetched, or an old one while the vault cannot be reached.
   *
   * @param freshMs what is older is asked for again, though the vault's own time for it is not over
   * @throws what `gather` throws; BackendFailure `locked` after the end of the session
   */
  async obtain(path: string, freshMs = Infinity): Promise<Obtained> {
    try {
      return await this.#obtain(path, freshMs)
    } catch (failure) {
      throw inOurWords(failure)
    }
  }

  /**
   * The secret, where it is kept and counts without a question to the vault.
   *
   * @throws BackendFailure `locked` after the end of the session
   */
  kept(path: string, freshMs = Infinity): SealedSecret | undefined {
    try {
      const { cache, freshness, now } = this.#options
      const secret = cache.peek(path)
      const ttlMs = Math.min(freshness.ttlMs, freshMs)
      return secret && !isOver(secret.since, now(), ttlMs) ? secret : undefined
    } catch (failure) {
      throw inOurWords(failure)
    }
  }

  /** The secret has changed, or is not to be used any more. */
  forget(path: string): void {
    this.#options.cache.forget(path)
    this.#absences.forget(path)
  }

  async #obtain(path: string, freshMs: number): Promise<Obtained> {
    const fresh = this.kept(path, freshMs)
    if (fresh) return { secret: fresh, staleMs: undefined }
    const { cache, freshness, now } = this.#options
    const old = cache.peek(path)
    try {
      return { secret: await this.#ask(path), staleMs: undefined }
    } catch (failure) {
      const staleMs = old && ageMs(old.since, now())
      const serves = this.#options.meaningOf(failure) === 'unreachable' && staleMs !== undefined
      if (old === undefined || !serves || staleMs >= freshness.staleMs) throw failure
      // What has ended meanwhile serves nobody, reachable or not.
      cache.peek(path)
      return { secret: old, staleMs }
    }
  }

  async #ask(path: string): Promise<SealedSecret> {
    this.#absences.refuse(path)
    const { cache, gather } = this.#options
    try {
      return await cache.renew(path, (keep, signal) => gather(path, keep, signal))
    } catch (failure) {
      if (this.#options.meaningOf(failure) === 'absent') this.#miss(path, failure)
      throw failure
    }
  }

  /** What the vault has no more is not kept either, however fresh it was. */
  #miss(path: string, failure: unknown): void {
    this.#options.cache.forget(path)
    this.#absences.miss(path, failure)
  }
}

/**
 * Fills the beginning of `into`, which is locked memory, with one field of a secret.
 *
 * @returns the length of the value
 * @throws BackendFailure `no-field`, `no-room`, `locked`; MemoryFailure `ended` where it is too old by now
 */
export function takeField(secret: SealedSecret, field: string, into: Buffer): number {
  if (!secret.fields.has(field)) throw new BackendFailure('no-field', `it has no field ${field}`)
  try {
    return secret.open(field, into)
  } catch (failure) {
    throw inOurWords(failure)
  }
}

const ageMs = (since: Instant, now: Instant): number =>
  Math.max(now.bootMs - since.bootMs, Math.abs(now.wallMs - since.wallMs))

function inOurWords(failure: unknown): unknown {
  if (!(failure instanceof MemoryFailure)) return failure
  const { code, message } = failure
  if (code === 'destroyed') return new BackendFailure('locked', message)
  return code === 'no-room' ? new BackendFailure('no-room', message) : failure
}
