// Who may come in as well: connections are counted, of each process and of all.
import { connectionsMax, connectionsPerProcessMax } from './limits.ts'

export class Admission {
  readonly #byProcess = new Map<number, number>()
  #all = 0

  /** Lets one more connection of that process in, or returns false: then it is not counted. */
  enter(pid: number): boolean {
    const held = this.#byProcess.get(pid) ?? 0
    if (this.#all >= connectionsMax || held >= connectionsPerProcessMax) return false
    this.#byProcess.set(pid, held + 1)
    this.#all += 1
    return true
  }

  /** One that was let in has ended. */
  leave(pid: number): void {
    const held = (this.#byProcess.get(pid) ?? 1) - 1
    if (held === 0) this.#byProcess.delete(pid)
    else this.#byProcess.set(pid, held)
    this.#all -= 1
  }
}
