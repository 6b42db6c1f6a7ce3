// Who asks for much waits for those who ask for little: each process has one piece of work in a turn of the event loop.

/** Between two turns the sockets of all peers are looked at, so a flood of one process costs others a request each. */
export class Turns {
  /** Of each process that had work in this turn, what waits for the next ones. */
  readonly #waiting = new Map<number, (() => void)[]>()

  /** Returns nothing where the process may go on at once, else what resolves when it may. */
  take(pid: number): Promise<void> | undefined {
    const waiting = this.#waiting.get(pid)
    if (waiting !== undefined) return new Promise((resolve) => waiting.push(resolve))
    if (this.#waiting.size === 0) setImmediate(this.#turn)
    this.#waiting.set(pid, [])
    return undefined
  }

  readonly #turn = (): void => {
    for (const [pid, waiting] of this.#waiting) {
      const resume = waiting.shift()
      if (resume === undefined) this.#waiting.delete(pid)
      else resume()
    }
    if (this.#waiting.size > 0) setImmediate(this.#turn)
  }
}
