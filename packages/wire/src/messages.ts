// The message table: one row a message. PROTOCOL.md tells what each is for.
import { rows, type Schema } from './schema.ts'
import { Table, type AnyIn, type BodyIn, type NameIn, type PlainNameIn, type SecretNameIn } from './table.ts'

/**
 * Who may send a message. `any`: every connection. `plain`: every connection but an MCP server's, since the reply may
 * carry a value. `outside`: a plain connection with no agent among the sender's ancestors. `mcp`: an MCP server's only.
 * `worker`: the `sget sweep` that the daemon started, over the socket pair between the two. `daemon`: a reply, or the
 * daemon's order to such a worker.
 */
export type Sender = 'any' | 'plain' | 'outside' | 'mcp' | 'worker' | 'daemon'

/** One row of the table. */
export interface Message<S extends Schema = Schema> {
  readonly type: number
  readonly sender: Sender
  readonly fields: S
}

/** What a connection says it is in `hello`; the daemon believes only what takes rights away. */
export const role = { plain: 0, mcp: 1 } as const

/** How a human must answer: a click may be faked by an agent's program, a proof may not. */
export const level = { ack: 0, proof: 1 } as const

const message = <const S extends Schema>(type: number, sender: Sender, fields: S): Message<S> => ({
  type,
  sender,
  fields,
})

const wanted = rows({ variable: 'text', ref: 'text' })

