// A vault that takes over a log of several files, of which some were removed: where the log begins for it, and what stays.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { archivesIn, openLog, type Log } from '@sget/audit'
import { createVault, openVault, readVault, restoreVault, setAside } from '@sget/vault'
import { instancePaths, type Paths } from '@sget/wire/broker'
import type { Clock } from '../src/clock.ts'
import { Epochs } from '../src/epochs.ts'
import { prepareFolders } from '../src/instance.ts'
import { openLog as openDaemonLog } from '../src/log.ts'
import { retire } from '../src/retiring.ts'

const dayMs = 86_400_000
const now = Date.UTC(2026, 10, 2, 8, 5)
const fileBytesMax = 4000

/** In an epoch after the long one. */
const lateRecords = 5

function place(t: Test): Paths {
  const paths = instancePaths('', mkdtempSync(join(tmpdir(), 'sget-adoption-')))
  prepareFolders(paths, process.getuid?.() ?? 0)
  t.teardown(() => rmSync(dirname(paths.state), { recursive: true }))
  return paths
}

/** A log whose time the test tells. */
class Grown {
  at = now - 100 * dayMs
  readonly audit: Log
  readonly paths: Paths
  readonly #clock: Clock = { bootMs: () => 0, ticks: () => 0, bootId: () => '', wallMs: () => this.at }

  constructor(t: Test) {
    this.paths = place(t)
    const clock = { now: () => this.at, later: () => () => undefined }
    this.audit = openLog({ directory: this.paths.audit, sync: 'second', clock, fileBytesMax })
    t.teardown(() => this.audit.close())
  }

  get files(): readonly string[] {
    return archivesIn(this.paths.audit).map(({ name }) => name)
  }

