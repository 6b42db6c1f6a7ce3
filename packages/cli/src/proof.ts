// The proof that a request waits for: sget asks for the passphrase, in the terminal that is ours too.
import type { Context } from './context.ts'
import { Ended, handOver, type Handover } from './handover.ts'

/** The proof of one request: at most one sget that asks for the passphrase. */
export class Proof {
  readonly #context: Context
  readonly #failed = Promise.withResolvers<never>()
  #handover: Handover | undefined

  constructor(context: Context) {
    this.#context = context
  }

  /** Rejects when no proof will come. */
  get failed(): Promise<never> {
    return this.#failed.promise
  }

  begin(request: string): void {
    if (this.#handover !== undefined) return
    this.#handover = handOver(this.#context, ['prove', request])
    void this.#handover.ended.then((status) => {
      if (status !== 0) this.#failed.reject(new Ended(status))
    })
  }

  /** The request is met: sget has no more to do than to say so. */
  async end(): Promise<void> {
    await this.#handover?.ended
  }

  /** The request has failed: nobody needs to type any more. */
  async abandon(): Promise<void> {
    this.#handover?.stop()
    await this.#handover?.ended
  }
}
