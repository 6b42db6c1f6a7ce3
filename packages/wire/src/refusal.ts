// How an expected failure travels through a program, and what is printed of it.
import { failures, type FailureName } from './failures.ts'

/** An expected failure, thrown where a caller may branch on its name; the one error class of the project. */
export class Refusal extends Error {
  readonly failure: FailureName
  readonly argument: string

  constructor(failure: FailureName, argument = '') {
    super(failureText(failure, argument))
    this.failure = failure
    this.argument = argument
  }
}

/** What stopped it, with the argument in its place. */
export function failureText(failure: FailureName, argument: string): string {
  return failures[failure].text.replace('{}', () => argument)
}

/** What the reader can do next. */
export function failureHint(failure: FailureName, argument: string): string {
  return failures[failure].hint.replace('{}', () => argument)
}

const byNumber = new Map<number, FailureName>(
  (Object.keys(failures) as FailureName[]).map((name) => [failures[name].number, name]),
)

/** The failure with that number; a number of a later version reads as `internal`. */
export function failureOfNumber(number: number): FailureName {
  return byNumber.get(number) ?? 'internal'
}
