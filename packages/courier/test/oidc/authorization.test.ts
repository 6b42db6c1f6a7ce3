// A session proves itself to a server: here the provider's own, which says whose token it is.
import t from 'tap'
import { authorization } from '../../src/oidc/authorization.ts'
import { pack, unpack } from '../../src/oidc/tokens.ts'
import { newKey } from '../../src/oidc/possession.ts'
import { RunningProvider } from './provider.ts'
import { found, signedIn } from './sso.ts'
import { claimsOf } from './reissue.ts'

const running = await RunningProvider.start(t, { bindsTokens: true })
const url = new URL(`${running.issuer}/me?a=b`)

/** What the server says to a session that asks. */
async function asked(
  packed: Buffer,
  change: (headers: Readonly<Record<string, string>>) => Readonly<Record<string, string>> = (same) => same,
  given: { method?: string; nowMs?: number; url?: URL } = {},
): Promise<string> {
  const headers = authorization(packed, { method: 'GET', url, nowMs: Date.now(), ...given })
  const response = await fetch(url, { headers: change(headers) })
  const { sub, error } = (await response.json()) as { sub?: string; error?: string }
  return sub ?? error ?? ''
}

t.test('a token that is bound to nothing is enough by itself', async (t) => {
  const { tokens } = await signedIn(t, await found(t, running.issuer, { dpop: false }))
  t.strictSame(Object.keys(authorization(tokens, { method: 'GET', url, nowMs: 0 })), ['authorization'])
  t.equal(await asked(tokens), 'ada')
})

t.test('a token that is bound to a key wants a proof for each request', async (t) => {
  const { tokens } = await signedIn(t, await found(t, running.issuer))
  t.equal(await asked(tokens), 'ada')
  t.equal(await asked(tokens), 'ada', 'another request, another proof')
  const once = authorization(tokens, { method: 'GET', url, nowMs: Date.now() })
  t.equal(await asked(tokens, () => once), 'ada')
  for (const [what, answer] of [
    ['the same proof again', asked(tokens, () => once)],
    ['no proof', asked(tokens, ({ authorization = '' }) => ({ authorization }))],
    [
      'as a bearer',
      asked(tokens, (all) => ({ authorization: (all['authorization'] ?? '').replace('DPoP', 'Bearer') })),
    ],
    ['for another method', asked(tokens, undefined, { method: 'POST' })],
    ['for another address', asked(tokens, undefined, { url: new URL('/token', url) })],
    ['of yesterday', asked(tokens, undefined, { nowMs: Date.now() - 86_400_000 })],
    ['by another key', asked(withKey(tokens, newKey()))],
  ] as const)
    t.match(await answer, /^invalid_/, what)
})

t.test('what a server wants in the proof is in it', async (t) => {
  const { tokens } = await signedIn(t, await found(t, running.issuer))
  const { dpop = '' } = authorization(tokens, { method: 'GET', url, nowMs: 5000, nonce: 'n' })
  t.match(claimsOf(dpop), { nonce: 'n', htm: 'GET', htu: `${running.issuer}/me`, iat: 5 })
})

function withKey(packed: Buffer, key: Buffer): Buffer {
  const { access, refresh, id } = unpack(packed)
  return pack({ access: Buffer.from(access), refresh: Buffer.from(refresh), id: Buffer.from(id), key })
}
