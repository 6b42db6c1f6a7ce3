// The end of a session at the provider.
import { buildEndSessionUrl, tokenRevocation } from 'openid-client'
import { SsoFailure } from './failure.ts'
import { browserUrl, type Provider } from './provider.ts'
import { tokenText, unpack } from './tokens.ts'
import { translated } from './translation.ts'

/**
 * Makes the tokens worthless (RFC 7009), the refresh token first: it is the one that lasts.
 *
 * @throws NetworkFailure, SsoFailure `unable` where the provider has no way to
 */
export async function revoke({ configuration, metadata }: Provider, packed: Buffer): Promise<void> {
  if (metadata.revocation_endpoint === undefined) throw new SsoFailure('unable')
  const { refresh, access } = unpack(packed)
  for (const [kind, token] of [
    ['refresh_token', refresh],
    ['access_token', access],
  ] as const)
    if (token.length > 0)
      await translated('revocation', () =>
        tokenRevocation(configuration, tokenText(token), { token_type_hint: kind }),
      )
}

/**
 * Where the human ends the provider's own session in the browser (OpenID Connect RP-Initiated Logout 1.0); undefined where
 * the provider has no such place. Without an `id_token_hint`: the address goes through the command line of a browser, where
 * every user of the machine reads it. So the provider asks the human first.
 *
 * @throws NetworkFailure `insecure`, SsoFailure `unable`
 */
export async function logoutUrl(provider: Provider): Promise<string | undefined> {
  const { configuration, metadata } = provider
  if (metadata.end_session_endpoint === undefined) return undefined
  browserUrl(provider, metadata.end_session_endpoint)
  const url = await translated('login', () => buildEndSessionUrl(configuration, {}))
  return url.href
}
