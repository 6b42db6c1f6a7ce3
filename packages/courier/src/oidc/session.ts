// A session as it crosses to sgetd: secrets in one buffer, and facts.
import { wipe } from '@sget/memory'
import type { TokenEndpointResponse, TokenEndpointResponseHelpers } from 'openid-client'
import { newFacts, renewedFacts, type SessionFacts } from './facts.ts'
import { SsoFailure } from './failure.ts'
import { pack, tokenBytes, type Tokens } from './tokens.ts'

/** A session as it is lent to us. */
export interface LentSession {
  /** For `unpack`; opaque to sgetd. */
  readonly tokens: Buffer
  readonly facts: SessionFacts
}

/** One that we give. It is wiped when it is disposed of. */
export interface Session extends LentSession, Disposable {}

/** What the token endpoint answered, checked by openid-client. */
export type TokenAnswer = TokenEndpointResponse & TokenEndpointResponseHelpers

/** Around an answer. */
export interface Circumstances {
  readonly issuer: string
  /** In ms, before the answer was asked for. */
  readonly askedAt: number
  /** What the access token is bound to where it is; lent. */
  readonly key: Buffer | undefined
}

/** The session that a login began. @throws SsoFailure `unreadable` */
export function newSession(answer: TokenAnswer, { issuer, askedAt, key }: Circumstances): Session {
  const claims = answer.claims()
  if (claims === undefined) throw new SsoFailure('unreadable')
  const isRenewable = answer.refresh_token !== undefined
  const facts = newFacts(issuer, claims, { askedAt, seconds: answer.expires_in, isRenewable })
  return sessionOf(tokensOf(answer, key), facts)
}

/**
 * The session after its tokens were renewed. What the answer has no new one of stays.
 *
 * @throws SsoFailure `unreadable`, `other-person`
 */
export function renewedSession(
  answer: TokenAnswer,
  { askedAt, key }: Circumstances,
  before: { readonly tokens: Tokens; readonly facts: SessionFacts },
): Session {
  const term = { askedAt, seconds: answer.expires_in, isRenewable: true }
  const facts = renewedFacts(before.facts, answer.claims(), term)
  if (isBound(answer) !== (key !== undefined)) throw new SsoFailure('unreadable')
  const { access, refresh, id, key: ownKey } = tokensOf(answer, key)
  const tokens = {
    access,
    refresh: refresh.length > 0 ? refresh : Buffer.from(before.tokens.refresh),
    id: id.length > 0 ? id : Buffer.from(before.tokens.id),
    key: ownKey,
  }
  return sessionOf(tokens, facts)
}

/** One with the same bytes, wiped on its own. */
export function copyOf({ tokens, facts }: LentSession): Session {
  const copy = Buffer.from(tokens)
  return { tokens: copy, facts, [Symbol.dispose]: () => wipe(copy) }
}

function sessionOf(tokens: Tokens, facts: SessionFacts): Session {
  const packed = pack(tokens)
  return { tokens: packed, facts, [Symbol.dispose]: () => wipe(packed) }
}

const isBound = (answer: TokenAnswer): boolean => answer.token_type === 'dpop'

function tokensOf(answer: TokenAnswer, key: Buffer | undefined): Tokens {
  if (isBound(answer) && key === undefined) throw new SsoFailure('unreadable')
  return {
    access: tokenBytes(answer.access_token),
    refresh: tokenBytes(answer.refresh_token),
    id: tokenBytes(answer.id_token),
    // Some providers know of keys and bind nothing to them.
    key: isBound(answer) && key !== undefined ? Buffer.from(key) : Buffer.alloc(0),
  }
}
