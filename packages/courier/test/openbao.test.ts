// OpenBao and Vault, against a server that keeps their contract: what is read, what each refusal is called, what ends.
import t, { type Test } from 'tap'
import { OpenBao } from '../../../test/fakes/openbao.ts'
import { NetworkFailure, VaultFailure } from '../src/failure.ts'
import { Http } from '../src/http.ts'
import { openbao } from '../src/openbao/openbao.ts'
import type { Harvest, Lent } from '../src/remote.ts'
import { certificateFor } from './certificates.ts'

const certificate = certificateFor()

interface Scene {
  readonly server: OpenBao
  readonly lent: (settings?: Readonly<Record<string, string>>, token?: string) => Lent
}

async function scene(t: Test): Promise<Scene> {
  const server = await OpenBao.start(certificate)
  const http = new Http({ ca: certificate.cert }, { connectMs: 1000, callMs: 5000 })
  t.teardown(async () => {
    http.close()
    await server.stop()
  })
  const usual = server.tokens.make('usual').id
  const lent = (settings = {}, token = usual): Lent => ({
    http,
    settings: new Map(Object.entries({ url: server.origin, ...settings })),
    credential: Buffer.from(token),
  })
  return { server, lent }
}

/** No way in this file takes one. */
const nobody = { invite: () => t.fail('a human is asked'), loginMs: 1 }

async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (error) {
    if (!(error instanceof VaultFailure || error instanceof NetworkFailure)) throw error
    return error.code
  }
}

/** A harvest as text, which it then ends. */
function contents(harvest: Harvest): Record<string, string | undefined> {
  using whole = harvest
  const room = Buffer.alloc(4096)
  return Object.fromEntries(
    whole.fields.map((field) => {
      const length = whole.copy(field, room)
      return [field, length === undefined ? undefined : room.toString('utf8', 0, length)]
    }),
  )
}

t.test('KV, both versions, value by value', async (t) => {
  const { server, lent } = await scene(t)
  const secret = { password: 'p"w\\ü😀\n', port: 5432, tls: true, nothing: null, nested: { a: ['b'] } }
  server.kv.set('db/prod', { password: 'old' })
  server.kv.set('db/prod', secret)
  for (const mount of ['secret', 'old']) {
    const harvest = await openbao.fetch(lent(), `${mount}/db/prod`)
    t.equal(harvest.lease, undefined)
    t.equal(harvest.version, mount === 'secret' ? 2 : undefined)
    t.same(contents(harvest), { password: secret.password, port: '5432', tls: 'true', nested: '{"a":["b"]}' })
    const { path, fields } = await openbao.describe(lent(), `${mount}/db/prod`)
    t.same([path, fields.map(({ name }) => name)], [`${mount}/db/prod`, Object.keys(secret)])
  }
  const told = server.heard.filter((line) => line.includes('subkeys'))
  t.same(
    told,
    ['GET secret/subkeys/db/prod'],
    'to describe, no value is asked for where the vault can tell without',
  )
})

t.test('folders and their contents', async (t) => {
  const { server, lent } = await scene(t)
  for (const path of ['db/prod', 'db/test', 'db/deep/er', 'top']) server.kv.set(path, { a: 'b' })
  t.same(await openbao.list(lent(), ''), ['secret/', 'old/', 'database/'])
  for (const mount of ['secret', 'old']) {
    t.same(await openbao.list(lent(), `${mount}/`), ['db/', 'top'])
    t.same(await openbao.list(lent(), `${mount}/db/`), ['deep/', 'prod', 'test'])
    t.same(await openbao.list(lent(), `${mount}/absent/`), [])
  }
  t.same(await openbao.list(lent(), 'database/'), ['creds/', 'static-creds/'])
  t.same(await openbao.list(lent(), 'database/creds/'), ['app'])
})

t.test('each refusal has a name of its own', async (t) => {
  const { server, lent } = await scene(t)
  const fetch = (path: string, given = lent()): Promise<string> => outcome(openbao.fetch(given, path))
  server.kv.set('gone', { a: 'b' })
  server.kv.set('lost', { a: 'b' })
  server.kv.delete('gone', false)
  server.kv.delete('lost', true)
  t.equal(await fetch('secret/absent'), 'not-found')
  t.equal(await fetch('secret/gone'), 'deleted')
  t.equal(await outcome(openbao.describe(lent(), 'secret/gone')), 'deleted')
  t.equal(await fetch('secret/lost'), 'deleted')
  t.equal(await fetch('database/creds/other'), 'not-found')
  t.equal(await fetch('nowhere/at/all'), 'forbidden', 'which mounts there are is nobody’s to know')
  const narrow = server.tokens.make('narrow', {
    ttlSeconds: 60,
    maxTtlSeconds: 60,
    denied: ['secret/data/hr'],
  })
  server.kv.set('hr/pay', { a: 'b' })
  t.equal(await fetch('secret/hr/pay', lent({}, narrow.id)), 'forbidden')
  narrow.endsMs = 0
  t.equal(await fetch('secret/hr/pay', lent({}, narrow.id)), 'expired')
  t.equal(await fetch('secret/absent', lent({}, 'hvs.forged')), 'expired')
  server.mood.quota = 0
  t.equal(await fetch('secret/absent'), 'rate-limited')
  server.mood.quota = undefined
  server.mood.standby = true
  t.equal(await fetch('secret/absent'), 'standby')
  t.equal(await outcome(openbao.health(lent())), 'standby')
  server.mood.standby = false
  server.mood.sealed = true
  t.equal(await fetch('secret/absent'), 'sealed')
  t.equal(await outcome(openbao.health(lent())), 'sealed')
  server.mood.sealed = false
  t.equal(await outcome(openbao.health(lent())), 'done')
})

