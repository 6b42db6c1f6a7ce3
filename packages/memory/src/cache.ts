// Values of a vault that is far away, kept sealed for a while. Ending the cache makes all of them worthless at once.
import assert from 'node:assert/strict'
import { Enclave, sealBytes } from './enclave.ts'
import { Entries, type EntryLimits, type Kept } from './entries.ts'
import { MemoryFailure } from './failure.ts'
import { type Instant, isOver } from './lifetime.ts'
import { type Pool } from './pool.ts'

/** What a value takes is its `entryBytes`: room for 100,000 of up to 250 bytes. */
export const cacheEntriesMax = 100_000
export const cacheBytesMax = 32 * 1024 * 1024

/** What a cache works with, and its limits. */
export interface CacheOptions extends Partial<Omit<EntryLimits, 'lifetimeMs'>> {
  /** Where fetched values land; the time for which it lends is the time that a fetch may take. */
  readonly pool: Pool
  readonly now: () => Instant
  /** Counted from the beginning of the fetch, on either clock. */
  readonly lifetimeMs: number
}

/**
 * Fetches one value into the beginning of `into`, which is locked memory, and returns its length. When the signal fires
 * nobody waits for it any more, and `into` is empty.
 */
export type Fetch = (into: Buffer, signal: AbortSignal) => Promise<number>

/** A value as the cache gives it out: sealed still, so that no locked memory is held while others are waited for. */
export interface SealedValue {
  /** The length of the value. */
  readonly bytes: number
  /** When its fetch began. */
  readonly since: Instant
  /**
   * Fills the beginning of `into`, which belongs in locked memory, and returns the length.
   *
   * @throws MemoryFailure `destroyed` (the cache has ended), `ended` (too old by now), `no-room`
   */
  open(into: Buffer): number
}

/**
 * The cache of one session at one vault: both end together. Failed fetches are not remembered, and what was fetched is
 * never in the clear but in a loan, while it is sealed.
 */
export class SealedCache {
  readonly #options: CacheOptions
  readonly #enclave = Enclave.random()
  readonly #entries: Entries
  readonly #flights = new Map<string, Promise<Kept>>()
  /** One for each fetch under way, forgotten or not. A signal of the cache's own would gather what listened to it. */
  readonly #underWay = new Set<AbortController>()
  #hasEnded = false

  /** Throws MemoryFailure `crowded` or `unlockable`. */
  constructor(options: CacheOptions) {
    this.#options = options
    const { entriesMax = cacheEntriesMax, bytesMax = cacheBytesMax, lifetimeMs } = options
    this.#entries = new Entries({ entriesMax, bytesMax, lifetimeMs })
  }

  /** How many values are kept. */
  get size(): number {
    return this.#entries.size
  }

  /** How much memory they take, sealed. */
  get bytes(): number {
    return this.#entries.bytes
  }

  /**
   * The value that is kept under a key, else the one that `fetch` brings. Of several who want the same at once the
   * first fetches, for all.
   *
   * @throws MemoryFailure `destroyed`; `ended` when the fetch took too long; `crowded` when too many wait; and what
   *   `fetch` throws
   */
  async get(key: string, fetch: Fetch): Promise<SealedValue> {
    return this.peek(key) ?? (await this.renew(key, fetch))
  }

  /** The value that is kept under a key and not too old. Throws MemoryFailure `destroyed`. */
  peek(key: string): SealedValue | undefined {
    if (this.#hasEnded) throw ended()
    const kept = this.#entries.find(key, this.#options.now())
    return kept && this.#given(key, kept)
  }

  /** As `get`, but what is kept does not count, and stays until the new one has come. */
  async renew(key: string, fetch: Fetch): Promise<SealedValue> {
    if (this.#hasEnded) throw ended()
    return this.#given(key, await (this.#flights.get(key) ?? this.#fly(key, fetch)))
  }

  /** The value has changed, or is not to be used any more. A fetch that is under way is not kept. */
  forget(key: string): void {
    this.#flights.delete(key)
    this.#entries.remove(key)
  }

  /** Forgets all whose key begins so. */
  forgetUnder(prefix: string): void {
    for (const key of this.#flights.keys()) if (key.startsWith(prefix)) this.#flights.delete(key)
    this.#entries.removeUnder(prefix)
  }

  /** Wipes what is too old. Without it that waits until it is asked for, or until its room is needed. */
  sweep(): void {
    this.#entries.sweep(this.#options.now())
  }

  /** Destroys the key; who waits for a fetch is refused. For good: a new session has a new cache. May be called again. */
  end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#enclave.destroy()
    for (const abort of this.#underWay) abort.abort(ended())
    this.#flights.clear()
    this.#entries.end()
  }

  [Symbol.dispose](): void {
    this.end()
  }

  /** Fetches, and keeps what came unless it was forgotten meanwhile. */
  async #fly(key: string, fetch: Fetch): Promise<Kept> {
    const flight = this.#fetch(key, fetch)
    this.#flights.set(key, flight)
    const isWanted = (): boolean => this.#flights.get(key) === flight
    try {
      const kept = await flight
      if (isWanted()) this.#replace(key, kept)
      return kept
    } finally {
      if (isWanted()) this.#flights.delete(key)
    }
  }

  #replace(key: string, kept: Kept): void {
    this.#entries.remove(key)
    this.#entries.keep(key, kept)
  }

  async #fetch(key: string, fetch: Fetch): Promise<Kept> {
    const abort = new AbortController()
    this.#underWay.add(abort)
    try {
      using loan = await this.#options.pool.loan(undefined, { signal: abort.signal })
      abort.signal.throwIfAborted()
      loan.expired.addEventListener('abort', () => abort.abort(loan.expired.reason), { once: true })
      return await this.#seal(key, loan.bytes, (into) =>
        unlessAborted(fetch(into, abort.signal), abort.signal),
      )
    } finally {
      this.#underWay.delete(abort)
    }
  }

  async #seal(key: string, into: Buffer, fetch: (into: Buffer) => Promise<number>): Promise<Kept> {
    const since = this.#options.now()
    const length = await fetch(into)
    assert(Number.isInteger(length) && length >= 0 && length <= into.length, 'it cannot have fetched so much')
    return { sealed: this.#enclave.seal(into.subarray(0, length), Buffer.from(key)), since }
  }

  #given(key: string, { sealed, since }: Kept): SealedValue {
    const { now, lifetimeMs } = this.#options
    return {
      bytes: sealed.length - sealBytes,
      since,
      open: (into) => {
        if (isOver(since, now(), lifetimeMs))
          throw new MemoryFailure('ended', 'the value was fetched too long ago')
        return this.#enclave.open(sealed, Buffer.from(key), into)
      },
    }
  }
}

function ended(): MemoryFailure {
  return new MemoryFailure('destroyed', 'the cache has ended')
}

/** Does not wait for who does not heed the signal, nor believe who answers because of it. */
async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.throwIfAborted()
  }
}
