// Providers that cannot be found, are others than was meant, or break off: each with its failure, and nothing of theirs in it.
import t, { type Test } from 'tap'
import { bodyBytesMax } from '../../src/limits.ts'
import type { Patience } from '../../src/http.ts'
import { Logins } from '../../src/oidc/logins.ts'
import { type Alter, Front, instead, json, without } from './front.ts'
import { RunningProvider } from './provider.ts'
import { forged, reissued, unsigned } from './reissue.ts'
import { failureOf, found, hasty, patience, signedIn, taken } from './sso.ts'

const document = '/.well-known/openid-configuration'
const page = '<!doctype html><title>Sign in</title><p>access_token</p>'

const front = await Front.open(t)
const running = await RunningProvider.start(t, { issuer: front.issuer })
front.port = running.port

/** No answer. Who waits for it has less patience. */
const hang: Alter = () => undefined
const waitsFor = (alter: Alter): Patience => (alter === hang ? hasty : patience)

const changed = (changes: Record<string, unknown>): Alter => json((metadata) => ({ ...metadata, ...changes }))

/** Sends elsewhere whoever asks. */
const redirect =
  (location: string): Alter =>
  () => ({ status: 302, headers: { location }, body: '' })

for (const [what, alter, code] of [
  ['a page', instead(200, 'text/html', page), 'no-provider'],
  ['nothing of that name', instead(404, 'text/html', page), 'no-provider'],
  ['trouble', instead(500, 'application/json', '{"error":"access_token"}'), 'no-provider'],
  ['no JSON', instead(200, 'application/json', page), 'no-provider'],
  ['half a JSON', instead(200, 'application/json', '{"issuer":"http'), 'no-provider'],
  ['a list', instead(200, 'application/json', '[]'), 'no-provider'],
  ['nothing', instead(200, 'application/json', ''), 'no-provider'],
  ['an issuer that is no text', changed({ issuer: 7 }), 'no-provider'],
  ['an issuer that is no address', changed({ issuer: 'us' }), 'no-provider'],
  ['another issuer', changed({ issuer: 'https://login.example' }), 'other-issuer'],
  ['almost that issuer', changed({ issuer: `${front.issuer}/` }), 'other-issuer'],
  ['too much', instead(200, 'application/json', Buffer.alloc(bodyBytesMax + 1, ' ')), 'too-large'],
  ['a redirect to another host', redirect('https://login.example/'), 'redirected'],
  ['a redirect to itself', redirect('/elsewhere'), 'redirected'],
  ['no answer', hang, 'too-slow'],
  ['no PKCE that we accept', changed({ code_challenge_methods_supported: ['plain'] }), 'unable'],
] as const)
  t.test(`a provider that answers ${what} is none`, async (t) => {
    front.alter(t, document, alter)
    t.equal(await failureOf(t, found(t, front.issuer, {}, waitsFor(alter))), code)
  })

t.test('a provider is asked where the config says, and nowhere else', async (t) => {
  for (const issuer of [
    'http://login.example',
    'https://a:b@login.example',
    'ftp://login.example',
    'nothing',
    '',
  ])
    t.equal(await failureOf(t, found(t, issuer)), 'insecure', issuer)
  t.equal(await failureOf(t, found(t, front.issuer, { loopbackHttp: false })), 'insecure')
  t.equal(await failureOf(t, found(t, `${front.issuer}${document}`)), 'other-issuer', 'its document')
  t.equal(await failureOf(t, found(t, 'http://127.0.0.1:1')), 'unreachable')
})

t.test('what a browser would open is checked too', async (t) => {
  for (const [address, code] of [
    ['http://login.example/auth', 'insecure'],
    ['javascript:alert(1)', 'insecure'],
    ['file:///etc/passwd', 'insecure'],
    [undefined, 'unable'],
  ] as const) {
    await t.test(String(address), async (t) => {
      front.alter(t, document, changed({ authorization_endpoint: address }))
      t.equal(await failureOf(t, new Logins().byBrowser(await found(t, front.issuer))), code)
    })
  }
})

/** A whole login while the provider answers otherwise. */
async function outcome(t: Test, path: string, alter: Alter): Promise<string> {
  const provider = await found(t, front.issuer, {}, waitsFor(alter))
  front.alter(t, path, alter)
  return failureOf(t, signedIn(t, provider))
}

const reissue = (change: (token: string) => unknown): Alter =>
  json((body) => ({ ...body, id_token: change(body['id_token'] as string) }))

const seconds = (): number => Math.floor(Date.now() / 1000)

