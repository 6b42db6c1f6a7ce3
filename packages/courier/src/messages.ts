// What sgetd and its courier say to each other: one row a message. sgetd imports this and nothing else of the courier.
import { rows, Table, type AnyIn, type BodyIn, type HeadIn, type ReceivedIn } from '@sget/wire/framing'
import type { PlainNameIn } from '@sget/wire/framing'
import type { NetworkCode, VaultCode } from './failure.ts'
import type { SsoCode } from './oidc/failure.ts'

// Both sides judge a session: the courier the one that a human just began, sgetd the one that it keeps.
export { standing, type Demand } from './oidc/step-up.ts'

/** The descriptor at which the courier finds its end of the socketpair. */
export const courierDescriptor = 3

/** So many names may a list have, and so long may they be together, in as many messages as it takes. */
export const namesMax = 10_000
export const namesBytesMax = 1024 * 1024

/** How the network is reached; an empty text stands for none. */
const reach = { ca: 'document', proxy: 'text', loopbackHttp: 'flag' } as const

/** Which vault, and how it is reached. */
const mount = { kind: 'text', settings: rows({ name: 'text', value: 'text' }), ...reach } as const

/** Which identity provider, as what it knows us, and how it is reached: see SsoSettings. */
const provider = {
  issuer: 'text',
  clientId: 'text',
  scopes: rows({ scope: 'text' }),
  asksConsent: 'flag',
  dpop: 'flag',
  ...reach,
} as const

/** See SessionFacts. 0 and an empty text stand for what is not known, or not to be. */
const facts = {
  subject: 'text',
  name: 'text',
  since: 'time',
  until: 'time',
  refreshAt: 'time',
  /** In seconds, by the provider's clock. */
  authTime: 'time',
  acr: 'text',
  amr: rows({ method: 'text' }),
} as const

/** See Wanted. `isAged`: `maxAgeSeconds` counts. */
const wanted = {
  subject: 'text',
  acr: rows({ context: 'text' }),
  amr: rows({ method: 'text' }),
  isAged: 'flag',
  maxAgeSeconds: 'u32',
} as const

const lease = { lease: 'text', seconds: 'u32', renewable: 'flag' } as const

/** The jobs, each a method of Remote. What they need to be let in was lent before, under the same id. */
const jobs = {
  list: { type: 0x01, fields: { ...mount, folder: 'text' } },
  describe: { type: 0x02, fields: { ...mount, path: 'text' } },
  fetch: { type: 0x03, fields: { ...mount, path: 'text' } },
  health: { type: 0x04, fields: mount },
  rotate: { type: 0x05, fields: { ...mount, path: 'text' } },
  renew: { type: 0x06, fields: { ...mount, lease: 'text' } },
  release: { type: 0x07, fields: { ...mount, lease: 'text' } },
  /** Where the vault itself signs people in it takes as long as they do, and says where with `invited`. */
  login: { type: 0x08, fields: mount },
  prolong: { type: 0x09, fields: mount },
  logout: { type: 0x0a, fields: mount },
} as const

/** The jobs that have to do with the SSO session; it was lent before, where there is one. */
const sessionJobs = {
  /** A human signs in, in a browser of this machine or with a device elsewhere. It takes as long as they do. */
  signIn: { type: 0x20, fields: { ...provider, ...wanted, device: 'flag' } },
  /** New tokens for the session, without a human. */
  refresh: { type: 0x21, fields: { ...provider, ...facts } },
  /** Makes the tokens of the session worthless. */
  revoke: { type: 0x22, fields: provider },
} as const

/**
 * Every message, by name. sgetd lends secrets, sends the job, and gives `room` for each secret that is offered; the courier
 * answers each job with what it found and `done`, or with `failed`, also a job that was cancelled.
 */
