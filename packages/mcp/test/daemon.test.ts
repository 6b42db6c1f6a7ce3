// What agents hear when sgetd is away, broken or waiting for a human: real processes, and a daemon that says what the
// test wants.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { protocolVersion } from '@sget/wire'
import t from 'tap'
import {
  fail,
  leaveDeadSocket,
  type Answers,
  type Request,
  type StandIn,
} from '../../../test/standin/daemon.ts'
import { install, place, textOf, type Agent } from './agent.ts'
import { allow, failing, handle, unlocked, waiting } from './answers.ts'
import { askHuman } from '../src/explain.ts'

const get = 'get_secret_environment_variable'
const unanswered = {
  status: 'waiting',
  script: '',
  run: '',
  cleanup: '',
  variables: [],
  handle: '',
  expiresAt: '',
}

const folder = await install('#!/bin/sh\n')
t.teardown(() => rmSync(folder, { recursive: true }))
const sget = `'${join(folder, 'bin/sget')}'`
const sgetctl = `'${join(folder, 'bin/sgetctl')}'`

t.test('each way in which sgetd is missing has its own words and the whole command', async (t) => {
  const { home, socket, daemon, start } = place(t, folder)
  const { call } = await start()
  const fails = async (why: RegExp, command: string): Promise<void> => {
    const result = await call(get, { path: 'db/prod' })
    t.equal(result.isError, true)
    t.match(textOf(result), why)
    t.ok(textOf(result).includes(command), textOf(result))
    const status = await call('secret_status')
    t.match(status.structuredContent, { ready: false, problem: why })
    t.not(status.isError, true)
  }
  const failsAgainst = async (answers: Answers, why: RegExp, command: string): Promise<void> => {
    const listening = await daemon(answers)
    await fails(why, command)
    await listening.close()
  }
  const unlock = `${askHuman}${sget} --home ${home} unlock`
  const greet = (version: number): Answers => ({
    hello: ({ reply }) => reply('welcome', { version, program: 'x' }),
  })
  await fails(/no sgetd is running/, unlock)
  await failsAgainst(failing('locked'), /the vault is locked/, unlock)
  await failsAgainst(failing('no-vault'), /no vault yet/, `${sgetctl} --home ${home} init`)
  await failsAgainst(
    { hello: ({ reply }) => fail(reply, 'version-mismatch', 'sgetd 9 (protocol 9)') },
    /different versions \(sgetd 9 \(protocol 9\)\)/,
    'restart the agent, or its MCP server sget. Otherwise: end the running sgetd',
  )
  await failsAgainst(greet(9), /different versions/, `${sget} --home ${home} unlock`)
  await leaveDeadSocket(socket)
  await fails(/has ended and left its socket behind/, unlock)
  rmSync(socket)
  await daemon(unlocked)
  t.match(
    (await call(get, { path: 'db/prod' })).structuredContent,
    { status: 'granted' },
    'no failure is kept',
  )
})

t.test('a daemon that dies and comes back is found again, and leaves no descriptor behind', async (t) => {
  const { daemon, start } = place(t, folder)
  const { call, pid } = await start()
  for (const life of ['first', 'second', 'third']) {
    const listening = await daemon(unlocked)
    t.match((await call('secret_status')).structuredContent, { ready: true }, life)
    t.match((await call(get, { path: 'a/b' })).structuredContent, { status: 'granted' }, life)
    t.equal(listening.connections, 1)
    await listening.close()
  }
  const descriptors = readdirSync(`/proc/${pid}/fd`).map((name) => linkOf(`/proc/${pid}/fd/${name}`))
  t.notMatch(descriptors.join(), /pidfd/)
})