t.test('a namespace is named in every request, and another one sees nothing', async (t) => {
  const { server, lent } = await scene(t)
  server.mood.namespace = 'team/a'
  server.kv.set('db', { a: 'b' })
  t.equal(await outcome(openbao.fetch(lent(), 'secret/db')), 'unreadable')
  t.equal(await outcome(openbao.fetch(lent({ namespace: 'team/b' }), 'secret/db')), 'unreadable')
  t.same(contents(await openbao.fetch(lent({ namespace: 'team/a' }), 'secret/db')), { a: 'b' })
})

t.test('what a database makes is one account with one lease, and ends with it', async (t) => {
  const { server, lent } = await scene(t)
  const first = await openbao.fetch(lent(), 'database/creds/app')
  const { lease } = first
  const { username = '', password } = contents(first)
  t.equal(server.database.accounts.get(username), password)
  t.match(lease, { id: /^database\/creds\/app\//, seconds: 3600, renewable: true })
  t.match(await openbao.renew?.(lent(), lease?.id ?? ''), { id: lease?.id, seconds: 3600 })
  const stranger = server.tokens.make('stranger').id
  t.equal(
    await outcome(openbao.release?.(lent({}, stranger), lease?.id ?? '') ?? Promise.resolve()),
    'refused',
  )
  t.ok(server.database.accounts.has(username))
  await openbao.release?.(lent(), lease?.id ?? '')
  t.notOk(server.database.accounts.has(username))
  server.database.leaseSeconds = 0
  const { username: short = '' } = contents(await openbao.fetch(lent(), 'database/creds/app'))
  while (server.database.accounts.has(short)) await new Promise((resolve) => setTimeout(resolve, 10))
})

t.test('a static account keeps its name, and rotates', async (t) => {
  const { lent } = await scene(t)
  const before = contents(await openbao.fetch(lent(), 'database/static-creds/app'))
  await openbao.rotate?.(lent(), 'database/static-creds/app')
  const after = contents(await openbao.fetch(lent(), 'database/static-creds/app'))
  t.equal(after['username'], before['username'])
  t.not(after['password'], before['password'])
  for (const path of ['database/creds/app', 'secret/db'])
    t.equal(await outcome(openbao.rotate?.(lent(), path) ?? Promise.resolve()), 'unable', path)
})

t.test('logging in, by each way, and out', async (t) => {
  const { server, lent } = await scene(t)
  const bare = (settings: Readonly<Record<string, string>>): Lent => ({
    ...lent(settings),
    credential: undefined,
  })
  const login = async (
    settings: Readonly<Record<string, string>>,
    bearer?: string,
    secret?: string,
  ): Promise<string> => {
    const proof = {
      bearer: bearer === undefined ? undefined : Buffer.from(bearer),
      secret: secret === undefined ? undefined : Buffer.from(secret),
    }
    using admission = await openbao.login?.(bare(settings), proof, nobody)
    return admission?.token.toString() ?? ''
  }
  server.tokens.checkJwt = (jwt) => (jwt === 'good.jwt' ? { subject: 'me' } : undefined)
  server.tokens.appRoles.set('robot', 's"e\\cret')
  const jwt = await login({ auth: 'jwt', role: 'dev' }, 'good.jwt')
  const role = await login({ auth: 'approle', role_id: 'robot' }, undefined, 's"e\\cret')
  t.equal(server.tokens.alive(jwt)?.name, 'me')
  t.equal(server.tokens.alive(role)?.name, 'robot')
  t.equal(await login({ auth: 'token' }, undefined, jwt), jwt)
  for (const [settings, bearer, secret] of [
    [{ auth: 'jwt', role: 'dev' }, 'bad.jwt', undefined],
    [{ auth: 'jwt', role: 'other' }, 'good.jwt', undefined],
    [{ auth: 'approle', role_id: 'robot' }, undefined, 'wrong'],
  ] as const)
    t.equal(await outcome(login(settings, bearer, secret)), 'refused')
  t.equal(await outcome(login({ auth: 'token' }, undefined, 'hvs.forged')), 'forbidden')
  t.equal(await outcome(login({ auth: 'jwt', role: 'dev' })), 'unable', 'without anything to log in with')
  t.equal(await outcome(login({ auth: 'password' }, 'good.jwt')), 'unable')
  using longer = await openbao.prolong?.(lent({}, jwt))
  t.match(longer, { seconds: 3600, renewable: true })
  const account = contents(await openbao.fetch(lent({}, jwt), 'database/creds/app'))
  await openbao.logout?.(lent({}, jwt))
  t.equal(server.tokens.alive(jwt), undefined)
  t.notOk(server.database.accounts.has(account['username'] ?? ''), 'the leases of a token end with it')
})

t.test('a wrapped answer is opened once, by us', async (t) => {
  const { server, lent } = await scene(t)
  server.kv.set('db', { password: 'x' })
  t.same(contents(await openbao.fetch(lent({ wrap: '60s' }), 'secret/db')), { password: 'x' })
  t.equal(server.heard.at(-1), 'POST sys/wrapping/unwrap')
  server.meddle = (path) => {
    if (path === 'sys/wrapping/unwrap') server.unwrapAll()
    return false
  }
  t.equal(await outcome(openbao.fetch(lent({ wrap: '60s' }), 'secret/db')), 'opened')
})

t.test('names with odd characters reach the server as they are', async (t) => {
  const { server, lent } = await scene(t)
  for (const name of ['a b', 'ü', '100%', 'q?x=1', 'h#sh', '..'.padEnd(3, '.'), 'a&b', '+']) {
    server.kv.set(name, { v: name })
    t.same(contents(await openbao.fetch(lent(), `secret/${name}`)), { v: name })
  }
})
