// One question to an OpenBao or HashiCorp Vault server, and what its refusals mean (their HTTP API, "status codes").
import { NetworkFailure, VaultFailure, type VaultCode } from '../failure.ts'
import type { Answer, Call } from '../http.ts'
import { placeAt, readJson, textOf, type Place } from '../json.ts'
import type { Lent } from '../remote.ts'

/** An answer as JSON, in memory that is wiped when it is disposed of. */
export interface Told extends Disposable {
  readonly bytes: Buffer
  readonly at: (...pointer: readonly string[]) => Place | undefined
}

/** What is asked. `path` as in the API, without /v1/. */
export interface Question {
  readonly method?: Call['method']
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** JSON; wiped here. */
  readonly body?: Buffer
  readonly headers?: Readonly<Record<string, string>>
}

/** @throws NetworkFailure, VaultFailure */
export async function ask(lent: Lent, question: Question): Promise<Told> {
  const answer = await send(lent, question)
  try {
    if (answer.status >= 300) throw await failureOf(lent, answer, question)
    return told(answer)
  } catch (error) {
    answer[Symbol.dispose]()
    throw error
  }
}

/** The same where an answer without a body, or none that matters, is expected. */
export async function tell(lent: Lent, question: Question): Promise<void> {
  using answer = await send(lent, question)
  if (answer.status >= 300) throw await failureOf(lent, answer, question)
}

async function send({ http, settings, credential, signal }: Lent, question: Question): Promise<Answer> {
  const { method = 'GET', path, query = {}, body, headers = {} } = question
  const base = (settings.get('url') ?? '').replace(/\/+$/, '')
  const url = `${base}/v1/${path.split('/').map(encodeURIComponent).join('/')}`
  const search = new URLSearchParams(query).toString()
  const namespace = settings.get('namespace')
  try {
    return await http.call({
      method,
      url: search === '' ? url : `${url}?${search}`,
      headers: {
        'x-vault-request': 'true',
        ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
        ...(credential === undefined ? {} : { 'x-vault-token': credential.toString('latin1') }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    })
  } finally {
    body?.fill(0)
  }
}

function told(answer: Answer): Told {
  const { body } = answer
  const root = parsed(body)
  if (root === undefined)
    throw new NetworkFailure('unreadable', 'the vault answers something that is no JSON')
  return {
    bytes: body,
    at: (...pointer) => placeAt(root, pointer),
    [Symbol.dispose]: () => answer[Symbol.dispose](),
  }
}

function parsed(body: Buffer): Place | undefined {
  try {
    return readJson(body)
  } catch {
    return undefined
  }
}

async function failureOf(
  lent: Lent,
  answer: Answer,
  { path }: Question,
): Promise<NetworkFailure | VaultFailure> {
  if (answer.status === 404 && answer.body.includes(noRoute))
    return new NetworkFailure('unreadable', 'the vault has no such namespace, or nothing is mounted there')
  const code = codeOf(answer)
  if (code === 'forbidden' && lent.credential !== undefined && path !== lookup && !(await isAlive(lent)))
    return new VaultFailure('expired', 'the token of the vault serves no longer')
  return new VaultFailure(code, `the vault answers ${answer.status}`)
}

/** A missing secret is told without a word: this is the word for a namespace or mount that is not there. */
const noRoute = 'no handler for route'

const lookup = 'auth/token/lookup-self'

/** A server says the same of a token that has ended as of one that may not: only the token itself tells them apart. */
async function isAlive(lent: Lent): Promise<boolean> {
  using answer = await send(lent, { path: lookup })
  return answer.status !== 403
}

function codeOf({ status, body }: Answer): VaultCode {
  switch (status) {
    case 403:
      return 'forbidden'
    case 404:
      return isDeleted(body) ? 'deleted' : 'not-found'
    case 429:
      return body.length === 0 ? 'standby' : 'rate-limited'
    case 472:
    case 473:
      return 'standby'
    case 503:
      return 'sealed'
    default:
      return 'refused'
  }
}

/** KV version 2 tells a deleted version with status 404 and the times of it. */
function isDeleted(body: Buffer): boolean {
  const root = parsed(body)
  const metadata = root && placeAt(root, ['data', 'metadata'])
  if (metadata === undefined) return false
  const time = placeAt(metadata, ['deletion_time'])
  return time !== undefined && textOf(body, time) !== ''
}
