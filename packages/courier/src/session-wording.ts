// The SSO session in the words of the messages, and back: there nothing can be left out.
import type { Body, Provider as ProviderBody } from './messages.ts'
import type { SessionFacts } from './oidc/facts.ts'
import type { Wanted } from './oidc/login.ts'
import type { SsoSettings } from './oidc/provider.ts'

/** What a job says of the provider. */
export function settingsIn(body: ProviderBody): SsoSettings {
  const { issuer, clientId, scopes, asksConsent, dpop, loopbackHttp } = body
  return { issuer, clientId, scopes: scopes.map(({ scope }) => scope), asksConsent, dpop, loopbackHttp }
}

/** Who is to sign in, and how strongly. */
export function wantedIn(body: Body<'signIn'>): Wanted {
  const { subject, acr, amr, isAged, maxAgeSeconds } = body
  return {
    demand: {
      ...(acr.length === 0 ? {} : { acr: acr.map(({ context }) => context) }),
      ...(amr.length === 0 ? {} : { amr: amr.map(({ method }) => method) }),
      ...(isAged ? { maxAgeSeconds } : {}),
    },
    ...(subject === '' ? {} : { subject }),
  }
}

/** What is known of a session that was lent. */
export function factsIn(body: Body<'refresh'>): SessionFacts {
  const { issuer, subject, name, since, until, refreshAt, authTime, acr, amr } = body
  return {
    issuer,
    subject,
    name,
    since,
    until,
    refreshAt: refreshAt === 0 ? undefined : refreshAt,
    authTime: authTime === 0 ? undefined : authTime,
    acr: acr === '' ? undefined : acr,
    amr: amr.map(({ method }) => method),
  }
}

/** What is told of a session that is given. */
export function factsBody(facts: SessionFacts): Body<'session'> {
  const { subject, name, since, until, refreshAt = 0, authTime = 0, acr = '', amr } = facts
  return {
    subject,
    name,
    since,
    until,
    refreshAt,
    // Some providers count in parts of seconds.
    authTime: Math.floor(authTime),
    acr,
    amr: amr.map((method) => ({ method })),
  }
}
