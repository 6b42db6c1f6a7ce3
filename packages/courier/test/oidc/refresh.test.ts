// Staying signed in: renewal with rotation, what ends it, and keys that tokens are bound to.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Logins } from '../../src/oidc/logins.ts'
import type { Provider } from '../../src/oidc/provider.ts'
import { Refreshes } from '../../src/oidc/refresh.ts'
import type { Session } from '../../src/oidc/session.ts'
import { pack, unpack } from '../../src/oidc/tokens.ts'
import { Front, instead, json, without } from './front.ts'
import { Human } from './human.ts'
import { RunningProvider } from './provider.ts'
import { claimsOf, reissued } from './reissue.ts'
import { failureOf, found, signedIn, taken } from './sso.ts'

const front = await Front.open(t)
const running = await RunningProvider.start(t, { issuer: front.issuer })
front.port = running.port

const binding = await Front.open(t)
binding.port = (await RunningProvider.start(t, { issuer: binding.issuer, bindsTokens: true })).port

/** A session renewed by one who asks alone. */
async function renewed(t: Test, provider: Provider, session: Session, now = Date.now): Promise<Session> {
  const fresh = await new Refreshes(now).refresh(provider, session)
  t.teardown(() => fresh[Symbol.dispose]())
  return fresh
}

t.test('renewal gives new tokens, and the same person', async (t) => {
  const provider = await found(t, front.issuer)
  const first = await signedIn(t, provider)
  const later = (): number => first.facts.since + 400_000
  const second = await renewed(t, provider, first, later)
  t.strictSame(second.facts, {
    ...first.facts,
    until: first.facts.until + 400_000,
    refreshAt: (first.facts.refreshAt ?? 0) + 400_000,
  })
  for (const name of ['access', 'refresh', 'id'] as const)
    t.notOk(unpack(first.tokens)[name].equals(unpack(second.tokens)[name]), name)
  const third = await renewed(t, provider, second)
  t.equal(third.facts.subject, 'ada')
})

t.test('a refresh token that was used already ends the session', async (t) => {
  const provider = await found(t, front.issuer)
  const first = await signedIn(t, provider)
  const second = await renewed(t, provider, first)
  t.equal(await failureOf(t, renewed(t, provider, first)), 'session-ended', 'somebody uses the old one')
  t.equal(
    await failureOf(t, renewed(t, provider, second)),
    'session-ended',
    'and the new one is worth nothing',
  )
})

t.test('who renews at the same time shares one renewal, each with bytes of their own', async (t) => {
  const provider = await found(t, front.issuer)
  const session = await signedIn(t, provider)
  const refreshes = new Refreshes()
  const asked = front.asked.length
  const all = await Promise.all(Array.from({ length: 20 }, () => refreshes.refresh(provider, session)))
  t.equal(front.asked.slice(asked).filter((path) => path === '/token').length, 1)
  const [one, other] = all
  t.ok(one?.tokens.equals(other?.tokens ?? Buffer.alloc(0)))
  one?.[Symbol.dispose]()
  t.ok(other && unpack(other.tokens).refresh.length > 0, 'one who wipes theirs takes it from nobody')
  for (const each of all) each[Symbol.dispose]()
})

t.test('a renewal that fails is tried anew by the next who asks', async (t) => {
  const provider = await found(t, front.issuer)
  const session = await signedIn(t, provider)
  const refreshes = new Refreshes()
  await t.test('while the provider is in trouble', async (t) => {
    front.alter(t, '/token', instead(503, 'text/html', 'busy'))
    t.equal(await failureOf(t, refreshes.refresh(provider, session)), 'unreadable')
  })
  t.equal(
    await failureOf(t, refreshes.refresh(provider, session)),
    'session-ended',
    'this provider had answered, and only the answer was lost',
  )
})

t.test('what an answer has no new one of stays', async (t) => {
  const provider = await found(t, front.issuer)
  const session = await signedIn(t, provider)
  front.alter(t, '/token', without('refresh_token', 'id_token', 'expires_in'))
  const fresh = await renewed(t, provider, session, () => 1_000_000)
  const [before, after] = [unpack(session.tokens), unpack(fresh.tokens)]
  t.ok(
    after.refresh.equals(before.refresh) && after.id.equals(before.id) && !after.access.equals(before.access),
  )
  t.strictSame(fresh.facts, { ...session.facts, until: 1_300_000, refreshAt: 1_200_000 }, 'five minutes')
})

