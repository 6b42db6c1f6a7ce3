// Where people sign in: what the config may say of the identity provider.
import { httpAddress } from './network.ts'
import { type Converted } from './reading.ts'
import { quoted } from './printable.ts'
import { converted, flag, list, optional, required, table, text, type Reader } from './schema.ts'

/** `[sso]`. */
export type Sso = {
  /** as the provider writes it */
  readonly issuer: string
  readonly clientId: string
  readonly scopes: readonly string[]
  /** asks for consent each time, which some providers want before they give a refresh token */
  readonly asksConsent: boolean
  /** tokens are bound to a key where the provider can */
  readonly dpop: boolean
  /** the session survives the daemon: its refresh token lies in the embedded vault */
  readonly remember: boolean
}

const scopesMax = 32

/** What gives an id token, and a refresh token where the provider wants to be asked for one. */
const usualScopes: readonly string[] = ['openid', 'profile', 'offline_access']

/** The `[sso]` table of a config. */
export const sso: Reader<Sso> = converted(
  table({
    issuer: required(converted(text(), httpAddress)),
    client_id: required(text()),
    scopes: optional(list(converted(text(), scope), scopesMax), usualScopes),
    consent: optional(flag, false),
    dpop: optional(flag, true),
    remember: optional(flag, false),
  }),
  ({ issuer, client_id: clientId, scopes, consent: asksConsent, dpop, remember }) =>
    scopes.includes('openid')
      ? { value: { issuer, clientId, scopes, asksConsent, dpop, remember } }
      : { fault: 'no scope "openid"', why: 'without it nobody learns who signed in' },
)

/** RFC 6749, section 3.3. */
function scope(value: string): Converted<string> {
  return /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(value) ? { value } : { fault: `no scope ${quoted(value)}` }
}
