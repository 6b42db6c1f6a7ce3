// How strongly and how lately a human has to have signed in (RFC 9470), and whether they have.
import { skewSeconds } from './limits.ts'

/** What a rule or a server demands of a session. */
export interface Demand {
  /** One of these authentication contexts. */
  readonly acr?: readonly string[]
  /** All of these methods (RFC 8176). */
  readonly amr?: readonly string[]
  /** Signed in at most so long ago. */
  readonly maxAgeSeconds?: number
}

/** What is known of how somebody signed in. */
export interface Strength {
  readonly acr: string | undefined
  readonly amr: readonly string[]
  /** In seconds since 1970, by the provider's clock. */
  readonly authTime: number | undefined
}

/** Whether a session meets a demand, and if not, what it lacks. What the provider did not say does not count. */
export function standing(
  { acr, amr, authTime }: Strength,
  demand: Demand,
  nowMs: number,
): 'enough' | 'too-weak' | 'too-old' {
  if (demand.acr !== undefined && (acr === undefined || !demand.acr.includes(acr))) return 'too-weak'
  if (demand.amr?.some((method) => !amr.includes(method)) === true) return 'too-weak'
  if (demand.maxAgeSeconds !== undefined && !isWithin(authTime, demand.maxAgeSeconds, nowMs)) return 'too-old'
  return 'enough'
}

/** A time to come counts no more than one long past: it would be fresh for as long as the provider likes. */
function isWithin(authTime: number | undefined, maxAgeSeconds: number, nowMs: number): boolean {
  if (authTime === undefined) return false
  const age = nowMs / 1000 - authTime
  return age >= -skewSeconds && age <= maxAgeSeconds + skewSeconds
}

/** Parameters of a login that is to meet a demand. A provider may ignore them: `standing` tells afterwards. */
export function demandParameters({ acr, amr, maxAgeSeconds }: Demand): Record<string, string> {
  return {
    ...(acr === undefined ? {} : { acr_values: acr.join(' ') }),
    ...(maxAgeSeconds === undefined ? {} : { max_age: String(maxAgeSeconds) }),
    // There is no parameter for methods: who signs in anew at least can use another one.
    ...(amr === undefined ? {} : { prompt: 'login' }),
  }
}
