// Who is signed in: with a real provider behind a real courier, and clocks that jump.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { bundleFiles } from '../../../scripts/bundle/bundle.ts'
import { jumps } from '../../../test/rig/jump.ts'
import { Front, instead, json } from '../../courier/test/oidc/front.ts'
import { Human } from '../../courier/test/oidc/human.ts'
import { clientId, strong, weak } from '../../courier/test/oidc/provider-facts.ts'
import { RunningProvider } from '../../courier/test/oidc/provider.ts'
import { unpack } from '../../courier/src/oidc/tokens.ts'
import { loginAskersMax } from '../src/limits.ts'
import { lent, outcome, Scene, signedIn, visit, Waiting } from './signing-scene.ts'

const minuteMs = 60_000
const front = await Front.open(t)
const provider = await RunningProvider.start(t, { issuer: front.issuer, accessSeconds: 1800 })
front.port = provider.port
const scene = await Scene.open(t)

/** Who the provider says has this token; `nobody` when it serves no more. */
async function bearerOf(access: Buffer): Promise<string> {
  const headers = { authorization: `Bearer ${access.toString()}` }
  const answer = await fetch(`${front.issuer}/me`, { headers })
  return answer.ok ? ((await answer.json()) as { sub: string }).sub : 'nobody'
}

const asked = (path: string): number => front.asked.filter((each) => each === path).length

t.test('twenty who ask wait on one login, whoever leaves meanwhile', async (t) => {
  const { signIn, ended, events } = await scene.begin(front.issuer)
  const before = asked('/token')
  t.match(signIn.state, { issuer: front.issuer, signedIn: false, inviting: false, name: '' })
  const askers = Array.from({ length: 20 }, () => new Waiting())
  const first = askers.slice(0, 10).map((asker) => outcome(signIn.ensure({}, asker)))
  const { url } = await (askers[0]?.invited ?? Promise.reject(new Error('nobody')))
  t.match(signIn.state, { signedIn: false, inviting: true })
  const late = askers.slice(10).map((asker) => outcome(signIn.login({ device: false, again: true }, asker)))
  for (const asker of [askers[0], askers[15]]) asker?.leave()
  await visit({ url, code: '', seconds: 0 })
  const left = (at: number): boolean => at === 0 || at === 15
  t.strictSame(
    await Promise.all([...first, ...late]),
    askers.map((_, at) => (left(at) ? 'left' : 'done')),
  )
  for (const { invitations } of askers) t.match(invitations, [{ url, code: '' }])
  t.equal(asked('/token'), before + 1)
  t.match(signIn.state, {
    signedIn: true,
    inviting: false,
    subject: 'ada',
    name: 'ada',
    acr: weak,
    amr: 'pwd',
  })
  const known = new Waiting()
  await signIn.ensure({ acr: [weak], amr: ['pwd'], maxAgeSeconds: 60 }, known)
  t.strictSame(known.invitations, [], 'who is signed in is not asked')
  t.strictSame([ended, events], [[], ['signed-in']])
})

t.test('a login ends with the last who wants it, and the next one begins at once', async (t) => {
  const { signIn } = await scene.begin(front.issuer)
  const [one, other, next] = [new Waiting(), new Waiting(), new Waiting()]
  const both = [one, other].map((asker) => outcome(signIn.ensure({}, asker)))
  const { url } = await one.invited
  one.leave()
  t.equal(await both[0], 'left')
  t.equal(signIn.state.inviting, true)
  other.leave()
  t.equal(await both[1], 'left')
  const came = outcome(signIn.ensure({}, next))
  const invitation = await next.invited
  t.not(invitation.url, url, 'it is another login')
  const { searchParams } = new URL(url)
  const landing = searchParams.get('redirect_uri') ?? ''
  const stale = fetch(`${landing}?code=x&state=${searchParams.get('state') ?? ''}`)
  t.equal(
    await stale.then(
      ({ status }) => status,
      () => 'closed',
    ),
    'closed',
    'nobody waits for the old one',
  )
  await visit(invitation)
  t.equal(await came, 'done')
  const gone = new Waiting()
  gone.leave()
  t.equal(await outcome(signIn.login({ device: false, again: true }, gone)), 'left')
  t.equal(signIn.state.inviting, false, 'one who has left begins none')
})

t.test('no more wait for a login than may', async (t) => {
  const { signIn } = await scene.begin(front.issuer)
  const askers = Array.from({ length: loginAskersMax + 1 }, () => new Waiting())
  const came = askers.map((asker) => outcome(signIn.ensure({}, asker)))
  t.equal(await came.at(-1), 'busy')
  for (const asker of askers) asker.leave()
  t.strictSame(new Set(await Promise.all(came.slice(0, -1))), new Set(['left']))
})

