// A vault on the network, behind a sealed cache: what it gave serves for a while, and for longer while it cannot be asked.
import {
  isOver,
  MemoryFailure,
  type Instant,
  type Pool,
  type SealedCache,
  type SealedValue,
} from '@sget/memory'
import type { FieldRef } from './backend.ts'
import { BackendFailure } from './failure.ts'
import { packedField, Packing } from './packing.ts'

/** Asks the vault for all fields of a secret at once. */
export type Gather = (path: string, into: Packing, signal: AbortSignal) => Promise<void>

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
  /** Where a secret is opened, to take the one field. */
  readonly pool: Pool
  readonly freshness: Freshness
  readonly now: () => Instant
}

/** A value that was fetched, and how old it is where the vault could not be asked. */
export interface Fetched {
  readonly length: number
  readonly staleMs: number | undefined
}

/** What is not there is not asked for again for so long. */
export const absentMs = 5_000

/** So many absent secrets are remembered; those that were missed first are forgotten first. */
export const absentMax = 1024

/** How long a cache for this freshness keeps what it has. */
export function lifetimeMs({ ttlMs, staleMs }: Freshness): number {
  return Math.max(ttlMs, staleMs)
}

export class Distant {
  readonly #options: DistantOptions
  readonly #absent = new Map<string, { readonly failure: unknown; readonly since: Instant }>()

  constructor(options: DistantOptions) {
    this.#options = options
  }

  /**
   * Fills the beginning of `into`, which is locked memory, with one field.
   *
   * @throws what `gather` throws; BackendFailure `no-field`, `no-room`; `locked` after the end of the session; `busy`
   */
  async fetch({ path, field }: FieldRef, into: Buffer): Promise<Fetched> {
    try {
      const { value, staleMs } = await this.#valueOf(path)
      return { length: await this.#take(value, { path, field }, into), staleMs }
    } catch (failure) {
      throw inOurWords(failure)
    }
  }

  /** The secret has changed, or is not to be used any more. */
  forget(path: string): void {
    this.#options.cache.forget(path)
    this.#absent.delete(path)
  }

  async #valueOf(path: string): Promise<{ value: SealedValue; staleMs: number | undefined }> {
    const { cache, freshness, now } = this.#options
    const kept = cache.peek(path)
    if (kept && !isOver(kept.since, now(), freshness.ttlMs)) return { value: kept, staleMs: undefined }
    try {
      return { value: await this.#ask(path), staleMs: undefined }
    } catch (failure) {
      const staleMs = kept && ageMs(kept.since, now())
      const serves = this.#isUnreachable(failure) && staleMs !== undefined && staleMs < freshness.staleMs
      if (kept === undefined || !serves) throw failure
      return { value: kept, staleMs }
    }
  }

  async #ask(path: string): Promise<SealedValue> {
    this.#refuseAbsent(path)
    const { cache, gather } = this.#options
    try {
      return await cache.renew(path, async (into, signal) => {
        const packing = new Packing(into)
        await gather(path, packing, signal)
        return packing.length
      })
    } catch (failure) {
      if (this.#options.meaningOf(failure) === 'absent') this.#miss(path, failure)
      throw failure
    }
  }

  #refuseAbsent(path: string): void {
    const absent = this.#absent.get(path)
    if (absent === undefined) return
    if (!isOver(absent.since, this.#options.now(), absentMs)) throw absent.failure
    this.#absent.delete(path)
  }

  /** What the vault has no more is not kept either, however fresh it was. */
  #miss(path: string, failure: unknown): void {
    this.#options.cache.forget(path)
    this.#absent.set(path, { failure, since: this.#options.now() })
    for (const oldest of this.#absent.keys()) {
      if (this.#absent.size <= absentMax) return
      this.#absent.delete(oldest)
    }
  }

  /** One that takes longer than the memory for it is lent is as good as none. */
  #isUnreachable(failure: unknown): boolean {
    if (failure instanceof MemoryFailure) return failure.code === 'ended'
    return this.#options.meaningOf(failure) === 'unreachable'
  }

  async #take(value: SealedValue, { path, field }: FieldRef, into: Buffer): Promise<number> {
    using room = await this.#options.pool.loan(value.bytes)
    const packed = room.bytes.subarray(0, value.open(room.bytes))
    const found = packedField(packed, field)
    if (found === undefined) throw new BackendFailure('no-field', `${path} has no field ${field}`)
    if (found.length > into.length) throw new BackendFailure('no-room', `${path} is too long`)
    return found.copy(into)
  }
}

const ageMs = (since: Instant, now: Instant): number =>
  Math.max(now.bootMs - since.bootMs, Math.abs(now.wallMs - since.wallMs))

/** `busy` also where the vault did not answer in time. */
function inOurWords(failure: unknown): unknown {
  if (!(failure instanceof MemoryFailure)) return failure
  const { code, message } = failure
  if (code === 'destroyed') return new BackendFailure('locked', message)
  if (code === 'no-room') return new BackendFailure('no-room', message)
  return code === 'crowded' || code === 'ended' ? new BackendFailure('busy', message) : failure
}
