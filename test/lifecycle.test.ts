// How a vault is copied, replaced and ended, and by whom.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import t, { type Test } from 'tap'
import { Agent } from './rig/agent.ts'
import { Instance, passphrase, programs } from './rig/instance.ts'
import { type Outcome } from './rig/process.ts'
import { onTerminal } from './rig/terminal.ts'

// Each opening of a vault takes Argon2 its time, and most tests open several.
t.setTimeout(420_000)

/** An instance with one secret, and a folder beside it for backups. */
async function withSecret(t: Test, policy?: string): Promise<{ instance: Instance; folder: string }> {
  const instance = await Instance.create(policy)
  const folder = mkdtempSync(join(tmpdir(), 'sget-backup-'))
  t.teardown(() => {
    instance.remove()
    rmSync(folder, { recursive: true })
  })
  await instance.put('dev/db', 'first value')
  return { instance, folder }
}

const proving = ['--passphrase-fd', '3']

const vaultOf = (instance: Instance): string => join(instance.home, 'share/vault')

function unlock(instance: Instance, words = passphrase): Promise<Outcome> {
  return instance.sget(['unlock', ...proving], { passphrase: words })
}

/** What a command gets that somebody runs who gives the passphrase. */
async function valueOf(instance: Instance, ref: string, words = passphrase): Promise<string> {
  const command = ['--', '/bin/sh', '-c', 'printf %s "$VALUE"']
  const ran = await instance.sget(['run', '--no-mask', ...proving, '-e', `VALUE=${ref}`, ...command], {
    passphrase: words,
  })
  return ran.stdout + ran.stderr
}

async function findings(instance: Instance): Promise<{ sound: boolean; findings: { kind: string }[] }> {
  const verified = await instance.sgetctl(['audit', 'verify', '--json'])
  return JSON.parse(verified.stdout) as { sound: boolean; findings: { kind: string }[] }
}

const pipes = '[[rule]]\nsecrets = ["dev/**"]\nexposure = ["read", "pipe"]\napproval = "never"\n'

t.test(
  'a backup is made open, locked, and where no daemon runs, and a stranger to it restores it',
  async (t) => {
    const { instance, folder } = await withSecret(t, pipes)
    for (const name of ['open', 'locked', 'gone']) {
      if (name === 'locked') await instance.sgetctl(['lock'])
      if (name === 'gone') await instance.stop()
      const made = await instance.sgetctl(['vault', 'backup', join(folder, name)])
      await instance.learnPid()
      t.match(made, { code: 0, stderr: '' }, name)
      t.match(made.stdout, /opens with the passphrase that the vault has now/)
      t.equal(statSync(join(folder, name)).mode & 0o777, 0o600)
    }
    t.ok(readFileSync(join(folder, 'locked')).equals(readFileSync(join(folder, 'gone'))))
    const other = Instance.empty()
    t.teardown(() => other.remove())
    const restored = await other.sgetctl(['vault', 'restore', join(folder, 'open')])
    await other.learnPid()
    t.match(restored, { code: 0, stderr: '' })
    t.match(await unlock(other), { code: 0 })
    t.equal(await valueOf(other, 'dev/db'), 'first value')
    t.match(await findings(other), { sound: true, findings: [{ kind: 'adopted' }] })
    t.match(
      other.audit().map(({ event }) => event),
      ['started', 'vault-restored', 'vault-adopted', 'epoch-begun', 'unlocked'],
    )
  },
)

t.test('a backup goes over no file, and what is no backup is not restored', async (t) => {
  const { instance, folder } = await withSecret(t)
  const copy = join(folder, 'copy')
  const backup = (...words: string[]): Promise<Outcome> => instance.sgetctl(['vault', 'backup', ...words])
  t.match(await backup(copy), { code: 0 })
  const again = await backup(copy)
  t.match(again, { code: 78 })
  t.match(again.stderr, /there is a file already: .*copy\n.*--replace\n/)
  t.match(await backup(copy, '--replace'), { code: 0 })
  writeFileSync(join(folder, 'letter'), 'dear all')
  t.match(await backup(join(folder, 'letter'), '--replace'), { code: 78 })
  t.equal(readFileSync(join(folder, 'letter'), 'utf8'), 'dear all')
  t.match(await backup(join(instance.home, 'share/copy')), { code: 78 }, 'not beside the vault')
  t.match(await backup('/dev/null', '--replace'), { code: 78 })
  for (const name of ['letter', 'none', '.']) {
    const refused = await instance.sgetctl(['vault', 'restore', join(folder, name), '--move-aside'])
    t.match(refused, { code: 78 }, name)
    t.match(refused.stderr, /nothing was changed/)
  }
  t.match(await instance.status(), { locked: false }, 'a restore that is refused does not even lock')
})

