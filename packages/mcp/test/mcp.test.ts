// sget-mcp as a real process, between the official client and a daemon that says what the test wants.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { fail } from '../../../test/standin/daemon.ts'
import { install, place, textOf, type Mode } from './agent.ts'
import { allow, handle, soon, then, unlocked } from './answers.ts'

const get = 'get_secret_environment_variable'
const clear = 'clear_secret_environment_variable'
const login = 'request_login'
const eras: Record<string, Mode> = { legacy: 'legacy', auto: 'auto', modern: { pin: '2026-07-28' } }

const folder = await install('#!/bin/sh\ncat "${0%/*}/value"\n')
t.teardown(() => rmSync(folder, { recursive: true }))
const sget = `'${join(folder, 'bin/sget')}'`

for (const [era, mode] of Object.entries(eras)) {
  t.test(`${era}: an agent finds the tools, learns the rules and gets a handle`, async (t) => {
    const { home, daemon, start } = place(t, folder)
    const { asked } = await daemon(unlocked)
    const { client, call } = await start(mode)
    const { tools } = await client.listTools()
    const names = [clear, 'describe_secret', get, 'list_secrets', login, 'search_secrets', 'secret_status']
    t.strictSame(tools.map((tool) => tool.name).sort(), names)
    t.notMatch(JSON.stringify(tools), /"(anyOf|oneOf|allOf|not|\$ref)"/)
    for (const { annotations, outputSchema, name } of tools) {
      t.equal(outputSchema?.['type'], 'object')
      const readOnlyHint = ![get, clear, login].includes(name)
      const hints = {
        readOnlyHint,
        destructiveHint: false,
        idempotentHint: name !== get,
        openWorldHint: false,
      }
      t.strictSame(annotations, hints)
    }
    t.match(client.getInstructions(), /ONE shell call/)
    const prompt = await client.getPrompt({ name: 'use-secrets-safely' })
    t.match(JSON.stringify(prompt.messages), /Never print/)

    const given = await call(get, { path: 'db/prod', reason: ' to list\n tables ' })
    const program = `${sget} --home ${home}`
    const fetched = `"$(${program} --grant ${handle} 'db/prod#password')"`
    t.match(given.structuredContent, {
      status: 'granted',
      script: `{ set +xv; } 2>/dev/null; DB_PROD_PASSWORD=${fetched} && export DB_PROD_PASSWORD || { unset DB_PROD_PASSWORD; false; }`,
      run: `${program} run --grant ${handle} --`,
      cleanup: 'unset DB_PROD_PASSWORD',
      variables: ['DB_PROD_PASSWORD'],
      references: ['sget://db/prod#password'],
      handle,
      expiresAt: new Date(soon).toISOString(),
    })
    for (const part of Object.values(given.structuredContent as Record<string, unknown>).flat()) {
      t.ok(textOf(given).includes(part as string), part as string)
    }
    const forms = Object.keys(given.structuredContent as object).filter((key) =>
      ['run', 'script'].includes(key),
    )
    t.strictSame(forms, ['run', 'script'], 'the form that shows nothing comes first')
    t.match(textOf(given), /run:\n[^]*script:\n/)
    t.match(client.getInstructions(), /--env-file FILE/)
    t.match(await call(clear, { handle }), { structuredContent: { cleared: true, left: 'clean' } })
    t.match(asked[0], { name: 'hello', body: { role: 1, program: /^sget-mcp \d/ } })
    const requests = asked.filter(({ name }) => name !== 'hello')
    t.match(requests, [
      {
        name: 'grant',
        body: { reason: 'to list tables', shell: 'bash', wanted: [{ variable: '', ref: 'db/prod' }] },
      },
      { name: 'clear', body: { grant: handle } },
    ])
    t.equal(requests.length, 2)
  })
}

/** The tests from here on share one process, and give it one daemon after the other. */
const shared = place(t, folder)
const agent = await shared.start()
const { call } = agent

