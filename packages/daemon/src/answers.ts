// What an agent is told of checks. That a value lies where the agent itself put a guess is a bit about the value, so of each
// field only so many are told in an hour, to all agents together.
import { isOver, type Instant } from '@sget/memory'
import { answersPerFieldMax, answersWindowMs } from './limits.ts'

/** How many answers there were about each field of late. */
export class Answers {
  readonly #told = new Map<string, Instant[]>()

  /** Whether one more may be told about all of these fields; then it counts as told. */
  take(fields: readonly string[], now: Instant): boolean {
    for (const [field, times] of this.#told)
      this.#keep(
        field,
        times.filter((at) => !isOver(at, now, answersWindowMs)),
      )
    if (fields.some((field) => (this.#told.get(field)?.length ?? 0) >= answersPerFieldMax)) return false
    for (const field of fields) this.#keep(field, [...(this.#told.get(field) ?? []), now])
    return true
  }

  #keep(field: string, times: Instant[]): void {
    if (times.length === 0) this.#told.delete(field)
    else this.#told.set(field, times)
  }
}