t.test('a restored vault takes the place of the present one once that is allowed and proved', async (t) => {
  const { instance, folder } = await withSecret(t, pipes)
  const copy = join(folder, 'copy')
  await instance.sgetctl(['vault', 'backup', copy])
  await instance.put('dev/db', 'second value')
  const agent = await Agent.start(instance)
  t.teardown(() => agent.stop())
  const { handle } = await agent.get({ path: 'dev/db' })
  t.match(await instance.sgetctl(['vault', 'restore', copy]), { code: 78 }, 'not without a word')
  const unproved = await instance.sgetctl(['vault', 'restore', copy, '--move-aside'])
  t.match(unproved, { code: 76 }, 'nor without a proof')
  t.equal(await valueOf(instance, 'dev/db'), 'second value')
  const restored = await instance.sgetctl(['vault', 'restore', copy, '--move-aside', ...proving], {
    passphrase,
  })
  t.match(restored, { code: 0, stderr: '' })
  t.match(await instance.status(), { locked: true })
  const [aside = ''] = readdirSync(join(instance.home, 'share')).filter((name) => /aside-[^.]*$/.test(name))
  t.match(restored.stdout, aside)
  await instance.stop()
  await unlock(instance)
  await instance.learnPid()
  t.equal(await valueOf(instance, 'dev/db'), 'first value')
  t.notSame(
    (await agent.bash(`X="$(${join(programs, 'sget')} --home ${instance.home} --grant '${handle}' dev/db)"`))
      .code,
    0,
    'its grant is over',
  )
  t.match(await findings(instance), { sound: true, findings: [{ kind: 'adopted' }] }, 'it knew an older log')
  t.equal(instance.audit().filter(({ event }) => event === 'vault-restored').length, 1)
})

t.test('a vault that was only copied into place does not take the log over', async (t) => {
  const { instance } = await withSecret(t)
  const old = readFileSync(vaultOf(instance))
  await instance.stop()
  await unlock(instance)
  await instance.learnPid()
  await instance.stop()
  writeFileSync(vaultOf(instance), old)
  await unlock(instance)
  await instance.learnPid()
  t.match(await findings(instance), { sound: false })
})

t.test('what was changed before a vault took the log over is found', async (t) => {
  const { instance, folder } = await withSecret(t)
  const log = join(instance.home, 'state/audit/audit.log')
  await instance.sgetctl(['vault', 'backup', join(folder, 'copy')])
  await instance.sgetctl(['vault', 'restore', join(folder, 'copy'), '--move-aside', ...proving], {
    passphrase,
  })
  await instance.sgetctl(['reset', '--yes', basename(instance.home)])
  await unlock(instance)
  t.match(await findings(instance), { sound: true, findings: [{ kind: 'adopted' }] })
  const lines = readFileSync(log, 'utf8').split('\n')
  const at = lines.findIndex((line) => line.includes('"put"'))
  writeFileSync(log, lines.with(at, lines[at]?.replace('dev/db', 'dev/xx') ?? '').join('\n'))
  t.match(await findings(instance), { sound: false })
})

t.test('an agent neither copies nor replaces nor resets a vault, whatever it detaches', async (t) => {
  const { instance, folder } = await withSecret(t)
  const copy = join(folder, 'copy')
  await instance.sgetctl(['vault', 'backup', copy])
  const agent = await Agent.start(instance)
  t.teardown(() => agent.stop())
  const sgetctl = `${join(programs, 'sgetctl')} --home ${instance.home}`
  const name = basename(instance.home)
  const tries = [
    `vault backup ${folder}/theirs`,
    `vault restore ${copy} --move-aside`,
    `reset --yes ${name}`,
    `reset --yes ${name} --erase`,
  ]
  for (const words of tries)
    t.match(await agent.bash(`${sgetctl} ${words}`), { code: 74, stderr: /an agent may not do this/ }, words)
  t.notOk(existsSync(join(folder, 'theirs')))
  const detached = tries.slice(1).map((words) => `setsid -w ${sgetctl} ${words}`)
  for (const line of detached) t.notSame((await agent.bash(`(${line}) </dev/null`)).code, 0, line)
  await instance.sgetctl(['lock'])
  for (const line of [...detached, ...tries.slice(1).map((words) => `${sgetctl} ${words}`)])
    t.notSame((await agent.bash(`(${line}) </dev/null`)).code, 0, `locked: ${line}`)
  t.strictSame(readdirSync(join(instance.home, 'share')).sort(), ['vault', 'vault.previous'])
  t.match(await unlock(instance), { code: 0 })
})

t.test('a reset wants the name, and of who is no human the proof', async (t) => {
  const { instance } = await withSecret(t)
  const name = basename(instance.home)
  const reset = (words: string[], options = {}): Promise<Outcome> =>
    instance.sgetctl(['reset', ...words], options)
  t.match(await reset([]), { code: 78, stderr: /the name of the vault was not typed/ })
  t.match(await reset(['--yes', 'default', ...proving], { passphrase }), { code: 78, stderr: /not the name/ })
  t.match(await reset(['--yes', name]), { code: 76 })
  t.match(await reset(['--yes', name, ...proving], { passphrase: 'a wrong one' }), { code: 76 })
  t.match(await instance.status(), { locked: false })
  await instance.sgetctl(['lock'])
  t.match(await reset(['--yes', name, ...proving], { passphrase }), { code: 74 }, 'locked: a human only')
  await unlock(instance)
  const done = await reset(['--yes', name, ...proving], { passphrase })
  t.match(done, { code: 0, stderr: '' })
  t.match(done.stdout, /vault\.aside-/)
  t.match(await reset(['--yes', name]), { code: 68 }, 'there is none now')
  t.match(await instance.sgetctl(['init', ...proving], { passphrase }), { code: 0 })
  t.match(await instance.sget(['dev/db', ...proving], { passphrase }), { code: 69, stdout: '' })
  t.match(await findings(instance), { sound: true, findings: [{ kind: 'adopted' }] })
  t.match(await reset(['--erase', '--yes', name, ...proving], { passphrase }), { code: 0 })
  t.notOk(readdirSync(join(instance.home, 'share')).includes('vault'))
  t.equal(instance.audit().filter(({ event }) => event === 'vault-reset').length, 2)
})