export const messages = {
  ...jobs,
  ...sessionJobs,
  lend: { type: 0x10, fields: { as: 'text', secret: 'secret' } },
  room: { type: 0x11, fields: {} },
  cancel: { type: 0x12, fields: {} },

  /** The courier has closed its memory to others and takes jobs. Under id 0. */
  ready: { type: 0x80, fields: {} },
  done: { type: 0x81, fields: {} },
  failed: { type: 0x82, fields: { code: 'u8' } },
  /** The next field of a secret, or the token of a login, and how long it is: its value follows when there is room. */
  offer: { type: 0x83, fields: { name: 'text', bytes: 'u32' } },
  value: { type: 0x84, fields: { secret: 'secret' } },
  names: { type: 0x85, fields: { names: rows({ name: 'text' }) } },
  /** `bytes` is 0 where the vault does not tell how long a value is. */
  description: {
    type: 0x86,
    fields: {
      path: 'text',
      created: 'time',
      changed: 'time',
      fields: rows({ name: 'text', sized: 'flag', bytes: 'u32' }),
    },
  },
  version: { type: 0x87, fields: { version: 'u32' } },
  leased: { type: 0x88, fields: lease },
  admitted: { type: 0x89, fields: { seconds: 'u32', renewable: 'flag' } },
  /** Where a human signs in, what they type there or nothing, and for how long that serves. */
  invited: { type: 0x8a, fields: { url: 'text', code: 'text', seconds: 'u16' } },
  /** What may be shown of a session, of which the tokens were offered before. */
  session: { type: 0x8b, fields: facts },
  /** Where a human ends the provider's own session; empty where there is no such place. */
  parting: { type: 0x8c, fields: { url: 'text' } },
} as const

/** The messages, as something that reads and writes frames. */
export const courierTable = new Table(messages)

/** The messages as a type. */
export type CourierMessages = typeof messages

/** What a message of that name holds. */
export type Body<N extends keyof CourierMessages> = BodyIn<CourierMessages, N>

/** The head of a frame. */
export type Head = HeadIn<CourierMessages>

/** A message that came. */
export type Received = ReceivedIn<CourierMessages>

/** The messages without a secret. */
export type PlainName = PlainNameIn<CourierMessages>

/** The name of a job at a vault. */
export type VaultJobName = keyof typeof jobs

/** The name of a job that has to do with the SSO session. */
export type SessionJobName = keyof typeof sessionJobs

/** The name of a job. */
export type JobName = VaultJobName | SessionJobName

/** A job that came. */
export type Job = Extract<AnyIn<CourierMessages>, { readonly name: JobName }> & { readonly id: number }

/** One at a vault. */
export type VaultJob = Extract<Job, { readonly name: VaultJobName }>

/** One that has to do with the SSO session. */
export type SessionJob = Extract<Job, { readonly name: SessionJobName }>

/** What a job says of the vault. */
export type Mount = Body<'health'>

/** What a job says of the network. */
export type Network = Pick<Mount, keyof typeof reach>

/** What a job says of the identity provider. */
export type Provider = Body<'revoke'>

/** What can be lent for a job: the tokens of the SSO session, packed; else see Lent and Proof. */
export const lendings = ['credential', 'session', 'secret'] as const

/** The name of something lent. */
export type Lending = (typeof lendings)[number]

/** Numbers of the failures: no text crosses the socket. */
export const codes = {
  unreachable: 1,
  untrusted: 2,
  'too-slow': 3,
  cut: 4,
  'too-large': 5,
  redirected: 6,
  insecure: 7,
  unreadable: 8,
  'not-found': 20,
  deleted: 21,
  'no-field': 22,
  forbidden: 23,
  expired: 24,
  sealed: 25,
  standby: 26,
  'rate-limited': 27,
  unable: 28,
  refused: 29,
  'no-redirect': 30,
  opened: 31,
} as const satisfies Readonly<Record<NetworkCode | VaultCode, number>>

/** The same of signing in and staying so. */
export const ssoCodes = {
  'no-provider': 40,
  'other-issuer': 41,
  unable: 42,
  busy: 43,
  denied: 44,
  unfinished: 45,
  cancelled: 46,
  'mixed-up': 47,
  refused: 48,
  trouble: 49,
  unreadable: 50,
  forged: 51,
  clock: 52,
  'other-person': 53,
  'too-weak': 54,
  'session-ended': 55,
  taken: 56,
} as const satisfies Readonly<Record<SsoCode, number>>

/** Whether a message that came is a job. */
export function isJob(message: Received): message is Job {
  return message.name in jobs || message.name in sessionJobs
}

/** Whether a job has to do with the SSO session. */
export function isSessionJob(job: Job): job is SessionJob {
  return job.name in sessionJobs
}