t.test('names, fields, ages and rules can be looked up', async (t) => {
  const listening = await shared.daemon(unlocked, t)
  const changedAt = new Date(then).toISOString()
  const references = ['sget://db/prod#password', 'sget://db/prod#username']
  const prod = { path: 'db/prod', fields: ['password', 'username'], references, changedAt }
  const mail = { path: 'mail/relay', fields: ['token'], references: ['sget://mail/relay#token'], changedAt }
  t.match((await call('list_secrets')).structuredContent, { secrets: [prod, mail], more: false })
  t.match((await call('list_secrets', { after: 'db/prod' })).structuredContent, { secrets: [mail] })
  t.match((await call('search_secrets', { query: 'PROD *user' })).structuredContent, { secrets: [prod] })
  const neither = await call('search_secrets', { query: 'prod token' })
  t.strictSame(neither.structuredContent, { secrets: [], more: false })
  const described = (await call('describe_secret', { path: 'db/prod' })).structuredContent
  t.match(described, {
    rule: 'prod/**',
    exposures: ['run'],
    approval: 'proof',
    fields: [{ name: 'password', reference: 'sget://db/prod#password' }],
    commands: ['/usr/bin/psql *'],
    demand: 'acr mfa',
  })
  const status = (await call('secret_status')).structuredContent
  t.match(status, { ready: true, problem: '', drafts: [{ name: 'policy', generation: 3, state: 'differs' }] })
  t.equal(listening.connections, 1, 'one connection serves all calls')
})

t.test('what cannot be meant is refused before sgetd hears of it', async (t) => {
  const listening = await shared.daemon(unlocked, t)
  const path = 'db/prod'
  const names = ['PATH', 'path', 'LD_PRELOAD', 'NODE_OPTIONS', 'BASH_ENV', 'A-B', 'A=B', '1X', 'X;id', 'X\n']
  const refused: [string, Record<string, unknown>, RegExp][] = [
    [get, {}, /path/],
    [get, { path: 5 }, /expected string/],
    [get, { path, command: 'id' }, /Unrecognized key: "command"/],
    [get, { path: 'noslash' }, /not a reference to a secret: noslash/],
    [get, { path: '../etc/passwd' }, /not a reference/],
    [get, { path: '-n/x' }, /not a reference/],
    [get, { path: 'a/b\u0000c' }, /not a reference/],
    [get, { path: 'a/b\u202ec' }, /not a reference/],
    [get, { path: `a/${'b'.repeat(600)}` }, /Too big/],
    [get, { path, shell: 'fish' }, /bash/],
    [get, { path, fields: [] }, /fields/],
    [get, { path, fields: ['a#b'] }, /not the name of a field/],
    [get, { path, fields: ['a', 'a'] }, /a field is named twice/],
    [get, { path: 'db/prod#a', fields: ['b'] }, /not in both/],
    [get, { path, fields: ['a', 'b'], variables: ['X'] }, /one variable for each field/],
    [get, { path, fields: ['a', 'b'], variables: ['X', 'X'] }, /share a variable/],
    [get, { path, reason: 'x'.repeat(501) }, /at most 500 bytes/],
    [get, { path, reason: 'safe\u202e' }, /plain text/],
    ...names.map((name) => [get, { path, variables: [name] }, /cannot be the name of a variable/] as const),
    [clear, { handle: '$(touch PWNED)' }, /handle/],
    ['describe_secret', { path: 'db/prod#password' }, /without #FIELD/],
    ['search_secrets', { query: '' }, /query/],
    ['secret_status', { verbose: true }, /Unrecognized/],
  ] as [string, Record<string, unknown>, RegExp][]
  for (const [tool, args, why] of refused) {
    const result = await call(tool, args)
    t.equal(result.isError, true)
    t.match(textOf(result), why)
  }
  await t.rejects(call('get_secret', { path }), /not found/)
  await t.rejects(agent.client.getPrompt({ name: 'reveal-secrets' }), /not found/)
  t.notOk(listening.asked.some(({ name }) => name !== 'hello'))
})

t.test('a form that the policy forbids is empty, and what is left says so', async (t) => {
  const { take } = await shared.daemon({}, t)
  for (const [exposures, result] of [
    ['run', { script: '', cleanup: '', run: /--$/, next: /to "run" only/ }],
    ['read', { script: /^{ set/, run: '', next: /to "script" only/ }],
  ] as const) {
    const given = call(get, { path: 'a/b', variables: ['X'] })
    allow(await take('grant'), exposures)
    t.match((await given).structuredContent, result)
  }
})

t.test('the script that an agent got works in the shell; a twisted grant makes no script', async (t) => {
  const { take } = await shared.daemon({}, t)
  const given = call(get, { path: 'a/b', fields: ['one', 'two'], variables: ['ONE', ''], shell: 'sh' })
  allow(await take('grant'))
  const { script } = (await given).structuredContent as { script: string }
  writeFileSync(join(folder, 'bin/value'), 'the value')
  const ran = spawnSync('/bin/sh', ['-c', `${script} && exec env`], { encoding: 'utf8' })
  t.match(ran.stdout, /^ONE=the value$/m)
  for (const variable of ['LD_PRELOAD', 'X; id #', '']) {
    const twisted = call(get, { path: 'a/b', variables: ['FINE'] })
    const { reply } = await take('grant')
    const wanted = [{ variable, ref: 'a/b#c' }]
    reply('granted', { handle, exposures: 'read', expires: soon, wanted })
    t.match(await twisted, { isError: true, content: [{ text: /cannot be the name of a variable/ }] })
  }
})

t.test('a handle that is over can be cleared, a foreign one not', async (t) => {
  const { take } = await shared.daemon({}, t)
  for (const failure of [
    'grant-spent',
    'grant-expired',
    'grant-revoked',
    'grant-foreign',
    'grant-unknown',
  ] as const) {
    const cleared = call(clear, { handle })
    fail((await take('clear')).reply, failure)
    const foreign = failure === 'grant-foreign' || failure === 'grant-unknown'
    t.equal((await cleared).isError, foreign ? true : undefined, failure)
  }
})

const bundle = join(folder, 'lib/sget-mcp.mjs')

/** A conversation as Codex opens it: an old version, and metadata of its own on every request. */
const rawRequests = [
  [
    'initialize',
    { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'raw', version: '0' } },
  ],
  ['tools/call', { name: get, arguments: { path: 'a/b' } }],
  ['tools/list', {}],
].map(([method, params], id) => {
  const _meta = { 'x-codex-turn-metadata': { turn: 1 }, progressToken: id }
  return JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...(params as object), _meta } })
})

