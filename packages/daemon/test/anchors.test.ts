// What is known of the audit log outside of its files: by the vault, and by a journal.
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { archivesIn, logName, openLog, parseAnchor, type Log } from '@sget/audit'
import { createVault, openVault } from '@sget/vault'
import { instancePaths, type Paths } from '@sget/wire/broker'
import { TestJournal } from '../../../test/rig/journal.ts'
import type { Clock } from '../src/clock.ts'
import { Epochs } from '../src/epochs.ts'
import { prepareFolders } from '../src/instance.ts'
import { Journal } from '../src/journal.ts'
import { recordsPerAnchor } from '../src/limits.ts'
import { openLog as openDaemonLog } from '../src/log.ts'
import { retire } from '../src/retiring.ts'

const dayMs = 86_400_000
const now = Date.UTC(2026, 10, 2, 8, 5)
const clock: Clock = { bootMs: () => 0, ticks: () => 0, bootId: () => '', wallMs: () => now }
const isRoot = process.getuid?.() === 0

function place(t: Test): Paths {
  const paths = instancePaths('', mkdtempSync(join(tmpdir(), 'sget-anchors-')))
  prepareFolders(paths, process.getuid?.() ?? 0)
  t.teardown(() => {
    chmodSync(dirname(paths.vault), 0o700)
    rmSync(dirname(paths.state), { recursive: true })
  })
  return paths
}

/** An epoch begun in a vault of its own. */
async function begun(paths: Paths, audit: Log) {
  const options = { path: paths.vault, passphrase: Buffer.from('a passphrase') }
  const vault = await (existsSync(paths.vault) ? openVault(options) : createVault(options))
  const log = openDaemonLog(paths.log, 'fatal')
  return { vault, log, epochs: await Epochs.begin({ vault, audit, clock, log, directory: paths.audit }) }
}

t.test('the vault', async (t) => {
  t.test('is told at the beginning, at the end, and after so many records', async (t) => {
    const paths = place(t)
    const audit = openLog({ directory: paths.audit, sync: 'second' })
    const { vault, epochs } = await begun(paths, audit)
    const { anchors } = epochs
    const begin = audit.head()
    t.match(anchors.anchored, { state: 'kept', sequence: 1, time: now })
    t.strictSame(anchors.reached.get(begin.epoch), { sequence: 1, tag: begin.tag })
    for (let at = 1; at < recordsPerAnchor; at += 1) {
      audit.append({ event: 'released' })
      anchors.recorded()
    }
    t.match(anchors.anchored, { sequence: 1 }, 'not before')
    audit.append({ event: 'released' })
    anchors.recorded()
    const { sequence, tag } = audit.head()
    await anchors.keep()
    t.strictSame(anchors.reached.get(begin.epoch), { sequence, tag })
    await epochs.end()
    t.match(anchors.anchored, { state: 'kept', sequence: sequence + 1 })
    await vault.close()
    const again = await begun(paths, audit)
    t.strictSame(
      again.epochs.anchors.reached.get(begin.epoch)?.sequence,
      sequence + 1,
      'what was kept outlives the opening',
    )
    t.match(await again.epochs.verify(), { bad: undefined, unclosed: [] })
    await again.vault.close()
    await audit.close()
  })

  t.test(
    'that cannot be written stops no record; it is told, and kept up once it can be',
    { skip: isRoot && 'root may write anywhere' },
    async (t) => {
      const paths = place(t)
      const audit = openLog({ directory: paths.audit, sync: 'second' })
      const { vault, epochs } = await begun(paths, audit)
      const { anchors } = epochs
      chmodSync(dirname(paths.vault), 0o500)
      audit.append({ event: 'released' })
      await anchors.keep()
      t.match(anchors.anchored, { state: 'failed', sequence: 1 })
      audit.append({ event: 'released' })
      await epochs.end()
      t.match(anchors.anchored, { state: 'failed', sequence: 1 })
      chmodSync(dirname(paths.vault), 0o700)
      anchors.retry()
      await anchors.keep()
      t.match(anchors.anchored, { state: 'kept', sequence: 4 })
      await vault.close()
      await anchors.keep()
      t.match(anchors.anchored, { state: 'failed' }, 'a vault that was closed meanwhile is no bug')
      await audit.close()
    },
  )
})

