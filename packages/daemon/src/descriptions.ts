// What is known of the secrets of a mount without their values, kept for as long as a value would be.
import { Absences, type Description, type Freshness, type Meaning } from '@sget/backend'
import { isOver, type Instant } from '@sget/memory'
import { descriptionsMax } from './limits.ts'

interface Known {
  readonly description: Description
  readonly since: Instant
}

/** By path; those that were asked for first make room for others. */
export class Descriptions {
  readonly #freshness: Freshness
  readonly #now: () => Instant
  readonly #known = new Map<string, Known>()
  readonly #absences: Absences
  readonly #underWay = new Map<string, Promise<Description>>()

  constructor(freshness: Freshness, now: () => Instant) {
    this.#freshness = freshness
    this.#now = now
    this.#absences = new Absences(now)
  }

  /** Whether it is known, and counts without a question. */
  has(path: string): boolean {
    const known = this.#known.get(path)
    return known !== undefined && !isOver(known.since, this.#now(), this.#freshness.ttlMs)
  }

  /** What is known, or what `ask` tells; of several who want the same at once the first asks, for all. */
  async get(
    path: string,
    ask: () => Promise<Description>,
    meaningOf: (error: unknown) => Meaning,
  ): Promise<Description> {
    const known = this.#known.get(path)
    if (known && this.has(path)) return known.description
    this.#absences.refuse(path)
    try {
      return await this.#ask(path, ask)
    } catch (error) {
      const meaning = meaningOf(error)
      if (known && meaning === 'unreachable' && !isOver(known.since, this.#now(), this.#freshness.staleMs))
        return known.description
      if (meaning === 'absent') {
        this.#absences.miss(path, error)
        this.#known.delete(path)
      }
      throw error
    }
  }

  async #ask(path: string, ask: () => Promise<Description>): Promise<Description> {
    const underWay = this.#underWay.get(path)
    if (underWay !== undefined) return await underWay
    const since = this.#now()
    const asked = ask().finally(() => this.#underWay.delete(path))
    this.#underWay.set(path, asked)
    const description = await asked
    this.#keep(path, { description, since })
    return description
  }

  #keep(path: string, known: Known): void {
    this.#known.delete(path)
    this.#known.set(path, known)
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= descriptionsMax) return
      this.#known.delete(oldest)
    }
  }
}
