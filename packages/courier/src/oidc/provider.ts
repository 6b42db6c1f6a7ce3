// The identity provider, as it describes itself (OpenID Connect Discovery 1.0). Nothing of this is a secret.
import {
  allowInsecureRequests,
  ClientSecretPost,
  clockTolerance,
  type Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  None,
  type ServerMetadata,
} from 'openid-client'
import { checkedUrl } from '../address.ts'
import type { Http } from '../http.ts'
import { SsoFailure } from './failure.ts'
import { fetchOver } from './fetch.ts'
import { libraryTimeoutSeconds, skewSeconds } from './limits.ts'
import { proofAlgorithm } from './possession.ts'
import { translated } from './translation.ts'

/** From the config in force. */
export interface SsoSettings {
  /** As the provider writes it. */
  readonly issuer: string
  readonly clientId: string
  /** `openid` among them; `offline_access` where the provider wants that for refresh tokens. */
  readonly scopes: readonly string[]
  /** Asks for consent each time, as OpenID Connect Core, section 11 has it for `offline_access` and some providers want. */
  readonly asksConsent?: boolean
  /** Tokens are bound to a key where the provider can (RFC 9449). False: they are not, for vaults that cannot use such. */
  readonly dpop?: boolean
  /** Plain HTTP to this machine itself is allowed. */
  readonly loopbackHttp?: boolean
}

/** A provider that was found and is the one that was meant. */
export interface Provider {
  readonly configuration: Configuration
  readonly metadata: ServerMetadata
  readonly settings: SsoSettings
  /** Tokens are bound to a key. */
  readonly bindsTokens: boolean
}

/**
 * Asks a provider to describe itself.
 *
 * @param secret of a client that has one although it cannot keep it, as some providers want; lent
 * @throws NetworkFailure, SsoFailure `no-provider`, `other-issuer`, `unable`
 */
export async function discover(http: Http, settings: SsoSettings, secret?: Buffer): Promise<Provider> {
  const issuer = checkedUrl(settings.issuer, settings.loopbackHttp === true)
  const isPlain = issuer.protocol === 'http:'
  const configuration = await translated('discovery', () =>
    discovery(
      issuer,
      settings.clientId,
      { [clockTolerance]: skewSeconds },
      secret === undefined ? None() : ClientSecretPost(secret.toString('latin1')),
      {
        [customFetch]: fetchOver(http),
        timeout: libraryTimeoutSeconds,
        // Signatures are checked although TLS names the sender already. Which plain addresses are asked is for Http to say.
        execute: [enableNonRepudiationChecks, ...(isPlain ? [allowInsecureRequests] : [])],
      },
    ),
  )
  const metadata = configuration.serverMetadata()
  // The library makes exceptions for some hosts, and for addresses of documents.
  if (metadata.issuer !== settings.issuer) throw new SsoFailure('other-issuer')
  if (metadata.code_challenge_methods_supported?.includes('S256') === false) throw new SsoFailure('unable')
  const bindsTokens =
    settings.dpop !== false && metadata.dpop_signing_alg_values_supported?.includes(proofAlgorithm) === true
  return { configuration, metadata, settings, bindsTokens }
}

/**
 * An address of the provider for a browser to open, checked like one that we ask ourselves.
 *
 * @throws NetworkFailure `insecure`, SsoFailure `unable`
 */
export function browserUrl({ settings }: Provider, address: string | undefined): URL {
  if (address === undefined) throw new SsoFailure('unable')
  return checkedUrl(address, settings.loopbackHttp === true)
}
