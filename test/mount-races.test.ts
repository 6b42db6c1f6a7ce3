// What ends while vaults on the network are asked, or while somebody has what they made for us: nothing outlives it.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { certificateFor } from '../packages/courier/test/certificates.ts'
import * as meddling from './fakes/meddling.ts'
import { OpenBao } from './fakes/openbao.ts'
import { Agent, type Ran } from './rig/agent.ts'
import { Instance, passphrase } from './rig/instance.ts'
import { configure, courierGone, letIn, mountTable, networkTable } from './rig/mounting.ts'
import { programsWith } from './rig/programs.ts'

const certificate = certificateFor()
const bao = await OpenBao.start(certificate)
const folder = await programsWith('hasty-program.ts')

const policy =
  '[[rule]]\nsecrets = ["corp/**", "dev/**"]\nexposure = ["run", "read"]\napproval = "never"\nttl = "5m"\n'
const instance = await Instance.create(policy, undefined, join(folder, 'bin'))
await letIn(instance, bao, 'a secret id')
await instance.put('dev/own', 'of the embedded vault')
await configure(instance, mountTable(bao, 'corp') + networkTable(certificate))
const agent = await Agent.start(instance)
const { pid } = await instance.status()
t.teardown(async () => {
  await agent.stop()
  instance.remove()
  await bao.stop()
  rmSync(folder, { recursive: true })
})

const sget = `${join(instance.programs, 'sget')} --home ${instance.home}`
const asked = (part: string): number => bao.heard.filter((line) => line.includes(part)).length
const releases = (part: string): number =>
  instance.audit().filter(({ event, ref }) => event === 'released' && String(ref).includes(part)).length

/** Runs a command of an agent that has a secret, without a handle. */
const runs = (ref: string, command: string, by = agent): Promise<Ran> =>
  by.bash(`${sget} run -e V=${ref} -- /bin/sh -c '${command}'`)

const fine = { code: 0, stdout: '', stderr: '' }
const hangingReads = 20

/** So many runs of a command, each with another secret, that hang at the vault; resolves when all do. */
async function hanging(name: string, command: string): Promise<{ hold: meddling.Hold; ran: Promise<Ran> }> {
  const hold = new meddling.Hold(`secret/data/${name}-`)
  for (let at = 0; at < hangingReads; at++) bao.kv.set(`${name}-${at}`, { password: `value ${at}` })
  bao.meddle = hold.meddle
  const read = (at: number): string =>
    `{ ${sget} run -e V=corp/secret/${name}-${at}#password -- /bin/sh -c '${command}' 2>&1; echo " status $?"; } | tr '\n' ' ' &`
  const ran = agent.bash(`${Array.from({ length: hangingReads }, (_, at) => read(at)).join('\n')}\nwait`)
  await hold.has(hangingReads)
  return { hold, ran }
}

const occurrences = (text: string, part: string): number => text.split(part).length - 1

async function unlock(): Promise<void> {
  await instance.sget(['unlock', '--passphrase-fd', '3'], { passphrase })
}

t.test('a lock while the vault takes nothing back', async (t) => {
  t.teardown(() => (bao.meddle = undefined))
  bao.kv.set('kept', { password: 'a kept value' })
  t.match(await runs('corp/secret/kept#password', 'true'), fine)
  const hold = new meddling.Hold('auth/token/revoke-self')
  bao.meddle = hold.meddle
  t.match(await instance.sgetctl(['lock']), { code: 0 })
  await hold.has(1)
  await courierGone(pid)
  hold.letGo()
  bao.meddle = undefined
  await unlock()
  t.match(await instance.status(), { pid, locked: false }, 'sgetd goes on')
  t.match(await runs('corp/secret/kept#password', 'true'), fine)
})

t.test('a lock while 20 cold reads hang', async (t) => {
  t.teardown(() => (bao.meddle = undefined))
  const { hold, ran } = await hanging('locked', 'echo leaked')
  t.match(await instance.sgetctl(['lock']), { code: 0 })
  const { stdout } = await ran
  t.equal(occurrences(stdout, 'the vault is locked'), hangingReads, stdout)
  t.notMatch(stdout, 'leaked')
  await courierGone(pid)
  hold.letGo()
  t.same(bao.tokens.serving, [], 'the token was given back')
  await unlock()
  t.equal(releases('locked-'), 0, 'nothing is released afterwards')
  bao.meddle = undefined
  const before = asked('secret/data/locked-0')
  t.same(await runs('corp/secret/locked-0#password', 'test "$V" = "value 0"'), fine)
  t.equal(asked('secret/data/locked-0'), before + 1, 'nor was anything kept')
})

t.test(
  'another config while 20 cold reads hang: what it names is asked, and the old vault counts no more',
  async (t) => {
    const other = await OpenBao.start(certificate)
    t.teardown(async () => {
      bao.meddle = undefined
      await other.stop()
    })
    await letIn(instance, other, 'a secret id')
    for (let at = 0; at < hangingReads; at++) other.kv.set(`moved-${at}`, { password: 'of the other vault' })
    const { hold, ran } = await hanging('moved', 'test "$V" = "of the other vault"')
    await configure(instance, mountTable(other, 'corp') + networkTable(certificate))
    hold.letGo()
    t.equal(occurrences((await ran).stdout, 'status 0'), hangingReads, (await ran).stdout)
    while (bao.tokens.serving.length > 0) await delay(20)
    await configure(instance, mountTable(bao, 'corp') + networkTable(certificate))
  },
)

