// An in-house service of secrets: GET {url}/{path} with the token of the SSO session, and a JSON pointer for each field.
import type { Description } from '@sget/backend'
import { NetworkFailure, VaultFailure, type VaultCode } from './failure.ts'
import type { Answer } from './http.ts'
import { copyValue, placeAt, readJson, type Place } from './json.ts'
import { authorization } from './oidc/authorization.ts'
import { stepsOf } from './pointer.ts'
import type { Harvest, Lent, Remote } from './remote.ts'

/** Settings of this prefix name a field each: `field.password = "/data/password"`. Without any, the answer's own names count. */
const fieldPrefix = 'field.'

export const bridge: Remote = {
  /** Such a service has no list that we would know how to read. */
  list: () => Promise.resolve([]),
  describe,
  fetch,
  health: async (lent) => {
    using answer = await get(lent, lent.settings.get('health') ?? '')
    if (answer.status >= 500) throw refusal(answer)
  },
}

/** With fields in the settings nothing is asked: they are what there is. */
async function describe(lent: Lent, path: string): Promise<Description> {
  const pointers = pointersIn(lent)
  if (pointers.size > 0) return described(path, [...pointers.keys()])
  using harvest = await fetch(lent, path)
  return described(path, harvest.fields)
}

function described(path: string, names: readonly string[]): Description {
  return { path, created: 0, changed: 0, fields: names.map((name) => ({ name })) }
}

async function fetch(lent: Lent, path: string): Promise<Harvest> {
  const answer = await get(lent, path)
  try {
    if (answer.status !== 200) throw refusal(answer)
    return harvestOf(answer, pointersIn(lent))
  } catch (error) {
    answer[Symbol.dispose]()
    throw error
  }
}

/** Asks once more where the service wants what it has just given out in the proof of the session's key (RFC 9449, section 9). */
async function get(lent: Lent, path: string): Promise<Answer> {
  const base = (lent.settings.get('url') ?? '').replace(/\/+$/, '')
  const url = `${base}/${path.split('/').map(encodeURIComponent).join('/')}`
  const headers = proof(lent, url)
  const answer = await call(lent, url, headers)
  const nonce = answer.header('dpop-nonce')
  if (answer.status !== 401 || nonce === undefined || !('dpop' in headers)) return answer
  answer[Symbol.dispose]()
  return call(lent, url, proof(lent, url, nonce))
}

/** An address that is none is for the call to refuse. */
function proof({ session }: Lent, address: string, nonce?: string): Readonly<Record<string, string>> {
  const url = URL.parse(address)
  if (session === undefined || url === null) return {}
  const asked = { method: 'GET', url, nowMs: Date.now() }
  return authorization(session, nonce === undefined ? asked : { ...asked, nonce })
}

function call(
  { http, signal }: Lent,
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  return http.call({ method: 'GET', url, headers, ...(signal === undefined ? {} : { signal }) })
}

function harvestOf(answer: Answer, pointers: ReadonlyMap<string, readonly string[]>): Harvest {
  const { body, type } = answer
  const root = /^application\/([a-z0-9.+-]+\+)?json\b/i.test(type) ? parsed(body) : undefined
  if (root === undefined)
    throw new NetworkFailure('unreadable', 'the service answers something that is no JSON')
  const places = placesOf(root, pointers)
  return {
    fields: [...places.keys()],
    version: undefined,
    lease: undefined,
    copy: (field, into) => {
      const place = places.get(field)
      return place && copyValue(body, place, into)
    },
    [Symbol.dispose]: () => answer[Symbol.dispose](),
  }
}

/** Those of the fields that are there. */
function placesOf(root: Place, pointers: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, Place> {
  const own = root.kind === 'table' ? [...root.entries] : []
  const named = [...pointers].map(([name, steps]) => [name, placeAt(root, steps)] as const)
  const all = pointers.size > 0 ? named : own
  return new Map(
    all.filter((entry): entry is [string, Place] => entry[1] !== undefined && entry[1].kind !== 'null'),
  )
}

function pointersIn({ settings }: Lent): ReadonlyMap<string, readonly string[]> {
  const pointers = new Map<string, readonly string[]>()
  for (const [name, pointer] of settings) {
    if (!name.startsWith(fieldPrefix)) continue
    const steps = stepsOf(pointer)
    if (steps === undefined) throw new VaultFailure('unable', `${name} is no JSON pointer`)
    pointers.set(name.slice(fieldPrefix.length), steps)
  }
  return pointers
}

function parsed(body: Buffer): Place | undefined {
  try {
    return readJson(body)
  } catch {
    return undefined
  }
}

function refusal({ status }: Answer): VaultFailure {
  return new VaultFailure(codes.get(status) ?? 'refused', `the service answers ${status}`)
}

const codes: ReadonlyMap<number, VaultCode> = new Map([
  [401, 'expired'],
  [403, 'forbidden'],
  [404, 'not-found'],
  [410, 'deleted'],
  [429, 'rate-limited'],
  [503, 'standby'],
])
