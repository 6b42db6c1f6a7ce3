// The client against real sockets: what stops a connection, and what a server may do to one.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, fstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect as connectSocket, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test, type Test } from 'tap'
import {
  connect,
  encode,
  encodeAround,
  failures,
  protocolVersion,
  type Connection,
  type ConnectOptions,
  type FailureName,
  Refusal,
} from '@sget/wire/broker'
import { folder, serve, welcoming } from './fixtures/server.ts'

/** Runs a command for which one system call fails with EPERM. */
const sandbox = fileURLToPath(new URL('../../../build/test/sandbox', import.meta.url))

const options = (path: string): ConnectOptions => ({
  path,
  role: 'mcp',
  program: 'test 0.0.0',
  uid: 1000,
  uidOf: () => 1000,
})

/** The promise must be refused with that failure and argument. */
async function refuses(
  t: Test,
  promise: Promise<unknown>,
  failure: FailureName,
  argument = '',
): Promise<void> {
  const outcome: unknown = await promise.catch((error: unknown) => error)
  t.same(outcome instanceof Refusal ? [outcome.failure, outcome.argument] : outcome, [failure, argument])
}

const failed = (id: number, failure: FailureName, argument = ''): Buffer =>
  encode('failure', id, { number: failures[failure].number, argument })

const policy = (content: string) => ({ name: 'policy', generation: 1, content })

/* Connecting. */

test('no socket, or no folder for it, is no daemon', async (t) => {
  using place = folder()
  writeFileSync(join(place.path, 'file'), '')
  symlinkSync('nowhere', join(place.path, 'dangling'))
  for (const name of ['socket', 'run/socket', 'file/socket', 'dangling'])
    await refuses(t, connect(options(join(place.path, name))), 'no-daemon')
})

