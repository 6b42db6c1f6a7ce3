// Leases of secrets that a vault made for us: renewed while somebody has the secret in use, given back when nobody has.
import { isOver, type Instant } from '@sget/memory'
import { instant, type Clock } from './clock.ts'
import type { Lease } from './courier.ts'
import { leasesMax, sweepMs } from './limits.ts'
import { unending } from './unless-aborted.ts'

/** What leases need of their vault. */
export interface LeasesOptions {
  readonly clock: Clock
  readonly renew: (lease: string) => Promise<Lease>
  readonly release: (lease: string, signal: AbortSignal) => Promise<void>
  /** Whether a failure says nothing of the lease, since the vault was not reached. */
  readonly isUnreachable: (failure: unknown) => boolean
  /** Told before a lease is given back, or when the vault does not renew it: what it was for is not to be served any more. */
  readonly onRelease: (path: string) => void
  /** Told what became of one that was given back, or could not be renewed; `failure` of what stopped it. */
  readonly onEnd: (path: string, failure: unknown) => void
}

/** One that runs. */
interface Held {
  readonly path: string
  readonly lease: Lease
  readonly since: Instant
  readonly holders: Set<object>
  isBusy: boolean
}

/** Then a lease is renewed, and without that no longer handed out: so much of its time is over. */
const waningAt = 2 / 3

/** Or so little of it is left that it might be over when it is looked at next. */
const marginMs = 2 * sweepMs

/** Which secrets have a lease, and who holds it. */
export class Leases {
  readonly #options: LeasesOptions
  /** By the id of the lease, the oldest first. */
  readonly #held = new Map<string, Held>()

  constructor(options: LeasesOptions) {
    this.#options = options
  }

  /** A secret came with a lease. Nobody holds it yet. */
  begin(path: string, lease: Lease): void {
    this.#held.set(lease.lease, { path, lease, since: this.#now(), holders: new Set(), isBusy: false })
    for (const [id, { holders }] of this.#held) {
      if (this.#held.size <= leasesMax) return
      if (holders.size === 0) this.#held.delete(id)
    }
  }

  /** Somebody was given the secret. Its newest lease is theirs, too, until they let go. */
  hold(path: string, holder: object): void {
    this.#newest(path)?.holders.add(holder)
  }

  /** Somebody has it in use no longer: what nobody else holds is given back. What nobody ever held ends by itself. */
  letGo(holder: object): void {
    for (const held of this.#held.values())
      if (held.holders.delete(holder) && held.holders.size === 0) void this.#release(held)
  }

  /** Whether the lease that came with a secret nears its end, so that the secret is not to be given to anybody else. */
  isWaning(path: string): boolean {
    const newest = this.#newest(path)
    return newest !== undefined && this.#isOver(newest, waningAt)
  }

  /** Renews those that somebody holds, and forgets those that are over. */
  sweep(): void {
    for (const [id, held] of this.#held) {
      if (this.#isOver(held, 1)) this.#held.delete(id)
      else if (held.holders.size > 0 && this.#isDue(held)) void this.#renew(held)
    }
  }

  /** Gives all back. */
  async releaseAll(signal: AbortSignal): Promise<void> {
    await Promise.all(Array.from(this.#held.values(), (held) => this.#release(held, signal)))
  }

  async #release(held: Held, signal = unending): Promise<void> {
    const { path, lease } = held
    this.#forget(held)
    await this.#told(path, () => this.#options.release(lease.lease, signal))
  }

  async #renew(held: Held): Promise<void> {
    const { path, lease } = held
    if (held.isBusy || !lease.renewable) return
    held.isBusy = true
    const since = this.#now()
    try {
      const renewed = await this.#options.renew(lease.lease)
      if (this.#held.get(lease.lease) === held)
        this.#held.set(lease.lease, {
          ...held,
          lease: { ...renewed, lease: lease.lease },
          since,
          isBusy: false,
        })
    } catch (failure) {
      held.isBusy = false
      if (!this.#options.isUnreachable(failure)) this.#forget(held)
      this.#options.onEnd(path, failure)
    }
  }

  /** What a vault does not renew serves nobody any more, or will not for long. */
  #forget({ path, lease }: Held): void {
    this.#held.delete(lease.lease)
    this.#options.onRelease(path)
  }

  async #told(path: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
      this.#options.onEnd(path, undefined)
    } catch (failure) {
      this.#options.onEnd(path, failure)
    }
  }

  #newest(path: string): Held | undefined {
    return [...this.#held.values()].findLast((held) => held.path === path)
  }

  #isDue(held: Held): boolean {
    const { since, lease } = held
    return this.#isOver(held, waningAt) || isOver(since, this.#now(), lease.seconds * 1000 - marginMs)
  }

  #isOver({ since, lease }: Held, share: number): boolean {
    return lease.seconds > 0 && isOver(since, this.#now(), lease.seconds * 1000 * share)
  }

  #now(): Instant {
    return instant(this.#options.clock)
  }
}
