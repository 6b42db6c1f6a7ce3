// So many pieces of work at a time, and a line of bounded length for those that wait.

/** Gives up a slot. */
export type Leave = () => void

/** A number of slots. Who waits is let in in the order of asking. */
export class Slots {
  #free: number
  readonly #waitingMax: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number, waitingMax: number) {
    this.#free = count
    this.#waitingMax = waitingMax
  }

  /** Resolves when there is a slot, to what gives it up again. Undefined, at once, where too many wait. */
  enter(): Promise<Leave> | undefined {
    if (this.#free === 0 && this.#waiting.length >= this.#waitingMax) return undefined
    return this.#wait().then(() => {
      let isIn = true
      return () => {
        if (isIn) this.#leave()
        isIn = false
      }
    })
  }

  #wait(): Promise<void> {
    if (this.#free === 0) return new Promise((resolve) => this.#waiting.push(resolve))
    this.#free -= 1
    return Promise.resolve()
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }
}
