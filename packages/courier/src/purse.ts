// What sgetd lends for one job, wiped when the job is over.
import { wipe } from '@sget/memory'
import { lendings, type Lending } from './messages.ts'

/** The secrets of one job. */
export class Purse implements Disposable {
  readonly #lent = new Map<Lending, Buffer>()

  get(name: Lending): Buffer | undefined {
    return this.#lent.get(name)
  }

  /** Keeps the buffer itself. Returns false for what is no name of something lent, or was lent already. */
  put(name: string, secret: Buffer): boolean {
    const known = lendings.find((one) => one === name)
    if (known === undefined || this.#lent.has(known)) return false
    this.#lent.set(known, secret)
    return true
  }

  [Symbol.dispose](): void {
    for (const secret of this.#lent.values()) wipe(secret)
    this.#lent.clear()
  }
}
