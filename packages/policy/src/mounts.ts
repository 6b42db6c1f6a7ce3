// Vaults other than the embedded one: what the config may say of them.
import { httpAddress } from './network.ts'
import { printable, quoted } from './printable.ts'
import { type Converted, type PolicyError, errorAt } from './reading.ts'
import {
  converted,
  duration,
  list,
  oneOf,
  optional,
  required,
  table,
  text,
  type Fields,
  type Reader,
} from './schema.ts'
import { type Node } from './toml.ts'

/** One `[[mount]]`. `settings`: what its kind needs, by name; the JSON pointer of a field as `field.NAME`. */
export type Mount = {
  /** the beginning of the paths of its secrets, without a slash at its end */
  readonly at: string
  readonly kind: MountKind
  readonly settings: ReadonlyMap<string, string>
  readonly ttlMs: number
  /** 0: nothing is served that is older than its ttl */
  readonly staleMs: number
}

export type MountKind = keyof typeof kinds

const mountsMax = 32
const pointersMax = 64
const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const ttlMsMin = 1000
const usualTtlMs = 5 * minuteMs
const staleMsMax = 7 * dayMs

const url = required(converted(text(), httpAddress))
const word = optional(text(), undefined)

/** The kinds of vault, and the keys of a mount that each has beside the common ones. */
const kinds = {
  openbao: {
    url,
    namespace: word,
    auth: optional(oneOf(['jwt', 'oidc', 'approle', 'token']), undefined),
    auth_mount: word,
    bearer: optional(oneOf(['id', 'access']), undefined),
    role: word,
    role_id: word,
    secret: word,
    wrap: optional(converted(text(), seconds), undefined),
    common_name: word,
    public_key: optional(text(4096), undefined),
  },
  http: { url, health: word, fields: optional(pointers, new Map<string, string>()) },
  exec: { command: required(converted(text(), program)) },
} as const satisfies Record<string, Fields>

const common = {
  at: required(converted(text(), folder)),
  type: required(oneOf(Object.keys(kinds) as MountKind[])),
  ttl: optional(duration(ttlMsMin, dayMs), usualTtlMs),
  stale: optional(duration(minuteMs, staleMsMax), 0),
}

/** By kind, the keys that a mount of it may have. */
export const mountKeys: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(kinds).map(([kind, own]) => [kind, Object.keys({ ...common, ...own })]),
)

/** The `[[mount]]` tables of a config. No two have the same place; of two that lie in one another the inner one counts. */
export const mounts: Reader<readonly Mount[]> = (node, errors) => {
  const read = list(mount, mountsMax)(node, errors)
  if (read === null || node.kind !== 'list') return null
  const twice = read.findIndex(({ at }, index) => read.findIndex((other) => other.at === at) < index)
  const place = node.items[twice]
  if (place === undefined) return read
  errors.push(errorAt(place.at, `two mounts at ${quoted(read[twice]?.at ?? '')}`))
  return null
}

/** Which keys a mount may have is for its type to say, so that is looked at first. */
function mount(node: Node, errors: PolicyError[]): Mount | null {
  const type = node.kind === 'table' ? node.entries.get('type')?.node : undefined
  const own: Fields = type?.kind === 'string' && isKind(type.value) ? kinds[type.value] : {}
  const read = table({ ...own, ...common })(node, errors)
  if (read === null) return null
  const { at, type: kind, ttl: ttlMs, stale: staleMs } = read
  const names = Object.keys(own)
  const told = Object.entries(read).filter(([name]) => names.includes(name))
  return { at, kind, settings: new Map(told.flatMap(settingsOf)), ttlMs, staleMs }
}

function isKind(type: string): type is MountKind {
  return Object.hasOwn(kinds, type)
}

/** A text is a setting; of the pointers each is one. */
function settingsOf([name, value]: readonly [string, unknown]): (readonly [string, string])[] {
  if (typeof value === 'string') return [[name, value]]
  return value instanceof Map
    ? [...(value as Map<string, string>)].map(([field, pointer]) => [`field.${field}`, pointer])
    : []
}

/** `fields = { password = "/data/password" }`: names of fields with the place of each in the answer. */
function pointers(node: Node, errors: PolicyError[]): Map<string, string> | null {
  const names = node.kind === 'table' ? [...node.entries.keys()] : []
  const fields = Object.fromEntries(names.map((name) => [name, required(converted(text(), pointer))]))
  const read = table(fields)(node, errors)
  if (read === null) return null
  if (names.length <= pointersMax && names.every(isFieldName)) return new Map(Object.entries(read))
  errors.push(
    errorAt(
      node.at,
      `at most ${String(pointersMax)} fields, each with a name of 1 to 64 bytes without / and #`,
    ),
  )
  return null
}

const isFieldName = (name: string): boolean => /^[^/#]{1,64}$/.test(name) && printable(name) === name

/** RFC 6901. */
function pointer(value: string): Converted<string> {
  const fits = value.startsWith('/') && !/~(?![01])/.test(value)
  return fits ? { value } : { fault: `no JSON pointer ${quoted(value)}`, why: 'such as "/data/password"' }
}

/** As the beginning of a path of a secret. */
function folder(value: string): Converted<string> {
  const segments = value.split('/')
  const fits = segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..')
  if (fits && !value.startsWith('-') && !value.includes('#') && printable(value) === value) return { value }
  return {
    fault: `no place for a mount: ${quoted(value)}`,
    why: 'a path such as "corp", without a slash at its ends',
  }
}

function program(path: string): Converted<string> {
  return path.startsWith('/')
    ? { value: path }
    : { fault: `no program ${quoted(path)}`, why: 'the whole path, from the root' }
}

function seconds(value: string): Converted<string> {
  return /^[1-9][0-9]{0,3}s$/.test(value)
    ? { value }
    : { fault: `no time to wrap for: ${quoted(value)}`, why: 'such as "60s"' }
}