t.test('old files', async (t) => {
  /** A log whose oldest files are older than 90 days, and whose newest are not. */
  const grown = async (paths: Paths) => {
    let at = now - 100 * dayMs
    const old = { now: () => at, later: () => () => undefined }
    const audit = openLog({ directory: paths.audit, sync: 'second', clock: old, fileBytesMax: 4000 })
    const opened = await begun(paths, audit)
    for (; at < now; at += dayMs / 2) audit.append({ event: 'released', ref: 'dev/db' })
    at = now
    const retiring = { directory: paths.audit, audit, clock, log: opened.log }
    const oldest = archivesIn(paths.audit)[0]?.name ?? ''
    return { audit, ...opened, retiring, oldest }
  }

  t.test('are removed, and the log stays sound without them', async (t) => {
    const paths = place(t)
    const { audit, vault, epochs, retiring, oldest } = await grown(paths)
    const before = archivesIn(paths.audit).length
    await retire(epochs, retiring)
    const left = archivesIn(paths.audit)
    t.ok(left.length > 1 && left.length < before, `${String(before)} files, then ${String(left.length)}`)
    t.notOk(left.some(({ name }) => name === oldest))
    t.equal(epochs.anchors.start?.sequence, (left[0]?.first ?? 0) - 1)
    t.match(await epochs.verify(), { bad: undefined })
    await retire(epochs, retiring)
    t.strictSame(archivesIn(paths.audit), left, 'and no more than that')
    await epochs.end()
    await vault.close()
    const again = await begun(paths, audit)
    t.match(await again.epochs.verify(), { bad: undefined }, 'at the next opening too')
    rmSync(join(paths.audit, left[0]?.name ?? ''))
    t.match(await again.epochs.verify(), {
      bad: { harm: 'dropped', found: new RegExp(left[0]?.name ?? 'x') },
    })
    await again.vault.close()
    await audit.close()
  })

  t.test('stay while anything in the log is not as it was written', async (t) => {
    const paths = place(t)
    const { audit, vault, epochs, retiring } = await grown(paths)
    const [, second] = archivesIn(paths.audit)
    rmSync(join(paths.audit, second?.name ?? ''))
    const before = readdirSync(paths.audit)
    await retire(epochs, retiring)
    t.strictSame(readdirSync(paths.audit), before)
    t.equal(epochs.anchors.start, undefined)
    await vault.close()
    await audit.close()
  })

  t.test('stay while the vault cannot be told', { skip: isRoot && 'root may write anywhere' }, async (t) => {
    const paths = place(t)
    const { audit, vault, epochs, retiring } = await grown(paths)
    const before = archivesIn(paths.audit)
    chmodSync(dirname(paths.vault), 0o500)
    await retire(epochs, retiring)
    t.strictSame(archivesIn(paths.audit).slice(0, before.length), before)
    chmodSync(dirname(paths.vault), 0o700)
    await retire(epochs, retiring)
    t.ok(archivesIn(paths.audit).length < before.length, 'and go once it can be')
    await vault.close()
    await retire(epochs, retiring)
    await audit.close()
  })

  t.test('with a time that somebody put back are not believed', async (t) => {
    const paths = place(t)
    const audit = openLog({ directory: paths.audit, sync: 'second', fileBytesMax: 4000 })
    const { vault, epochs, log } = await begun(paths, audit)
    while (audit.setAside < 3) audit.append({ event: 'released' })
    for (const { name } of archivesIn(paths.audit)) {
      const path = join(paths.audit, name)
      writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/"time":"\d{4}/g, '"time":"2001'))
    }
    const before = readdirSync(paths.audit)
    await retire(epochs, { directory: paths.audit, audit, clock, log })
    t.strictSame(readdirSync(paths.audit), before)
    t.ok(before.includes(logName))
    await vault.close()
    await audit.close()
  })
})

t.test('the journal', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sget-journal-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const anchor = (sequence: number) => ({ log: '0123456789abcdef', sequence, tag: 'ab'.repeat(32) })
  let sockets = 0
  const listening = async (t: Test) => {
    const path = join(folder, String((sockets += 1)))
    const heard = await TestJournal.bind(path)
    t.teardown(() => heard.end())
    const journal = new Journal(clock)
    journal.path = path
    return { heard, journal, path }
  }

  t.test('is told in the shape of RFC 3164: who, when, and the anchor alone', async (t) => {
    const { heard, journal } = await listening(t)
    heard.read()
    t.equal(journal.tell(anchor(12)), undefined)
    await heard.has(1)
    const [line = ''] = heard.lines
    t.match(line, /^<85>Nov {2}2 \d\d:05:00 sgetd\[\d+\]: audit log=0123456789abcdef seq=12 mac=(ab){32}$/)
    t.strictSame(parseAnchor(line), anchor(12))
    t.match(journal.anchored, { state: 'kept', sequence: 12, time: now })
  })

  t.test('that is not there is no fault', (t) => {
    const journal = new Journal(clock)
    journal.path = join(folder, 'absent')
    t.equal(journal.tell(anchor(1)), undefined)
    t.match(journal.anchored, { state: 'none', sequence: 0 })
    journal.path = undefined
    t.equal(journal.tell(anchor(2)), undefined, 'nor is one that the config turned off')
    t.match(journal.anchored, { state: 'none' })
    t.end()
  })

  t.test('that has too much to read holds nothing up, and has the newest in the end', async (t) => {
    const { heard, journal } = await listening(t)
    let sequence = 0
    let stopped: string | undefined
    while (stopped === undefined) stopped = journal.tell(anchor((sequence += 1)))
    t.equal(stopped, 'EAGAIN')
    t.match(journal.anchored, { state: 'failed', sequence: sequence - 1 })
    t.equal(journal.tell(anchor((sequence += 1))), undefined, 'it is said once')
    heard.read()
    await heard.has(sequence - 2)
    journal.retry()
    await heard.has(sequence - 1)
    t.strictSame(
      parseAnchor(heard.lines.at(-1) ?? ''),
      anchor(sequence),
      'of those owed the newest covers all',
    )
    t.match(journal.anchored, { state: 'kept', sequence })
    journal.retry()
    t.equal(heard.lines.length, sequence - 1, 'nothing is owed any more')
  })

  t.test('that nobody stands behind is owed until somebody does', async (t) => {
    const { heard, journal, path } = await listening(t)
    await heard.end()
    t.equal(journal.tell(anchor(5)), 'ECONNREFUSED')
    t.match(journal.anchored, { state: 'failed' })
    rmSync(path)
    const later = await TestJournal.bind(path)
    t.teardown(() => later.end())
    later.read()
    journal.retry()
    await later.has(1)
    t.strictSame(parseAnchor(later.lines[0] ?? ''), anchor(5))
  })
})
