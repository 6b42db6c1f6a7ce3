// Signing in with a browser of this machine: authorization code with PKCE (RFC 6749 and 7636; RFC 8252 for programs like us).
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  type DPoPHandle,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import { wipe } from '@sget/memory'
import { SsoFailure } from './failure.ts'
import { Landing } from './landing.ts'
import { accepted, type Ending, type Pace, type Wanted } from './login.ts'
import { newKey, prover } from './possession.ts'
import { browserUrl, type Provider } from './provider.ts'
import { newSession, type Session } from './session.ts'
import { demandParameters } from './step-up.ts'
import { translated } from './translation.ts'

/** One attempt, with what nobody can guess. */
export class Attempt implements Disposable {
  readonly #provider: Provider
  readonly #wanted: Wanted
  readonly #landing: Landing
  readonly #state: string
  readonly #nonce = randomNonce()
  readonly #verifier = randomPKCECodeVerifier()
  readonly #key: Buffer | undefined
  readonly #prover: DPoPHandle | undefined

  private constructor(provider: Provider, wanted: Wanted, state: string, landing: Landing) {
    this.#provider = provider
    this.#wanted = wanted
    this.#landing = landing
    this.#state = state
    this.#key = provider.bindsTokens ? newKey() : undefined
    this.#prover = this.#key && prover(provider.configuration, this.#key)
  }

  /** @throws NetworkFailure `insecure`, SsoFailure `unable` */
  static async begin(provider: Provider, wanted: Wanted): Promise<Attempt> {
    browserUrl(provider, provider.metadata.authorization_endpoint)
    const state = randomState()
    return new Attempt(provider, wanted, state, await Landing.open(state))
  }

  /** Where the human signs in. @throws SsoFailure `unable` */
  async url(): Promise<string> {
    const { configuration, settings } = this.#provider
    const parameters: Record<string, string> = {
      redirect_uri: this.#landing.url,
      scope: settings.scopes.join(' '),
      state: this.#state,
      nonce: this.#nonce,
      code_challenge: await calculatePKCECodeChallenge(this.#verifier),
      code_challenge_method: 'S256',
      ...demandParameters(this.#wanted.demand ?? {}),
    }
    if (settings.asksConsent === true)
      parameters['prompt'] = [parameters['prompt'], 'consent'].filter(Boolean).join(' ')
    // The code serves only whoever has the key, too (RFC 9449, section 10).
    if (this.#prover) parameters['dpop_jkt'] = await this.#prover.calculateThumbprint()
    const url = await translated('login', () => buildAuthorizationUrl(configuration, parameters))
    return url.href
  }

  /** Waits for the human, and takes the session. @throws NetworkFailure | SsoFailure */
  async session(ending: Ending, { now }: Pace): Promise<Session> {
    const answer = await ending.before(this.#landing.arrival)
    this.#checkSender(answer)
    const askedAt = now()
    const tokens = await ending.before(this.#exchange(answer))
    const around = { issuer: this.#provider.settings.issuer, askedAt, key: this.#key }
    return accepted(newSession(tokens, around), this.#wanted, now())
  }

  [Symbol.dispose](): void {
    this.#landing[Symbol.dispose]()
    if (this.#key) wipe(this.#key)
  }

  /** Who answers names themselves, at least where they say that they do (RFC 9207). */
  #checkSender(answer: URLSearchParams): void {
    const { authorization_response_iss_parameter_supported: isNamed, issuer } = this.#provider.metadata
    const named = answer.get('iss')
    if (named === null ? isNamed === true : named !== issuer) throw new SsoFailure('mixed-up')
  }

  #exchange(answer: URLSearchParams): ReturnType<typeof authorizationCodeGrant> {
    const url = new URL(this.#landing.url)
    url.search = answer.toString()
    const checks = {
      pkceCodeVerifier: this.#verifier,
      expectedState: this.#state,
      expectedNonce: this.#nonce,
      idTokenExpected: true,
    }
    const proof = this.#prover && { DPoP: this.#prover }
    return translated('login', () =>
      authorizationCodeGrant(this.#provider.configuration, url, checks, undefined, proof),
    )
  }
}
