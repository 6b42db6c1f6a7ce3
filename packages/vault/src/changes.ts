// Changes wait in one line: those that come while one is written are written together, next.
import { BackendFailure } from '@sget/backend'

/** So many changes may wait. */
const changesMax = 256

/** Alters a draft, or refuses by throwing and leaves it as it was. */
export type Change<Draft> = (draft: Draft) => void

interface Waiting<Draft> {
  readonly change: Change<Draft>
  readonly resolve: () => void
  readonly reject: (failure: unknown) => void
}

/** The single writer. */
export class Changes<Draft> {
  readonly #begin: () => Draft
  readonly #store: (draft: Draft) => Promise<void>
  #waiting: Waiting<Draft>[] = []
  #run: Promise<void> | undefined

  /** `begin` gives a copy of what is in force; `store` puts a changed copy in force, or throws and changes nothing. */
  constructor(begin: () => Draft, store: (draft: Draft) => Promise<void>) {
    this.#begin = begin
    this.#store = store
  }

  /** Resolves when the change is stored; rejects with what the change, `begin` or `store` threw, or with `busy`. */
  async add(change: Change<Draft>): Promise<void> {
    if (this.#waiting.length === changesMax) throw new BackendFailure('busy', 'too many changes wait')
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    const settle = (): void => {
      resolve(undefined)
    }
    this.#waiting.push({ change, resolve: settle, reject })
    this.#run ??= this.#writeAll()
    await promise
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#run
  }

  /** Waits a moment first, for the changes that are made together. */
  async #writeAll(): Promise<void> {
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#writeTogether(this.#waiting.splice(0))
    this.#run = undefined
  }

  async #writeTogether(batch: readonly Waiting<Draft>[]): Promise<void> {
    try {
      const draft = this.#begin()
      const changed = batch.filter((waiting) => applied(waiting, draft))
      if (changed.length > 0) await this.#store(draft)
      for (const { resolve } of changed) resolve()
    } catch (failure) {
      for (const { reject } of batch) reject(failure)
    }
  }
}

function applied<Draft>({ change, reject }: Waiting<Draft>, draft: Draft): boolean {
  try {
    change(draft)
    return true
  } catch (failure) {
    reject(failure)
    return false
  }
}
