// Vaults that let in who is signed in: a real provider, a human with a browser, a vault that checks the id token, an in-house
// service that takes the access token, and rules that demand how somebody has signed in.
import { spawn } from 'node:child_process'
import { createPublicKey, verify } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { certificateFor } from '../packages/courier/test/certificates.ts'
import { Human, type Manner } from '../packages/courier/test/oidc/human.ts'
import { clientId, strong } from '../packages/courier/test/oidc/provider-facts.ts'
import { RunningProvider, signingKey } from '../packages/courier/test/oidc/provider.ts'
import { OpenBao } from './fakes/openbao.ts'
import { Agent } from './rig/agent.ts'
import { Instance, passphrase } from './rig/instance.ts'
import { plainEnvironment } from './rig/process.ts'

const certificate = certificateFor()
const provider = await RunningProvider.start(t)
const bao = await OpenBao.start(certificate)
bao.tokens.checkJwt = (jwt) => subjectOf(jwt)
bao.kv.set('db', { password: 'of the vault on the network' })

/** What the in-house service was shown, newest last. */
const shown: string[] = []
const house = createServer({ ...certificate }, (request, response) => {
  shown.push(request.headers.authorization ?? '')
  const isLetIn = shown.at(-1)?.startsWith('Bearer ') === true
  response.writeHead(isLetIn ? 200 : 401, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ data: { token: 'of the in-house service' } }))
})
await once(house.listen(0, '127.0.0.1'), 'listening')

const policy = `
[[rule]]
secrets = ["strong/**"]
exposure = ["run", "read"]
approval = "never"
acr = "${strong}"
[[rule]]
secrets = ["corp/**", "house/**"]
exposure = ["run", "read"]
approval = "never"
`
const config = `
[sso]
issuer = "${provider.issuer}"
client_id = "${clientId}"
dpop = false
consent = true
[network]
loopback_http = true
ca = """
${certificate.cert}"""
[[mount]]
at = "corp"
type = "openbao"
url = "${bao.origin}"
role = "dev"
[[mount]]
at = "house"
type = "http"
url = "https://127.0.0.1:${(house.address() as AddressInfo).port}/v1"
fields = { token = "/data/token" }
`

const instance = await Instance.create(policy)
await instance.put('strong/key', 'of the embedded vault')
writeFileSync(join(instance.home, 'config/config.toml'), config, { mode: 0o600 })
const applied = await instance.sgetctl(['config', 'apply', '--passphrase-fd', '3'], { passphrase })
if (applied.code !== 0) throw new Error(applied.stderr)
const agent = await Agent.start(instance)
t.teardown(async () => {
  await agent.stop()
  instance.remove()
  await bao.stop()
  house.close()
  house.closeAllConnections()
})

/** Who an id token says has signed in, where its signature holds. */
function subjectOf(jwt: string): { subject: string } | undefined {
  const [head = '', body = '', signature = ''] = jwt.split('.')
  const key = createPublicKey({ key: signingKey, format: 'jwk' })
  const isGood = verify(
    'sha256',
    Buffer.from(`${head}.${body}`),
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  )
  const { sub, aud } = JSON.parse(Buffer.from(body, 'base64url').toString()) as { sub: string; aud: string }
  return isGood && aud === clientId ? { subject: sub } : undefined
}

interface Use {
  readonly ended: Promise<{ code: number | null; stderr: string }>
  /** Where it says that a human signs in. */
  readonly invited: Promise<string>
}

/** A command that uses a secret. It prints nothing. */
function use(ref: string): Use {
  const words = ['--home', instance.home, 'run', '-e', `V=${ref}`, '--', '/bin/sh', '-c', 'test -n "$V"']
  const child = spawn(join(instance.programs, 'sget'), words, {
    env: plainEnvironment,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const { promise: invited, resolve } = Promise.withResolvers<string>()
  let stderr = ''
  createInterface({ input: child.stderr }).on('line', (line) => {
    stderr += `${line}\n`
    const url = /(https?:\S+)/.exec(line)?.[1]
    if (url !== undefined) resolve(url)
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr }))
  return { ended, invited }
}

/** Signs in, as somebody does who opens the address. */
async function browse(url: string, manner: Manner = {}): Promise<void> {
  const landed = await new Human().follow(url, manner)
  await fetch(landed)
}

const asked = (part: string): number => bao.heard.filter((line) => line.includes(part)).length

t.test('twenty who want a secret while nobody is signed in wait on one login', async (t) => {
  const uses = Array.from({ length: 20 }, () => use('corp/secret/db#password'))
  const urls = new Set(await Promise.all(uses.map(({ invited }) => invited)))
  t.equal(urls.size, 1)
  await browse([...urls][0] ?? '')
  for (const { ended } of uses) t.match(await ended, { code: 0 })
  t.equal(asked('auth/jwt/login'), 1)
  t.equal(asked('GET secret/data/db'), 1)
})

t.test('an agent has the same without a human', async (t) => {
  const given = await agent.get({ path: 'corp/secret/db' })
  const ran = await agent.bash(`${given.run} /bin/sh -c 'echo "$CORP_SECRET_DB_PASSWORD"'`)
  t.match(ran, { code: 0, stdout: '[sget:corp/secret/db#password]\n' })
})

t.test('an in-house service is shown the token of the session, and the agent nothing', async (t) => {
  const given = await agent.get({ path: 'house/deploy/key' })
  const ran = await agent.bash(`${given.run} /bin/sh -c 'echo "$HOUSE_DEPLOY_KEY_TOKEN"'`)
  t.match(ran, { code: 0, stdout: '[sget:house/deploy/key#token]\n' })
  t.match(shown.at(-1), /^Bearer .+/)
  const token = shown.at(-1)?.slice('Bearer '.length) ?? ''
  t.notOk(JSON.stringify([given, ran, instance.audit()]).includes(token))
})

t.test('a rule that demands more causes one login, not a refusal', async (t) => {
  const first = use('strong/key#password')
  await browse(await first.invited)
  t.match(await first.ended, { code: 0 })
  const released = instance.audit().findLast(({ event }) => event === 'released')
  t.match(released, { ref: 'strong/key', subject: 'ada' })
  t.match(await use('strong/key#password').ended, { code: 0, stderr: '' }, 'the next one is not asked')
})

t.test('who refuses to sign in is told so, and so are all who wait', async (t) => {
  t.match(await instance.sgetctl(['logout', '--no-browser']), { code: 0 })
  const uses = [use('corp/secret/db#password'), use('house/deploy/key#token')]
  const [url] = await Promise.all(uses.map(({ invited }) => invited))
  await browse(url ?? '', { refuses: 'login' })
  for (const { ended } of uses) {
    const { code, stderr } = await ended
    t.not(code, 0)
    t.match(stderr, 'the login was refused')
  }
})

t.test('the end of the session ends what it gave', async (t) => {
  const login = use('corp/secret/db#password')
  await browse(await login.invited)
  t.match(await login.ended, { code: 0 })
  const given = await agent.get({ path: 'corp/secret/db' })
  const revoked = asked('token/revoke-self')
  t.match(await instance.sgetctl(['logout', '--no-browser']), { code: 0 })
  while (asked('token/revoke-self') === revoked) await delay(20)
  const ran = await agent.bash(given.script)
  t.not(ran.code, 0)
  t.match(ran.stderr, /revoked|ended|unknown|over/, 'a handle of that time is worth nothing')
})
