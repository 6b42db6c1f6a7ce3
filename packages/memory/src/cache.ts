// Secrets of a vault that is far away, kept sealed for a while. Ending the cache makes all of them worthless at once.
import assert from 'node:assert/strict'
import { emptyBundle, unbundle, withField } from './bundle.ts'
import { Enclave, sealBytes } from './enclave.ts'
import { Entries, type EntryLimits, type Kept } from './entries.ts'
import { MemoryFailure } from './failure.ts'
import { type Instant, isOver } from './lifetime.ts'

/** What a secret takes is its `entryBytes`: room for 100,000 with one value of up to 240 bytes. */
export const cacheEntriesMax = 100_000
export const cacheBytesMax = 32 * 1024 * 1024

/** What a cache works with, and its limits. */
export interface CacheOptions extends Partial<Omit<EntryLimits, 'lifetimeMs'>> {
  readonly now: () => Instant
  /** Counted from the beginning of the fetch, on either clock. */
  readonly lifetimeMs: number
}

/** Seals one field as soon as it is there. Consumes the value, which is in locked memory: it is wiped. */
export type Keep = (field: string, value: Buffer) => void

/** Fetches all fields of one secret. When the signal fires nobody waits for it any more, and nothing is kept. */
export type Fetch = (keep: Keep, signal: AbortSignal) => Promise<void>

/** A secret as the cache gives it out: sealed still, so that no locked memory is held while others are waited for. */
export interface SealedSecret {
  /** Names of its fields with the lengths of their values, in the order in which they came. */
  readonly fields: ReadonlyMap<string, number>
  /** When its fetch began. */
  readonly since: Instant
  /**
   * Fills the beginning of `into`, which belongs in locked memory, with one of its fields, and returns the length.
   *
   * @throws MemoryFailure `destroyed` (the cache has ended), `ended` (too old by now), `no-room`
   */
  open(field: string, into: Buffer): number
}

/**
 * The cache of one session at one vault: both end together. Failed fetches are not remembered, and what was fetched is
 * never in the clear but where it came in, until it is sealed.
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

  /** How many secrets are kept. */
  get size(): number {
    return this.#entries.size
  }

  /** How much memory they take, sealed. */
  get bytes(): number {
    return this.#entries.bytes
  }

  /**
   * The secret that is kept under a key, else the one that `fetch` brings. Of several who want the same at once the
   * first fetches, for all.
   *
   * @throws MemoryFailure `destroyed`, and what `fetch` throws
   */
  async get(key: string, fetch: Fetch): Promise<SealedSecret> {
    return this.peek(key) ?? (await this.renew(key, fetch))
  }

  /** The secret that is kept under a key and not too old. Throws MemoryFailure `destroyed`. */
  peek(key: string): SealedSecret | undefined {
    if (this.#hasEnded) throw ended()
    const kept = this.#entries.find(key, this.#options.now())
    return kept && this.#given(key, kept)
  }

  /** As `get`, but what is kept does not count, and stays until the new one has come. */
  async renew(key: string, fetch: Fetch): Promise<SealedSecret> {
    if (this.#hasEnded) throw ended()
    return this.#given(key, await (this.#flights.get(key) ?? this.#fly(key, fetch)))
  }

  /** The secret has changed, or is not to be used any more. A fetch that is under way is not kept. */
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
    const since = this.#options.now()
    let sealed: Buffer = emptyBundle
    const keep = (field: string, value: Buffer): void => {
      sealed = withField(sealed, field, this.#enclave.seal(value, labelOf(key, field)))
    }
    this.#underWay.add(abort)
    try {
      await unlessAborted(fetch(keep, abort.signal), abort.signal)
    } finally {
      this.#underWay.delete(abort)
    }
    return { sealed, since }
  }

  #given(key: string, kept: Kept): SealedSecret {
    return new GivenSecret(this.#enclave, this.#options, key, kept)
  }
}

/** What is in it is looked for when somebody asks: of most that is fetched nobody does at once. */
class GivenSecret implements SealedSecret {
  readonly #enclave: Enclave
  readonly #options: CacheOptions
  readonly #key: string
  readonly #kept: Kept

  constructor(enclave: Enclave, options: CacheOptions, key: string, kept: Kept) {
    this.#enclave = enclave
    this.#options = options
    this.#key = key
    this.#kept = kept
  }

  get fields(): ReadonlyMap<string, number> {
    const sealed = unbundle(this.#kept.sealed)
    return new Map(Array.from(sealed, ([field, { length }]) => [field, length - sealBytes]))
  }

  get since(): Instant {
    return this.#kept.since
  }

  open(field: string, into: Buffer): number {
    const { now, lifetimeMs } = this.#options
    if (isOver(this.since, now(), lifetimeMs))
      throw new MemoryFailure('ended', 'the value was fetched too long ago')
    const sealed = unbundle(this.#kept.sealed).get(field)
    assert(sealed, 'who opens a field has seen that it is there')
    return this.#enclave.open(sealed, labelOf(this.#key, field), into)
  }
}

/** What a ciphertext is bound to: no other secret's, nor another field's, opens in its place. */
function labelOf(key: string, field: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(key)} ${key}${field}`)
}

function ended(): MemoryFailure {
  return new MemoryFailure('destroyed', 'the cache has ended')
}

/** Does not wait for who does not heed the signal, nor believe who answers because of it. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  try {
    await Promise.race([work, promise])
  } finally {
    signal.throwIfAborted()
  }
}