  /** Runs `work` while a vault is open and an epoch begun, which ends well. */
  async open(work: (epochs: Epochs) => Promise<void> | void, { isNew = false } = {}): Promise<void> {
    const { paths, audit } = this
    const options = { path: paths.vault, passphrase: Buffer.from('a passphrase') }
    const vault = await (isNew ? createVault(options) : openVault(options))
    const log = openDaemonLog(paths.log, 'silent')
    const epochs = await Epochs.begin({ vault, audit, log, clock: this.#clock, directory: paths.audit })
    await work(epochs)
    await epochs.end()
    await vault.close()
  }

  /** Records of a hundred days, until today. */
  live(): void {
    for (; this.at < now; this.at += dayMs / 2) this.audit.append({ event: 'released', ref: 'dev/db' })
    this.at = now
  }

  retire(epochs: Epochs): Promise<void> {
    const { paths, audit } = this
    const log = openDaemonLog(paths.log, 'silent')
    return retire(epochs, { directory: paths.audit, audit, clock: this.#clock, log })
  }

  async restore(file: Buffer): Promise<void> {
    await restoreVault({ path: this.paths.vault }, file, true)
  }
}

/** A log of which the oldest files are gone, in the midst of an epoch, and the vault from before that. */
async function shortened(t: Test): Promise<{ grown: Grown; before: Buffer }> {
  const grown = new Grown(t)
  await grown.open(() => undefined, { isNew: true })
  await grown.open(() => grown.live())
  await grown.open(() => {
    for (let at = 0; at < lateRecords; at += 1) grown.audit.append({ event: 'released' })
  })
  const before = await readVault({ path: grown.paths.vault })
  const [oldest = ''] = grown.files
  await grown.open((epochs) => grown.retire(epochs))
  t.notOk(grown.files.includes(oldest), 'files are gone')
  t.ok(grown.files.length > 3)
  return { grown, before }
}

t.test('a new vault takes the log over where its oldest file begins', async (t) => {
  const { grown } = await shortened(t)
  const { files } = grown
  const [first] = archivesIn(grown.paths.audit)
  await setAside({ path: grown.paths.vault })
  const look = async (epochs: Epochs): Promise<void> => {
    await grown.retire(epochs)
    t.strictSame(grown.files.slice(0, files.length), files, 'no file is removed')
    t.equal(epochs.adopted?.start?.sequence, (first?.first ?? 0) - 1)
    t.match(await epochs.verify(), { bad: undefined })
  }
  await grown.open(look, { isNew: true })
  await grown.open(async (epochs) => {
    await look(epochs)
    for (const name of files.slice(0, 2)) {
      const path = join(grown.paths.audit, name)
      const text = readFileSync(path, 'utf8')
      for (const changed of [text.replace('dev/db', 'dev/xx'), text.replace(/"log":"./, '"log":"x'), '']) {
        writeFileSync(path, changed)
        t.ok((await epochs.verify()).bad, 'a change before that is found')
      }
      rmSync(path)
      t.match(await epochs.verify(), { bad: { harm: 'dropped' } })
      writeFileSync(path, text, { mode: 0o600 })
    }
    t.match(await epochs.verify(), { bad: undefined })
  })
})

t.test('a backup from before files were removed takes the log over, and proves what it can', async (t) => {
  const { grown, before } = await shortened(t)
  await grown.restore(before)
  await grown.open(async (epochs) => {
    const found = await epochs.verify()
    t.match(found, { bad: undefined })
    t.ok(found.unproved > 100, 'the epoch whose beginning is gone')
    t.equal(
      found.proved,
      lateRecords + 3,
      'a whole epoch that it has the seed of, and the beginning of this one',
    )
  })
  await grown.open(async (epochs) => {
    t.match(await epochs.verify(), { bad: undefined }, 'at the next opening too')
  })
})

t.test('a backup that knows the beginning proves all that the vault did', async (t) => {
  const { grown } = await shortened(t)
  let proved = 0
  await grown.open(async (epochs) => {
    proved = (await epochs.verify()).proved
  })
  await grown.restore(await readVault({ path: grown.paths.vault }))
  await grown.open(async (epochs) => {
    t.equal((await epochs.verify()).proved, proved + 2, 'and an end and a beginning more')
    t.equal((await epochs.verify()).unproved, 0)
  })
})

t.test('old files go from a log that was taken over, once they are old enough', async (t) => {
  const { grown, before } = await shortened(t)
  await grown.restore(before)
  await grown.open((epochs) => grown.retire(epochs))
  const { files } = grown
  grown.at += 30 * dayMs
  await grown.open((epochs) => grown.retire(epochs))
  t.ok(grown.files.length > 0 && !grown.files.includes(files[0] ?? ''), 'they go')
  await grown.open(async (epochs) => {
    t.match(await epochs.verify(), { bad: undefined })
    t.equal(epochs.anchors.start?.sequence, (archivesIn(grown.paths.audit)[0]?.first ?? 0) - 1)
    t.ok((epochs.adopted?.start?.sequence ?? 0) < (epochs.anchors.start?.sequence ?? 0))
  })
})

t.test('where another log begins removes nothing from this one', async (t) => {
  const { grown: other } = await shortened(t)
  const foreign = await readVault({ path: other.paths.vault })
  const grown = new Grown(t)
  grown.at = now
  await grown.open(
    () => {
      while (grown.files.length < 2) grown.audit.append({ event: 'released', ref: 'dev/db' })
    },
    { isNew: true },
  )
  const before = readdirSync(grown.paths.audit)
  await t.test('when the vault was only copied into place: that is unsound', async (t) => {
    writeFileSync(grown.paths.vault, foreign)
    await grown.open(async (epochs) => {
      t.ok(epochs.anchors.start)
      await grown.retire(epochs)
      t.strictSame(readdirSync(grown.paths.audit), before)
      t.ok((await epochs.verify()).bad)
    })
  })
  await t.test('when it was restored: it takes over this one from its first record', async (t) => {
    await grown.restore(foreign)
    await grown.open(async (epochs) => {
      t.equal(epochs.anchors.start, undefined)
      await grown.retire(epochs)
      t.strictSame(readdirSync(grown.paths.audit), before)
      t.match(await epochs.verify(), { bad: undefined })
    })
  })
})