t.test('refusing, and refusing consent, are told to all who wait', async (t) => {
  const { signIn, events } = await scene.begin(front.issuer)
  for (const refuses of ['login', 'consent'] as const) {
    const askers = [new Waiting(), new Waiting()]
    const came = askers.map((asker) => outcome(signIn.ensure({}, asker)))
    await visit(await (askers[0] as Waiting).invited, { refuses })
    t.strictSame(await Promise.all(came), ['sso-refused', 'sso-refused'], refuses)
  }
  t.equal(signIn.state.signedIn, false)
  t.strictSame(events, [])
})

t.test('a demand causes one login; who is strong enough is not asked again', async (t) => {
  const stage = await scene.begin(front.issuer)
  const human = new Human()
  const demand = { acr: [strong], amr: ['otp'] }
  t.equal(await signedIn(stage, { human }), 'done')
  const { since } = stage.signIn.state
  const asker = new Waiting()
  const came = outcome(stage.signIn.ensure(demand, asker))
  const other = new Waiting()
  const otherCame = outcome(stage.signIn.ensure({ acr: ['urn:other', strong] }, other))
  const invitation = await asker.invited
  t.match(new URL(invitation.url).searchParams.get('acr_values'), strong)
  await visit(invitation, {}, human)
  t.strictSame([await came, await otherCame], ['done', 'done'])
  t.equal(other.invitations.length, 1)
  t.match(stage.signIn.state, { acr: strong, amr: 'pwd otp mfa', subject: 'ada' })
  t.ok(stage.signIn.state.since >= since)
  t.equal(await outcome(stage.signIn.ensure(demand, new Waiting())), 'done')
  t.strictSame(stage.ended, [], 'what the weaker login allowed goes on')
})

t.test('a demand for a fresh login is judged by either clock', async (t) => {
  const stage = await scene.begin(front.issuer)
  const demand = { maxAgeSeconds: 300 }
  t.equal(await signedIn(stage), 'done')
  t.equal(await outcome(stage.signIn.ensure(demand, new Waiting())), 'done')
  for (const jump of [
    { bootMs: 10 * minuteMs, wallMs: 10 * minuteMs },
    { bootMs: 10 * minuteMs, wallMs: 0 },
    { bootMs: 0, wallMs: 10 * minuteMs },
  ]) {
    stage.clock.jump = jump
    const asker = new Waiting()
    const came = outcome(stage.signIn.ensure(demand, asker))
    await asker.invited
    asker.leave()
    t.equal(await came, 'left', JSON.stringify(jump))
  }
  stage.clock.jump = { bootMs: 0, wallMs: 0 }
  t.equal(await outcome(stage.signIn.ensure(demand, new Waiting())), 'done')
})

t.test('who signs in too weakly, or is another, is told so, and the session stays', async (t) => {
  const careless = await RunningProvider.start(t, { ignoresDemands: true })
  const stage = await scene.begin(careless.issuer)
  t.equal(await signedIn(stage), 'done')
  t.equal(await signedIn(stage, { demand: { acr: [strong] } }), 'sso-weak')
  t.equal(await signedIn(stage, { demand: { amr: ['hwk'] }, human: new Human('grace') }), 'sso-other')
  t.match(stage.signIn.state, { signedIn: true, subject: 'ada', acr: weak })
  t.strictSame([stage.ended, stage.events], [[], ['signed-in']])
})

t.test('one who wants more than there is to be had takes nothing from one who does not', async (t) => {
  const careless = await RunningProvider.start(t, { ignoresDemands: true })
  const { signIn } = await scene.begin(careless.issuer)
  const [demanding, content] = [new Waiting(), new Waiting()]
  const came = outcome(signIn.ensure({ acr: [strong] }, demanding))
  const contentCame = outcome(signIn.ensure({}, content))
  await visit(await demanding.invited)
  t.equal(await came, 'sso-weak')
  while (content.invitations.length < 2) await new Promise((resolve) => setTimeout(resolve, 20))
  await visit(content.invitations[1] ?? { url: '', code: '', seconds: 0 })
  t.equal(await contentCame, 'done', 'with a login of their own')
})

