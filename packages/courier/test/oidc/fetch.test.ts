// What openid-client's requests become on their way out, and answers on their way in.
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { NetworkFailure } from '../../src/failure.ts'
import { fetchOver } from '../../src/oidc/fetch.ts'
import { RunningProvider } from './provider.ts'
import { client } from './sso.ts'

async function serve(
  t: Test,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(handle)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const plain = { redirect: 'manual', body: undefined, method: 'GET', headers: {} } as const

t.test('a form goes out, with the headers that it needs and no others', async (t) => {
  const url = await serve(t, (request, response) => {
    void text(request).then((body) => {
      t.equal(body, 'grant_type=x&refresh_token=a+b')
      t.match(request.headers, { accept: 'application/json', dpop: 'proof', 'content-type': 'a/form' })
      const sent = ['accept', 'connection', 'content-length', 'content-type', 'dpop', 'host']
      t.strictSame(Object.keys(request.headers).sort(), sent)
      response.end()
    })
  })
  await fetchOver(client(t))(url, {
    ...plain,
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'x', refresh_token: 'a b' }),
    headers: { 'content-type': 'a/form', dpop: 'proof', 'user-agent': 'a library', cookie: 'a=b' },
  })
})

t.test('an answer comes in, with the headers that are read and no others', async (t) => {
  const url = await serve(t, (_, response) =>
    response
      .writeHead(401, {
        'content-type': 'application/json',
        'dpop-nonce': 'n',
        'www-authenticate': ['Basic', 'DPoP error="x"'],
        'set-cookie': 'a=b',
        server: 'ours',
      })
      .end('{"a":1}'),
  )
  const answer = await fetchOver(client(t))(url, plain)
  t.equal(answer.status, 401)
  t.strictSame(Object.fromEntries(answer.headers), {
    'content-type': 'application/json',
    'dpop-nonce': 'n',
    'www-authenticate': 'Basic, DPoP error="x"',
  })
  t.strictSame(await answer.json(), { a: 1 })
})

t.test('an answer without a body', async (t) => {
  const url = await serve(t, (_, response) => response.writeHead(204).end())
  t.equal((await fetchOver(client(t))(url, plain)).status, 204)
})

t.test('no redirect is followed, and who gives up is not waited for', async (t) => {
  const url = await serve(t, (request, response) => {
    if (request.url === '/') response.writeHead(302, { location: '/end' }).end()
  })
  const fetched = fetchOver(client(t))
  await t.rejects(
    fetched(url, plain),
    new NetworkFailure('redirected', `${new URL(url).origin} sends us elsewhere`),
  )
  const signal = AbortSignal.abort()
  await t.rejects(fetched(`${url}hangs`, { ...plain, signal }), { name: 'NetworkFailure', code: 'too-slow' })
})

t.test('what the environment says of proxies is nothing to us', async (t) => {
  const running = await RunningProvider.start(t)
  const program = `
    import { Http } from '${import.meta.resolve('../../src/http.ts')}'
    import { discover } from '${import.meta.resolve('../../src/oidc/provider.ts')}'
    const settings = { issuer: '${running.issuer}', clientId: 'sget', scopes: ['openid'], loopbackHttp: true }
    const { metadata } = await discover(new Http({ loopbackHttp: true }), settings)
    console.log(metadata.issuer)
    process.exit(0)`
  const nowhere = 'http://127.0.0.1:1'
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    env: {
      HTTP_PROXY: nowhere,
      http_proxy: nowhere,
      HTTPS_PROXY: nowhere,
      ALL_PROXY: nowhere,
      NODE_USE_ENV_PROXY: '1',
    },
    encoding: 'utf8',
  })
  t.equal(stdout.trim(), running.issuer, stderr)
})
