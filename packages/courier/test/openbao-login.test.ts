// Signing in at the vault itself, over a landing of its own: what is taken for the browser's answer, and what ends a login.
import { once } from 'node:events'
import { request } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import t, { type Test } from 'tap'
import { OpenBao } from '../../../test/fakes/openbao.ts'
import { sentBack, signInAt } from '../../../test/rig/browser.ts'
import { NetworkFailure, VaultFailure } from '../src/failure.ts'
import { Http } from '../src/http.ts'
import { SsoFailure } from '../src/oidc/failure.ts'
import type { LandingPlace } from '../src/oidc/landing.ts'
import { ask, type Question } from '../src/openbao/asking.ts'
import { callbackPlace, signedIn } from '../src/openbao/browser-login.ts'
import { textAt } from '../src/openbao/harvest.ts'
import type { Lent } from '../src/remote.ts'
import { certificateFor } from './certificates.ts'

const certificate = certificateFor()
const loginMs = 60_000

/** A place like the real one, where nobody else of this machine is. */
async function freePlace(): Promise<LandingPlace> {
  const server = await listening('127.0.0.1', 0)
  const { port } = server.address() as AddressInfo
  await closed(server)
  return { ...callbackPlace, port }
}

async function listening(address: string, port: number): Promise<Server> {
  const server = createServer()
  await once(server.listen(port, address), 'listening')
  return server
}

async function closed(server: Server): Promise<void> {
  server.close()
  await once(server, 'close')
}

interface Scene {
  readonly server: OpenBao
  readonly place: LandingPlace
  readonly lent: Lent
  /** Begins a login. */
  readonly begin: (changed?: Changed) => Begun
}

interface Changed {
  readonly settings?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  readonly loginMs?: number
}

interface Begun {
  /** Where the human is invited to. */
  readonly url: Promise<string>
  /** The question at its end, or the code of the failure. */
  readonly came: Promise<Question | string>
}

async function scene(t: Test): Promise<Scene> {
  const server = await OpenBao.start(certificate)
  const http = new Http({ ca: certificate.cert }, { connectMs: 1000, callMs: 5000 })
  t.teardown(async () => {
    http.close()
    await server.stop()
  })
  const place = await freePlace()
  server.oidc.redirects.add(`http://localhost:${place.port}/oidc/callback`)
  const lent: Lent = { http, settings: new Map([['url', server.origin]]), credential: undefined }
  const begin = ({ settings = { role: 'dev' }, signal, ...changed }: Changed = {}): Begun => {
    const { promise: url, resolve } = Promise.withResolvers<string>()
    const given = {
      ...lent,
      settings: new Map([...lent.settings, ...Object.entries(settings)]),
      ...(signal === undefined ? {} : { signal }),
    }
    const human = { invite: resolve, loginMs, ...changed }
    return { url, came: signedIn(given, 'oidc', human, place).catch(codeOf) }
  }
  return { server, place, lent, begin }
}

function codeOf(error: unknown): string {
  if (error instanceof VaultFailure || error instanceof NetworkFailure || error instanceof SsoFailure)
    return error.code
  throw error
}

async function tokenOf(lent: Lent, question: Question | string): Promise<string> {
  if (typeof question === 'string') return question
  try {
    using told = await ask(lent, question)
    return textAt(told, 'auth', 'client_token') ?? ''
  } catch (error) {
    return codeOf(error)
  }
}

/** The status of an answer to a request that need not be a browser's. */
async function statusOf(url: string, options: object = {}): Promise<number | undefined> {
  const asked = request(url, { agent: false, ...options })
  asked.end()
  const [response] = (await once(asked, 'response')) as [{ statusCode?: number; resume(): void }]
  response.resume()
  return response.statusCode
}

t.test('a human signs in, and what their browser brings serves once', async (t) => {
  const { server, lent, begin } = await scene(t)
  for (const settings of [{ role: 'dev' }, {}]) {
    const login = begin({ settings })
    t.equal(await signInAt(await login.url, certificate.cert), 200)
    const question = await login.came
    t.equal(server.tokens.alive(await tokenOf(lent, question))?.name, 'ada')
    t.equal(await tokenOf(lent, question), 'refused', 'a second time')
  }
})

t.test('the address is the one that roles list for the command line', (t) => {
  const { host, port, path } = callbackPlace
  t.equal(`http://${host}:${port}${path}`, 'http://localhost:8250/oidc/callback')
  t.end()
})