t.test('tokens are lent as they are when they are laid out', async (t) => {
  const stage = await scene.begin(front.issuer)
  const signal = new AbortController().signal
  t.equal(await outcome(stage.signIn.lend(signal)), 'sso-needed')
  t.equal(await signedIn(stage), 'done')
  const early = await stage.signIn.lend(signal)
  const before = unpack(Buffer.from(await lent(stage)))
  t.equal(await bearerOf(before.access), 'ada')
  const renewals = asked('/token')
  stage.clock.pass(21 * minuteMs)
  const all = await Promise.all(Array.from({ length: 20 }, () => lent(stage)))
  t.equal(asked('/token'), renewals + 1, 'all wait for one renewal')
  const [after = Buffer.alloc(0)] = all
  t.ok(all.every((each) => each.equals(after)))
  for (const part of ['access', 'refresh', 'id'] as const)
    t.notOk(unpack(after)[part].equals(before[part]), `another ${part} token`)
  const room = Buffer.alloc(early.bytesMax)
  t.ok(room.subarray(0, await early.fill(room)).equals(after), 'what was replaced is not lent')
  stage.signIn.end('config')
  t.equal(await outcome(early.fill(room)), 'sso-needed')
  t.equal(await outcome(stage.signIn.lend(signal)), 'sso-needed')
  t.strictSame(stage.ended, ['config'])
})

t.test('a refresh token that somebody else has used ends the session loudly', async (t) => {
  const stage = await scene.begin(front.issuer)
  t.equal(await signedIn(stage), 'done')
  const { refresh } = unpack(Buffer.from(await lent(stage)))
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: refresh.toString(),
    client_id: clientId,
  })
  t.equal((await fetch(`${front.issuer}/token`, { method: 'POST', body })).status, 200, 'a thief')
  stage.clock.pass(21 * minuteMs)
  t.equal(await outcome(lent(stage)), 'sso-needed')
  t.strictSame(stage.ended, ['sso-ended'])
  t.strictSame(stage.events, ['signed-in', 'sign-in-ended', 'alarm'])
  t.equal(stage.signIn.state.signedIn, false)
})

t.test('while the provider is in trouble the session lasts as long as its tokens', async (t) => {
  const stage = await scene.begin(front.issuer)
  t.equal(await signedIn(stage), 'done')
  const before = Buffer.from(await lent(stage))
  stage.clock.pass(21 * minuteMs)
  await t.test('it is', async (t) => {
    front.alter(t, '/token', instead(503, 'text/html', 'busy'))
    const renewals = asked('/token')
    t.ok((await lent(stage)).equals(before), 'the old ones serve yet')
    await lent(stage)
    t.equal(asked('/token'), renewals + 1, 'it is not asked again at once')
  })
  stage.clock.pass(8 * minuteMs)
  t.match(stage.signIn.state, { signedIn: true })
  stage.clock.pass(2 * minuteMs)
  t.match(stage.signIn.state, { signedIn: false })
  t.strictSame([stage.ended, stage.events], [['expired'], ['signed-in', 'sign-in-ended']])
})

t.test('a provider that was away for a moment is asked again', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sget-provider-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const moody = await RunningProvider.start(t, { folder, accessSeconds: 1800 })
  const stage = await scene.begin(moody.issuer)
  t.equal(await signedIn(stage), 'done')
  const before = Buffer.from(await lent(stage))
  await moody.kill()
  stage.clock.pass(21 * minuteMs)
  t.ok((await lent(stage)).equals(before))
  await moody.restart()
  stage.clock.pass(2 * minuteMs)
  t.notOk((await lent(stage)).equals(before))
  t.strictSame(stage.ended, [])
})

for (const [name, jump] of Object.entries(jumps))
  t.test(`when ${name}, nobody is signed in any more, and none the less when the clocks land`, async (t) => {
    const stage = await scene.begin(front.issuer)
    t.equal(await signedIn(stage), 'done')
    const { fill, bytesMax } = await stage.signIn.lend(new AbortController().signal)
    stage.clock.jump = jump
    t.equal(await outcome(fill(Buffer.alloc(bytesMax))), 'sso-needed')
    stage.clock.jump = { bootMs: 0, wallMs: 0 }
    t.equal(stage.signIn.state.signedIn, false)
    t.equal(await outcome(lent(stage)), 'sso-needed')
    t.strictSame(stage.ended, ['expired'])
  })

t.test('locking refuses all who wait, and forgets who was signed in', async (t) => {
  const stage = await scene.begin(front.issuer)
  t.equal(await signedIn(stage), 'done')
  const askers = [new Waiting(), new Waiting()]
  const came = askers.map((asker) => outcome(stage.signIn.login({ device: false, again: true }, asker)))
  await askers[0]?.invited
  await stage.keeper.lock('asked')
  t.strictSame(await Promise.all(came), ['locked', 'locked'])
  t.match(stage.signIn.state, { issuer: '', signedIn: false, inviting: false })
  t.strictSame(stage.ended, ['locked'])
  for (const work of [
    stage.signIn.ensure({}, new Waiting()),
    stage.signIn.login({ device: false, again: true }, new Waiting()),
    stage.signIn.logout(),
    lent(stage),
  ])
    t.equal(await outcome(work), 'locked')
})

