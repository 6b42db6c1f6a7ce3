// Signing in with a browser elsewhere, by typing a code (RFC 8628). Only when a human asked for it: who sends somebody such an
// address and code gets their session.
import { wipe } from '@sget/memory'
import {
  type DeviceAuthorizationResponse,
  initiateDeviceAuthorization,
  pollDeviceAuthorizationGrant,
} from 'openid-client'
import { SsoFailure } from './failure.ts'
import { pollSecondsDefault, pollSecondsMax, pollSecondsMin, userCodeLengthMax } from './limits.ts'
import { accepted, type Ending, type Pace, type Wanted } from './login.ts'
import { newKey, prover } from './possession.ts'
import { browserUrl, type Provider } from './provider.ts'
import { newSession, type Session } from './session.ts'
import { demandParameters } from './step-up.ts'
import { translated } from './translation.ts'

/** What the human needs. */
export interface Invitation {
  /** Where they go. */
  readonly url: string
  /** What they type there. */
  readonly code: string
  readonly grant: DeviceAuthorizationResponse
}

/** @throws NetworkFailure | SsoFailure */
export async function invite(provider: Provider, { demand = {} }: Wanted): Promise<Invitation> {
  if (provider.metadata.device_authorization_endpoint === undefined) throw new SsoFailure('unable')
  const parameters = { scope: provider.settings.scopes.join(' '), ...demandParameters(demand) }
  const grant = await translated('login', () =>
    initiateDeviceAuthorization(provider.configuration, parameters),
  )
  const code = grant.user_code
  if (code.length > userCodeLengthMax || !/^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(code))
    throw new SsoFailure('unreadable')
  return { url: browserUrl(provider, grant.verification_uri).href, code, grant }
}

/** Waits for the human. @throws NetworkFailure | SsoFailure */
export async function deviceSession(
  provider: Provider,
  { grant }: Invitation,
  { wanted, ending, pace }: { readonly wanted: Wanted; readonly ending: Ending; readonly pace: Pace },
): Promise<Session> {
  const key = provider.bindsTokens ? newKey() : undefined
  try {
    const tokens = await ending.before(polled(provider, grant, ending.signal, key))
    const around = { issuer: provider.settings.issuer, askedAt: pace.now(), key }
    return accepted(newSession(tokens, around), wanted, pace.now())
  } finally {
    if (key) wipe(key)
  }
}

function polled(
  { configuration }: Provider,
  grant: DeviceAuthorizationResponse,
  signal: AbortSignal,
  key: Buffer | undefined,
): ReturnType<typeof pollDeviceAuthorizationGrant> {
  const interval = pollSeconds(grant.interval)
  const proof = key && { DPoP: prover(configuration, key) }
  return translated('login', () =>
    pollDeviceAuthorizationGrant(configuration, { ...grant, interval }, undefined, { signal, ...proof }),
  )
}

/** How long to wait between two questions, where the provider wants so many seconds. */
export function pollSeconds(wanted: number = pollSecondsDefault): number {
  return Math.min(Math.max(wanted, pollSecondsMin), pollSecondsMax)
}
