// What a record may say: closed sets of events and fields, every string bounded, and no room for a value.
import { isUtf8 } from 'node:buffer'

/** The life of the daemon, of a session, and of what is in force. */
export type LifeEvent =
  'started' | 'stopped' | 'unlocked' | 'unlock-refused' | 'locked' | 'session-begun' | 'session-ended'
/** Of people at the identity provider: `sign-in-ended` is the end of a session that nobody asked for. */
export type SignInEvent = 'signed-in' | 'sign-in-refused' | 'signed-out' | 'sign-in-ended'
/** What became of the vault as a file. */
export type VaultEvent = 'vault-copied' | 'vault-restored' | 'vault-reset' | 'vault-adopted'
export type RuleEvent =
  'policy-applied' | 'config-applied' | 'passphrase-changed' | 'mount-added' | 'installed' | 'audit-retired'

/** What became of a request: for a value, for a change of one, of the human. */
export type RequestEvent =
  | 'released'
  | 'refused'
  | 'asked'
  | 'approved'
  | 'denied'
  | 'put'
  | 'generated'
  | 'removed'
  | 'rotated'
  | 'proved'
  | 'proof-refused'
  | 'cleared'
  | 'checked'
  | 'scrubbed'
  | 'masked-text'

/** The states of a grant, as in the policy. */
export type GrantEvent =
  'grant-asked' | 'grant-granted' | 'grant-refused' | 'grant-spent' | 'grant-expired' | 'grant-revoked'

/** What a human should look at. */
export type AlarmEvent = 'alarm' | 'peer-refused'

/** What the log writes about itself; no caller can. */
export type LogEvent = 'epoch-begun' | 'epoch-ended' | 'recovered' | 'carried-on'

export type Event = LifeEvent | SignInEvent | VaultEvent | RuleEvent | RequestEvent | GrantEvent | AlarmEvent

/** A path as the system gave it: bytes where they may be anything, else a string. */
export type Path = string | Uint8Array

/** Where something was left behind: `place` is a path, of a process that of its program. `ref` names the value, which is nowhere here. */
export interface Place {
  readonly kind: string
  readonly place: string
  readonly pid?: number | undefined
  readonly ref: string
  readonly count: number
}

type Maybe<T> = { readonly [K in keyof T]?: T[K] | undefined }

/** What is told about a request or an event. A field that is not here is not written: there is none for a value. */
export type AuditRecord = { readonly event: Event } & Maybe<{
  /** who connected */
  peer: { readonly uid: number; readonly pid: number; readonly exe?: Path | undefined }
  /** the peer came through the attested install */
  attested: boolean
  /** executables from the peer upwards; never argv */
  chain: readonly Path[]
  caller: 'agent' | 'human' | 'unattributed'
  /** the session root: the process that grants bind to */
  root: { readonly pid: number; readonly startTicks: number; readonly exe?: Path | undefined }
  session: string
  /** who is signed in, as the identity provider knows them */
  subject: string
  ref: string
  field: string
  rule: string
  exposure: string
  /** keyed hash of a command line, of what is run or of an attested peer: the same for the same line in one run of sgetd */
  command: string
  /** the name of the file that is run with the value, without its folders */
  program: string
  /** the root of the repository whose env file names the secret */
  origin: string
  /** the id of a grant; never a handle, which holds its secret */
  grant: string
  sink: string
  decision: 'release' | 'ask' | 'refuse'
  reason: string
  /** how old a value was that served since its vault could not be reached */
  staleSeconds: number
  /** the output of the command was masked */
  masked: boolean
  /** how many alike this record stands for; of a check how many places, of a masked text how many values */
  count: number
  /** what a check came to, and the first places that it found */
  outcome: 'clean' | 'left' | 'partly' | 'unchecked'
  left: readonly Place[]
  /** generation of the policy or config that is in force from here on */
  generation: number
}>

/** What the log itself puts in front of a record. */
export type Stamp = {
  readonly sequence: number
  readonly timeMs: number
  /** the newest epoch begun, 0 before the first */
  readonly epoch: number
  /** made in an epoch, under its key */
  readonly sealed: boolean
}

/** The members of a line that tell what happened, as they are written. */
export type Told = { readonly event: Event | LogEvent } & Readonly<Record<string, unknown>>

/** A record as it is read back: what the writer wrote, unchecked but for what the reader names. */
export type StoredRecord = Readonly<Record<string, unknown>> & {
  readonly seq: number
  readonly time: string
  readonly epoch: number
  readonly sealed: boolean
  readonly event: string
}

const textCharsMax = 512
const pathCharsMax = 1024
const chainMax = 32
const leftMax = 6
const placeCharsMax = 256
const kindCharsMax = 16
const refCharsMax = 128

/** One line holds at most this: every string at its bound, every character escaped, and the tags. */
export const lineBytesMax = 256 * 1024

/** The members of a line up to its tags, without the closing brace: UTF-8 that is safe to print. */
export function bodyOf({ sequence, timeMs, epoch, sealed }: Stamp, told: Told): Buffer {
  const time = new Date(timeMs).toISOString()
  const line = JSON.stringify({ seq: sequence, time, epoch, sealed, ...told })
  return Buffer.from(line.slice(0, -1).replace(unprintable, escaped))
}

/** Each known field by its name and within its bound: what else the object may carry stays out. */
export function bounded(record: AuditRecord): Told {
  const { event, peer, attested, chain, caller, root, decision, masked, count, outcome, left, generation } =
    record
  return {
    event,
    peer: peer && { uid: peer.uid, pid: peer.pid, exe: path(peer.exe) },
    attested,
    chain: chain?.slice(0, chainMax).map(path),
    caller,
    root: root && { pid: root.pid, start: root.startTicks, exe: path(root.exe) },
    session: text(record.session),
    subject: text(record.subject),
    ref: text(record.ref),
    field: text(record.field),
    rule: text(record.rule),
    exposure: text(record.exposure),
    command: text(record.command),
    program: text(record.program),
    origin: text(record.origin, pathCharsMax),
    staleSeconds: record.staleSeconds,
    grant: text(record.grant),
    sink: text(record.sink),
    decision,
    reason: text(record.reason),
    masked,
    count,
    outcome,
    left: left?.slice(0, leftMax).map(place),
    generation,
  }
}

function text(value: string | undefined, charsMax = textCharsMax): string | undefined {
  return value === undefined || value.length <= charsMax ? value : `${value.slice(0, charsMax - 1)}…`
}

function place({ kind, place, pid, ref, count }: Place): Place {
  return {
    kind: text(kind, kindCharsMax) ?? '',
    place: text(place, placeCharsMax) ?? '',
    pid,
    ref: text(ref, refCharsMax) ?? '',
    count,
  }
}

function path(value: Path | undefined): string | undefined {
  if (value === undefined || typeof value === 'string') return text(value, pathCharsMax)
  const bytes = Buffer.from(value.buffer, value.byteOffset, Math.min(value.length, pathCharsMax * 4))
  return text(isUtf8(bytes) ? bytes.toString() : bytes.toString('latin1').replace(high, hex), pathCharsMax)
}

// Beyond JSON's own escapes: what moves a terminal's cursor or turns its text around.
const unprintable = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g
const high = /[\x80-\xff]/g

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function hex(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16)}`
}
