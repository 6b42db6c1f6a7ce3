// Calls to real servers over TLS: what they may do to us, and that nothing of it goes further than a code.
import { once } from 'node:events'
import { createServer as createPlain } from 'node:http'
import { createServer, type Server } from 'node:https'
import { connect, createServer as createTcp, type AddressInfo, type Socket } from 'node:net'
import type { IncomingMessage, ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { NetworkFailure } from '../src/failure.ts'
import { Http, type Call, type Reach } from '../src/http.ts'
import { bodyBytesMax } from '../src/limits.ts'
import { certificateFor } from './certificates.ts'

type Handle = (request: IncomingMessage, response: ServerResponse) => void

const ours = certificateFor()
const patience = { connectMs: 500, callMs: 1500 }

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port

async function serve(t: Test, handle: Handle, certificate = ours): Promise<string> {
  const server = createServer({ ...certificate }, handle)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => stop(server))
  return `https://127.0.0.1:${portOf(server)}`
}

function stop(server: Server): void {
  server.closeAllConnections()
  server.close()
}

function http(t: Test, reach: Reach = { ca: ours.cert }): Http {
  const made = new Http(reach, patience)
  t.teardown(() => made.close())
  return made
}

/** The code with which a call fails, or its status. */
async function outcome(client: Http, url: string, call: Partial<Call> = {}): Promise<string> {
  try {
    using answer = await client.call({ method: 'GET', url, ...call })
    return `${answer.status}`
  } catch (error) {
    if (!(error instanceof NetworkFailure)) throw error
    t.notMatch(error.message, /token|secret|\/path/, 'a message tells the origin at most')
    t.equal(error.cause, undefined)
    return error.code
  }
}

t.test('an answer comes byte for byte, and is wiped', async (t) => {
  const sent = Buffer.from(Array.from({ length: 70_000 }, (_, at) => at % 256))
  const origin = await serve(t, (request, response) => {
    t.match(request.headers, { 'x-vault-token': 'token', accept: 'application/json' })
    t.equal(request.headers['accept-encoding'], undefined)
    response.setHeader('content-type', 'application/json').end(sent)
  })
  const answer = await http(t).call({
    method: 'GET',
    url: `${origin}/path`,
    headers: { 'x-vault-token': 'token' },
  })
  t.match(answer, { status: 200, type: 'application/json' })
  const { body } = answer
  t.ok(body.equals(sent))
  answer[Symbol.dispose]()
  t.ok(body.every((byte) => byte === 0))
})

t.test('who cannot prove who it is is sent nothing', async (t) => {
  const stranger = certificateFor()
  const other = certificateFor('DNS:elsewhere.example')
  let asked = 0
  const count: Handle = (_, response) => void response.end(String(++asked))
  t.equal(await outcome(http(t), await serve(t, count, stranger)), 'untrusted', 'another authority')
  t.equal(
    await outcome(http(t, { ca: other.cert }), await serve(t, count, other)),
    'untrusted',
    'another name',
  )
  t.equal(await outcome(http(t, {}), await serve(t, count)), 'untrusted', 'not one that the system trusts')
  const plain = createPlain(count)
  await once(plain.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => plain.close())
  t.equal(await outcome(http(t), `https://127.0.0.1:${portOf(plain)}`), 'untrusted', 'no TLS at all')
  t.equal(asked, 0)
})

