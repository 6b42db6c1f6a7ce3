// New tokens for old ones, without a human (RFC 6749, section 6), once for all who ask at the same time: a refresh token that
// is used twice ends the session at providers that rotate them (RFC 9700, section 4.14.2).
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { refreshTokenGrant } from 'openid-client'
import { prover } from './possession.ts'
import type { Provider } from './provider.ts'
import { copyOf, type LentSession, renewedSession, type Session } from './session.ts'
import { tokenText, unpack } from './tokens.ts'
import { translated } from './translation.ts'

interface Flight {
  readonly session: Promise<Session>
  takers: number
}

/** Renews sessions. */
export class Refreshes {
  readonly #now: () => number
  /** By a hash of the refresh token. */
  readonly #flights = new Map<string, Flight>()

  /** @param now wall clock, in ms */
  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /**
   * The session with new tokens; the old ones serve no longer. Each who asks has a copy of their own.
   *
   * @param lent with a refresh token; it stays as it is until the end
   * @throws NetworkFailure, SsoFailure `session-ended` and others
   */
  async refresh(provider: Provider, lent: LentSession): Promise<Session> {
    const { refresh } = unpack(lent.tokens)
    assert(refresh.length > 0)
    const name = createHash('sha256').update(refresh).digest('base64')
    const flight = this.#flights.get(name) ?? { session: renewed(provider, lent, this.#now()), takers: 0 }
    this.#flights.set(name, flight)
    flight.takers += 1
    try {
      return copyOf(await flight.session)
    } finally {
      this.#flights.delete(name)
      flight.takers -= 1
      if (flight.takers === 0) flight.session.then((session) => session[Symbol.dispose](), ignore)
    }
  }
}

const ignore = (): void => undefined

async function renewed(
  { configuration, settings }: Provider,
  { tokens: packed, facts }: LentSession,
  askedAt: number,
): Promise<Session> {
  const tokens = unpack(packed)
  const key = tokens.key.length > 0 ? tokens.key : undefined
  const proof = key && { DPoP: prover(configuration, key) }
  const answer = await translated('refresh', () =>
    refreshTokenGrant(configuration, tokenText(tokens.refresh), undefined, proof),
  )
  return renewedSession(answer, { issuer: settings.issuer, askedAt, key }, { tokens, facts })
}
