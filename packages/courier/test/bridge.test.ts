// The bridge to an in-house service, against services that do and do not keep to it.
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { bridge } from '../src/bridge.ts'
import { NetworkFailure, VaultFailure } from '../src/failure.ts'
import { Http } from '../src/http.ts'
import { newKey } from '../src/oidc/possession.ts'
import { pack } from '../src/oidc/tokens.ts'
import { stepsOf } from '../src/pointer.ts'
import type { Lent } from '../src/remote.ts'
import { certificateFor } from './certificates.ts'
import { claimsOf } from './oidc/reissue.ts'

const certificate = certificateFor()

async function scene(
  t: Test,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<(settings?: Readonly<Record<string, string>>) => Lent> {
  const server = createServer({ ...certificate }, answer)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const http = new Http({ ca: certificate.cert }, { connectMs: 500, callMs: 2000 })
  t.teardown(() => {
    http.close()
    server.closeAllConnections()
    server.close()
  })
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/v2/`
  return (settings = {}) => ({
    http,
    settings: new Map(Object.entries({ url, ...settings })),
    credential: undefined,
    session: packed('sso.token'),
  })
}

/** A session as it is lent; bound to a key where there is one. */
const packed = (access: string, key: Buffer = Buffer.alloc(0)): Buffer =>
  pack({ access: Buffer.from(access), refresh: Buffer.from('no'), id: Buffer.from('no'), key })

const json = (response: ServerResponse, body: unknown): void => {
  if (!response.headersSent) response.setHeader('content-type', 'application/json; charset=utf-8')
  response.end(JSON.stringify(body))
}

async function fields(lent: Lent, path = 'db/prod'): Promise<Record<string, string>> {
  using harvest = await bridge.fetch(lent, path)
  const room = Buffer.alloc(1024)
  const rows = harvest.fields.map((name) => [name, room.toString('utf8', 0, harvest.copy(name, room))])
  return Object.fromEntries(rows) as Record<string, string>
}

async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (error) {
    if (!(error instanceof VaultFailure || error instanceof NetworkFailure)) throw error
    return error.code
  }
}

t.test('fields come by their pointers, or by the names of the answer', async (t) => {
  const asked: IncomingMessage[] = []
  const lent = await scene(t, (request, response) => {
    asked.push(request)
    json(response, { data: { 'pass/word': 'x', list: ['a', 'b'] }, user: 'me', none: null })
  })
  const settings = {
    'field.password': '/data/pass~1word',
    'field.second': '/data/list/1',
    'field.absent': '/nowhere',
  }
  t.same(await fields(lent(settings)), { password: 'x', second: 'b' })
  t.same(await fields(lent()), { data: '{"pass/word":"x","list":["a","b"]}', user: 'me' })
  t.match(asked[0], { method: 'GET', url: '/v2/db/prod', headers: { authorization: 'Bearer sso.token' } })
  const before = asked.length
  const described = await bridge.describe(lent(settings), 'db/prod')
  t.same(
    described.fields.map(({ name }) => name),
    ['password', 'second', 'absent'],
  )
  t.equal(asked.length, before, 'what the settings name is not asked for')
  t.same(
    (await bridge.describe(lent(), 'db/prod')).fields.map(({ name }) => name),
    ['data', 'user'],
  )
  t.same(await bridge.list(lent(), ''), [])
})

t.test(
  'a session that is bound to a key proves that for each request, with what the service wants in it',
  async (t) => {
    const asked: IncomingMessage[] = []
    const wanted = 'first'
    const lent = await scene(t, (request, response) => {
      asked.push(request)
      const { nonce } = claimsOf(String(request.headers['dpop']))
      const isContent = nonce === wanted
      if (!isContent) response.writeHead(401, { 'dpop-nonce': wanted })
      json(response, isContent ? { password: 'x' } : {})
    })
    const session = packed('bound.token', newKey())
    t.same(await fields({ ...lent(), session }), { password: 'x' })
    t.equal(asked.length, 2, 'once more, and no oftener')
    t.strictSame(
      asked.map(({ headers }) => headers.authorization),
      ['DPoP bound.token', 'DPoP bound.token'],
    )
    t.match(claimsOf(String(asked[1]?.headers['dpop'])), {
      htm: 'GET',
      htu: /^https:.*\/v2\/db\/prod$/,
      nonce: 'first',
    })
    asked.length = 0
    const odd = await scene(t, (request, response) => {
      asked.push(request)
      response.writeHead(401, { 'dpop-nonce': String(asked.length) }).end('{}')
    })
    t.equal(await outcome(bridge.fetch({ ...odd(), session }, 'x')), 'expired', 'one that is never content')
    t.equal(asked.length, 2)
    asked.length = 0
    t.equal(await outcome(bridge.fetch(odd(), 'x')), 'expired', 'a token that is bound to nothing')
    t.equal(asked.length, 1, 'has no proof to make better')
    await outcome(bridge.fetch({ ...odd(), session: undefined }, 'x'))
    t.equal(asked[1]?.headers.authorization, undefined, 'nobody is signed in')
  },
)

t.test('what is no JSON is no secret', async (t) => {
  const bodies: Record<string, readonly [string, string]> = {
    '/v2/html': ['text/html', '<html>token</html>'],
    '/v2/lie': ['application/json', '<html>'],
    '/v2/plain': ['text/plain', '{"a":"b"}'],
    '/v2/cut': ['application/json', '{"a":"b"'],
    '/v2/empty': ['application/json', ''],
  }
  const lent = await scene(t, ({ url = '' }, response) => {
    const [type = '', body = ''] = bodies[url] ?? []
    response.setHeader('content-type', type).end(body)
  })
  for (const path of ['html', 'lie', 'plain', 'cut', 'empty'])
    t.equal(await outcome(bridge.fetch(lent(), path)), 'unreadable', path)
})

t.test('each status has a name, and no body counts beside 200', async (t) => {
  const lent = await scene(t, ({ url = '' }, response) => {
    response.statusCode = Number(url.slice('/v2/'.length) || 200)
    json(response, { password: 'x' })
  })
  const rows = {
    401: 'expired',
    403: 'forbidden',
    404: 'not-found',
    410: 'deleted',
    429: 'rate-limited',
    500: 'refused',
    201: 'refused',
  }
  for (const [status, code] of Object.entries(rows))
    t.equal(await outcome(bridge.fetch(lent(), status)), code, status)
  t.equal(await outcome(bridge.health(lent())), 'done')
  t.equal(await outcome(bridge.health(lent({ health: '500' }))), 'refused')
})

t.test('a pointer that is none is told as such', async (t) => {
  const lent = await scene(t, (_, response) => json(response, {}))
  t.equal(await outcome(bridge.fetch(lent({ 'field.a': 'data' }), 'x')), 'unable')
  t.same(stepsOf('/a~1b/m~0n//0'), ['a/b', 'm~n', '', '0'])
  t.same(stepsOf(''), [])
  for (const odd of ['a', '/~', '/~2', '/a~']) t.equal(stepsOf(odd), undefined, odd)
})
