// Why there is no session, or no longer one.

/** Each with all that is ever said of it: nothing of what the provider wrote goes further. */
const texts = {
  'no-provider':
    'no OpenID Connect provider answers at the issuer’s address: check the address in the config',
  'other-issuer': 'the provider there calls itself by another name than the config: check the issuer',
  unable: 'the provider does not offer what this needs: ask who runs it',
  busy: 'another login waits for you already: finish or cancel that one first',
  denied: 'the login was refused, by you or by the provider',
  unfinished: 'nobody finished the login in time: begin it again',
  cancelled: 'the login was cancelled',
  'mixed-up': 'the answer to the login came from another provider than was asked: nothing of it was used',
  refused:
    'the provider refuses this client or what it asks for: check client id, scopes and its registration',
  trouble: 'the provider is in trouble: try again later',
  unreadable: 'the provider’s answer is not what OpenID Connect agrees on: nothing of it was used',
  forged:
    'the provider’s answer does not stand the checks (signature, issuer, audience, nonce): nothing was used',
  clock: 'the provider’s token is from another time: compare the clocks of both machines',
  'other-person':
    'somebody else signed in than the session belongs to: sign in as the same person, or log out',
  'too-weak': 'the provider signed you in, but not as strongly or as freshly as the rule wants',
  taken: 'the address of this machine to which the browser is to come back is in use by another program',
  'session-ended':
    'the provider has ended the session: log in again; if you did not end it, a token may be in other hands',
} as const

/** Names of these failures. */
export type SsoCode = keyof typeof texts

/** An expected failure of signing in or staying so. Its text is fixed; it has no cause. */
export class SsoFailure extends Error {
  override readonly name = 'SsoFailure'
  readonly code: SsoCode

  constructor(code: SsoCode) {
    super(texts[code])
    this.code = code
  }
}