t.test('a renewal makes nobody sign in later, and nobody somebody else', async (t) => {
  const provider = await found(t, front.issuer)
  for (const [claims, code] of [
    [{ auth_time: 4_000_000_000, acr: 'urn:test:other', amr: ['pwd', 'hwk'] }, 'nothing'],
    [{ sub: 'grace' }, 'other-person'],
    [{ iss: 'http://127.0.0.1:1' }, 'forged'],
    [{ aud: 'another' }, 'forged'],
  ] as const)
    await t.test(JSON.stringify(claims), async (t) => {
      const session = await signedIn(t, provider)
      front.alter(
        t,
        '/token',
        json((body) => ({ ...body, id_token: reissued(body['id_token'] as string, claims) })),
      )
      const fresh = renewed(t, provider, session)
      t.equal(await failureOf(t, fresh), code)
      if (code === 'nothing')
        t.match((await fresh).facts, {
          authTime: session.facts.authTime,
          acr: 'urn:test:other',
          amr: ['pwd', 'hwk'],
        })
    })
})

t.test('a provider that starts anew in the middle', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sget-provider-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const own = await RunningProvider.start(t, { folder })
  const provider = await found(t, own.issuer)
  const login = await new Logins().byBrowser(provider)
  t.teardown(() => login.cancel())
  const landed = await new Human().follow(login.url)
  await own.restart()
  await fetch(landed)
  const session = await taken(t, login)
  t.equal(session.facts.subject, 'ada', 'a login that had begun before')
  await own.kill()
  t.equal(await failureOf(t, renewed(t, provider, session)), 'unreachable', 'while it is away')
  await own.restart()
  const fresh = await renewed(t, provider, session)
  t.equal(fresh.facts.subject, 'ada', 'a session that was there before')
  await own.kill()
  rmSync(join(folder, 'store.json'))
  await own.restart()
  t.equal(await failureOf(t, renewed(t, provider, fresh)), 'session-ended', 'when it forgot all')
})

t.test('tokens are bound to a key that is lent and given back like them', async (t) => {
  const provider = await found(t, binding.issuer)
  const session = await signedIn(t, provider)
  const { key } = unpack(session.tokens)
  t.ok(key.length > 0)
  const fresh = await renewed(t, provider, session)
  t.ok(unpack(fresh.tokens).key.equals(key))
  const without = { ...unpack(fresh.tokens), key: Buffer.alloc(0) }
  const stolen = { tokens: pack(copied(without)), facts: fresh.facts }
  t.equal(await failureOf(t, new Refreshes().refresh(provider, stolen)), 'session-ended', 'without the key')
  const other = unpack((await signedIn(t, provider)).tokens)
  const mixed = { tokens: pack(copied({ ...unpack(fresh.tokens), key: other.key })), facts: fresh.facts }
  t.equal(await failureOf(t, new Refreshes().refresh(provider, mixed)), 'session-ended', 'with another key')
  t.match((await renewed(t, provider, fresh)).facts, { subject: 'ada' }, 'with it')
  t.equal(
    unpack((await signedIn(t, await found(t, binding.issuer, { dpop: false }))).tokens).key.length,
    0,
    'off',
  )
})

t.test('a code is bound to the key too', async (t) => {
  const login = await new Logins().byBrowser(await found(t, binding.issuer))
  t.teardown(() => login.cancel())
  const url = new URL(login.url)
  t.equal(url.searchParams.get('dpop_jkt')?.length, 43)
  url.searchParams.set('dpop_jkt', 'x'.repeat(43))
  await fetch(await new Human().follow(url.href))
  t.equal(await failureOf(t, login.session), 'refused')
})

t.test('a provider that wants its own nonce in proofs has it', async (t) => {
  const own = await RunningProvider.start(t, { bindsTokens: true, wantsNonce: true })
  const provider = await found(t, own.issuer)
  const session = await signedIn(t, provider)
  t.ok(unpack(session.tokens).key.length > 0)
  t.equal((await renewed(t, provider, session)).facts.subject, 'ada')
})

t.test('a bound session does not become an unbound one', async (t) => {
  const provider = await found(t, binding.issuer)
  const session = await signedIn(t, provider)
  binding.alter(
    t,
    '/token',
    json((body) => ({ ...body, token_type: 'Bearer' })),
  )
  t.equal(await failureOf(t, renewed(t, provider, session)), 'unreadable')
})

t.test('a provider that says it binds tokens and does not gives none that say so', async (t) => {
  front.alter(
    t,
    '/.well-known/openid-configuration',
    json((metadata) => ({ ...metadata, dpop_signing_alg_values_supported: ['ES256'] })),
  )
  const provider = await found(t, front.issuer)
  t.ok(provider.bindsTokens)
  const session = await signedIn(t, provider)
  t.equal(unpack(session.tokens).key.length, 0)
  t.equal(claimsOf(unpack(session.tokens).id.toString())['sub'], 'ada')
})

function copied(tokens: ReturnType<typeof unpack>): ReturnType<typeof unpack> {
  const { access, refresh, id, key } = tokens
  return {
    access: Buffer.from(access),
    refresh: Buffer.from(refresh),
    id: Buffer.from(id),
    key: Buffer.from(key),
  }
}
