// Waiting that ends.
import { Refusal } from '@sget/wire'

/** A limit on waiting that may be moved while it runs. */
export class Deadline {
  readonly #late = Promise.withResolvers<never>()
  #timer: NodeJS.Timeout

  constructor(ms: number) {
    this.#timer = this.#start(ms)
  }

  extend(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = this.#start(ms)
  }

  /** The promise, or a Refusal `too-slow`, or whatever else makes waiting vain. */
  async bound<T>(promise: Promise<T>, ...vain: readonly Promise<never>[]): Promise<T> {
    try {
      return await Promise.race([promise, this.#late.promise, ...vain])
    } finally {
      clearTimeout(this.#timer)
    }
  }

  #start(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#late.reject(new Refusal('too-slow')), ms)
  }
}
