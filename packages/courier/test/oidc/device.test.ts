// Signing in with a browser elsewhere, by a code.
import t, { type Test } from 'tap'
import { pollSeconds } from '../../src/oidc/device-login.ts'
import { Logins, type DeviceLogin } from '../../src/oidc/logins.ts'
import { unpack } from '../../src/oidc/tokens.ts'
import { Front, instead, json, without } from './front.ts'
import { Human, type Manner } from './human.ts'
import { RunningProvider } from './provider.ts'
import { strong } from './provider-facts.ts'
import { failureOf, found, taken } from './sso.ts'

const front = await Front.open(t)
const running = await RunningProvider.start(t, { issuer: front.issuer, bindsTokens: true })
front.port = running.port

/** A provider that wants to be asked each second, and a login there. */
async function invited(
  t: Test,
  logins = new Logins(),
  more: Record<string, unknown> = {},
): Promise<DeviceLogin> {
  front.alter(
    t,
    '/device/auth',
    json((answer) => ({ ...answer, interval: 1, ...more })),
  )
  const login = await logins.byDevice(await found(t, front.issuer, { asksConsent: false }))
  t.teardown(() => login.cancel())
  return login
}

const typed = ({ url, code }: DeviceLogin, manner: Manner = {}): Promise<string> =>
  new Human().follow(url, { ...manner, code })

t.test('a human types the code elsewhere, and a session comes of it', async (t) => {
  const login = await invited(t)
  t.match(login.url, /^http:\/\/127\.0\.0\.1:[0-9]+\/device$/)
  t.match(login.code, /^[A-Z]{4}-[A-Z]{4}$/)
  t.match(await typed(login), /^200 [\s\S]*Sign-in Success/)
  const { facts, tokens } = await taken(t, login)
  t.match(facts, { issuer: front.issuer, subject: 'ada', amr: ['pwd'] })
  t.ok(unpack(tokens).key.length > 0, 'bound to a key')
})

t.test('a provider that wants to be asked less often is', async (t) => {
  const login = await invited(t)
  const slowed = Promise.withResolvers<undefined>()
  front.alter(t, '/token', (answer) => {
    if (answer.status === 200) return answer
    slowed.resolve(undefined)
    return instead(400, 'application/json', '{"error":"slow_down"}')(answer)
  })
  await slowed.promise
  await typed(login)
  t.match((await taken(t, login)).facts, { subject: 'ada' })
})

t.test('refusing at the provider ends the login', async (t) => {
  const login = await invited(t)
  await typed(login, { refuses: 'login' })
  t.equal(await failureOf(t, login.session), 'denied')
})

t.test('a login that nobody finishes ends, and one that is cancelled too', async (t) => {
  // The first is over before it has begun.
  for (const loginMs of [0, 300]) {
    const { session } = await invited(t, new Logins({ loginMs, now: Date.now }))
    t.equal(await failureOf(t, session), 'unfinished')
  }
  const login = await invited(t)
  login.cancel()
  t.equal(await failureOf(t, login.session), 'cancelled')
  front.alter(t, '/token', instead(400, 'application/json', '{"error":"expired_token"}'))
  t.equal(await failureOf(t, (await invited(t)).session), 'unfinished', 'by the provider')
})

t.test('the session is held to what was wanted', async (t) => {
  const login = await new Logins().byDevice(await found(t, front.issuer), { demand: { acr: [strong] } })
  t.teardown(() => login.cancel())
  login.cancel()
  t.equal(await failureOf(t, login.session), 'cancelled')
  front.alter(
    t,
    '/device/auth',
    json((answer) => ({ ...answer, interval: 1 })),
  )
  const other = await new Logins().byDevice(await found(t, front.issuer, { asksConsent: false }), {
    subject: 'grace',
  })
  await typed(other)
  t.equal(await failureOf(t, other.session), 'other-person')
})

t.test('an invitation that could mislead is not shown', async (t) => {
  for (const [change, code] of [
    [{ verification_uri: 'javascript:alert(1)' }, 'insecure'],
    [{ verification_uri: 'http://login.example/' }, 'insecure'],
    [{ verification_uri: 'https://user:password@login.example/' }, 'insecure'],
    [{ user_code: '\u{1b}[2J' }, 'unreadable'],
    [{ user_code: 'X'.repeat(33) }, 'unreadable'],
    [{ user_code: '' }, 'forged'],
    [{ device_code: 7 }, 'forged'],
    [{ expires_in: -1 }, 'forged'],
  ] as const)
    t.equal(await failureOf(t, invited(t, new Logins(), change)), code, JSON.stringify(change))
})

t.test('a provider without devices has none', async (t) => {
  front.alter(t, '/.well-known/openid-configuration', without('device_authorization_endpoint'))
  const logins = new Logins()
  const provider = await found(t, front.issuer)
  t.equal(await failureOf(t, logins.byDevice(provider)), 'unable')
  const login = await logins.byBrowser(provider)
  login.cancel()
  t.equal(await failureOf(t, login.session), 'cancelled', 'which is in nobody’s way')
})

t.test('a provider is asked neither all the time nor hardly ever', (t) => {
  for (const [wanted, seconds] of [
    [undefined, 5],
    [0.001, 1],
    [1, 1],
    [7.5, 7.5],
    [60, 60],
    [1e9, 60],
  ] as const)
    t.equal(pollSeconds(wanted), seconds)
  t.end()
})
