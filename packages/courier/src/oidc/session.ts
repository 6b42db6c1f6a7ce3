// A session as it crosses to sgetd: secrets in one buffer, and plain facts that may be shown.
import { wipe } from '@sget/memory'
import type { IDToken, TokenEndpointResponse, TokenEndpointResponseHelpers } from 'openid-client'
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
import { pack, tokenBytes, type Tokens } from './tokens.ts'

/** Times in ms since 1970 by our clock, where nothing else is said. All text is printable and bounded. */
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

/** Wiped when it is disposed of. */
export interface Session extends Disposable {
  /** For `unpack`; opaque to sgetd. */
  readonly tokens: Buffer
  readonly facts: SessionFacts
}

/** What the token endpoint answered, checked by openid-client. */
export type TokenAnswer = TokenEndpointResponse & TokenEndpointResponseHelpers

/** Around an answer. */
export interface Circumstances {
  readonly issuer: string
  /** Before it was asked for, so that no end comes later than the provider's. */
  readonly askedAt: number
  /** What the access token is bound to where it is; lent. */
  readonly key: Buffer | undefined
}

/**
 * The session that a login began.
 *
 * @throws SsoFailure `unreadable`
 */
export function newSession(answer: TokenAnswer, around: Circumstances): Session {
  const claims = answer.claims()
  if (claims === undefined) throw new SsoFailure('unreadable')
  const facts = {
    issuer: around.issuer,
    subject: subjectOf(claims),
    name: nameOf(claims),
    since: around.askedAt,
    ...timesOf(answer, around.askedAt, answer.refresh_token !== undefined),
    ...strengthOf(claims),
  }
  return sessionOf(tokensOf(answer, around.key), facts)
}

/**
 * The session after its tokens were renewed. What the answer has no new one of stays; renewing makes nobody sign in later or as
 * somebody else.
 *
 * @throws SsoFailure `unreadable`, `other-person`
 */
export function renewedSession(
  answer: TokenAnswer,
  around: Circumstances,
  before: { readonly tokens: Tokens; readonly facts: SessionFacts },
): Session {
  const claims = answer.claims()
  if (claims !== undefined && claims.sub !== before.facts.subject) throw new SsoFailure('other-person')
  const fresh = tokensOf(answer, around.key)
  if (fresh.key.length !== before.tokens.key.length) throw new SsoFailure('unreadable')
  const tokens = {
    ...fresh,
    refresh: fresh.refresh.length > 0 ? fresh.refresh : Buffer.from(before.tokens.refresh),
    id: fresh.id.length > 0 ? fresh.id : Buffer.from(before.tokens.id),
  }
  const facts = {
    ...before.facts,
    ...timesOf(answer, around.askedAt, true),
    ...(claims === undefined ? {} : laterStrength(before.facts, strengthOf(claims))),
  }
  return sessionOf(tokens, facts)
}

function sessionOf(tokens: Tokens, facts: SessionFacts): Session {
  const packed = pack(tokens)
  return { tokens: packed, facts, [Symbol.dispose]: () => wipe(packed) }
}

function tokensOf(answer: TokenAnswer, key: Buffer | undefined): Tokens {
  const isBound = answer.token_type === 'dpop'
  if (isBound && key === undefined) throw new SsoFailure('unreadable')
  return {
    access: tokenBytes(answer.access_token),
    refresh: tokenBytes(answer.refresh_token),
    id: tokenBytes(answer.id_token),
    // Some providers know of keys and bind nothing to them.
    key: isBound && key !== undefined ? Buffer.from(key) : Buffer.alloc(0),
  }
}

function timesOf(
  answer: TokenAnswer,
  askedAt: number,
  isRenewable: boolean,
): Pick<SessionFacts, 'until' | 'refreshAt'> {
  const seconds = answer.expires_in
  const lifetime = seconds === undefined ? lifetimeMsDefault : Math.min(seconds * 1000, lifetimeMsMax)
  return {
    until: Math.floor(askedAt + lifetime),
    refreshAt: isRenewable ? Math.floor(askedAt + (lifetime * 2) / 3) : undefined,
  }
}

/** @throws SsoFailure `unreadable` where it is longer than it may be, or cannot be printed */
function subjectOf({ sub }: IDToken): string {
  if (sub.length === 0 || sub.length > subjectLengthMax || unprintable.test(sub))
    throw new SsoFailure('unreadable')
  return sub
}

function nameOf(claims: IDToken): string {
  const named = [claims['preferred_username'], claims['email'], claims['name'], claims.sub]
  const found = named.find((name) => typeof name === 'string' && name.trim() !== '')
  const name = typeof found === 'string' ? found : claims.sub
  return Array.from(name.replace(unprintables, '\u{fffd}')).slice(0, nameLengthMax).join('')
}

const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u
const unprintables = new RegExp(unprintable, 'gu')

/** What cannot be shown as it is counts as not said. */
function strengthOf(claims: IDToken): Strength {
  const { amr } = claims
  return {
    acr: isMethod(claims['acr']) ? claims['acr'] : undefined,
    amr: Array.isArray(amr) ? amr.filter(isMethod).slice(0, methodsMax) : [],
    authTime: claims.auth_time,
  }
}

const isMethod = (name: unknown): name is string =>
  typeof name === 'string' && name.length <= methodLengthMax && /^[\x21-\x7e]+$/.test(name)

/** Some providers give the time of the renewal as that of the login. */
function laterStrength(before: Strength, after: Strength): Strength {
  return {
    acr: after.acr ?? before.acr,
    amr: after.amr.length > 0 ? after.amr : before.amr,
    authTime:
      after.authTime === undefined || before.authTime === undefined
        ? before.authTime
        : Math.min(before.authTime, after.authTime),
  }
}