/** Every message, by name. A new message is one row here and one paragraph in PROTOCOL.md. */
export const messages = {
  hello: message(0x01, 'any', { version: 'u16', role: 'u8', program: 'text' }),
  read: message(0x02, 'plain', { reveal: 'flag', grant: 'text', wanted }),
  ack: message(0x03, 'plain', {}),
  status: message(0x04, 'any', {}),
  list: message(0x05, 'any', { pattern: 'text', after: 'text' }),
  describe: message(0x06, 'any', { ref: 'text' }),
  lock: message(0x07, 'any', {}),
  grant: message(0x08, 'mcp', { reason: 'text', shell: 'text', wanted }),
  clear: message(0x09, 'mcp', { grant: 'text' }),
  unlock: message(0x0a, 'outside', { create: 'flag' }),
  prove: message(0x0b, 'outside', { request: 'text' }),
  passwd: message(0x0c, 'outside', {}),
  put: message(0x0d, 'plain', { ref: 'text', replace: 'flag' }),
  remove: message(0x0e, 'plain', { ref: 'text' }),
  generate: message(0x0f, 'plain', { ref: 'text', replace: 'flag', characters: 'u16', alphabet: 'text' }),
  grants: message(0x10, 'outside', {}),
  requests: message(0x11, 'outside', {}),
  approve: message(0x12, 'outside', { request: 'text' }),
  deny: message(0x13, 'outside', { request: 'text' }),
  revoke: message(0x14, 'outside', { grant: 'text' }),
  verify: message(0x15, 'outside', {}),
  document: message(0x16, 'outside', { name: 'text' }),
  stage: message(0x17, 'outside', { name: 'text', content: 'document' }),
  supply: message(0x18, 'plain', { secret: 'secret' }),
  backup: message(0x1b, 'outside', { path: 'text', replace: 'flag' }),
  restore: message(0x1c, 'outside', { path: 'text', aside: 'flag' }),
  reset: message(0x1d, 'outside', { name: 'text', erase: 'flag' }),
  attest: message(0x1f, 'plain', {
    device: 'u32',
    inodeHigh: 'u32',
    inodeLow: 'u32',
    special: 'u32',
    mode: 'u32',
    access: 'u8',
    path: 'text',
    command: 'text',
  }),
  install: message(0x20, 'outside', { what: 'text' }),
  run: message(0x21, 'plain', {
    masked: 'flag',
    grant: 'text',
    program: 'text',
    digest: 'text',
    words: rows({ word: 'text' }),
    origin: 'text',
    plain: rows({ variable: 'text' }),
    wanted,
  }),
  mask: message(0x22, 'plain', {}),
  scrub: message(0x23, 'outside', { grant: 'text', paths: rows({ path: 'text' }) }),
  found: message(0x24, 'worker', { kind: 'text', place: 'text', pid: 'u32', ref: 'text', count: 'u32' }),
  looked: message(0x25, 'worker', { limit: 'text', files: 'u32', kibibytes: 'u32', milliseconds: 'u32' }),
  covered: message(0x26, 'worker', { fits: 'flag', matches: rows({ ref: 'text', count: 'u32' }) }),
  struck: message(0x27, 'worker', { state: 'text', count: 'u32' }),
  findings: message(0x28, 'plain', { prove: 'flag' }),
  origins: message(0x29, 'outside', { from: 'u32' }),
  forgetOrigin: message(0x2a, 'outside', { origin: 'text' }),
  login: message(0x2b, 'any', { device: 'flag', again: 'flag' }),
  logout: message(0x2c, 'outside', {}),
  session: message(0x2d, 'any', {}),
  mounts: message(0x2e, 'any', {}),
  testMount: message(0x2f, 'outside', { at: 'text' }),
  rotate: message(0x30, 'outside', { ref: 'text' }),

  failure: message(0x80, 'daemon', { number: 'u16', argument: 'text' }),
  welcome: message(0x81, 'daemon', { version: 'u16', program: 'text' }),
  ready: message(0x82, 'daemon', { values: 'u16' }),
  value: message(0x83, 'daemon', { index: 'u16', variable: 'text', ref: 'text', secret: 'secret' }),
  done: message(0x84, 'daemon', {}),
  waiting: message(0x85, 'daemon', { request: 'text', level: 'u8', summary: 'text', seconds: 'u16' }),
  state: message(0x86, 'daemon', {
    program: 'text',
    pid: 'u32',
    started: 'time',
    vault: 'flag',
    locked: 'flag',
    unlocked: 'time',
    locksAfterSeconds: 'u32',
    secrets: 'u32',
    liveGrants: 'u32',
    waiting: 'u32',
    attested: 'flag',
    runOnly: 'u32',
    drafts: rows({ name: 'text', generation: 'u32', draft: 'text' }),
    anchors: rows({ place: 'text', state: 'text', sequence: 'u32', time: 'time' }),
  }),
  entries: message(0x87, 'daemon', {
    entries: rows({ path: 'text', fields: 'text', created: 'time', changed: 'time' }),
    more: 'flag',
  }),
  description: message(0x88, 'daemon', {
    path: 'text',
    created: 'time',
    changed: 'time',
    fields: rows({ name: 'text', created: 'time', changed: 'time' }),
    rule: 'text',
    exposures: 'text',
    approval: 'text',
    commands: 'text',
    demand: 'text',
  }),
  granted: message(0x89, 'daemon', {
    handle: 'text',
    exposures: 'text',
    expires: 'time',
    wanted,
  }),
  grantList: message(0x8a, 'daemon', {
    grants: rows({
      id: 'text',
      state: 'text',
      agent: 'text',
      pid: 'u32',
      refs: 'text',
      rule: 'text',
      expires: 'time',
    }),
  }),
  requestList: message(0x8b, 'daemon', {
    requests: rows({ id: 'text', level: 'u8', summary: 'text', asker: 'text', expires: 'time' }),
  }),
  verified: message(0x8c, 'daemon', {
    sound: 'flag',
    records: 'u32',
    unsealed: 'u32',
    findings: rows({ kind: 'text', place: 'text', sequence: 'u32' }),
  }),
  documentText: message(0x8d, 'daemon', { name: 'text', generation: 'u32', content: 'document' }),
  room: message(0x8e, 'daemon', {}),
  kept: message(0x91, 'daemon', { path: 'text', bytes: 'u32' }),
  terms: message(0x92, 'daemon', { human: 'flag', cleaned: 'flag' }),
  look: message(0x93, 'daemon', {
    since: 'time',
    history: 'flag',
    skipIgnored: 'flag',
    places: rows({ path: 'text' }),
    spared: rows({ pid: 'u32' }),
  }),
  cover: message(0x94, 'daemon', {}),
  strike: message(0x95, 'daemon', { path: 'text' }),
  cleared: message(0x96, 'daemon', { outcome: 'text' }),
  traces: message(0x97, 'daemon', { traces: rows({ path: 'text', state: 'text', count: 'u32' }) }),
  findingList: message(0x98, 'daemon', {
    withheld: 'flag',
    checks: rows({ grant: 'text', outcome: 'text', reason: 'text', time: 'time' }),
    left: rows({ grant: 'text', kind: 'text', place: 'text', pid: 'u32', ref: 'text', count: 'u32' }),
  }),
  originList: message(0x9a, 'daemon', { pairs: rows({ origin: 'text', ref: 'text' }), more: 'flag' }),
  invitation: message(0x9b, 'daemon', { url: 'text', code: 'text', seconds: 'u16' }),
  loggedOut: message(0x9c, 'daemon', { url: 'text' }),
  sessionState: message(0x9d, 'daemon', {
    issuer: 'text',
    signedIn: 'flag',
    inviting: 'flag',
    name: 'text',
    subject: 'text',
    since: 'time',
    until: 'time',
    renewable: 'flag',
    remembered: 'flag',
    authenticated: 'time',
    acr: 'text',
    amr: 'text',
  }),
  mountList: message(0x9e, 'daemon', {
    mounts: rows({
      at: 'text',
      kind: 'text',
      address: 'text',
      login: 'text',
      state: 'text',
      ttlSeconds: 'u32',
      staleSeconds: 'u32',
    }),
  }),
  stale: message(0x9f, 'daemon', { ref: 'text', seconds: 'u32' }),
} as const satisfies Record<string, Message>

/** The protocol between clients and the daemon, as something that reads and writes frames. */
export const protocol = new Table(messages)

/** The name of a message. */
export type MessageName = NameIn<typeof messages>

/** What a message of that name holds. */
export type Body<N extends MessageName> = BodyIn<typeof messages, N>

/** A message with its name: switch on `name` to learn its fields. */
export type AnyMessage = AnyIn<typeof messages>

/** The messages that can carry a value or passphrase: `supply` to the daemon, `value` from it, and no other. */
export type SecretName = SecretNameIn<typeof messages>

/** The messages that cannot: all that `cli` and `mcp` have a type for. */
export type PlainName = PlainNameIn<typeof messages>

/** The message with that number, or undefined when there is none. */
export function messageOfType(type: number): MessageName | undefined {
  return protocol.nameOf(type)
}

/** Whether a frame of this message ends in bytes that must stay in locked memory. */
export function carriesSecret(name: MessageName): name is SecretName {
  return protocol.carriesSecret(name)
}
