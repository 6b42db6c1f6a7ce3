// Signing in at a real provider, in a browser of this machine.
import { once } from 'node:events'
import { request as send } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { pageHeaders } from '../../src/oidc/page.ts'
import { Logins } from '../../src/oidc/logins.ts'
import type { Login } from '../../src/oidc/login.ts'
import { unpack } from '../../src/oidc/tokens.ts'
import { certificateFor } from '../certificates.ts'
import { Front } from './front.ts'
import { Human } from './human.ts'
import { RunningProvider } from './provider.ts'
import { secretClientId, secretOfClient, weak } from './provider-facts.ts'
import { client, failureOf, found, settingsOf, signedIn, taken } from './sso.ts'
import { discover } from '../../src/oidc/provider.ts'

const running = await RunningProvider.start(t)

t.test('a human signs in, and a session comes of it', async (t) => {
  const before = Date.now()
  const provider = await found(t, running.issuer)
  const { tokens, facts } = await signedIn(t, provider)
  t.match(facts, { issuer: running.issuer, subject: 'ada', name: 'ada', acr: weak, amr: ['pwd'] })
  t.ok(facts.since >= before && facts.until > before && facts.until <= Date.now() + 600_000)
  t.equal(facts.refreshAt, facts.since + 400_000, 'two thirds')
  t.ok(Math.abs((facts.authTime ?? 0) * 1000 - before) < 60_000)
  const { access, refresh, id, key } = unpack(tokens)
  t.ok(access.length > 0 && refresh.length > 0 && id.length > 0)
  t.equal(key.length, 0)
})

t.test('a session is wiped when it is disposed of', async (t) => {
  const session = await signedIn(t, await found(t, running.issuer))
  session[Symbol.dispose]()
  t.ok(session.tokens.length > 12 && session.tokens.every((byte) => byte === 0))
})

t.test('the address for the browser asks for what cannot be guessed or replayed', async (t) => {
  const provider = await found(t, running.issuer)
  const logins = new Logins()
  const seen = new Set<string>()
  for (let round = 0; round < 2; round++) {
    const login = await logins.byBrowser(provider)
    const parameters = Object.fromEntries(new URL(login.url).searchParams)
    t.match(parameters, {
      response_type: 'code',
      client_id: 'sget',
      code_challenge_method: 'S256',
      prompt: 'consent',
      redirect_uri: /^http:\/\/127\.0\.0\.1:[0-9]+\/callback$/,
      scope: 'openid profile offline_access',
    })
    for (const name of ['state', 'nonce', 'code_challenge'])
      t.ok((parameters[name] ?? '').length >= 43 && seen.size < seen.add(parameters[name] ?? '').size, name)
    login.cancel()
    t.equal(await failureOf(t, login.session), 'cancelled')
  }
})

t.test('a client with a secret that it cannot keep uses it', async (t) => {
  const settings = settingsOf(running.issuer, { clientId: secretClientId })
  const secret = Buffer.from(secretOfClient)
  t.match((await signedIn(t, await discover(client(t), settings, secret))).facts, { subject: 'ada' })
  const wrong = await discover(client(t), settings, Buffer.from('guessed'))
  t.equal(await failureOf(t, signedIn(t, wrong)), 'refused')
})

t.test('a whole login over TLS', async (t) => {
  const certificate = certificateFor()
  const front = await Front.open(t, certificate)
  const behind = await RunningProvider.start(t, { issuer: front.issuer })
  front.port = behind.port
  t.equal(await failureOf(t, discover(client(t, {}), settingsOf(front.issuer))), 'untrusted', 'a stranger')
  const provider = await discover(client(t, { ca: certificate.cert }), {
    ...settingsOf(front.issuer),
    loopbackHttp: false,
  })
  const login = await new Logins().byBrowser(provider)
  t.teardown(() => login.cancel())
  t.equal(new URL(login.url).origin, front.issuer)
  // The human's browser trusts the certificate, for which there is no switch in fetch: it asks behind the front.
  const human = new Human(undefined, { front: front.issuer, behind: behind.address })
  await fetch(await human.follow(login.url))
  t.match((await taken(t, login)).facts, { issuer: front.issuer, subject: 'ada' })
})

