// How secrets of each engine are listed, described and fetched.
import type { Description } from '@sget/backend'
import { VaultFailure } from '../failure.ts'
import { jsonOf } from '../json-writing.ts'
import type { Harvest, Lent } from '../remote.ts'
import { ask, type Question } from './asking.ts'
import type { EngineKind, Place } from './engine.ts'
import { harvestAt, namesAt, textsAt, timeAt } from './harvest.ts'

/** One engine. A method that is missing is one that it cannot do. */
interface Engine {
  /** Where what a folder holds can be asked for, or what it holds. */
  readonly list?: (place: Place) => Question | readonly string[]
  readonly describe: (lent: Lent, place: Place) => Promise<Described>
  /** What to ask, and where the fields stand in the answer. */
  readonly fetch: (
    lent: Lent,
    place: Place,
  ) => { readonly question: Question; readonly pointer: readonly string[] }
}

type Described = Omit<Description, 'path'>

/** Fields that are known before there is a secret: it is made when it is fetched. */
const made = (...names: readonly string[]): Described => ({
  created: 0,
  changed: 0,
  fields: names.map((name) => ({ name })),
})

const kv2: Engine = {
  list: ({ mount, rest }) => ({ path: `${mount}metadata/${rest}`, query: { list: 'true' } }),
  /** The names without the values: the one engine that can tell them apart. */
  describe: async (lent, { mount, rest }) => {
    using told = await ask(lent, { path: `${mount}subkeys/${rest}` })
    const time = timeAt(told, 'data', 'metadata', 'created_time')
    return { ...made(...namesAt(told, 'data', 'subkeys')), created: time, changed: time }
  },
  fetch: (_, { mount, rest }) => ({ question: { path: `${mount}data/${rest}` }, pointer: ['data', 'data'] }),
}

const kv1: Engine = {
  list: ({ mount, rest }) => ({ path: `${mount}${rest}`, query: { list: 'true' } }),
  describe: async (lent, { mount, rest }) => {
    using told = await ask(lent, { path: `${mount}${rest}` })
    return made(...namesAt(told, 'data'))
  },
  fetch: (_, { mount, rest }) => ({ question: { path: `${mount}${rest}` }, pointer: ['data'] }),
}

/** Under which name a database's roles are listed. */
const roles: ReadonlyMap<string, string> = new Map([
  ['creds/', 'roles/'],
  ['static-creds/', 'static-roles/'],
])

const database: Engine = {
  list: ({ mount, rest }) => {
    const folder = roles.get(rest)
    return folder === undefined ? [...roles.keys()] : { path: `${mount}${folder}`, query: { list: 'true' } }
  },
  describe: () => Promise.resolve(made('username', 'password')),
  fetch: (_, { mount, rest }) => ({ question: { path: `${mount}${rest}` }, pointer: ['data'] }),
}

/** `issue/ROLE` makes a certificate; for which name stands in the mount's settings. */
const pki: Engine = {
  describe: () => Promise.resolve(made('certificate', 'private_key', 'issuing_ca', 'serial_number')),
  fetch: (lent, { mount, rest }) => ({
    question: {
      method: 'POST',
      path: `${mount}${rest}`,
      body: jsonOf({ common_name: setting(lent, 'common_name') }),
    },
    pointer: ['data'],
  }),
}

/** `sign/ROLE` signs the public key that stands in the mount's settings. */
const ssh: Engine = {
  describe: () => Promise.resolve(made('signed_key', 'serial_number')),
  fetch: (lent, { mount, rest }) => ({
    question: {
      method: 'POST',
      path: `${mount}${rest}`,
      body: jsonOf({ public_key: setting(lent, 'public_key') }),
    },
    pointer: ['data'],
  }),
}

const engines: Readonly<Partial<Record<EngineKind, Engine>>> = { kv1, kv2, database, pki, ssh }

/** @throws VaultFailure `unable` for an engine that we do not know */
function engineOf({ kind }: Place): Engine {
  const engine = engines[kind]
  if (engine === undefined) throw new VaultFailure('unable', 'that is no secrets engine that sget knows')
  return engine
}

/** The names in a folder; of one that holds nothing, none. */
export async function list(lent: Lent, place: Place): Promise<readonly string[]> {
  const question = engineOf(place).list?.(place) ?? []
  if (!('path' in question)) return question
  try {
    using told = await ask(lent, question)
    return textsAt(told, 'data', 'keys')
  } catch (error) {
    if (error instanceof VaultFailure && error.code === 'not-found') return []
    throw error
  }
}

export async function describe(lent: Lent, place: Place, path: string): Promise<Description> {
  return { path, ...(await engineOf(place).describe(lent, place)) }
}

/** With the setting `wrap` the answer travels in a wrapping that opens once: who opened it before us is noticed. */
export async function fetch(lent: Lent, place: Place): Promise<Harvest> {
  const { question, pointer } = engineOf(place).fetch(lent, place)
  const wrap = lent.settings.get('wrap')
  const told = wrap === undefined ? await ask(lent, question) : await unwrapped(lent, question, wrap)
  return harvestAt(told, ...pointer)
}

async function unwrapped(lent: Lent, question: Question, wrap: string): ReturnType<typeof ask> {
  using wrapping = await ask(lent, { ...question, headers: { 'x-vault-wrap-ttl': wrap } })
  const token = wrapping.at('wrap_info', 'token')
  if (token?.kind !== 'text') throw new VaultFailure('refused', 'the vault wraps nothing')
  const credential = Buffer.from(wrapping.bytes.subarray(token.start, token.end))
  try {
    return await ask({ ...lent, credential }, { method: 'POST', path: 'sys/wrapping/unwrap' })
  } catch (error) {
    // The token has just been made, and serves once.
    if (error instanceof VaultFailure && error.code === 'refused')
      throw new VaultFailure('opened', 'somebody else has opened the wrapping')
    throw error
  } finally {
    credential.fill(0)
  }
}

function setting({ settings }: Lent, name: string): string {
  const value = settings.get(name)
  if (value === undefined) throw new VaultFailure('unable', `the mount has no setting ${name}`)
  return value
}