t.test('what is no answer to this login ends nothing', async (t) => {
  const { server, lent, begin, place } = await scene(t)
  const login = begin()
  const answer = await sentBack(await login.url, certificate.cert)
  const other = (change: (url: URL) => void): string => {
    const url = new URL(answer)
    change(url)
    return url.href
  }
  const rows: readonly (readonly [string, string, number, object?])[] = [
    ['another state', other((url) => url.searchParams.set('state', 'st_guess')), 400],
    ['no state', other((url) => url.searchParams.delete('state')), 400],
    ['a second state', other((url) => url.searchParams.append('state', 'st_guess')), 400],
    ['no code', other((url) => url.searchParams.delete('code')), 400],
    ['a code and an error', other((url) => url.searchParams.set('error', 'access_denied')), 400],
    ['another path', other((url) => (url.pathname = '/callback')), 404],
    ['a POST', answer, 405, { method: 'POST' }],
    ['a HEAD', answer, 405, { method: 'HEAD' }],
    ['another name of this machine', answer, 421, { headers: { host: `127.0.0.1:${place.port}` } }],
  ]
  for (const [what, url, status, options] of rows) t.equal(await statusOf(url, options), status, what)
  t.equal(await statusOf(answer), 200)
  t.equal(server.tokens.alive(await tokenOf(lent, await login.came))?.name, 'ada')
})

t.test('who takes the answer away can do nothing with it', async (t) => {
  const { lent, begin } = await scene(t)
  const login = begin()
  const answer = new URL(await sentBack(await login.url, certificate.cert))
  const [state = '', code = ''] = ['state', 'code'].map((name) => answer.searchParams.get(name) ?? '')
  const path = 'auth/oidc/oidc/callback'
  for (const nonce of ['', 'a guess'])
    t.equal(await tokenOf(lent, { path, query: { state, code, client_nonce: nonce } }), 'refused')
  t.equal(await statusOf(answer.href), 200)
  t.equal(await tokenOf(lent, await login.came), 'refused', 'nor can anybody any more')
})

t.test('a login that comes to nothing says why', async (t) => {
  const { server, begin } = await scene(t)
  server.oidc.manner = 'refuses'
  const refused = begin()
  t.equal(await signInAt(await refused.url, certificate.cert), 200)
  t.equal(await refused.came, 'denied')
  server.oidc.manner = 'is-misled'
  const leaving = new AbortController()
  const misled = begin({ signal: leaving.signal })
  t.equal(await signInAt(await misled.url, certificate.cert), 400)
  leaving.abort()
  t.equal(await misled.came, 'cancelled', 'it waited on')
  const again = begin({ loginMs: 1 })
  t.equal(await again.came, 'unfinished', 'the address is free again')
})

t.test('what the vault answers instead of a place to sign in', async (t) => {
  const { server, begin } = await scene(t)
  t.equal(await begin({ settings: { role: 'other' } }).came, 'refused')
  server.oidc.redirects.clear()
  t.equal(await begin().came, 'no-redirect')
  server.mood.sealed = true
  t.equal(await begin().came, 'sealed')
})

t.test('a place that no browser should be sent to', async (t) => {
  const { server, begin } = await scene(t)
  const state = '?state=st_1'
  for (const [address, code] of [
    [`http://provider.example/${state}`, 'insecure'],
    [`http://127.0.0.1/${state}`, 'insecure'],
    [`javascript:alert(1)//${state}`, 'insecure'],
    [`https://me:pass@provider.example/${state}`, 'insecure'],
    ['no address', 'insecure'],
    ['https://provider.example/', 'unreadable'],
    ['https://provider.example/?state=', 'unreadable'],
  ] as const) {
    server.oidc.address = () => address
    t.equal(await begin().came, code, address)
  }
})

t.test('an address that somebody else has is not shared, and nobody is invited', async (t) => {
  const { begin, place } = await scene(t)
  for (const address of place.addresses) {
    const other = await listening(address, place.port).catch(() => undefined)
    if (other === undefined) {
      t.comment(`this system has no ${address}`)
      continue
    }
    const login = begin()
    void login.url.then(() => t.fail('a human is invited'))
    t.equal(await login.came, 'taken', address)
    await closed(other)
  }
  for (const address of place.addresses) {
    const free = await listening(address, place.port).catch(() => undefined)
    if (free !== undefined) await closed(free)
    else t.not(address, '127.0.0.1', 'nothing of it is kept')
  }
})