t.test('logging out makes the tokens worthless, and ends a login that is under way', async (t) => {
  const stage = await scene.begin(front.issuer)
  t.equal(await stage.signIn.logout(), '', 'nobody is signed in')
  t.equal(await signedIn(stage), 'done')
  const { access, refresh } = unpack(Buffer.from(await lent(stage)))
  const again = new Waiting()
  const came = outcome(stage.signIn.login({ device: false, again: true }, again))
  await again.invited
  t.equal(await stage.signIn.logout(), `${front.issuer}/session/end?client_id=sget`)
  t.equal(await came, 'sso-unfinished')
  t.equal(await bearerOf(access), 'nobody')
  const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refresh.toString() })
  body.set('client_id', clientId)
  t.equal((await fetch(`${front.issuer}/token`, { method: 'POST', body })).status, 400)
  t.strictSame([stage.ended, stage.signIn.state.signedIn], [['signed out'], false])
})

t.test('a logout that does not reach the provider says so, and is one here', async (t) => {
  const stage = await scene.begin(front.issuer)
  t.equal(await signedIn(stage), 'done')
  front.alter(t, '/token/revocation', instead(503, 'text/html', 'busy'))
  t.equal(await outcome(stage.signIn.logout()), 'sso-unfound')
  t.equal(stage.signIn.state.signedIn, false)
})

t.test('a logout during a renewal revokes what the renewal brings', async (t) => {
  const stage = await scene.begin(front.issuer)
  t.equal(await signedIn(stage), 'done')
  stage.clock.pass(21 * minuteMs)
  const brought: Buffer[] = []
  let parting: Promise<string> | undefined
  front.alter(t, '/token', (answer) => {
    brought.push(Buffer.from((JSON.parse(answer.body.toString()) as { access_token: string }).access_token))
    parting = stage.signIn.logout()
    return answer
  })
  t.equal(await outcome(lent(stage)), 'sso-needed')
  await parting
  t.equal(brought.length, 1)
  t.equal(await bearerOf(brought[0] ?? Buffer.alloc(0)), 'nobody')
  t.equal(stage.signIn.state.signedIn, false)
})

t.test('a code for a browser elsewhere is for whoever asked for it alone', async (t) => {
  const { signIn } = await scene.begin(front.issuer)
  front.alter(
    t,
    '/device/auth',
    json((answer) => ({ ...answer, interval: 1 })),
  )
  const [human, agent] = [new Waiting(), new Waiting()]
  const came = outcome(signIn.login({ device: true, again: false }, human))
  const agentCame = outcome(signIn.ensure({}, agent))
  const invitation = await human.invited
  t.match(invitation, { url: `${front.issuer}/device`, code: /^[A-Z]{4}-[A-Z]{4}$/ })
  await visit(invitation)
  t.strictSame([await came, await agentCame], ['done', 'done'])
  t.strictSame(agent.invitations, [])
  const [browser, device] = [new Waiting(), new Waiting()]
  const first = outcome(signIn.login({ device: false, again: true }, browser))
  await browser.invited
  t.equal(await outcome(signIn.login({ device: true, again: true }, device)), 'sso-busy')
  browser.leave()
  t.equal(await first, 'left')
})

t.test('a courier that is killed during a login ends that login alone', async (t) => {
  const { signIn, courier } = await scene.begin(front.issuer)
  const asker = new Waiting()
  const came = outcome(signIn.ensure({}, asker))
  await asker.invited
  process.kill(courier.pid ?? 0, 'SIGKILL')
  t.equal(await came, 'courier-failed')
  t.equal(await signedIn(scene), 'done')
})

t.test('a login that nobody finishes ends by itself', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sget-hasty-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const program = await hasty(folder)
  const { signIn } = await (await Scene.open(t, program)).begin(front.issuer)
  const asker = new Waiting()
  const came = outcome(signIn.ensure({}, asker))
  t.match(await asker.invited, { seconds: 2 })
  t.equal(await came, 'sso-unfinished')
})

async function hasty(folder: string): Promise<string> {
  const root = join(import.meta.dirname, '../../..')
  await bundleFiles([{ in: join(root, 'test/rig/hasty-courier-program.ts'), out: 'courier' }], folder)
  copyFileSync(join(root, 'build/lib/native.node'), join(folder, 'native.node'))
  return join(folder, 'courier.mjs')
}

