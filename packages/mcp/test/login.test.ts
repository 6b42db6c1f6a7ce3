// How the human hears that they must sign in, and what the agent learns of it: real processes, clients that show an
// address themselves and clients that do not, and a daemon that says what the test wants.
import { rmSync } from 'node:fs'
import type { Body } from '@sget/wire'
import t, { type Test } from 'tap'
import { fail, nobody, type Answers, type Request, type StandIn } from '../../../test/standin/daemon.ts'
import { install, place, textOf, type Agent, type Mode, type OnAddress, type Place } from './agent.ts'
import { allow, handle, then, unlocked, waiting } from './answers.ts'

const get = 'get_secret_environment_variable'
const login = 'request_login'
const list = 'list_secrets'
const eras = { legacy: 'legacy', modern: { pin: '2026-07-28' } } as const satisfies Record<string, Mode>

const url = 'https://id.example/auth?state=abc'
const invitation: Body<'invitation'> = { url, code: '', seconds: 300 }
const ann = {
  ...nobody,
  issuer: 'https://id.example',
  signedIn: true,
  name: 'Ann',
  subject: '2482',
  until: then,
  renewable: true,
  authenticated: then,
  acr: 'urn:mfa',
  amr: 'pwd otp',
}
const signedIn: Answers = { session: ({ reply }) => reply('sessionState', ann) }

const folder = await install('#!/bin/sh\n')
t.teardown(() => rmSync(folder, { recursive: true }))

interface Scene extends Place {
  readonly daemon: Place['daemon']
  readonly take: StandIn['take']
  readonly asked: StandIn['asked']
  readonly agent: Agent
}

interface Wanted {
  readonly mode?: Mode
  readonly onAddress?: OnAddress
  readonly humanMs?: number
  readonly answers?: Answers
}

async function scene(
  t: Test,
  { mode, onAddress, humanMs = 10_000, answers = signedIn }: Wanted = {},
): Promise<Scene> {
  const here = place(t, folder)
  const { take, asked } = await here.daemon(answers)
  return { ...here, take, asked, agent: await here.startQuick({ humanMs }, mode, onAddress) }
}

/** Remembers what the human was shown, and has them do one thing about it. */
function human(action: 'accept' | 'decline' | 'cancel'): { shown: unknown[]; onAddress: OnAddress } {
  const shown: unknown[] = []
  return { shown, onAddress: ({ mode, url, message }) => (shown.push({ mode, url, message }), { action }) }
}

const page: Body<'entries'> = {
  entries: [{ path: 'corp/db', fields: 'password', created: then, changed: then }],
  more: false,
}

function names(asked: StandIn['asked']): string[] {
  return asked.map(({ name }) => name).filter((name) => name !== 'hello')
}

