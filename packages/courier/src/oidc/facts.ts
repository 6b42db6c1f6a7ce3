// What is known of a session and may be shown: no secret among it, all text printable and bounded.
import type { IDToken } from 'openid-client'
import { SsoFailure } from './failure.ts'
import {
  lifetimeMsDefault,
  lifetimeMsMax,
  methodLengthMax,
  methodsMax,
  nameLengthMax,
  subjectLengthMax,
} from './limits.ts'
import type { Strength } from './step-up.ts'

/** Times in ms since 1970 by our clock, where nothing else is said. */
export interface SessionFacts extends Strength {
  readonly issuer: string
  /** Who signed in, as the provider knows them: the only name that stays. */
  readonly subject: string
  /** Who signed in, to be shown. */
  readonly name: string
  /** When they did. */
  readonly since: number
  /** When the access token ends. */
  readonly until: number
  /** When to renew it, at two thirds; undefined where that takes a new login. */
  readonly refreshAt: number | undefined
}

/** How long an answer's tokens serve. */
export interface Term {
  /** In ms, before the answer was asked for, so that no end comes later than the provider's. */
  readonly askedAt: number
  /** As the provider says. */
  readonly seconds: number | undefined
  readonly isRenewable: boolean
}

/** Facts of a new session. @throws SsoFailure `unreadable` where its subject cannot be shown */
export function newFacts(issuer: string, claims: IDToken, term: Term): SessionFacts {
  return {
    issuer,
    subject: subjectOf(claims),
    name: nameOf(claims),
    since: term.askedAt,
    ...timesOf(term),
    ...strengthOf(claims),
  }
}

/**
 * Facts of a session that was renewed: nobody has signed in anew. Some providers give the time of the renewal as that of the
 * login; the earlier one counts.
 *
 * @param claims where the provider gave new ones
 * @throws SsoFailure `other-person`
 */
export function renewedFacts(before: SessionFacts, claims: IDToken | undefined, term: Term): SessionFacts {
  const same = { ...before, ...timesOf(term) }
  if (claims === undefined) return same
  if (claims.sub !== before.subject) throw new SsoFailure('other-person')
  const { acr, amr, authTime } = strengthOf(claims)
  return {
    ...same,
    acr: acr ?? before.acr,
    amr: amr.length > 0 ? amr : before.amr,
    authTime: before.authTime === undefined ? undefined : Math.min(before.authTime, authTime ?? Infinity),
  }
}

function timesOf({ askedAt, seconds, isRenewable }: Term): Pick<SessionFacts, 'until' | 'refreshAt'> {
  const lifetimeMs = seconds === undefined ? lifetimeMsDefault : Math.min(seconds * 1000, lifetimeMsMax)
  return {
    until: Math.floor(askedAt + lifetimeMs),
    refreshAt: isRenewable ? Math.floor(askedAt + (lifetimeMs * 2) / 3) : undefined,
  }
}

const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u
const unprintables = new RegExp(unprintable, 'gu')

/** Never cut: two people would be one. */
function subjectOf({ sub }: IDToken): string {
  if (sub.length === 0 || sub.length > subjectLengthMax || unprintable.test(sub))
    throw new SsoFailure('unreadable')
  return sub
}

function nameOf(claims: IDToken): string {
  const names = [claims['preferred_username'], claims['email'], claims['name']]
  const found = names.find((name): name is string => typeof name === 'string' && name.trim() !== '')
  const printable = (found ?? claims.sub).replace(unprintables, '\u{fffd}')
  return Array.from(printable).slice(0, nameLengthMax).join('')
}

/** What cannot be shown as it is counts as not said. */
function strengthOf({ acr, amr, auth_time: authTime }: IDToken): Strength {
  return {
    acr: isMethod(acr) ? acr : undefined,
    amr: Array.isArray(amr) ? amr.filter(isMethod).slice(0, methodsMax) : [],
    authTime,
  }
}

const isMethod = (name: unknown): name is string =>
  typeof name === 'string' && name.length <= methodLengthMax && /^[\x21-\x7e]+$/.test(name)
