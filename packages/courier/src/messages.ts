// What sgetd and its courier say to each other: one row a message. sgetd imports this and nothing else of the courier.
import { rows, Table, type AnyIn, type BodyIn, type HeadIn, type ReceivedIn } from '@sget/wire/framing'
import type { PlainNameIn } from '@sget/wire/framing'
import type { NetworkCode, VaultCode } from './failure.ts'

/** The descriptor at which the courier finds its end of the socketpair. */
export const courierDescriptor = 3

/** So many names may a list have, and so long may they be together, in as many messages as it takes. */
export const namesMax = 10_000
export const namesBytesMax = 1024 * 1024

/** Which vault, and how it is reached; an empty text stands for none. */
const mount = {
  kind: 'text',
  settings: rows({ name: 'text', value: 'text' }),
  ca: 'document',
  proxy: 'text',
  loopbackHttp: 'flag',
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
  login: { type: 0x08, fields: mount },
  prolong: { type: 0x09, fields: mount },
  logout: { type: 0x0a, fields: mount },
} as const

/**
 * Every message, by name. sgetd lends secrets, sends the job, and gives `room` for each secret that is offered; the courier
 * answers each job with what it found and `done`, or with `failed`, also a job that was cancelled.
 */
export const messages = {
  ...jobs,
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

/** The name of a job. */
export type JobName = keyof typeof jobs

/** A job that came. */
export type Job = Extract<AnyIn<CourierMessages>, { readonly name: JobName }> & { readonly id: number }

/** What a job says of the vault. */
export type Mount = Body<'health'>

/** What can be lent for a job: see Lent and Proof. */
export const lendings = ['credential', 'bearer', 'secret'] as const

/** The name of something lent. */
export type Lending = (typeof lendings)[number]

/** Numbers of the failures: no text crosses the socket. */
export const codes: Readonly<Record<NetworkCode | VaultCode, number>> = {
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
}

/** Whether a message that came is a job. */
export function isJob(message: Received): message is Job {
  return message.name in jobs
}
