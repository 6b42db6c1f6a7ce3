// What tests of the session begin with.
import type { Test } from 'tap'
import { NetworkFailure } from '../../src/failure.ts'
import { Http, type Patience, type Reach } from '../../src/http.ts'
import { SsoFailure } from '../../src/oidc/failure.ts'
import { Logins } from '../../src/oidc/logins.ts'
import type { Login, Wanted } from '../../src/oidc/login.ts'
import { discover, type Provider, type SsoSettings } from '../../src/oidc/provider.ts'
import type { Session } from '../../src/oidc/session.ts'
import { Human, type Manner } from './human.ts'
import { clientId } from './provider-facts.ts'

/** Less than the world has. */
export const patience = { connectMs: 2000, callMs: 10_000 }

/** For those who wait for what never comes. */
export const hasty = { connectMs: 1000, callMs: 1500 }

export function settingsOf(issuer: string, more: Partial<SsoSettings> = {}): SsoSettings {
  const scopes = ['openid', 'profile', 'offline_access']
  return { issuer, clientId, scopes, asksConsent: true, loopbackHttp: true, ...more }
}

export function client(t: Test, reach: Reach = { loopbackHttp: true }, waits: Patience = patience): Http {
  const http = new Http(reach, waits)
  t.teardown(() => http.close())
  return http
}

/** A provider as the courier sees it. */
export function found(
  t: Test,
  issuer: string,
  more: Partial<SsoSettings> = {},
  waits: Patience = patience,
): Promise<Provider> {
  return discover(client(t, { loopbackHttp: true }, waits), settingsOf(issuer, more))
}

/** A human signs in, and the browser lands with us. */
export async function signedIn(
  t: Test,
  provider: Provider,
  given: { wanted?: Wanted; human?: Human; manner?: Manner } = {},
): Promise<Session> {
  const login = await new Logins().byBrowser(provider, given.wanted)
  t.teardown(() => login.cancel())
  const landed = await (given.human ?? new Human()).follow(login.url, given.manner)
  await fetch(landed)
  return taken(t, login)
}

/** The session of a login; it ends with the test. */
export async function taken(t: Test, { session }: Login): Promise<Session> {
  const settled = await session
  t.teardown(() => settled[Symbol.dispose]())
  return settled
}

/** The code with which something fails, or `nothing`. Whatever is said of a failure has nothing of the provider's in it. */
export async function failureOf(t: Test, work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'nothing'
  } catch (error) {
    if (!(error instanceof SsoFailure || error instanceof NetworkFailure)) throw error
    t.equal(error.cause, undefined)
    t.strictSame(Object.keys(error).sort(), ['code', 'name'])
    t.notMatch(error.message, /\?|access_token|eyJ/, 'it tells the origin at most')
    return error.code
  }
}
