// What a check of what was left behind comes to.
import type { Place } from '@sget/audit'
import type { Giving } from './given.ts'
import type { Found } from './looking.ts'

/**
 * `left`: something was found. `partly`: nothing, but not everything could be looked at. `unchecked`: nobody looked at all
 * of it, and `reason` says why.
 */
export type Outcome = 'clean' | 'left' | 'partly' | 'unchecked'

/** What one check came to. */
export interface Check {
  readonly outcome: Outcome
  /** Which limit was reached, or why nobody looked. */
  readonly reason: string
  readonly left: readonly Place[]
}

/** Nobody looked at all of it, and why. */
export function unchecked(reason: string): Check {
  return { outcome: 'unchecked', reason, left: [] }
}

/** What a search came to, for the one who was given what it was for. */
export function checkOf({ left, limit, missing }: Found, { isWhole }: Giving): Check {
  if (left.length > 0) return { outcome: 'left', reason: limit, left }
  if (missing > 0) return unchecked('replaced')
  const reason = limit === '' && !isWhole ? 'more was given' : limit
  return { outcome: reason === '' ? 'clean' : 'partly', reason, left }
}
