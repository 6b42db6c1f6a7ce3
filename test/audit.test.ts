// The audit log end to end: what is cut off, put back from a backup or too old shows, outside of the log itself.
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { archivesIn, openLog, parseAnchor } from '@sget/audit'
import { Instance, passphrase } from './rig/instance.ts'
import { TestJournal } from './rig/journal.ts'

const policy = '[[rule]]\nsecrets = ["dev/**", "prod/**"]\nexposure = ["run"]\napproval = "never"\n'

interface Verified {
  readonly sound: boolean
  readonly records: number
  readonly findings: readonly { readonly kind: string; readonly place: string; readonly sequence: number }[]
  readonly anchors?: { readonly held: number; readonly newest: number }
}

interface Watched {
  readonly instance: Instance
  readonly journal: TestJournal
  /** A file with what the journal holds, as an administrator would export it. */
  readonly exported: () => string
}

/** An instance whose releases are told to a journal of the test's own. */
async function watched(t: Test): Promise<Watched> {
  const folder = mkdtempSync(join(tmpdir(), 'sget-log-'))
  const journal = await TestJournal.bind(join(folder, 'log'))
  const instance = await Instance.create(policy)
  t.teardown(async () => {
    instance.remove()
    await journal.end()
    rmSync(folder, { recursive: true })
  })
  journal.read()
  const config = `[audit]\njournal = "${join(folder, 'log')}"\n`
  writeFileSync(join(instance.home, 'config/config.toml'), config, { mode: 0o600 })
  t.match(await instance.sgetctl(['config', 'apply', '--passphrase-fd', '3'], { passphrase }), { code: 0 })
  for (const ref of ['dev/db', 'prod/db']) await instance.put(ref, 'a value of the log')
  const exported = (): string => {
    const path = join(folder, 'exported')
    writeFileSync(path, journal.lines.map((line) => `${line}\n`).join(''))
    return path
  }
  return { instance, journal, exported }
}

async function use(t: Test, instance: Instance, ref = 'dev/db'): Promise<void> {
  t.match(await instance.sget(['run', '-e', `X=${ref}`, '--', '/bin/true']), { code: 0, stderr: '' })
}

async function verify(
  instance: Instance,
  ...words: string[]
): Promise<Verified & { readonly code: number | null }> {
  const { code, stdout } = await instance.sgetctl(['audit', 'verify', '--json', ...words])
  return { ...(JSON.parse(stdout) as Verified), code }
}

async function unlock(t: Test, instance: Instance): Promise<void> {
  t.match(await instance.sget(['unlock', '--passphrase-fd', '3'], { passphrase }), { code: 0 })
  await instance.learnPid()
}

t.test('the journal is told of each release, of its number and MAC and of nothing else', async (t) => {
  const { instance, journal, exported } = await watched(t)
  for (let at = 0; at < 3; at += 1) await use(t, instance)
  await journal.has(3)
  const releases = instance.audit().filter(({ event }) => event === 'released')
  t.strictSame(
    journal.lines.map((line) => parseAnchor(line)?.sequence),
    releases.map(({ seq }) => seq),
  )
  t.strictSame(
    journal.lines.map((line) => parseAnchor(line)?.tag),
    releases.map(({ mac }) => mac),
  )
  t.notMatch(journal.lines.join(''), /value|dev|\bdb\b/)
  t.match(await verify(instance, '--anchor', exported()), { code: 0, sound: true, anchors: { held: 3 } })
  const { stdout } = await instance.sgetctl(['audit', 'verify', '--anchor', exported()])
  t.match(stdout, /^sound: \d+ records.*\n3 records are as told to the \S+, the newest is record \d+\n$/)
  t.match((await instance.sgetctl(['status'])).stdout, /in the journal +record \d+, 20/)
  t.test('an edited draft does not move it', async (t) => {
    writeFileSync(join(instance.home, 'config/config.toml'), '[audit]\njournal = "off"\n')
    await use(t, instance)
    await journal.has(4)
    t.equal(journal.lines.length, 4)
  })
  t.test('one that names nothing of this log is no success', async (t) => {
    const ran = await instance.sgetctl(['audit', 'verify', '--anchor', '/dev/null'])
    t.match(ran, { code: 79, stdout: /NOT ANCHORED/ })
    const missing = await instance.sgetctl(['audit', 'verify', '--anchor', join(instance.home, 'none')])
    t.match(missing, { code: 79, stdout: '', stderr: /cannot read anchors from .*ENOENT/ })
  })
  t.test('and when it is gone, releases go on and the status tells', async (t) => {
    await journal.end()
    await use(t, instance)
    t.match((await instance.sgetctl(['status'])).stdout, /in the journal +FAILED since record \d+/)
  })
})

