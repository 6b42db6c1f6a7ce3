// Something that may be told once.
import assert from 'node:assert/strict'

/** Keeps it for who comes later. */
export class Once<T> {
  #found: T | undefined

  /** Returns false the second time. */
  readonly take = (told: T): boolean => {
    if (this.#found !== undefined) return false
    this.#found = told
    return true
  }

  get isThere(): boolean {
    return this.#found !== undefined
  }

  get found(): T | undefined {
    return this.#found
  }

  /** What is known to be there. */
  get the(): T {
    assert(this.#found !== undefined, 'it was not told')
    return this.#found
  }
}