t.test('a token that ended at the vault: one login, and nobody hears of it', async (t) => {
  for (const name of ['before', 'after']) bao.kv.set(name, { password: `value ${name}` })
  t.same(await runs('corp/secret/before#password', 'test "$V" = "value before"'), fine)
  const logins = asked('auth/approle/login')
  bao.tokens.endAll()
  t.same(await runs('corp/secret/after#password', 'test "$V" = "value after"'), fine)
  t.equal(asked('auth/approle/login'), logins + 1)
})

t.test('a body a byte a second is not waited for to its end, which does not come', async (t) => {
  t.teardown(() => (bao.meddle = undefined))
  bao.kv.set('slow', { password: 'a slow value' })
  const given = await agent.get({ path: 'corp/secret/slow' })
  const left = Promise.withResolvers<unknown>()
  bao.meddle = meddling.at('secret/data/slow', (response) => {
    response.once('close', left.resolve)
    meddling.drip(response)
  })
  const { code, stderr } = await agent.bash(given.script)
  t.not(code, 0)
  t.match(stderr, 'the vault took too long to answer')
  t.match(stderr, 'try again; ask its keepers if that goes on')
  await left.promise
  bao.meddle = undefined
  t.match(await agent.bash(given.script), { code: 0 }, 'the handle serves still')
})

const credential = 'corp/database/creds/app'

/** The accounts that a vault made meanwhile. */
async function madeBy<Result>(work: () => Promise<Result>): Promise<[Result, readonly string[]]> {
  const before = new Set(bao.database.accounts.keys())
  const result = await work()
  return [result, [...bao.database.accounts.keys()].filter((name) => !before.has(name))]
}

const isThere = (name: string | undefined): boolean => bao.database.accounts.has(name ?? '')

async function isGone(name: string | undefined): Promise<void> {
  while (isThere(name)) await delay(20)
}

t.test('a login made for an agent ends with it', async (t) => {
  const other = await Agent.start(instance)
  const given = await other.get({ path: credential })
  const [ran, made] = await madeBy(() => other.bash(given.script))
  t.same([ran.code, made.length], [0, 1], ran.stderr)
  await other.stop()
  await isGone(made[0])
})

t.test('one that was made for a run lasts as long as that, and no longer', async (t) => {
  const file = join(instance.home, 'go-on')
  const started = join(instance.home, 'started')
  const run = `: >${started}; until test -e ${file}; do sleep 0.1; done`
  const [over, made] = await madeBy(async () => {
    const running = runs(`${credential}#password`, run)
    await agent.bash(`until test -e ${started}; do sleep 0.05; done`)
    return { running }
  })
  t.equal(made.length, 1)
  const revoked = asked('leases/revoke')
  await delay(500)
  t.ok(isThere(made[0]), 'while it runs')
  t.equal(asked('leases/revoke'), revoked)
  await agent.bash(`: >${file}`)
  t.same(await over.running, fine)
  await isGone(made[0])
  const check = instance.checks().findLast(({ ref }) => String(ref).includes(credential))
  t.match(check, { outcome: 'clean' })
})

t.test('of two handles for one login the last takes it back', async (t) => {
  const [one, two] = [await agent.get({ path: credential }), await agent.get({ path: credential })]
  const [, made] = await madeBy(async () => [await agent.bash(one.script), await agent.bash(two.script)])
  t.equal(made.length, 1, 'they share it')
  const clear = ({ handle }: { readonly handle: string }): ReturnType<Agent['tool']> =>
    agent.tool('clear_secret_environment_variable', { handle })
  t.match((await clear(one)).structuredContent, { left: 'clean' })
  t.ok(isThere(made[0]), 'somebody else has it in use')
  t.match((await clear(two)).structuredContent, { left: 'clean' })
  await isGone(made[0])
})

t.test('one is renewed while somebody has it in use', async (t) => {
  bao.database.leaseSeconds = 6
  t.teardown(() => (bao.database.leaseSeconds = 3600))
  const given = await agent.get({ path: credential })
  const before = asked('leases/renew')
  const [, made] = await madeBy(() => agent.bash(given.script))
  while (asked('leases/renew') === before) await delay(20)
  t.same([made.length, isThere(made[0])], [1, true])
  await agent.tool('clear_secret_environment_variable', { handle: given.handle })
  await isGone(made[0])
})

t.test('one that its keepers took back is not handed out when that is known', async (t) => {
  bao.database.leaseSeconds = 3
  t.teardown(() => (bao.database.leaseSeconds = 3600))
  const given = await agent.get({ path: credential })
  const [, made] = await madeBy(() => agent.bash(given.script))
  bao.database.revokeAll()
  const before = asked('leases/renew')
  while (asked('leases/renew') === before) await delay(20)
  await delay(500)
  t.equal(asked('leases/renew'), before + 1, 'a no is a no')
  const again = await agent.get({ path: credential })
  const [ran, fresh] = await madeBy(() => agent.bash(again.script))
  t.same([ran.code, fresh.length], [0, 1], ran.stderr)
  t.not(fresh[0], made[0])
})