t.test('old TLS is not spoken', async (t) => {
  const server = createServer(
    { ...ours, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' },
    (_, response) => response.end(),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => stop(server))
  t.equal(await outcome(http(t), `https://127.0.0.1:${portOf(server)}`), 'untrusted')
})

t.test('plain HTTP is for this machine alone, and only where the config says so', async (t) => {
  const plain = createPlain((_, response) => response.end())
  await once(plain.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => plain.close())
  const url = `http://127.0.0.1:${portOf(plain)}`
  t.equal(await outcome(http(t), url), 'insecure')
  t.equal(await outcome(http(t, { loopbackHttp: true }), url), '200')
  for (const elsewhere of [
    'http://vault.example/',
    'http://127.0.0.1.example/',
    'http://10.0.0.1/',
    'ftp://127.0.0.1/',
    'nothing',
    'https://user:token@127.0.0.1/',
  ])
    t.equal(await outcome(http(t, { loopbackHttp: true }), elsewhere), 'insecure', elsewhere)
})

t.test('a redirect leads no further than the same origin', async (t) => {
  let elsewhere = 0
  const other = await serve(t, (_, response) => response.end(String(++elsewhere)))
  const origin = await serve(t, (request, response) => {
    const to: Record<string, string> = {
      '/same': '/end',
      '/other': other,
      '/plain': 'http://127.0.0.1/',
      '/loop': '/loop',
    }
    const location = to[request.url ?? '']
    if (location === undefined) response.end()
    else response.writeHead(307, { location }).end()
  })
  const client = http(t, { ca: ours.cert, loopbackHttp: true })
  t.equal(await outcome(client, `${origin}/same`), '200')
  for (const path of ['/other', '/plain', '/loop'])
    t.equal(await outcome(client, `${origin}${path}`), 'redirected', path)
  t.equal(
    await outcome(client, `${origin}/same`, { method: 'POST', body: Buffer.from('{}') }),
    'redirected',
    'a write',
  )
  t.equal(elsewhere, 0)
})

t.test('an answer has at most 4 MiB, told or not', async (t) => {
  const origin = await serve(t, (request, response) => {
    const more = request.url?.startsWith('/more') === true ? 1 : 0
    if (request.url?.endsWith('told') === true) response.setHeader('content-length', bodyBytesMax + more)
    response.end(Buffer.alloc(bodyBytesMax + more))
  })
  const client = http(t)
  for (const told of ['told', '']) {
    t.equal(await outcome(client, `${origin}/most${told}`), '200')
    t.equal(await outcome(client, `${origin}/more${told}`), 'too-large')
  }
})

t.test('a server that is slow, or falls silent, is left', async (t) => {
  const origin = await serve(t, (request, response) => {
    if (request.url === '/silent') return
    response.write('{')
    const drip = setInterval(() => response.write(' '), 50)
    response.once('close', () => clearInterval(drip))
  })
  const client = http(t)
  t.equal(await outcome(client, `${origin}/silent`), 'too-slow')
  t.equal(await outcome(client, `${origin}/drip`), 'too-slow')
})

t.test('a server that never takes up TLS is left after less time', async (t) => {
  const sockets = new Set<Socket>()
  const server = createTcp((socket) => void sockets.add(socket))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  t.equal(await outcome(http(t), `https://127.0.0.1:${portOf(server)}`), 'unreachable')
})

t.test('a connection that ends within the answer is no answer', async (t) => {
  const origin = await serve(t, (request, response) => {
    if (request.url === '/length') response.setHeader('content-length', 100)
    response.write('{"a":')
    setTimeout(() => response.destroy(), 20)
  })
  const client = http(t)
  t.equal(await outcome(client, `${origin}/length`), 'cut')
  t.equal(await outcome(client, `${origin}/chunks`), 'cut')
})

t.test('what is no HTTP, or compressed, is not read', async (t) => {
  const origin = await serve(t, (request, response) => {
    if (request.url === '/gzip') response.setHeader('content-encoding', 'gzip').end('x')
    else response.socket?.end('secret\r\n\r\n')
  })
  const client = http(t)
  t.equal(await outcome(client, `${origin}/gzip`), 'unreadable')
  t.equal(await outcome(client, `${origin}/raw`), 'unreadable')
})

t.test('nobody there', async (t) => {
  const server = createTcp()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const port = portOf(server)
  server.close()
  t.equal(await outcome(http(t), `https://127.0.0.1:${port}`), 'unreachable')
  t.equal(await outcome(http(t), 'https://nobody.invalid/'), 'unreachable')
})

t.test('a server in trouble is asked three times in all, and a write once', async (t) => {
  const asked = new Map<string, number>()
  const origin = await serve(t, (request, response) => {
    const path = `${request.method ?? ''} ${request.url ?? ''}`
    asked.set(path, (asked.get(path) ?? 0) + 1)
    const isWell = path.endsWith('/second') && asked.get(path) === 2
    if (path.endsWith('/patient')) response.setHeader('retry-after', '31')
    response.writeHead(isWell ? 200 : 503).end()
  })
  const client = new Http({ ca: ours.cert }, { connectMs: 500, callMs: 10_000 })
  t.teardown(() => client.close())
  t.equal(await outcome(client, `${origin}/always`), '503')
  t.equal(await outcome(client, `${origin}/second`), '200')
  t.equal(await outcome(client, `${origin}/patient`), '503')
  t.equal(await outcome(client, `${origin}/write`, { method: 'POST' }), '503')
  t.same(Object.fromEntries(asked), {
    'GET /always': 3,
    'GET /second': 2,
    'GET /patient': 1,
    'POST /write': 1,
  })
})

t.test('a proxy is asked where the config names one, and nothing of the environment counts', async (t) => {
  const origin = await serve(t, (_, response) => response.end())
  const asked: string[] = []
  const proxy = createPlain()
  proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push(request.url ?? '')
    const [host = '', port = ''] = (request.url ?? '').split(':')
    const through = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      through.pipe(socket).pipe(through)
    })
    through.on('error', () => socket.destroy())
    socket.on('error', () => through.destroy())
  })
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => proxy.close())
  const address = `http://127.0.0.1:${portOf(proxy)}`
  t.equal(await outcome(http(t, { ca: ours.cert, proxy: address }), `${origin}/path`), '200')
  t.same(asked, [new URL(origin).host])
  process.env['HTTPS_PROXY'] = address
  t.teardown(() => delete process.env['HTTPS_PROXY'])
  t.equal(await outcome(http(t), `${origin}/path`), '200')
  t.equal(asked.length, 1)
})
