// Signing in through sgetd: a real provider, a human who fills in its forms, and many who wait for them.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { RunningProvider } from '../packages/courier/test/oidc/provider.ts'
import { clientId } from '../packages/courier/test/oidc/provider-facts.ts'
import { Agent } from './rig/agent.ts'
import { Instance, passphrase } from './rig/instance.ts'
import { Asker, configFor, configure } from './rig/signing-in.ts'

const folder = mkdtempSync(join(tmpdir(), 'sget-provider-'))
const provider = await RunningProvider.start(t, { folder })
const instance = await Instance.create(
  '[[rule]]\nsecrets = ["dev/**"]\nexposure = ["read"]\napproval = "never"\n',
)
t.teardown(async () => {
  instance.remove()
  await provider.kill()
  rmSync(folder, { recursive: true })
})
await instance.put('dev/a', 'a value')
const proving = ['--passphrase-fd', '3']

function asker(t: Test): Asker {
  const one = new Asker(instance.home)
  t.teardown(() => one.leave())
  return one
}

/** What the provider remembers, by kind: `RefreshToken` and so on. */
function stored(kind: string): { consumed?: number; jti: string }[] {
  const rows = JSON.parse(readFileSync(join(folder, 'store.json'), 'utf8')) as [string, never][]
  return rows.filter(([key]) => key.startsWith(`${kind}:`)).map(([, payload]) => payload)
}

/** Events of sign-in that came behind a record. */
function events(after: number): unknown[] {
  return instance.audit(after).map(({ event }) => event)
}

const newest = (): number => Number(instance.audit().at(-1)?.['seq'])

t.test('where the config names no provider, there is nothing to sign in to', async (t) => {
  const one = asker(t)
  t.match(await one.session(), { issuer: '', signedIn: false })
  t.equal(await one.login().came(), 'sso-absent')
  t.equal(await one.logout(), 'sso-absent')
  await configure(instance, configFor(provider.issuer))
  t.match(await one.session(), { issuer: provider.issuer, signedIn: false })
})

t.test('twenty connections wait on one login, and all are told', async (t) => {
  const before = newest()
  const askers = Array.from({ length: 20 }, () => asker(t))
  const logins = askers.map((one) => one.login())
  const invitations = await Promise.all(logins.map((login) => login.invited()))
  t.equal(new Set(invitations.map(({ url }) => url)).size, 1)
  t.match(invitations[0], { url: new RegExp(`^${provider.issuer}/auth\\?`), code: '', seconds: 300 })
  askers[3]?.leave()
  t.equal(await logins[0]?.signIn(), 'done')
  for (const [at, login] of logins.entries()) if (at !== 3) t.equal(await login.came(), 'done')
  const [one] = askers
  t.match(await one?.session(), {
    signedIn: true,
    inviting: false,
    subject: 'ada',
    name: 'ada',
    renewable: true,
    remembered: false,
    amr: 'pwd',
  })
  t.equal(stored('RefreshToken').length, 1)
  t.equal(await one?.login().came(), 'done', 'who is signed in is not asked again')
  const told = instance.audit(before)
  const record = told.find(({ event }) => event === 'signed-in')
  t.match(record, { subject: 'ada' })
  t.equal(told.filter(({ event }) => event === 'asked').length, 20)
})

t.test('an agent may have its human sign in, and never with a code', async (t) => {
  const agent = await Agent.start(instance)
  t.teardown(() => agent.stop())
  const program = join(import.meta.dirname, 'rig/asker-program.ts')
  const ask = async (way: string): Promise<unknown> => {
    const node = ['/usr/bin/env', '-u', 'NODE_OPTIONS', process.execPath, '--no-warnings']
    return JSON.parse((await agent.run(...node, program, instance.home, way)).stdout)
  }
  t.equal(await ask('device'), 'agent-forbidden')
  t.match(await ask('browser'), { url: new RegExp(`^${provider.issuer}/auth`), code: '' })
  const one = asker(t)
  await one.sees(({ inviting }) => !inviting)
  t.match(await one.session(), { signedIn: true }, 'a login that nobody finished takes nothing away')
})

t.test('one who cannot be told from an agent proves that they are none, for a code', async (t) => {
  const one = asker(t)
  const login = one.login({ device: true, again: true })
  const proved = await instance.sget(['prove', await login.waiting(), ...proving], { passphrase })
  t.match(proved, { code: 0 })
  t.match(await login.invited(), { url: `${provider.issuer}/device`, code: /^[A-Z]{4}-[A-Z]{4}$/ })
  one.leave()
  await asker(t).sees(({ inviting }) => !inviting)
})

t.test('logging out ends what was allowed, and revokes the tokens at the provider', async (t) => {
  const agent = await Agent.start(instance)
  t.teardown(() => agent.stop())
  const { handle } = await agent.get({ path: 'dev/a' })
  const before = newest()
  const one = asker(t)
  t.equal(await one.logout(), `${provider.issuer}/session/end?client_id=${clientId}`)
  t.match(await one.session(), { signedIn: false, subject: '' })
  t.strictSame(stored('RefreshToken'), [])
  t.strictSame(stored('AccessToken'), [])
  t.strictSame(events(before), ['signed-out', 'grant-revoked'])
  const late = await agent.bash(
    `X="$(${instance.programs}/sget --home ${instance.home} --grant ${handle} dev/a)"`,
  )
  t.match(late, { code: 71, stderr: /revoked/ })
  t.equal(await one.logout(), '', 'nobody is signed in any more')
})

t.test('a config that names another provider ends the session, and no other config does', async (t) => {
  const one = asker(t)
  t.equal(await one.login().signIn(), 'done')
  await configure(instance, `${configFor(provider.issuer)}[lock]\nidle = "1h"\n`)
  t.match(await one.session(), { signedIn: true })
  const before = newest()
  await configure(instance, configFor(provider.issuer, 'dpop = false'))
  t.match(await one.session(), { signedIn: false })
  t.ok(events(before).includes('sign-in-ended'))
})

t.test('what is remembered survives a daemon that is killed; locking ends the rest', async (t) => {
  await configure(instance, configFor(provider.issuer, 'remember = true'))
  t.equal(await asker(t).login().signIn(), 'done')
  await instance.kill()
  const unlocked = await instance.sget(['unlock', ...proving], { passphrase })
  t.match(unlocked, { code: 0 })
  await instance.learnPid()
  const one = asker(t)
  t.match(await one.sees(({ signedIn }) => signedIn), { subject: 'ada', remembered: true })
  await one.logout()
  const login = one.login()
  await login.invited()
  t.match(await instance.sgetctl(['lock']), { code: 0 })
  t.equal(await login.came(), 'locked')
  t.match(await one.session(), { issuer: '', signedIn: false, inviting: false })
  t.equal(await one.login().came(), 'locked')
})
