// How strongly and how lately somebody signed in, and asking for more.
import t from 'tap'
import { Logins } from '../../src/oidc/logins.ts'
import { demandParameters, standing, type Demand, type Strength } from '../../src/oidc/step-up.ts'
import { Human } from './human.ts'
import { RunningProvider } from './provider.ts'
import { strong, weak } from './provider-facts.ts'
import { failureOf, found, signedIn, taken } from './sso.ts'

const now = 1_000_000
const none: Strength = { acr: undefined, amr: [], authTime: undefined }

for (const [lacks, demand, strength] of [
  ['enough', {}, none],
  ['enough', { acr: ['a'] }, { acr: 'a' }],
  ['enough', { acr: ['a', 'b'] }, { acr: 'b' }],
  ['too-weak', { acr: ['a'] }, {}],
  ['too-weak', { acr: ['a'] }, { acr: 'A' }],
  ['too-weak', { acr: ['a'] }, { acr: 'a b' }],
  ['too-weak', { acr: [] }, { acr: 'a' }],
  ['enough', { amr: ['otp'] }, { amr: ['pwd', 'otp'] }],
  ['enough', { amr: [] }, {}],
  ['too-weak', { amr: ['otp', 'hwk'] }, { amr: ['pwd', 'otp'] }],
  ['too-weak', { amr: ['otp'] }, {}],
  ['enough', { maxAgeSeconds: 10 }, { authTime: 990 }],
  ['enough', { maxAgeSeconds: 10 }, { authTime: 930 }],
  ['too-old', { maxAgeSeconds: 10 }, { authTime: 929 }],
  ['enough', { maxAgeSeconds: 0 }, { authTime: 1000 }],
  ['enough', { maxAgeSeconds: 10 }, { authTime: 1060 }],
  ['too-old', { maxAgeSeconds: 10 }, { authTime: 1061 }],
  ['too-old', { maxAgeSeconds: 10 }, { authTime: NaN }],
  ['too-old', { maxAgeSeconds: 10 }, {}],
  ['too-weak', { acr: ['a'], maxAgeSeconds: 10 }, { acr: 'b', authTime: 1000 }],
  ['too-old', { acr: ['a'], maxAgeSeconds: 10 }, { acr: 'a', authTime: 0 }],
] as const satisfies readonly (readonly [string, Demand, Partial<Strength>])[])
  t.test(`${JSON.stringify(strength)} is ${lacks} for ${JSON.stringify(demand)}`, (t) => {
    t.equal(standing({ ...none, ...strength }, demand, now * 1), lacks)
    t.end()
  })

t.test('a login asks for what is demanded', (t) => {
  t.strictSame(demandParameters({}), {})
  t.strictSame(demandParameters({ acr: ['a', 'b'], amr: ['otp'], maxAgeSeconds: 0 }), {
    acr_values: 'a b',
    max_age: '0',
    prompt: 'login',
  })
  t.end()
})

t.test('a provider that obeys asks the human for more', async (t) => {
  const running = await RunningProvider.start(t)
  const provider = await found(t, running.issuer)
  const human = new Human()
  const before = await signedIn(t, provider, { human })
  t.equal(before.facts.acr, weak)
  const demand = { acr: [strong], amr: ['otp'], maxAgeSeconds: 300 }
  t.equal(standing(before.facts, demand, Date.now()), 'too-weak')
  const login = await new Logins().byBrowser(provider, { demand, subject: before.facts.subject })
  t.teardown(() => login.cancel())
  t.equal(new URL(login.url).searchParams.get('prompt'), 'login consent')
  await fetch(await human.follow(login.url))
  const after = await taken(t, login)
  t.match(after.facts, { subject: 'ada', acr: strong, amr: ['pwd', 'otp', 'mfa'] })
  t.equal(standing(after.facts, demand, Date.now()), 'enough')
})

t.test('a provider that ignores what was asked for is found out', async (t) => {
  const running = await RunningProvider.start(t, { ignoresDemands: true })
  const provider = await found(t, running.issuer)
  for (const demand of [{ acr: [strong] }, { amr: ['otp'] }])
    t.equal(await failureOf(t, signedIn(t, provider, { wanted: { demand } })), 'too-weak')
  t.match((await signedIn(t, provider, { wanted: { demand: { acr: [weak], amr: ['pwd'] } } })).facts, {
    acr: weak,
  })
})

t.test('a login of long ago is found out, although nobody asked the human again', async (t) => {
  const running = await RunningProvider.start(t)
  const provider = await found(t, running.issuer)
  const human = new Human()
  await signedIn(t, provider, { human })
  // An hour later by our clock: the provider's session is as old as it is.
  const logins = new Logins({ loginMs: 10_000, now: () => Date.now() + 3_600_000 })
  const login = await logins.byBrowser(provider, { demand: { maxAgeSeconds: 600 } })
  t.teardown(() => login.cancel())
  const url = new URL(login.url)
  t.equal(url.searchParams.get('max_age'), '600')
  await fetch(await human.follow(url.href))
  t.equal(await failureOf(t, login.session), 'too-weak')
})
