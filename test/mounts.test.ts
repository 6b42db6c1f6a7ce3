// Vaults on the network, from the agent's question to the program, over the real programs and a server that keeps the contract.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { certificateFor } from '../packages/courier/test/certificates.ts'
import { OpenBao } from './fakes/openbao.ts'
import { Agent } from './rig/agent.ts'
import { Instance, passphrase } from './rig/instance.ts'

const certificate = certificateFor()
const bao = await OpenBao.start(certificate)
bao.tokens.appRoles.set('ci', 'the secret id')

const policy =
  '[[rule]]\nsecrets = ["corp/**", "dev/**"]\nexposure = ["run", "read"]\napproval = "never"\nttl = "5m"\n' +
  '[[rule]]\nsecrets = ["hr/**"]\nexposure = []\napproval = "never"\n'

const mount = (at: string, more = ''): string =>
  `[[mount]]\nat = "${at}"\ntype = "openbao"\nurl = "${bao.origin}"\nauth = "approle"\nrole_id = "ci"\n` +
  `secret = "own/approle#password"\n${more}`
const network = `[network]\nca = """\n${certificate.cert}"""\n`

const instance = await Instance.create(policy)
await instance.put('own/approle', 'the secret id')
await instance.put('dev/db', 'of the embedded vault')
await configure(mount('corp') + mount('hr') + mount('quick', 'ttl = "1s"\nstale = "1h"\n') + network)
const agent = await Agent.start(instance)
t.teardown(async () => {
  await agent.stop()
  instance.remove()
  await bao.stop()
})

async function configure(text: string): Promise<void> {
  writeFileSync(join(instance.home, 'config/config.toml'), text, { mode: 0o600 })
  const applied = await instance.sgetctl(['config', 'apply', '--passphrase-fd', '3'], { passphrase })
  if (applied.code !== 0) throw new Error(applied.stderr)
}

const asked = (part: string): number => bao.heard.filter((line) => line.includes(part)).length

t.test('an agent uses a secret of a vault on the network', async (t) => {
  bao.kv.set('db', { username: 'app', password: 'p"w\\ü😀' })
  const given = await agent.get({ path: 'corp/secret/db#password' })
  t.notMatch(JSON.stringify(given), 'p"w')
  const ran = await agent.bash(`${given.script}\nprintf %s "$CORP_SECRET_DB_PASSWORD" | sha256sum`)
  t.match(ran, { code: 0 }, ran.stderr)
  const [expected] = (await agent.bash(`printf %s 'p"w\\ü😀' | sha256sum`)).stdout.split(' ')
  t.ok(ran.stdout.startsWith(expected ?? 'none'))
  t.ok(instance.audit().some(({ event, ref }) => event === 'released' && ref === 'corp/secret/db'))
  const before = asked('secret/')
  const again = await agent.get({ path: 'corp/secret/db#username' })
  t.match(await agent.bash(`${again.run} /bin/sh -c 'test "$CORP_SECRET_DB_USERNAME" = app'`), { code: 0 })
  t.equal(asked('secret/'), before, 'the vault is not asked again')
})

t.test('a login made for the purpose is revoked when the agent gives it back', async (t) => {
  const given = await agent.get({ path: 'corp/database/creds/app' })
  const before = new Set(bao.database.accounts.keys())
  const ran = await agent.bash(
    `${given.script}\nprintf %s "$CORP_DATABASE_CREDS_APP_PASSWORD" >/dev/null; echo $?`,
  )
  t.match(ran, { code: 0, stdout: '0\n' }, ran.stderr)
  const made = [...bao.database.accounts.keys()].filter((name) => !before.has(name))
  t.equal(made.length, 1)
  const cleared = await agent.tool('clear_secret_environment_variable', { handle: given.handle })
  t.match(cleared.structuredContent, { left: 'clean' })
  while (bao.database.accounts.has(made[0] ?? '')) await delay(20)
  t.equal(asked('leases/revoke'), 1)
})

t.test('what no rule gives to an agent is not asked for', async (t) => {
  const before = bao.heard.length
  const refused = await agent.tool('get_secret_environment_variable', { path: 'hr/secret/db' })
  t.match(refused, { isError: true })
  t.equal(bao.heard.length, before)
})

t.test('lists and descriptions have it too', async (t) => {
  const listed = await instance.sgetctl(['ls', 'corp/**'])
  t.match(listed.stdout, /corp\/secret\/db/)
  t.match((await instance.sgetctl(['ls'])).stdout, /dev\/db/)
  t.notMatch((await instance.sgetctl(['ls'])).stdout, /the secret id/)
})