t.test('refusing to sign in, or to consent, ends the login', async (t) => {
  const provider = await found(t, running.issuer)
  for (const refuses of ['login', 'consent'] as const)
    t.equal(await failureOf(t, signedIn(t, provider, { manner: { refuses } })), 'denied', refuses)
})

t.test('one login at a time', async (t) => {
  const provider = await found(t, running.issuer)
  const logins = new Logins()
  const first = await logins.byBrowser(provider)
  t.equal(await failureOf(t, logins.byBrowser(provider)), 'busy')
  t.equal(await failureOf(t, logins.byDevice(provider)), 'busy')
  first.cancel()
  t.equal(await failureOf(t, first.session), 'cancelled')
  const second = await logins.byBrowser(provider)
  second.cancel()
  t.equal(await failureOf(t, second.session), 'cancelled', 'and another one after it')
  await t.rejects(
    fetch(new URL(second.url).searchParams.get('redirect_uri') ?? ''),
    'nobody listens any more',
  )
})

t.test('a login that nobody finishes ends', async (t) => {
  const provider = await found(t, running.issuer)
  for (const loginMs of [0, 50]) {
    const { session } = await new Logins({ loginMs, now: Date.now }).byBrowser(provider)
    t.equal(await failureOf(t, session), 'unfinished')
  }
})

t.test('somebody else than the session belongs to is not taken for its owner', async (t) => {
  const provider = await found(t, running.issuer)
  t.equal(await failureOf(t, signedIn(t, provider, { wanted: { subject: 'grace' } })), 'other-person')
  t.match((await signedIn(t, provider, { wanted: { subject: 'grace' }, human: new Human('grace') })).facts, {
    subject: 'grace',
  })
})

/** A login, and where its answer would go. */
async function atTheDoor(t: Test): Promise<{ login: Login; landed: URL }> {
  const login = await new Logins().byBrowser(await found(t, running.issuer))
  t.teardown(() => login.cancel())
  return { login, landed: new URL(await new Human().follow(login.url)) }
}

const statusOf = async (url: URL | string, init?: RequestInit): Promise<number> =>
  (await fetch(url, init)).status

/** The status for a request with another Host than the address, which fetch does not send. */
function statusFor(url: URL, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = send(url, { headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    request.once('error', reject).end()
  })
}

t.test('what is not the answer is refused, and the login goes on', async (t) => {
  const { login, landed } = await atTheDoor(t)
  const changed = (change: (url: URL) => void): URL => {
    const url = new URL(landed)
    change(url)
    return url
  }
  t.equal(await statusOf(changed((url) => url.searchParams.set('state', 'guessed'))), 400)
  t.equal(await statusOf(changed((url) => url.searchParams.set('state', 'x'.repeat(43)))), 400, 'as long')
  t.equal(await statusOf(changed((url) => url.searchParams.delete('state'))), 400)
  t.equal(await statusOf(changed((url) => url.searchParams.append('code', 'another'))), 400)
  t.equal(await statusOf(changed((url) => url.searchParams.append('state', 'another'))), 400)
  t.equal(await statusOf(changed((url) => url.searchParams.delete('code'))), 400, 'neither code nor error')
  t.equal(await statusOf(changed((url) => url.searchParams.set('error', 'access_denied'))), 400, 'both')
  t.equal(await statusOf(changed((url) => (url.pathname = '/'))), 404)
  t.equal(await statusOf(changed((url) => (url.pathname = '/callback/'))), 404)
  t.equal(await statusOf(landed, { method: 'POST', body: landed.searchParams }), 405)
  t.equal(await statusOf(landed, { method: 'HEAD' }), 405)
  for (const host of [
    'attacker.example',
    `localhost:${landed.port}`,
    '127.0.0.1',
    `127.0.0.1:${landed.port}.`,
  ])
    t.equal(await statusFor(landed, host), 421, host)
  await t.rejects(
    fetch(changed((url) => (url.hostname = '127.0.0.2'))),
    'nobody listens at any other address',
  )
  const guess = changed((url) => {
    url.search = '?error=access_denied&state=guessed'
  })
  t.equal(await statusOf(guess), 400, 'who does not know the state cannot end it either')
  t.equal(await statusOf(landed), 200)
  t.match((await taken(t, login)).facts, { subject: 'ada' })
})