t.test('it answers plain JSON lines, and ends quietly with its client', async (t) => {
  const { home } = place(t, folder)
  const converse = async (end: 'EOF' | NodeJS.Signals): Promise<void> => {
    const child = spawn('env', ['-i', process.execPath, bundle, '--home', 'a folder'], { cwd: home })
    const ended = once(child, 'exit')
    const noise = text(child.stderr)
    child.stdin.write(rawRequests.map((line) => `${line}\n`).join(''))
    const replies: { id: number; result: object }[] = []
    for await (const line of createInterface(child.stdout)) {
      if (replies.push(JSON.parse(line) as (typeof replies)[0]) < rawRequests.length) continue
      if (end === 'EOF') child.stdin.end()
      else child.kill(end)
    }
    t.strictSame(await ended, [0, null], end)
    t.equal(await noise, '')
    replies.sort((a, b) => a.id - b.id)
    const away = new RegExp(`--home '${home}/a folder' unlock`)
    t.match(replies, [
      { result: { protocolVersion: '2025-06-18' } },
      { result: { content: [{ text: away }] } },
      {},
    ])
  }
  await Promise.all((['SIGINT', 'SIGTERM', 'SIGHUP', 'EOF'] as const).map(converse))
})

t.test('a command line that it does not know stops it with a reason', async (t) => {
  const refuse = async (words: readonly string[]): Promise<void> => {
    const child = spawn('env', ['-i', process.execPath, bundle, ...words])
    const output = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
    t.match(await output, ['', /^sget-mcp cannot start: .*\nusage: sget-mcp \[--home DIR\]\n$/, [64, null]])
  }
  await Promise.all([['--hom', '/x'], ['--home'], ['--home', ''], ['extra']].map(refuse))
})