t.test('a log and a vault put back from one backup deceive each other, but not the journal', async (t) => {
  const { instance, journal, exported } = await watched(t)
  const backup = mkdtempSync(join(tmpdir(), 'sget-backup-'))
  t.teardown(() => rmSync(backup, { recursive: true }))
  await use(t, instance)
  await instance.stop()
  for (const part of ['share', 'state/audit'])
    cpSync(join(instance.home, part), join(backup, part), { recursive: true })
  await unlock(t, instance)
  await use(t, instance, 'prod/db')
  await journal.has(2)
  await instance.stop()
  for (const part of ['share', 'state/audit']) {
    rmSync(join(instance.home, part), { recursive: true })
    cpSync(join(backup, part), join(instance.home, part), { recursive: true })
  }
  for (const folder of ['share', 'state/audit']) chmodSync(join(instance.home, folder), 0o700)
  await unlock(t, instance)
  t.match(
    await verify(instance),
    { code: 0, sound: true },
    'by itself it looks whole: that is what the journal is for',
  )
  const lost = parseAnchor(journal.lines[1] ?? '')?.sequence
  const found = await verify(instance, '--anchor', exported())
  t.match(found, { code: 79, sound: false, findings: [{ sequence: lost }] })
  t.match(found.findings[0]?.kind, /^(truncated|replaced)$/)
  for (let at = 0; at < 4; at += 1) await use(t, instance)
  t.match(
    await verify(instance, '--anchor', exported()),
    { code: 79, sound: false, findings: [{ kind: 'replaced', sequence: lost }] },
    'nor can it be grown over',
  )
})

t.test('the vault knows what a log had that was cut, or put back alone', async (t) => {
  const { instance } = await watched(t)
  const path = join(instance.home, 'state/audit/audit.log')
  await use(t, instance)
  const before = readFileSync(path)
  await use(t, instance, 'prod/db')
  t.match(await instance.sgetctl(['lock']), { code: 0 })
  await instance.stop()
  const whole = readFileSync(path)
  truncateSync(path, before.length)
  await unlock(t, instance)
  t.match(await verify(instance), { code: 79, sound: false, findings: [{ kind: /truncated|replaced/ }] })
  await instance.stop()
  writeFileSync(path, whole)
  await unlock(t, instance)
  const found = await verify(instance)
  t.match(found, { code: 79, sound: false }, 'putting the true one back does not help: the vault went on')
})

t.test('files that are older than 90 days go at an opening; none that is younger does', async (t) => {
  const { instance } = await watched(t)
  await use(t, instance)
  t.match(await instance.sgetctl(['lock']), { code: 0 })
  await instance.stop()
  const directory = join(instance.home, 'state/audit')
  const dayMs = 86_400_000
  let at = Date.now() - 100 * dayMs
  const old = { now: () => at, later: () => () => undefined }
  const log = openLog({ directory, sync: 'second', clock: old, fileBytesMax: 6000 })
  for (; at < Date.now(); at += dayMs / 2) log.append({ event: 'unlock-refused', reason: 'x'.repeat(100) })
  await log.close()
  const [, second] = archivesIn(directory)
  const young = archivesIn(directory).length
  await unlock(t, instance)
  await verify(instance)
  t.equal(archivesIn(directory).length, young, 'the first file has records of today, so all stay behind it')
  await use(t, instance)
  t.match(await verify(instance), { code: 0, sound: true })
  t.test('and what is removed by hand is named', async (t) => {
    rmSync(join(directory, second?.name ?? ''))
    t.match(await verify(instance), {
      code: 79,
      findings: [{ kind: 'dropped', place: new RegExp(second?.name ?? 'x') }],
    })
  })
})

t.test('a log is exported by time, agent and secret', async (t) => {
  const { instance } = await watched(t)
  await use(t, instance)
  await use(t, instance, 'prod/db')
  const exported = async (...words: string[]): Promise<Record<string, unknown>[]> => {
    const { code, stdout } = await instance.sgetctl(['audit', 'export', ...words])
    t.equal(code, 0)
    return stdout
      .trimEnd()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  }
  const tags = new Set(['link', 'mac'])
  const all = instance
    .audit()
    .map((record) => Object.fromEntries(Object.entries(record).filter(([name]) => !tags.has(name))))
  t.strictSame(await exported(), all)
  t.strictSame(await exported('--since', '1h'), all)
  t.strictSame(await exported('--until', '1h'), [])
  t.strictSame(
    await exported('--secret', 'prod/*'),
    all.filter(({ ref }) => ref === 'prod/db'),
  )
  const middle = String(all[3]?.['time'])
  t.strictSame(
    await exported('--since', middle),
    all.filter(({ time }) => String(time) >= middle),
  )
  t.strictSame(
    await exported('--until', middle),
    all.filter(({ time }) => String(time) < middle),
  )
  const byProgram = await exported('--agent', '**/sget', '--secret', '**')
  t.ok(byProgram.length > 0)
  t.ok(byProgram.every(({ chain }) => String(chain).includes('/sget')))
  t.strictSame(await exported('--agent', '**/no-such-agent'), [])
  for (const words of [
    ['--since', 'yesterday'],
    ['--until', '5 o clock'],
    ['--secret', '[x'],
  ])
    t.match(await instance.sgetctl(['audit', 'export', ...words]), { code: 64, stdout: '' }, words.join(' '))
})
