// How strongly and how lately a human must have signed in before a value leaves (RFC 9470). Nobody looks at a session here.
import { formatDuration } from './duration.ts'
import { quoted } from './printable.ts'
import { type Converted } from './reading.ts'

/** What is demanded of a sign-in: at least one of these, and all that are there. */
export type Demand = {
  /** one of these authentication contexts, the preferred first; none at all where rules exclude each other */
  readonly acr?: readonly string[]
  /** all of these methods (RFC 8176), each once and in one order */
  readonly amr?: readonly string[]
  /** so long ago at most */
  readonly maxAgeSeconds?: number
}

/** What both demand: who meets it meets either. */
export function joined(one: Demand | undefined, other: Demand | undefined): Demand | undefined {
  if (!one || !other) return one ?? other
  const acr =
    one.acr && other.acr ? one.acr.filter((name) => other.acr?.includes(name)) : (one.acr ?? other.acr)
  const amr = one.amr || other.amr ? allMethods([...(one.amr ?? []), ...(other.amr ?? [])]) : undefined
  const maxAgeSeconds = Math.min(one.maxAgeSeconds ?? Infinity, other.maxAgeSeconds ?? Infinity)
  return {
    ...(acr && { acr }),
    ...(amr && { amr }),
    ...(maxAgeSeconds < Infinity && { maxAgeSeconds }),
  }
}

/** Each once and in one order, so that the same demands are the same value. */
export function allMethods(amr: readonly string[]): readonly string[] {
  return [...new Set(amr)].toSorted()
}

/** Whether there can be a sign-in that meets it: one has one authentication context. */
export function isMeetable(demand: Demand | undefined): boolean {
  return demand?.acr?.length !== 0
}

/** In which respects a sign-in that meets the one may fall short of the other, for a message. */
export function shortfalls(one: Demand = {}, other: Demand = {}): readonly string[] {
  const isAsStrong =
    (other.acr === undefined || one.acr?.every((name) => other.acr?.includes(name)) === true) &&
    (other.amr ?? []).every((method) => one.amr?.includes(method) === true)
  const isAsFresh = (one.maxAgeSeconds ?? Infinity) <= (other.maxAgeSeconds ?? Infinity)
  return [...(isAsStrong ? [] : ['a weaker sign-in']), ...(isAsFresh ? [] : ['an older sign-in'])]
}

/** What is demanded, in the words of a rule: nothing where nothing is. */
export function describeDemand({ acr, amr, maxAgeSeconds }: Demand = {}): string {
  return [
    ...(acr === undefined ? [] : [`acr ${acr.join(' or ')}`]),
    ...(amr === undefined ? [] : [`amr ${amr.join(' and ')}`]),
    ...(maxAgeSeconds === undefined ? [] : [`max_age ${formatDuration(maxAgeSeconds * 1000)}`]),
  ].join(', ')
}

/** The name of a context or a method: between two of them stands a blank when a provider is asked for several. */
export function signInWord(value: string): Converted<string> {
  const fits = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/.test(value)
  return fits
    ? { value }
    : { fault: `no way to sign in: ${quoted(value)}`, why: 'a name without blanks, as the provider has it' }
}
