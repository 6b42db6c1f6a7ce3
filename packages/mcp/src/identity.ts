// Who is signed in at the identity provider, as agents are told: never a token.
import type { Body } from '@sget/wire'
import { z } from 'zod'
import { isoTime } from './time.ts'

/** Who, until when and how strongly. */
export const identityShape = z.object({
  issuer: z
    .string()
    .describe('Where people sign in; empty when they need not, or while the vault is locked.'),
  signedIn: z.boolean(),
  loginWaits: z.boolean().describe('Whether a login waits for the human.'),
  name: z.string().describe('Who; empty when nobody is.'),
  subject: z.string().describe('Who, as the provider knows them.'),
  until: z.string().describe('ISO 8601; empty when it is not known.'),
  renewed: z.boolean().describe('Whether it goes on after that without the human.'),
  remembered: z.boolean().describe('Whether it outlives the daemon.'),
  provedAt: z.string().describe('When they proved who they are, ISO 8601; empty when it is not known.'),
  acr: z.string().describe('How strongly, in a word of the provider.'),
  methods: z.array(z.string()).describe('By what: pwd, otp, hwk, …'),
})

/** The same, as a result holds it. */
export type IdentityShape = z.input<typeof identityShape>

/** Where sgetd does not tell. */
export const nobody: IdentityShape = {
  issuer: '',
  signedIn: false,
  loginWaits: false,
  name: '',
  subject: '',
  until: '',
  renewed: false,
  remembered: false,
  provedAt: '',
  acr: '',
  methods: [],
}

/** What a result holds of it. */
export function identityOf(state: Body<'sessionState'>): IdentityShape {
  const { issuer, signedIn, inviting: loginWaits } = state
  if (!signedIn) return { ...nobody, issuer, loginWaits }
  const { name, subject, remembered, acr, amr } = state
  return {
    ...{ issuer, signedIn, loginWaits, name, subject, remembered, acr },
    until: isoTime(state.until),
    renewed: state.renewable,
    provedAt: isoTime(state.authenticated),
    methods: amr.split(' ').filter((method) => method !== ''),
  }
}

/** One line of text; empty where people sign in nowhere. */
export function identityLine(identity: IdentityShape): string {
  const { issuer, signedIn, loginWaits, name, subject, until, renewed, provedAt, acr, methods } = identity
  if (issuer === '') return ''
  if (!signedIn) {
    const next = loginWaits ? 'a login waits for your human' : 'request_login asks your human to'
    return `Signed in at ${issuer}: nobody; ${next}.`
  }
  const parts = [
    `Signed in at ${issuer}: ${name === '' ? subject : `${name} (${subject})`}`,
    ...(until === '' ? [] : [`until ${until}${renewed ? ', renewed without a human' : ''}`]),
    ...(provedAt === '' ? [] : [`proved ${provedAt}`]),
    ...(methods.length === 0 ? [] : [`by ${methods.join(' and ')}`]),
    ...(acr === '' ? [] : [`acr ${acr}`]),
  ]
  return `${parts.join(', ')}.`
}
