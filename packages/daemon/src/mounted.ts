// One vault beside the embedded one, at its place among the paths.
import {
  Distant,
  takeField,
  type Description,
  type FieldRef,
  type Meaning,
  type Obtained,
} from '@sget/backend'
import type { Instant, SealedCache, SealedSecret } from '@sget/memory'
import type { Mount } from '@sget/policy'
import { instant, type Clock } from './clock.ts'
import { Descriptions } from './descriptions.ts'
import { Leases } from './leases.ts'
import { Listing } from './listing.ts'
import type { Logger } from './log.ts'
import { refusalOf } from './refusals.ts'
import type { Inviting } from './sign-in.ts'
import type { Source } from './source.ts'
import { unending } from './unless-aborted.ts'

/** What a mounted vault is made with. */
export interface MountedOptions {
  readonly mount: Mount
  readonly source: Source
  /** Ended by its owner: then nothing here gives a value any more. */
  readonly cache: SealedCache
  readonly clock: Clock
  readonly log: Logger
}

/** Paths are whole: the mount's place is their beginning. Methods reject with Refusal or BackendFailure. */
export class Mounted {
  readonly mount: Mount
  readonly #options: MountedOptions
  readonly #distant: Distant
  readonly #descriptions: Descriptions
  readonly #listing: Listing
  readonly #leases: Leases
  #state = 'unused'

  constructor(options: MountedOptions) {
    const { mount, source, cache, clock } = options
    const now = (): Instant => instant(clock)
    this.mount = mount
    this.#options = options
    this.#descriptions = new Descriptions(mount, now)
    this.#listing = new Listing(now)
    this.#distant = new Distant({
      gather: async (path, keep, signal) => {
        const lease = await this.#watched(() => source.gather(this.#within(path), keep, signal))
        if (lease !== undefined) this.#leases.begin(path, lease)
      },
      meaningOf,
      cache,
      freshness: mount,
      now,
    })
    this.#leases = new Leases({
      clock,
      renew: (lease) => source.renew(lease),
      release: (lease, signal) => source.release(lease, signal),
      isUnreachable,
      onRelease: (path) => this.#distant.forget(path),
      onEnd: (path, failure) => this.#tellLease(path, failure),
    })
  }

  /** `ready`, `unused`, or the failure of what was asked last. */
  get state(): string {
    return this.#state
  }

  get source(): Source {
    return this.#options.source
  }

  has(path: string): boolean {
    return path.startsWith(`${this.mount.at}/`)
  }

  async names(signal: AbortSignal): Promise<readonly string[]> {
    const { source, mount } = this.#options
    const names = await this.#listing.names((folder) => this.#watched(() => source.list(folder, signal)))
    return names.map((name) => `${mount.at}/${name}`)
  }

  async describe(path: string, asker: Inviting): Promise<Description> {
    const { source } = this.#options
    // Each who waits is told where to sign in, also where another one asks for all.
    if (!this.#descriptions.has(path)) await this.#tryReady(asker)
    const ask = (): Promise<Description> => this.#watched(() => source.describe(this.#within(path), unending))
    return { ...(await this.#descriptions.get(path, ask, meaningOf)), path }
  }

  /** The secret, sealed: kept, or fetched now. */
  async obtain(path: string, freshMs: number, asker: Inviting): Promise<Obtained> {
    if (this.#leases.isWaning(path)) this.#distant.forget(path)
    const kept = this.#distant.kept(path, freshMs)
    if (kept) return { secret: kept, staleMs: undefined }
    await this.#tryReady(asker)
    return await this.#distant.obtain(path, freshMs)
  }

  /** Has the vault change a secret, for which it is `ready`. What is kept of it is the old one, whatever we hear of the change. */
  async rotate(path: string): Promise<void> {
    const { source } = this.#options
    try {
      await this.#watched(() => source.rotate(this.#within(path), unending))
    } finally {
      this.#distant.forget(path)
    }
  }

  /** The secret as it was given to somebody then; undefined where it has changed since, or is not kept any more. */
  asGiven(path: string, sinceMs: number): SealedSecret | undefined {
    const secret = this.#options.cache.peek(path)
    return secret && secret.since.wallMs <= sinceMs ? secret : undefined
  }

  /** Somebody was given the secret, and has it in use until `letGo`. */
  hold(path: string, holder: object): void {
    this.#leases.hold(path, holder)
  }

  letGo(holder: object): void {
    this.#leases.letGo(holder)
  }

  /** Asks the vault whether it answers, and proves that it lets one in. */
  async test(asker: Inviting): Promise<void> {
    const { source } = this.#options
    await this.#watched(() => source.ready(asker))
    await this.#watched(() => source.health(asker.signal))
  }

  sweep(): void {
    this.#leases.sweep()
    this.#options.source.sweep()
  }

  /** Gives back all leases, and what it was let in with. */
  async leave(signal: AbortSignal): Promise<void> {
    await this.#leases.releaseAll(signal)
    await this.#options.source.leave(signal)
  }

  /** A vault that cannot be reached may have given something that still serves. */
  async #tryReady(asker: Inviting): Promise<void> {
    try {
      await this.#watched(() => this.#options.source.ready(asker))
    } catch (error) {
      asker.signal.throwIfAborted()
      if (!isUnreachable(error)) throw error
    }
  }

  async #watched<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      const result = await work()
      this.#state = 'ready'
      return result
    } catch (error) {
      const failure = refusalOf(error)?.failure
      if (failure !== undefined && failure !== 'denied') this.#state = failure
      throw error
    }
  }

  #tellLease(path: string, failure: unknown): void {
    const { log } = this.#options
    if (failure === undefined) log.info({ path }, 'a lease was given back')
    else
      log.warn(
        { path, failure: refusalOf(failure)?.failure ?? 'bug' },
        'a lease was neither renewed nor given back',
      )
  }

  #within(path: string): string {
    return path.slice(this.mount.at.length + 1)
  }
}

/** Fills the beginning of `into` with a field of what was obtained. Returns the length. */
export function fill({ secret }: Obtained, { field }: FieldRef, into: Buffer): number {
  return takeField(secret, field, into)
}

const unreachable: ReadonlySet<string> = new Set([
  'vault-unreachable',
  'provider-failed',
  'vault-slow',
  'vault-standby',
  'courier-failed',
])

/** What a failure says of a secret. */
export function meaningOf(error: unknown): Meaning {
  const failure = refusalOf(error)?.failure
  if (failure !== undefined && unreachable.has(failure)) return 'unreachable'
  return failure === 'denied' ? 'absent' : 'other'
}

const isUnreachable = (error: unknown): boolean => meaningOf(error) === 'unreachable'