t.test('on a terminal the name is typed, and a slip of the finger changes nothing', async (t) => {
  const { instance } = await withSecret(t)
  const name = basename(instance.home)
  const sgetctl = [join(programs, 'sgetctl'), '--home', instance.home]
  const slip = await onTerminal([['To go on', `${name}x\r`]], [...sgetctl, 'reset'])
  t.match(slip, { code: 78 })
  t.match(slip.stdout, /not the name of this vault/)
  t.match(await onTerminal([['To go on', '\r']], [...sgetctl, 'reset']), { code: 78 })
  t.match(await instance.status(), { locked: false })
  const typed = await onTerminal(
    [
      ['To go on', `${name}\r`],
      ['sget passphrase: ', `${passphrase}\n`],
    ],
    [...sgetctl, 'reset'],
  )
  t.match(typed, { code: 0 })
  t.match(typed.stdout, /no more in use; every grant is revoked/)
  t.notOk(existsSync(vaultOf(instance)))
})

t.test('a newer vault is refused as newer, by every command, and stays as it is', async (t) => {
  const { instance, folder } = await withSecret(t)
  await instance.stop()
  const file = readFileSync(vaultOf(instance))
  file.writeUInt8(2, 8)
  writeFileSync(vaultOf(instance), file)
  const refused = await unlock(instance)
  await instance.learnPid()
  t.match(refused, { code: 78 })
  t.match(refused.stderr, /the vault was written by a newer sget\n.*the file is left as it is/)
  t.match(await instance.sgetctl(['vault', 'backup', join(folder, 'copy')]), {
    code: 78,
    stderr: /newer sget/,
  })
  copyFileSync(vaultOf(instance), join(folder, 'newer'))
  t.match(await instance.sgetctl(['vault', 'restore', join(folder, 'newer')]), {
    code: 78,
    stderr: /newer sget/,
  })
  t.ok(readFileSync(vaultOf(instance)).equals(file))
})

t.test('the vault of version 1 opens in a program of today', async (t) => {
  const instance = Instance.empty()
  t.teardown(() => instance.remove())
  const fixture = join(import.meta.dirname, '../packages/vault/test/fixtures/version-1.vault')
  await instance.sgetctl(['vault', 'restore', fixture])
  await instance.learnPid()
  t.match(await unlock(instance, 'made by version 1'), { code: 0, stderr: '' })
  t.equal(await valueOf(instance, 'db/prod', 'made by version 1'), 'hunter2 of version 1')
})

t.test('after passwd the old passphrase opens neither the vault nor the generation before', async (t) => {
  const { instance } = await withSecret(t)
  const sget = [join(programs, 'sget'), '--home', instance.home]
  const changed = await onTerminal(
    [
      ['old sget passphrase: ', `${passphrase}\n`],
      ['new sget passphrase: ', 'another one altogether\n'],
      ['once more: ', 'another one altogether\n'],
    ],
    [...sget, 'passwd'],
  )
  t.match(changed, { code: 0 })
  for (const name of ['vault', 'vault.previous']) {
    await instance.sgetctl(['lock'])
    if (name !== 'vault') copyFileSync(join(instance.home, 'share', name), vaultOf(instance))
    chmodSync(vaultOf(instance), 0o600)
    const old = await unlock(instance)
    t.match(old, { code: 76 })
    t.match(old.stderr, /nobody can open the vault: restore a backup whose passphrase you know/)
    t.match(old.stderr, /or sgetctl reset and store the secrets again/)
    t.match(await unlock(instance, 'another one altogether'), { code: 0 }, name)
  }
})

t.test('who has forgotten the passphrase reads what can be done, wherever they look', async (t) => {
  const { instance } = await withSecret(t)
  await instance.sgetctl(['lock'])
  for (const running of [true, false]) {
    if (!running) await instance.stop()
    const { stdout } = await instance.sgetctl(['status'])
    t.match(
      stdout,
      /nobody can open the vault; if you have forgotten it:\n.*vault restore FILE\n.*sgetctl .*reset\n/,
    )
    t.match(stdout, `vault name         ${basename(instance.home)}\n`)
  }
  t.match((await instance.sgetctl(['reset', '--help'])).stdout, /is\s+forgotten,\s+nobody\s+can\s+open\s+it/)
})
