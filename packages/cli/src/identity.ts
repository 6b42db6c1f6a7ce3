// Who is signed in at the identity provider, until when and how strongly: in words, and for programs.
import type { Body } from '@sget/wire'
import { commandLine, type Context } from './context.ts'
import { isoTime, readableTime, span } from './time.ts'

/** What sgetd tells of it. */
export type Identity = Body<'sessionState'>

/** Lines for people; none where the config names no provider. */
export function identityLines(context: Context, identity: Identity): string[] {
  const { issuer, signedIn, inviting } = identity
  if (issuer === '') return []
  if (signedIn) return signedInLines(identity, Date.now())
  const next = inviting ? 'a login waits for you in a browser' : commandLine(context, 'sgetctl', 'login')
  return [`signed in          nobody at ${issuer}: ${next}`]
}

/** The same for programs: null where the config names no provider. */
export function identityShape({ issuer, signedIn, inviting, ...rest }: Identity): object | null {
  if (issuer === '') return null
  if (!signedIn) return { issuer, signedIn, inviting }
  const { since, until, authenticated, amr, ...told } = rest
  return {
    issuer,
    signedIn,
    inviting,
    ...told,
    since: isoTime(since),
    until: isoTime(until),
    authenticatedAt: isoTime(authenticated),
    amr: amr === '' ? [] : amr.split(' '),
  }
}

function signedInLines(identity: Identity, now: number): string[] {
  const { issuer, since, until, renewable, remembered } = identity
  const end = until === 0 ? 'until the provider ends it' : `until ${readableTime(until)}`
  const renewal = renewable ? 'renewed without you' : 'not renewed without you'
  const life = remembered ? 'remembered when sgetd ends' : 'ends with sgetd'
  return [
    `signed in          ${whoIs(identity)} at ${issuer}, since ${readableTime(since)}`,
    `session            ${end}, ${renewal}, ${life}`,
    `proved             ${strength(identity, now)}`,
  ]
}

/** The provider's own name for a person beside the one to be shown, which two may share. */
function whoIs({ name, subject }: Identity): string {
  return name === '' || name === subject ? subject : `${name} (${subject})`
}

function strength({ authenticated, acr, amr }: Identity, now: number): string {
  const age = authenticated === 0 ? 'the provider does not tell when' : `${span(now - authenticated)} ago`
  const methods = amr === '' ? [] : [`by ${amr.replaceAll(' ', ', ')}`]
  return [age, ...methods, ...(acr === '' ? [] : [`acr ${acr}`])].join(', ')
}
