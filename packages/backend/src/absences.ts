// Secrets that a vault on the network does not have: it is not asked for them again at once.
import { isOver, type Instant } from '@sget/memory'

/** What is not there is not asked for again for so long. */
export const absentMs = 5_000

/** So many absent secrets are remembered; those that were missed first are forgotten first. */
export const absentMax = 1024

/** By path, each with the failure that told of it. */
export class Absences {
  readonly #now: () => Instant
  readonly #missed = new Map<string, { readonly failure: unknown; readonly since: Instant }>()

  constructor(now: () => Instant) {
    this.#now = now
  }

  /** Throws what the vault told of a secret that was missing a moment ago. */
  refuse(path: string): void {
    const missed = this.#missed.get(path)
    if (missed === undefined) return
    if (!isOver(missed.since, this.#now(), absentMs)) throw missed.failure
    this.#missed.delete(path)
  }

  miss(path: string, failure: unknown): void {
    this.#missed.set(path, { failure, since: this.#now() })
    for (const oldest of this.#missed.keys()) {
      if (this.#missed.size <= absentMax) return
      this.#missed.delete(oldest)
    }
  }

  forget(path: string): void {
    this.#missed.delete(path)
  }
}