for (const [what, alter, code] of [
  ['no answer', hang, 'too-slow'],
  ['5 MiB', instead(200, 'application/json', Buffer.alloc(5 * 1024 * 1024, ' ')), 'too-large'],
  ['a redirect to another host', redirect('https://login.example/'), 'redirected'],
  ['a page', instead(200, 'text/html', page), 'unreadable'],
  ['trouble', instead(500, 'text/html', page), 'unreadable'],
  ['no JSON', instead(200, 'application/json', page), 'unreadable'],
  ['a challenge', () => ({ status: 401, headers: { 'www-authenticate': 'Basic' }, body: page }), 'refused'],
  ['another client', instead(400, 'application/json', '{"error":"invalid_client"}'), 'refused'],
  ['no token', without('access_token'), 'forged'],
  ['a token with a line end', json((body) => ({ ...body, access_token: 'a\r\nb' })), 'unreadable'],
  ['a token of a kind unknown', json((body) => ({ ...body, token_type: 'mac' })), 'forged'],
  ['a token bound to what it was not given', json((body) => ({ ...body, token_type: 'DPoP' })), 'unreadable'],
  [
    'a token too large',
    json((body) => ({ ...body, refresh_token: 'x'.repeat(48 * 1024 + 1) })),
    'unreadable',
  ],
  ['no id token', reissue(() => undefined), 'forged'],
  ['an id token that is none', reissue(() => 'none'), 'forged'],
  ['an id token of somebody else', reissue((token) => forged(token)), 'forged'],
  ['an id token without a signature', reissue(unsigned), 'forged'],
  [
    'an id token of another issuer',
    reissue((token) => reissued(token, { iss: 'https://login.example' })),
    'forged',
  ],
  ['an id token for another client', reissue((token) => reissued(token, { aud: 'another' })), 'forged'],
  ['one for us and another client', reissue((token) => reissued(token, { aud: ['sget', 'b'] })), 'forged'],
  ['an id token with another nonce', reissue((token) => reissued(token, { nonce: 'another' })), 'forged'],
  ['an id token without a nonce', reissue((token) => reissued(token, { nonce: undefined })), 'forged'],
  ['an id token of nobody', reissue((token) => reissued(token, { sub: undefined })), 'forged'],
  [
    'one of somebody who cannot be shown',
    reissue((token) => reissued(token, { sub: 'a\u202eb' })),
    'unreadable',
  ],
  ['one of too long a name', reissue((token) => reissued(token, { sub: 'x'.repeat(256) })), 'unreadable'],
  ['an id token without an end', reissue((token) => reissued(token, { exp: undefined })), 'forged'],
  ['an id token of yesterday', reissue((token) => reissued(token, { exp: seconds() - 61 })), 'clock'],
  ['an id token of tomorrow', reissue((token) => reissued(token, { nbf: seconds() + 90 })), 'clock'],
  ['an id token a little late', reissue((token) => reissued(token, { exp: seconds() - 30 })), 'nothing'],
  ['an id token a little early', reissue((token) => reissued(token, { nbf: seconds() + 30 })), 'nothing'],
] as const)
  t.test(`a token endpoint that answers ${what}: ${code}`, async (t) => {
    t.equal(await outcome(t, '/token', alter), code)
  })

for (const [what, alter, code] of [
  ['no keys', instead(200, 'application/json', '{"keys":[]}'), 'forged'],
  ['keys that are none', instead(200, 'application/json', '{"keys":[7]}'), 'forged'],
  [
    'a broken key',
    json(() => ({ keys: [{ kty: 'EC', kid: 'first', crv: 'P-256', x: 'AA', y: 'AA' }] })),
    'unreadable',
  ],
  ['a page', instead(200, 'text/html', page), 'unreadable'],
  ['no answer', hang, 'too-slow'],
  ['a redirect', redirect('https://login.example/'), 'redirected'],
] as const)
  t.test(`a provider whose keys are ${what}: ${code}`, async (t) => {
    t.equal(await outcome(t, '/jwks', alter), code)
  })

t.test('the provider’s machine may have another time by a minute, and no more', async (t) => {
  for (const [skewSeconds, code] of [
    [-45, 'nothing'],
    [45, 'nothing'],
    [-7200, 'clock'],
  ] as const) {
    const other = await RunningProvider.start(t, { skewSeconds })
    const login = signedIn(t, await found(t, other.issuer))
    t.equal(await failureOf(t, login), code, `${skewSeconds} s`)
    if (code === 'nothing') t.equal((await login).facts.subject, 'ada')
  }
})

t.test('a name to be shown is short and printable', async (t) => {
  const provider = await found(t, front.issuer)
  for (const [claims, name] of [
    [{ preferred_username: 'a\u001b[2Jb\u202ec' }, 'a\u{fffd}[2Jb\u{fffd}c'],
    [{ preferred_username: '😀'.repeat(100) }, '😀'.repeat(64)],
    [{ preferred_username: ' ', email: 'ada@example.com' }, 'ada@example.com'],
    [{ preferred_username: 7, email: null, name: 'Ada' }, 'Ada'],
    [{ preferred_username: undefined, name: undefined }, 'ada'],
  ] as const)
    await t.test(JSON.stringify(claims).slice(0, 40), async (t) => {
      front.alter(
        t,
        '/token',
        reissue((token) => reissued(token, claims)),
      )
      t.equal((await signedIn(t, provider)).facts.name, name)
    })
})

t.test('what cannot be shown of how somebody signed in counts as not said', async (t) => {
  const odd = {
    acr: 'two words',
    amr: ['pwd', 7, 'a b', 'x'.repeat(129), ...Array.from({ length: 20 }, (_, at) => String(at))],
  }
  front.alter(
    t,
    '/token',
    reissue((token) => reissued(token, odd)),
  )
  const { facts } = await signedIn(t, await found(t, front.issuer))
  t.equal(facts.acr, undefined)
  t.strictSame(facts.amr, ['pwd', ...Array.from({ length: 15 }, (_, at) => String(at))])
})

t.test('a lifetime is no longer than a month, and five minutes where it is not told', async (t) => {
  const provider = await found(t, front.issuer)
  for (const [lifetime, ms] of [
    [undefined, 300_000],
    [1e300, 30 * 24 * 3_600_000],
    [0, 0],
  ] as const)
    await t.test(String(lifetime), async (t) => {
      front.alter(
        t,
        '/token',
        json((body) => ({ ...body, expires_in: lifetime })),
      )
      const { since, until } = (await signedIn(t, provider)).facts
      t.equal(until - since, ms)
    })
})

t.test('a session without a refresh token is not renewed', async (t) => {
  front.alter(t, '/token', without('refresh_token'))
  const login = await new Logins().byBrowser(await found(t, front.issuer))
  login.cancel()
  t.equal(await failureOf(t, taken(t, login)), 'cancelled')
  t.equal((await signedIn(t, await found(t, front.issuer))).facts.refreshAt, undefined)
})