for (const [era, mode] of Object.entries(eras)) {
  t.test(`${era}: a client that shows addresses shows it, and the call goes on`, async (t) => {
    const { shown, onAddress } = human('accept')
    const { take, asked, agent } = await scene(t, { mode, onAddress })
    const listed = agent.call(list)
    const first = await take('list')
    first.reply('invitation', invitation)
    // The call waits for the human by now or will in a moment; either way the login is what it waits for.
    first.reply('entries', page)
    ;(await take('list')).reply('entries', page)
    const result = await listed
    t.match(result.structuredContent, { secrets: [{ path: 'corp/db' }] })
    t.match(shown, [{ mode: 'url', url, message: /does not see what you type/ }])
    t.notMatch(JSON.stringify(result), 'id.example', 'the agent need not see it')
    t.same(names(asked), ['list', 'list'])
  })

  t.test(`${era}: one that shows none has the agent say it at once, and the next call waits`, async (t) => {
    const { take, asked, agent } = await scene(t, { mode })
    const told = agent.call(list)
    const { reply } = await take('list')
    reply('invitation', invitation)
    const refused = await told
    t.equal(refused.isError, true)
    t.ok(textOf(refused).startsWith('Could not list the secrets yet.\nYour human must sign in first.'))
    t.match(textOf(refused), `do not open it yourself:\n${url}\nThen call this again`)
    const again = agent.call(list)
    await agent.client.listTools()
    reply('entries', page)
    ;(await take('list')).reply('entries', page)
    t.match((await again).structuredContent, { secrets: [{ path: 'corp/db' }] })
    t.same(names(asked), ['list', 'list'])
  })

  t.test(`${era}: a grant waits for the login, then for its approval, and is asked for once`, async (t) => {
    const { take, asked, agent } = await scene(t, { mode })
    const told = agent.call(get, { path: 'corp/db' })
    const request = await take('grant')
    request.reply('invitation', invitation)
    const first = await told
    t.not(first.isError, true)
    t.match(first.structuredContent, {
      status: 'waiting',
      run: '',
      handle: '',
      next: new RegExp(url.replace('?', '\\?')),
    })
    const abort = new AbortController()
    const approving = Promise.withResolvers<unknown>()
    const options = { signal: abort.signal, onprogress: approving.resolve }
    const second = agent.call(get, { path: 'corp/db', reason: 'again' }, options)
    request.reply('waiting', waiting)
    t.match(await approving.promise, { message: /approve ab12/ })
    allow(request)
    t.match((await second).structuredContent, { status: 'granted', handle })
    t.same(names(asked), ['grant'])
  })

  t.test(`${era}: request_login answers while the login is under way, and keeps it`, async (t) => {
    const { shown, onAddress } = human('accept')
    const { promise: first, resolve: begin } = Promise.withResolvers<Request<'login'>>()
    const answers: Answers = {
      ...signedIn,
      login: (request) => {
        if (names(asked).length > 1) request.reply('done', {})
        else begin(request)
      },
    }
    const { asked, agent } = await scene(t, { mode, onAddress, answers })
    const told = agent.call(login)
    const { body, reply, gone } = await first
    t.same(body, { device: false, again: false })
    reply('invitation', invitation)
    const asking = await told
    t.match(asking.structuredContent, { status: 'waiting', identity: { signedIn: false } })
    t.equal(shown.length, 1)
    const again = await agent.call(login)
    t.match(again.structuredContent, { status: 'waiting' })
    t.match(textOf(again), url, 'the same address')
    t.equal(shown.length, 1, 'and nobody is shown it twice')
    t.same(names(asked), ['login'])
    let left = false
    void gone.then(() => (left = true))
    reply('done', {})
    let result = await agent.call(login)
    while (textOf(result).includes(url)) result = await agent.call(login)
    t.equal(left, false)
    t.match(result.structuredContent, {
      status: 'signed-in',
      next: '',
      identity: { name: 'Ann', methods: ['pwd', 'otp'] },
    })
    const words = `Ann (2482), until ${new Date(then).toISOString()}, renewed without a human, proved`
    t.match(textOf(result), words)
    t.match(textOf(result), 'by pwd and otp, acr urn:mfa.')
  })
}

t.test(
  'what the human turns down is told without the address, and offered again when asked for',
  async (t) => {
    const { shown, onAddress } = human('decline')
    const { take, agent } = await scene(t, { onAddress })
    const told = agent.call(list)
    ;(await take('list')).reply('invitation', invitation)
    const refused = await told
    t.equal(refused.isError, true)
    t.match(textOf(refused), /turned that down/)
    t.notMatch(textOf(refused), url)
    await agent.call(list)
    t.equal(shown.length, 2)
  },
)

t.test('what a client puts aside by itself the agent shows', async (t) => {
  const { onAddress } = human('cancel')
  const { take, agent } = await scene(t, { onAddress })
  const told = agent.call(login)
  ;(await take('login')).reply('invitation', invitation)
  t.match(textOf(await told), `Show them this address; do not open it yourself:\n${url}`)
})

t.test('a call ends before its client gives it up, and leaves the request', async (t) => {
  const { onAddress } = human('accept')
  const { take, asked, agent } = await scene(t, { onAddress, humanMs: 100 })
  const told = agent.call(list)
  const { reply } = await take('list')
  reply('invitation', invitation)
  t.match(textOf(await told), `has not finished signing in. Should they have lost the address:\n${url}`)
  t.match(textOf(await agent.call(list)), url, 'also the next one')
  t.same(names(asked), ['list'])
  reply('entries', page)
})

