// How one comes in: with the token of the SSO session, an AppRole, a token that a human brought, or by signing in at the server.
import { VaultFailure } from '../failure.ts'
import { jsonOf } from '../json-writing.ts'
import { copyValue } from '../json.ts'
import type { Admission, Human, Lent, Proof } from '../remote.ts'
import { ask, tell, type Question, type Told } from './asking.ts'
import { signedIn } from './browser-login.ts'
import { isTrue, numberAt } from './harvest.ts'

/** Tokens of these servers have about a hundred bytes; of the largest kind, some thousands. */
const tokenBytesMax = 16 * 1024

/** By the setting `auth`: `jwt`, `oidc` (with `role`), `approle` (with `role_id`) or `token`; `auth_mount` where it is not the usual. */
export async function login(lent: Lent, proof: Proof, human: Human): Promise<Admission> {
  const { settings } = lent
  const kind = settings.get('auth') ?? 'jwt'
  if (kind === 'token') return looked(lent, needed(proof.secret))
  const mount = settings.get('auth_mount') ?? kind
  if (kind === 'oidc') return admit(lent, await signedIn(lent, mount, human))
  return admit(lent, { method: 'POST', path: `auth/${mount}/login`, body: bodyOf(kind, lent, proof) })
}

function bodyOf(kind: string, { settings }: Lent, { bearer, secret }: Proof): Buffer {
  if (kind === 'jwt') return jsonOf({ role: settings.get('role') ?? '', jwt: needed(bearer) })
  if (kind === 'approle') return jsonOf({ role_id: settings.get('role_id') ?? '', secret_id: needed(secret) })
  throw new VaultFailure('unable', 'auth is jwt, oidc, approle or token')
}

function needed(bytes: Buffer | undefined): Buffer {
  if (bytes === undefined) throw new VaultFailure('unable', 'there is nothing to log in with')
  return bytes
}

/** Renewed, the token stays the same and lasts longer, up to its bound. */
export function prolong(lent: Lent): Promise<Admission> {
  return admit(lent, { method: 'POST', path: 'auth/token/renew-self', body: Buffer.from('{}') })
}

/** The leases that the token has go with it. */
export function logout(lent: Lent): Promise<void> {
  return tell(lent, { method: 'POST', path: 'auth/token/revoke-self' })
}

async function admit(lent: Lent, question: Question): Promise<Admission> {
  using told = await ask(lent, question)
  const token = tokenOf(told)
  if (token === undefined)
    throw new VaultFailure('refused', 'the vault wants more than one proof, which sget cannot give')
  return {
    token,
    seconds: numberAt(told, 'auth', 'lease_duration') ?? 0,
    renewable: isTrue(told, 'auth', 'renewable'),
    [Symbol.dispose]: () => token.fill(0),
  }
}

/** None where another factor is wanted first (`mfa_requirement`). */
function tokenOf(told: Told): Buffer | undefined {
  const place = told.at('auth', 'client_token')
  if (place?.kind !== 'text' || place.start === place.end) return undefined
  const room = Buffer.alloc(tokenBytesMax)
  const length = copyValue(told.bytes, place, room)
  if (length === undefined) throw new VaultFailure('refused', 'the token of the vault is too long')
  return room.subarray(0, length)
}

/** What a human brought is tried before it is kept. */
async function looked(lent: Lent, secret: Buffer): Promise<Admission> {
  using told = await ask({ ...lent, credential: secret }, { path: 'auth/token/lookup-self' })
  const token = Buffer.from(secret)
  return {
    token,
    seconds: numberAt(told, 'data', 'ttl') ?? 0,
    renewable: isTrue(told, 'data', 'renewable'),
    [Symbol.dispose]: () => token.fill(0),
  }
}