t.test('an answer to another name is refused, wherever the name stands', async (t) => {
  const { landed } = await atTheDoor(t)
  const asked = async (target: string, host: string): Promise<string> => {
    const connection = connect(Number(landed.port), landed.hostname)
    connection.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    return (await text(connection)).slice(0, 12)
  }
  const path = landed.pathname + landed.search
  t.equal(await asked(`http://attacker.example${path}`, landed.host), 'HTTP/1.1 421')
  t.equal(await asked(path, `${landed.host}\r\nHost: ${landed.host}`), 'HTTP/1.1 421', 'twice')
  t.equal(await asked(path, ''), 'HTTP/1.1 421')
  t.equal(await asked(path, landed.host), 'HTTP/1.1 200')
})

t.test('the same answer is taken once', async (t) => {
  const { login, landed } = await atTheDoor(t)
  const statuses = await Promise.all([statusOf(landed), statusOf(landed), statusOf(landed)])
  t.strictSame(statuses.sort(), [200, 410, 410])
  t.match((await taken(t, login)).facts, { subject: 'ada' })
})

t.test('a connection that was opened ahead is worth nothing afterwards', async (t) => {
  const { login, landed } = await atTheDoor(t)
  const ahead = connect(Number(landed.port), landed.hostname)
  await once(ahead, 'connect')
  login.cancel()
  t.equal(await failureOf(t, login.session), 'cancelled')
  ahead.write(`GET ${landed.pathname}${landed.search} HTTP/1.1\r\nHost: ${landed.host}\r\n\r\n`)
  t.match(await text(ahead), /^HTTP\/1\.1 410 /)
})

t.test('the page says that the tab can be closed, and can do nothing', async (t) => {
  const { landed } = await atTheDoor(t)
  for (const [url, status, text] of [
    [landed.href.replace('state=', 'state=x'), 400, /Nothing was done/],
    [landed.href, 200, /You can close this tab/],
  ] as const) {
    const response = await fetch(url)
    const page = await response.text()
    t.equal(response.status, status)
    t.match(Object.fromEntries(response.headers), pageHeaders)
    t.match(page, text)
    t.notMatch(page, /<script|<img|<link|<style|href|src=/)
    for (const value of landed.searchParams.values()) t.notOk(page.includes(value))
  }
})

t.test('an answer of another provider is not used', async (t) => {
  for (const change of [
    (url: URL) => url.searchParams.set('iss', 'http://127.0.0.1:1'),
    (url: URL) => url.searchParams.set('iss', `${running.issuer}/`),
    (url: URL) => url.searchParams.delete('iss'),
  ]) {
    const { login, landed } = await atTheDoor(t)
    change(landed)
    t.equal(await statusOf(landed), 200)
    t.equal(await failureOf(t, login.session), 'mixed-up')
  }
})

t.test('a code that was made for another login is not used', async (t) => {
  const other = await atTheDoor(t)
  const { login, landed } = await atTheDoor(t)
  landed.searchParams.set('code', other.landed.searchParams.get('code') ?? '')
  await fetch(landed)
  t.equal(await failureOf(t, login.session), 'refused', 'its verifier is another one')
})

t.test('a token that was made for another login is not used', async (t) => {
  const provider = await found(t, running.issuer)
  const login = await new Logins().byBrowser(provider)
  const altered = new URL(login.url)
  altered.searchParams.set('nonce', 'of another login')
  await fetch(await new Human().follow(altered.href))
  t.equal(await failureOf(t, login.session), 'forged')
})

t.test('what the provider says of a failed login is put in our words', async (t) => {
  for (const [error, code] of [
    ['access_denied', 'denied'],
    ['server_error', 'trouble'],
    ['temporarily_unavailable', 'trouble'],
    ['unmet_authentication_requirements', 'too-weak'],
    ['invalid_scope', 'refused'],
    ['invalid_grant', 'refused'],
    ['anything', 'refused'],
  ] as const) {
    const login = await new Logins().byBrowser(await found(t, running.issuer))
    const { searchParams } = new URL(login.url)
    const answer = new URL(searchParams.get('redirect_uri') ?? '')
    answer.search = new URLSearchParams({
      error,
      error_description: 'access_token eyJ?',
      state: searchParams.get('state') ?? '',
      iss: running.issuer,
    }).toString()
    t.equal(await statusOf(answer), 200)
    t.equal(await failureOf(t, login.session), code, error)
  }
})