/** Where a descriptor leads; nothing where it was closed since it was listed. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

t.test('sgetd knows the agent before a tool is called, whenever it starts', async (t) => {
  const { daemon, startQuick } = place(t, folder)
  await startQuick({ attendMs: 50 })
  for (const life of ['first', 'second']) {
    const { promise, resolve } = Promise.withResolvers<unknown>()
    const listening = await daemon({
      hello: ({ body, reply }) => {
        reply('welcome', { version: protocolVersion, program: 'sgetd standin' })
        resolve(body)
      },
    })
    t.match(await promise, { role: 1 }, life)
    await listening.close()
  }
})

t.test('a value that a daemon sends ends the connection and goes no further', async (t) => {
  const { daemon, start } = place(t, folder)
  await daemon({ grant: ({ leak }) => leak('canary'), status: ({ leak }) => leak('canary') })
  const { call } = await start()
  for (const tool of [get, 'secret_status']) {
    const result = await call(tool, tool === get ? { path: 'a/b' } : {})
    t.match(textOf(result), /no message of the protocol/)
    t.notMatch(JSON.stringify(result), 'canary')
  }
})

const root = process.getuid?.() === 0
t.test('nothing is sent to a daemon of another user', { skip: !root && 'needs root' }, async (t) => {
  const { socket, home, start } = place(t, folder)
  const program = `
    import { chmodSync, mkdirSync } from 'node:fs'
    import { StandIn } from '${join(import.meta.dirname, '../../../test/standin/daemon.ts')}'
    mkdirSync('${join(socket, '..')}', { recursive: true })
    process.setgid(65534), process.setuid(65534)
    const daemon = await StandIn.listen('${socket}')
    console.log('listening')
    process.stdin.on('end', () => { console.log(JSON.stringify(daemon.asked)); process.exit() }).resume()`
  const folders = [home, join(home, 'state'), join(home, 'state/run')]
  spawnSync('install', ['-d', '-m', '0777', ...folders])
  const words = ['-i', process.execPath, '--input-type=module-typescript', '-e', program]
  const foreign = spawn('env', words, { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(foreign.stdout, 'readable')
  const { call } = await start()
  t.match(textOf(await call(get, { path: 'a/b' })), /served by another user, so nothing was sent/)
  foreign.stdin.end()
  t.equal(await text(foreign.stdout), 'listening\n[]\n')
})

t.test('a daemon that never answers is given up, and is not asked to come in twice', async (t) => {
  const { daemon, startQuick } = place(t, folder)
  const silent: Answers = { hello: () => undefined }
  const listening = await daemon(silent)
  const { call } = await startQuick({ answerMs: 100 })
  for (const tool of ['list_secrets', 'secret_status', get, get]) {
    t.match(textOf(await call(tool, tool === get ? { path: 'a/b' } : {})), /the other side took too long/)
  }
  t.equal(listening.connections, 1)
})

for (const era of ['legacy', 'modern'] as const) {
  t.test(`${era}: a call shows that it waits for a human, and the next takes its request up`, async (t) => {
    const { daemon, startQuick } = place(t, folder)
    const { take, asked } = await daemon()
    const mode = era === 'legacy' ? era : { pin: '2026-07-28' }
    const { call } = await startQuick({ humanMs: 700, progressMs: 100 }, mode)
    const told: unknown[] = []
    const onprogress = (progress: unknown): unknown => told.push(progress)
    const first = call(get, { path: 'a/b', reason: 'one' }, { onprogress })
    const request = await take('grant')
    request.reply('waiting', { ...waiting, level: era === 'legacy' ? 0 : 1 })
    const command = era === 'legacy' ? `${sgetctl} approve ab12` : `${sget} prove ab12`
    const { isError, structuredContent, ...result } = await first
    t.match({ isError, structuredContent }, { isError: undefined, structuredContent: unanswered })
    const again = 'Then call this tool again with the same arguments'
    t.ok(textOf(result).includes(`asks for a/b\n${askHuman}${command}\n${again}`), textOf(result))
    t.match(told.slice(0, 2), [{ progress: 1, message: `${askHuman}${command}` }, { progress: 2 }])
    allow(request)
    const second = await call(get, { path: 'a/b', reason: 'two' })
    t.match(second.structuredContent, { status: 'granted', handle })
    t.equal(asked.filter(({ name }) => name === 'grant').length, 1)
  })
}

/** Makes a call and returns once the human is being asked on its behalf. */
async function asking(
  { call }: Agent,
  options: { signal?: AbortSignal } = {},
): Promise<() => ReturnType<typeof call>> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const result = call(get, { path: 'a/b' }, { ...options, onprogress: () => resolve(undefined) })
  result.catch(() => undefined)
  await promise
  return () => result
}

t.test(
  'a handle goes to one call: of two that wait, the later gets it and the earlier asks anew',
  async (t) => {
    const { daemon, startQuick } = place(t, folder)
    const { take } = await daemon()
    const agent = await startQuick({})
    const first = asking(agent)
    const request = await take('grant')
    request.reply('waiting', waiting)
    const earlier = await first
    const later = await asking(agent)
    const other = agent.call(get, { path: 'a/c' })
    allow(await take('grant'), 'run', 'sget_other')
    t.match((await other).structuredContent, { handle: 'sget_other' })
    allow(request, 'run', 'sget_first')
    t.match((await later()).structuredContent, { handle: 'sget_first' })
    allow(await take('grant'), 'run', 'sget_second')
    t.match((await earlier()).structuredContent, { handle: 'sget_second' })
  },
)

t.test('what is decided while no call waits is kept for the next one, and told once', async (t) => {
  const { daemon, startQuick } = place(t, folder)
  const first = await daemon()
  const agent = await startQuick({})
  const settled = (): Promise<unknown> => agent.client.listTools()
  const cancelled = async ({ take }: StandIn): Promise<Request<'grant'>> => {
    const abort = new AbortController()
    const asked = asking(agent, { signal: abort.signal })
    const request = await take('grant')
    request.reply('waiting', waiting)
    const result = await asked
    abort.abort()
    await t.rejects(result())
    await settled()
    return request
  }
  allow(await cancelled(first), 'run', 'sget_kept')
  t.match((await agent.call(get, { path: 'a/b' })).structuredContent, { handle: 'sget_kept' })

  fail((await cancelled(first)).reply, 'approval-denied')
  const denied = await agent.call(get, { path: 'a/b' })
  t.match(textOf(denied), /Could not get a\/b: a human refused this.\nAsk the human why/)
  t.equal(denied.isError, true)

  fail((await cancelled(first)).reply, 'approval-expired')
  await settled()
  const anew = agent.call(get, { path: 'a/b' })
  allow(await first.take('grant'), 'run', 'sget_anew')
  t.match((await anew).structuredContent, { handle: 'sget_anew' })

  allow(await cancelled(first), 'run', 'sget_dead')
  await settled()
  await first.close()
  await daemon({ grant: (request) => allow(request, 'run', 'sget_alive') })
  const alive = await agent.call(get, { path: 'a/b' })
  t.match(alive.structuredContent, { handle: 'sget_alive' }, 'a grant ends with its daemon')
})

t.test('a daemon that dies while a human is asked ends the call; nobody is asked twice', async (t) => {
  const { daemon, startQuick } = place(t, folder)
  const dying = await daemon()
  const agent = await startQuick({})
  const status = agent.call('secret_status')
  fail((await dying.take('status')).reply, 'locked')
  await status
  const asked = asking(agent)
  const request = await dying.take('grant')
  request.reply('waiting', waiting)
  const result = await asked
  await dying.close()
  const next = await daemon()
  t.match(await result(), { isError: true, content: [{ text: /ended the connection before it answered/ }] })
  t.notOk(next.asked.some(({ name }) => name === 'grant'))
})