t.test('a remembered session outlives the vault’s closing, and nothing that ends it', async (t) => {
  const { signIn, keeper, clock } = await scene.begin(front.issuer, 'remember = true')
  t.equal(await signedIn(scene), 'done')
  t.match(signIn.state, { remembered: true })
  const first = Buffer.from(await lent(scene))
  clock.pass(21 * minuteMs)
  const renewed = Buffer.from(await lent(scene))
  for (const [round, before] of [first, renewed].entries()) {
    await keeper.lock('asked')
    t.match(signIn.state, { signedIn: false, remembered: false })
    await scene.unlock()
    const asker = new Waiting()
    await signIn.ensure({ acr: [weak] }, asker)
    t.strictSame(asker.invitations, [], 'nobody is asked')
    t.match(signIn.state, { signedIn: true, remembered: true, subject: 'ada', acr: weak })
    t.notOk((await lent(scene)).equals(before), `it was renewed at once (${round})`)
  }
  await signIn.logout()
  await keeper.lock('asked')
  await scene.unlock()
  t.equal(await outcome(lent(scene)), 'sso-needed', 'a logout forgets')
  t.equal(keeper.use.vault.documentBytes('sso/session'), 0)
  t.strictSame(scene.ended, ['locked', 'locked', 'signed out'])
  const round = ['signed-in', 'sign-in-ended']
  t.strictSame(scene.events, [...round, ...round, 'signed-in'])
})

t.test('a remembered session that the provider has ended is forgotten', async (t) => {
  const { signIn, keeper } = await scene.begin(front.issuer, 'remember = true')
  t.equal(await signedIn(scene), 'done')
  await keeper.lock('asked')
  await t.test('while the provider is in trouble it is kept', async (t) => {
    front.alter(t, '/token', instead(503, 'text/html', 'busy'))
    await scene.unlock()
    t.equal(await outcome(lent(scene)), 'sso-needed')
    t.ok(keeper.use.vault.documentBytes('sso/session') > 0)
    await keeper.lock('asked')
  })
  await scene.unlock()
  t.equal(await outcome(lent(scene)), 'sso-needed', 'the answer that was lost had used the token')
  t.equal(keeper.use.vault.documentBytes('sso/session'), 0)
  t.strictSame(scene.events, ['signed-in', 'sign-in-ended', 'sign-in-ended'], 'alarms alike are counted')
  t.equal(await signedIn(scene), 'done')
  t.match(signIn.state, { remembered: true })
  await scene.begin(front.issuer)
  t.match(signIn.state, { signedIn: false, remembered: false })
})

t.test('nothing is remembered where the config does not want it', async (t) => {
  const { signIn, keeper } = await scene.begin(front.issuer)
  t.equal(await signedIn(scene), 'done')
  t.match(signIn.state, { signedIn: true, remembered: false })
  t.equal(keeper.use.vault.documentBytes('sso/session'), 0)
  await keeper.lock('asked')
  await scene.unlock()
  t.equal(await outcome(lent(scene)), 'sso-needed')
})

t.test('tokens are renewed at two thirds of their life, and nobody has to ask', async (t) => {
  const brief = await RunningProvider.start(t, { accessSeconds: 3 })
  const { signIn } = await scene.begin(brief.issuer)
  t.equal(await signedIn(scene), 'done')
  const { since, until } = signIn.state
  while (signIn.state.signedIn && signIn.state.until <= until + 2000)
    await new Promise((resolve) => setTimeout(resolve, 50))
  t.match(signIn.state, { signedIn: true, since }, 'twice by now')
  t.strictSame(scene.ended, [])
})

t.test('an issuer that is none, or not there, is told', async (t) => {
  const odd = async (t: Test, alteration: Parameters<Front['alter']>[2]): Promise<string> => {
    const { signIn, courier } = await scene.begin(front.issuer)
    // The one that runs has asked already.
    courier.end('courier-failed')
    front.alter(t, '/.well-known/openid-configuration', alteration)
    return outcome(signIn.ensure({}, new Waiting()))
  }
  for (const [alteration, failure] of [
    [instead(404, 'text/html', 'no'), 'sso-unfound'],
    [json((metadata) => ({ ...metadata, issuer: 'https://other.example' })), 'sso-unfound'],
    [json((metadata) => ({ ...metadata, code_challenge_methods_supported: ['plain'] })), 'sso-unable'],
  ] as const)
    await t.test(failure, async (t) => t.equal(await odd(t, alteration), failure))
  const { signIn } = await scene.begin('http://127.0.0.1:1')
  t.equal(await outcome(signIn.ensure({}, new Waiting())), 'sso-unreachable')
})
