// Signing in at a real provider.
import t from 'tap'
import { unpack } from '../../src/oidc/tokens.ts'
import { RunningProvider } from './provider.ts'
import { weak } from './provider-facts.ts'
import { found, signedIn } from './sso.ts'

const running = await RunningProvider.start(t)

t.test('a human signs in, and a session comes of it', async (t) => {
  const before = Date.now()
  const provider = await found(t, running.issuer)
  const { tokens, facts } = await signedIn(t, provider)
  t.match(facts, { issuer: running.issuer, subject: 'ada', name: 'ada', acr: weak, amr: ['pwd'] })
  t.ok(facts.since >= before && facts.until <= Date.now() + 600_000 && facts.until > before)
  t.equal(facts.refreshAt, facts.since + 400_000, 'two thirds')
  t.ok(Math.abs((facts.authTime ?? 0) * 1000 - before) < 60_000)
  const { access, refresh, id, key } = unpack(tokens)
  t.ok(access.length > 0 && refresh.length > 0 && id.length > 0)
  t.equal(key.length, 0)
})
