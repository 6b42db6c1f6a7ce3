// The end of a session at the provider.
import t from 'tap'
import { logoutUrl, revoke } from '../../src/oidc/logout.ts'
import { Refreshes } from '../../src/oidc/refresh.ts'
import { unpack } from '../../src/oidc/tokens.ts'
import { Front, instead, json, without } from './front.ts'
import { Human } from './human.ts'
import { RunningProvider } from './provider.ts'
import { failureOf, found, hasty, signedIn } from './sso.ts'

const document = '/.well-known/openid-configuration'

const front = await Front.open(t)
const running = await RunningProvider.start(t, { issuer: front.issuer })
front.port = running.port

t.test('revoked tokens are worth nothing', async (t) => {
  const provider = await found(t, front.issuer)
  const session = await signedIn(t, provider)
  const about = async (): Promise<number> => {
    const authorization = `Bearer ${unpack(session.tokens).access.toString()}`
    return (await fetch(`${front.issuer}/me`, { headers: { authorization } })).status
  }
  t.equal(await about(), 200)
  await revoke(provider, session.tokens)
  t.equal(await about(), 401)
  t.equal(await failureOf(t, new Refreshes().refresh(provider, session)), 'session-ended')
  await revoke(provider, session.tokens)
  t.pass('revoking them again is no failure (RFC 7009, section 2.2)')
})

t.test('a provider that does not revoke says so', async (t) => {
  const provider = await found(t, front.issuer, {}, hasty)
  const session = await signedIn(t, provider)
  for (const [alter, code] of [
    [instead(503, 'text/html', 'busy'), 'unreadable'],
    [instead(400, 'application/json', '{"error":"unsupported_token_type"}'), 'refused'],
    [() => undefined, 'too-slow'],
  ] as const)
    await t.test(code, async (t) => {
      front.alter(t, '/token/revocation', alter)
      t.equal(await failureOf(t, revoke(provider, session.tokens)), code)
    })
  front.alter(t, document, without('revocation_endpoint'))
  t.equal(await failureOf(t, revoke(await found(t, front.issuer), session.tokens)), 'unable')
})

t.test('the human ends the provider’s own session in the browser', async (t) => {
  const provider = await found(t, front.issuer)
  const human = new Human()
  const { tokens } = await signedIn(t, provider, { human })
  const url = (await logoutUrl(provider)) ?? ''
  t.equal(url, `${front.issuer}/session/end?client_id=sget`)
  for (const token of Object.values(unpack(tokens)))
    if (token.length > 0) t.notOk(url.includes(token.toString()), 'no token goes through a command line')
  t.match(await human.follow(url, { logsOut: true }), /^200 [\s\S]*Sign-out Success/)
})

t.test('an address to log out at is checked, and none where there is none', async (t) => {
  for (const [address, code] of [
    ['http://login.example/', 'insecure'],
    ['javascript:alert(1)', 'insecure'],
  ] as const)
    await t.test(address, async (t) => {
      front.alter(
        t,
        document,
        json((metadata) => ({ ...metadata, end_session_endpoint: address })),
      )
      t.equal(await failureOf(t, logoutUrl(await found(t, front.issuer))), code)
    })
  front.alter(t, document, without('end_session_endpoint'))
  t.equal(await logoutUrl(await found(t, front.issuer)), undefined)
})
