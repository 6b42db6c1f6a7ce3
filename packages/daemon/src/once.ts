// Something that may be told once.
import assert from 'node:assert/strict'

/** Passes it on the first time. What it returns returns false the second time. */
export function passedOnce<T>(pass: (told: T) => void): (told: T) => boolean {
  const once = new Once<true>()
  return (told) => {
    const isFirst = once.take(true)
    if (isFirst) pass(told)
    return isFirst
  }
}

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