t.test('a human has a secret changed where it is, and the old value serves nobody any more', async (t) => {
  const secret = 'corp/database/static-creds/app'
  const sget = `${join(instance.programs, 'sget')} --home ${instance.home}`
  const used = async (): Promise<string> => {
    const command = `/bin/sh -c 'printf %s "$V" | sha256sum'`
    const ran = await agent.bash(`${sget} run -e V=${secret}#password -- ${command}`)
    t.match(ran, { code: 0 }, ran.stderr)
    return ran.stdout.split(' ')[0] ?? ''
  }
  const digestAtVault = (): string => {
    const password = bao.database.accounts.get('app') ?? ''
    return createHash('sha256').update(password).digest('hex')
  }
  const before = digestAtVault()
  t.equal(await used(), before)
  const byAgent = await agent.bash(
    `${join(instance.programs, 'sgetctl')} --home ${instance.home} rotate ${secret}`,
  )
  t.match(byAgent, { code: 74, stderr: /an agent may not do this/ })
  t.match(await instance.sgetctl(['rotate', secret, '--passphrase-fd', '3'], { passphrase: 'a guess' }), {
    code: 76,
  })
  t.equal(digestAtVault(), before, 'unproved, nothing has changed')
  t.equal(asked('rotate-role'), 0)
  const rotated = await instance.sgetctl(['rotate', secret, '--passphrase-fd', '3'], { passphrase })
  t.match(rotated, { code: 0, stdout: `rotated ${secret}\n` }, rotated.stderr)
  t.not(digestAtVault(), before)
  t.equal(await used(), digestAtVault())
  t.ok(instance.audit().some(({ event, ref }) => event === 'rotated' && ref === secret))
})

t.test('what no vault can change is refused, and stays as it is', async (t) => {
  const rotate = async (ref: string): ReturnType<Instance['sgetctl']> =>
    instance.sgetctl(['rotate', ref, '--passphrase-fd', '3'], { passphrase })
  const before = asked('')
  const kept = bao.database.accounts.get('app')
  t.match(await rotate('dev/db'), { code: 83, stderr: /this kind of vault or secret cannot do that/ })
  t.equal(asked(''), before, 'the embedded vault has nobody to ask')
  for (const ref of ['corp/database/creds/app', 'corp/secret/db'])
    t.match(await rotate(ref), { code: 83, stderr: /cannot do that/ }, ref)
  bao.mood.sealed = true
  t.match(await rotate('corp/database/static-creds/app'), { code: 83, stderr: /is sealed/ })
  bao.mood.sealed = false
  t.equal(bao.database.accounts.get('app'), kept)
})

t.test('an old value serves while the vault is away, and says so', async (t) => {
  bao.kv.set('aged', { password: 'some aged value' })
  const use = async (): Promise<{ code: unknown; stdout: string; stderr: string }> =>
    agent.bash(
      `${join(instance.programs, 'sget')} --home ${instance.home} run -e V=quick/secret/aged#password -- /bin/sh -c 'test "$V" = "some aged value"'`,
    )
  await instance.applyPolicy(policy.replace('"corp/**"', '"corp/**", "quick/**"'))
  t.match(await use(), { code: 0, stderr: '' })
  await delay(1100)
  bao.mood.standby = true
  const stale = await use()
  t.match(stale, { code: 0 })
  t.match(stale.stderr, /the vault of quick\/secret\/aged cannot be reached: its value is [1-9][0-9]* s old/)
  t.ok(instance.audit().some(({ event, staleSeconds }) => event === 'released' && Number(staleSeconds) > 0))
  bao.mood.standby = false
  t.match(await use(), { code: 0, stderr: '' })
})

t.test('each refusal of the vault has a message of its own, and spends no handle', async (t) => {
  bao.kv.set('fresh', { password: 'x' })
  const given = await agent.get({ path: 'corp/secret/fresh' })
  bao.mood.sealed = true
  const ran = await agent.bash(given.script)
  t.not(ran.code, 0)
  t.match(ran.stderr, /the vault on the network is sealed/)
  bao.mood.sealed = false
  t.match(await agent.bash(`${given.script}\ntrue`), { code: 0 }, 'the handle serves still')
})

t.test('a lock gives tokens back', async (t) => {
  t.match(await instance.sgetctl(['lock']), { code: 0 })
  while (asked('token/revoke-self') === 0) await delay(20)
  t.match(await agent.tool('get_secret_environment_variable', { path: 'corp/secret/db' }), { isError: true })
})