t.test(
  'a login that comes to nothing is told to who waits, and asked for anew by who asks anew',
  async (t) => {
    const { take, agent } = await scene(t)
    const told = agent.call(list)
    const { reply } = await take('list')
    reply('invitation', invitation)
    await told
    const waits = agent.call(list)
    await agent.client.listTools()
    fail(reply, 'sso-refused')
    const refused = await waits
    t.match(
      textOf(refused),
      /Could not list the secrets: the login was refused.*\nAsk your human whether they meant it; request_login/,
    )
    const anew = agent.call(list)
    ;(await take('list')).reply('invitation', { ...invitation, url: 'https://id.example/other' })
    t.match(textOf(await anew), 'https://id.example/other')
  },
)

t.test('a login that cannot be asked for is a failure with what to do', async (t) => {
  const { agent } = await scene(t, { answers: { login: ({ reply }) => fail(reply, 'locked') } })
  const refused = await agent.call(login)
  t.equal(refused.isError, true)
  t.match(
    textOf(refused),
    /^Could not ask the human to sign in: the vault is locked\.\nAsk your human to run this/,
  )
})

t.test('however often an agent asks, one request waits', async (t) => {
  const { take, asked, agent } = await scene(t)
  const told = agent.call(login)
  ;(await take('login')).reply('invitation', invitation)
  await told
  const many = await Promise.all(Array.from({ length: 100 }, () => agent.call(login)))
  for (const result of many) t.match(textOf(result), url)
  t.same(names(asked), ['login'])
})

t.test(
  'a daemon that dies while the human signs in ends the wait; nobody is asked behind their back',
  async (t) => {
    const here = place(t, folder)
    const dying = await here.daemon(signedIn)
    const agent = await here.startQuick({ attendMs: 50 })
    const told = agent.call(get, { path: 'corp/db' })
    const request: Request<'grant'> = await dying.take('grant')
    request.reply('invitation', invitation)
    await told
    const waits = agent.call(get, { path: 'corp/db' })
    await agent.client.listTools()
    await dying.close()
    const next = await here.daemon({ ...unlocked, ...signedIn })
    t.match(textOf(await waits), /ended the connection before it answered/)
    t.same(names(next.asked), [])
  },
)

t.test('secret_status says who is signed in and where the vaults are', async (t) => {
  const mount = {
    at: 'corp',
    kind: 'openbao',
    address: 'https://vault',
    login: 'jwt',
    ttlSeconds: 1,
    staleSeconds: 0,
  }
  const mounts: Answers['mounts'] = ({ reply }) =>
    reply('mountList', { mounts: [{ ...mount, state: 'open' }] })
  const { agent } = await scene(t, { answers: { ...unlocked, ...signedIn, mounts } })
  const status = await agent.call('secret_status')
  t.match(status.structuredContent, {
    ready: true,
    identity: {
      issuer: 'https://id.example',
      signedIn: true,
      loginWaits: false,
      name: 'Ann',
      until: new Date(then).toISOString(),
      renewed: true,
      provedAt: new Date(then).toISOString(),
      acr: 'urn:mfa',
      methods: ['pwd', 'otp'],
    },
    mounts: [{ at: 'corp', kind: 'openbao', state: 'open' }],
  })
  t.match(textOf(status), 'Signed in at https://id.example: Ann (2482)')
  t.match(textOf(status), 'corp/… is in a vault of kind openbao: open')
})

t.test('secret_status says that nobody is signed in, and nothing where sgetd cannot tell', async (t) => {
  const states: Body<'sessionState'>[] = [
    { ...nobody, issuer: 'https://id.example' },
    { ...nobody, issuer: 'https://id.example', inviting: true },
    nobody,
  ]
  const session: Answers['session'] = ({ reply }) => {
    const state = states.shift()
    if (state === undefined) fail(reply, 'locked')
    else reply('sessionState', state)
  }
  const { agent } = await scene(t, { answers: { ...unlocked, session } })
  t.match(
    textOf(await agent.call('secret_status')),
    'https://id.example: nobody; request_login asks your human to.',
  )
  t.match(textOf(await agent.call('secret_status')), 'nobody; a login waits for your human.')
  for (const why of ['no provider', 'a closed vault']) {
    const status = await agent.call('secret_status')
    t.notMatch(textOf(status), /Signed in/, why)
    t.match(status.structuredContent, { ready: true, identity: { issuer: '', signedIn: false }, mounts: [] })
  }
})