test('a sandbox that lets nobody connect is told from a folder that lets nobody in', async (t) => {
  using place = folder()
  const client = `
    const { connect } = await import(${JSON.stringify(import.meta.resolve('@sget/wire/broker'))})
    const path = ${JSON.stringify(join(place.path, 'socket'))}
    const refusal = await connect({ path, role: 'mcp', program: 'test', uid: 1, uidOf: () => 1 }).catch((error) => error)
    process.stdout.write(refusal.failure)`
  for (const call of ['socket', 'connect']) {
    const node = [process.execPath, '--input-type=module', '-e', client]
    const { stdout } = spawn(sandbox, [call, ...node], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.equal((await stdout.toArray()).join(''), 'sandboxed', call)
  }
})

test('a socket that nobody serves was left behind', async (t) => {
  using place = folder()
  const path = join(place.path, 'socket')
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 9))`
  await once(spawn(process.execPath, ['-e', script]), 'exit')
  await refuses(t, connect(options(path)), 'daemon-gone')
  writeFileSync(join(place.path, 'file'), '')
  await refuses(t, connect(options(join(place.path, 'file'))), 'daemon-gone')
})

/** Runs `attempt` up to its first wait as a user whom the modes of files bind. */
function asOrdinaryUser<T>(attempt: () => T): T {
  if (process.geteuid?.() !== 0) return attempt()
  process.seteuid?.(65534)
  try {
    return attempt()
  } finally {
    process.seteuid?.(0)
  }
}

test('a socket or folder that this user may not open is forbidden', async (t) => {
  await using server = await serve(() => t.fail('nothing may come'))
  using place = folder()
  chmodSync(server.path, 0)
  mkdirSync(join(place.path, 'run'))
  chmodSync(join(place.path, 'run'), 0o600)
  await refuses(
    t,
    asOrdinaryUser(() => connect(options(server.path))),
    'socket-forbidden',
  )
  await refuses(
    t,
    asOrdinaryUser(() => connect(options(join(place.path, 'run/socket')))),
    'socket-forbidden',
  )
  t.equal(server.counts.connections, 0)
})

test('a path that no socket can have is refused before anything is tried', async (t) => {
  const long = `/${'x'.repeat(107)}`
  await refuses(t, connect(options(long)), 'socket-path-too-long', long)
  await refuses(t, connect(options('\0abstract')), 'socket-path-too-long', '\0abstract')
  await refuses(t, connect(options(long.slice(0, 107))), 'no-daemon')
})

test('a server that accepts nobody is busy, not gone', { skip: process.platform !== 'linux' }, async (t) => {
  using place = folder()
  const path = join(place.path, 'socket')
  const script = `require('node:net').createServer().listen({ path: ${JSON.stringify(path)}, backlog: 1 }, () => {
    require('node:fs').writeSync(1, 'listening')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })`
  const server = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(server.stdout, 'data')
  const waiting: Socket[] = []
  t.teardown(() => {
    for (const socket of waiting) socket.destroy()
    server.kill('SIGKILL')
  })
  for (let full = false; !full && waiting.length < 8;) {
    const socket = connectSocket(path)
    waiting.push(socket)
    full = await Promise.race([
      once(socket, 'connect').then(() => false),
      once(socket, 'error').then(() => true),
    ]).catch(() => true)
  }
  await refuses(t, connect(options(path)), 'busy')
})

test('a server that is not to be trusted gets no byte', async (t) => {
  await using server = await serve(() => t.fail('nothing may come'))
  const uidOf = (descriptor: number): number => {
    t.ok(fstatSync(descriptor).isSocket(), 'the check is given the socket')
    return 1001
  }
  await refuses(t, connect({ ...options(server.path), uidOf }), 'foreign-daemon', server.path)
  await refuses(t, connect({ ...options(server.path), uidOf: () => undefined }), 'daemon-gone')
  await server.ended
  t.same(server.counts, { connections: 2, bytes: 0 })
})

test('hello says who we are, and welcome opens the connection', async (t) => {
  await using server = await serve(
    welcoming((message, socket) => socket.write(encode('done', message.id, {}))),
  )
  for (const role of ['plain', 'mcp'] as const) {
    const connection = await connect({ ...options(server.path), role })
    t.same(await connection.request('lock', {}, 'done'), {})
    connection.close()
    await connection.closed
  }
  const hello = { version: protocolVersion, program: 'test 0.0.0' }
  t.match(server.received, [
    { name: 'hello', body: { ...hello, role: 0 } },
    { name: 'lock' },
    { name: 'hello', body: { ...hello, role: 1 } },
    { name: 'lock' },
  ])
})

test('another version ends the connection, whichever side notices', async (t) => {
  const answers = [
    (id: number) => failed(id, 'version-mismatch', 'sgetd 9, protocol 2'),
    (id: number) => encode('welcome', id, { version: 2, program: 'sgetd 9' }),
    (id: number) => encode('welcome', id, { version: 0, program: 'sgetd 9' }),
  ]
  for (const [index, answer] of answers.entries()) {
    await using server = await serve(({ id }, socket) => socket.write(answer(id)))
    const argument = `sgetd 9, protocol ${index < 2 ? 2 : 0}`
    await refuses(t, connect(options(server.path)), 'version-mismatch', argument)
    await server.ended
    t.equal(server.received.length, 1, 'nothing was asked')
  }
})

test('a server that does not speak the protocol is left', async (t) => {
  const value = Buffer.alloc(64)
  const { end } = encodeAround(value, 'value', 1, {
    index: 0,
    variable: '',
    ref: 'a/b#c',
    secret: Buffer.alloc(8),
  })
  const answers: Record<string, Buffer> = {
    'another protocol': Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
    'an unknown type': Buffer.from('00000005ff00000001', 'hex'),
    'a frame too short': Buffer.alloc(9),
    'text that is none': Buffer.from('00000009 81 00000001 0001 0001 ff'.replaceAll(' ', ''), 'hex'),
    'a value instead of welcome': value.subarray(0, end),
    'a reply of another kind': encode('done', 1, {}),
    'a request': encode('status', 1, {}),
  }
  for (const [what, answer] of Object.entries(answers)) {
    t.comment(what)
    await using server = await serve((_, socket) => socket.write(answer))
    await refuses(t, connect(options(server.path)), 'bad-message')
    await server.ended
  }
})

test('a server that hangs up before welcome is lost', async (t) => {
  const endings: ((socket: Socket) => unknown)[] = [
    (socket) => socket.destroy(),
    (socket) => socket.end(),
    (socket) => socket.end(encode('welcome', 1, { version: 1, program: 'sgetd' }).subarray(0, 12)),
  ]
  for (const ending of endings) {
    await using server = await serve((_, socket) => ending(socket))
    await refuses(t, connect(options(server.path)), 'connection-lost')
  }
})

/* Requests. */

/** A connection to a server that answers with these frames, whatever is asked. */
async function answered(answer: (id: number, socket: Socket) => readonly Buffer[]) {
  const server = await serve(
    welcoming(({ id }, socket) => {
      for (const frame of answer(id, socket)) socket.write(frame)
    }),
  )
  const connection = await connect(options(server.path))
  return { server, connection, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

const ask = (connection: Connection, name: string) =>
  connection.request('document', { name }, 'documentText').then(({ content }) => content)

test('replies find their requests in whatever order they come', async (t) => {
  const waiting: number[] = []
  await using all = await answered((id) => {
    waiting.push(id)
    if (waiting.length < 64) return []
    return waiting.reverse().map((each) => encode('documentText', each, policy(`for ${each}`)))
  })
  const replies = await Promise.all(Array.from({ length: 64 }, () => ask(all.connection, 'policy')))
  t.same(
    replies,
    waiting.reverse().map((id) => `for ${id}`),
  )
})

test('a failure reaches the one request that it answers', async (t) => {
  await using all = await answered((id) =>
    id % 2 === 0 ? [failed(id, 'document-unknown', 'x')] : [encode('documentText', id, policy('ok'))],
  )
  await refuses(t, ask(all.connection, 'x'), 'document-unknown', 'x')
  t.equal(await ask(all.connection, 'policy'), 'ok', 'the next one is answered')
})

test('a failure of a later version is an internal one', async (t) => {
  await using all = await answered((id) => [encode('failure', id, { number: 9999, argument: 'x' })])
  await refuses(t, ask(all.connection, 'policy'), 'internal', 'x')
})

test('a failure under id 0 ends every request', async (t) => {
  await using all = await answered((_, socket) => {
    socket.end(failed(0, 'shutting-down'))
    return []
  })
  const requests = [ask(all.connection, 'policy'), ask(all.connection, 'config')]
  for (const request of requests) await refuses(t, request, 'shutting-down')
  await all.connection.closed
})

test('replies that nobody waits for are ignored', async (t) => {
  await using all = await answered((id) => [
    encode('documentText', id + 1, policy('another')),
    failed(4_294_967_295, 'internal'),
    encode('done', 0, {}),
    encode('documentText', id, policy('ours')),
    encode('documentText', id, policy('again')),
  ])
  t.equal(await ask(all.connection, 'policy'), 'ours')
  t.equal(await ask(all.connection, 'policy'), 'ours')
})

test('waiting is told, as often as it comes, and is no answer', async (t) => {
  const waiting = { request: 'k7q2m4xa', level: 1, summary: 'x', seconds: 300 }
  await using all = await answered((id) => [
    encode('waiting', id + 7, waiting),
    encode('waiting', id, waiting),
    encode('waiting', id, { ...waiting, seconds: 200 }),
    encode('done', id, {}),
    encode('waiting', id, { ...waiting, seconds: 100 }),
  ])
  const told: number[] = []
  await all.connection.request('lock', {}, 'done', { onWaiting: ({ seconds }) => told.push(seconds) })
  t.same(told, [300, 200], 'and not after the answer')
  t.same(await all.connection.request('lock', {}, 'done'), {}, 'nobody has to listen')
})

test('an invitation is told as well, and is no answer either', async (t) => {
  const invitation = { url: 'https://id.example/', code: '', seconds: 300 }
  const waiting = { request: 'k7q2m4xa', level: 0, summary: 'x', seconds: 300 }
  await using all = await answered((id) => [
    encode('invitation', id + 7, { ...invitation, url: 'https://for.another/' }),
    encode('invitation', id, invitation),
    encode('waiting', id, waiting),
    encode('done', id, {}),
    encode('invitation', id, invitation),
  ])
  const told: unknown[] = []
  const tell = (message: unknown): unknown => told.push(message)
  await all.connection.request('lock', {}, 'done', { onInvitation: tell, onWaiting: tell })
  t.same(told, [invitation, waiting], 'in their order, and not after the answer')
  t.same(await all.connection.request('lock', {}, 'done'), {}, 'nobody has to listen')
})

test('a reply of another kind is refused', async (t) => {
  await using all = await answered((id) => [encode('done', id, {})])
  await refuses(t, ask(all.connection, 'policy'), 'bad-message')
})

test('a value never becomes an object: the connection ends', async (t) => {
  await using all = await answered((id) => {
    const frame = Buffer.alloc(64)
    const { secretAt } = encodeAround(frame, 'value', id, {
      index: 0,
      variable: '',
      ref: 'a/b#c',
      secret: Buffer.alloc(7),
    })
    return [frame.subarray(0, secretAt)]
  })
  const other = ask(all.connection, 'config')
  await refuses(t, ask(all.connection, 'policy'), 'bad-message')
  await refuses(t, other, 'bad-message')
  await all.connection.closed
  await refuses(t, ask(all.connection, 'policy'), 'connection-lost')
})

test('requests in flight are lost with the connection, and none is made after', async (t) => {
  let asked = 0
  await using all = await answered((_, socket) => {
    if (++asked === 2) socket.destroy()
    return []
  })
  const requests = [ask(all.connection, 'policy'), ask(all.connection, 'config')]
  for (const request of requests) await refuses(t, request, 'connection-lost')
  await all.connection.closed
  await refuses(t, ask(all.connection, 'policy'), 'connection-lost')
  t.equal(asked, 2)
})

test('a request to a server that has just gone is lost, and breaks nothing else', async (t) => {
  await using served = await serve(welcoming((_, socket) => socket.destroy()))
  const connection = await connect(options(served.path))
  const first = connection.request('status', {}, 'state')
  await served.ended
  // Nobody has told the client yet: what it writes now meets EPIPE.
  const second = connection.request('status', {}, 'state')
  await Promise.all([first, second].map((lost) => refuses(t, lost, 'connection-lost')))
  await connection.closed
})

test('closing loses what is in flight', async (t) => {
  await using all = await answered(() => [])
  const request = ask(all.connection, 'policy')
  all.connection.close()
  await refuses(t, request, 'connection-lost')
})

test('a request that cannot be encoded harms no other', async (t) => {
  await using all = await answered((id) => [encode('documentText', id, policy('ok'))])
  await t.rejects(ask(all.connection, 'x'.repeat(5000)), RangeError)
  await t.rejects(ask(all.connection, '\ud800'), RangeError)
  t.equal(await ask(all.connection, 'policy'), 'ok')
})
