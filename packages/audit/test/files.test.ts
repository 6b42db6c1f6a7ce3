// A log of several files: the chain goes on over them, through crashes, and every attack on a file is named.
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import {
  type Expectation,
  type Log,
  archiveName,
  archivesIn,
  compareAnchors,
  expiredOf,
  formatAnchor,
  keptMs,
  logFileBytesMax,
  logName,
  mayHaveExpired,
  openLog,
  parseAnchor,
  records,
  removeArchives,
  startOf,
  tail,
  verify,
} from '../src/index.ts'

const fileBytesMax = 4000
const seeds = new Map([1, 2, 3].map((epoch) => [epoch, randomBytes(32)]))
const seedOf = (epoch: number): Buffer => seeds.get(epoch) ?? Buffer.alloc(0)
const root = mkdtempSync(join(tmpdir(), 'sget-files-'))
t.teardown(() => {
  rmSync(root, { recursive: true })
})
let logs = 0
const newLog = (): string => join(root, String((logs += 1)))
const refusal = (code: string) => ({ name: 'AuditFailure', code })
const open = (directory: string, now: () => number = Date.now): Log =>
  openLog({ directory, sync: 'second', fileBytesMax, clock: { now, later: () => () => undefined } })
const release = (log: Log, count: number): void => {
  for (let at = 0; at < count; at += 1) log.append({ event: 'released', ref: `dev/${String(at)}` })
}
const check = (directory: string, expectation: Expectation = {}) =>
  verify({ directory, seeds: (epoch) => seeds.get(epoch), expectation })
const copyOf = (directory: string): string => {
  const copy = newLog()
  cpSync(directory, copy, { recursive: true })
  chmodSync(copy, 0o700)
  return copy
}
const linesIn = (path: string): string[] => readFileSync(path, 'utf8').split(/(?<=\n)/)
/** The records that the files set aside are named by, and those that they begin with. */
const namedBy = (directory: string): number[] => archivesIn(directory).map(({ first }) => first)
const firstsIn = (directory: string): number[] =>
  archivesIn(directory).map(({ name }) => {
    const [line = ''] = linesIn(join(directory, name))
    return (JSON.parse(line) as { seq: number }).seq
  })
async function* from(lines: readonly string[]): AsyncGenerator<string, void> {
  yield* lines
}

/** Two epochs over several files: the first one ends in the middle of a file, the second is still open. */
const told = await (async () => {
  const directory = newLog()
  const log = open(directory)
  log.append({ event: 'started' })
  log.beginEpoch(1, seedOf(1))
  release(log, 40)
  const firstEnd = log.endEpoch()
  release(log, 3)
  log.beginEpoch(2, seedOf(2))
  release(log, 40)
  const newest = log.head()
  const { identity = '' } = log
  await log.close()
  return { directory, archives: archivesIn(directory), firstEnd, newest, identity }
})()
const [, second, third] = told.archives
const secondFirst = second?.first ?? 0
const thirdFirst = third?.first ?? 0

t.test('a full file is set aside under the number of its first record, and the chain goes on', async (t) => {
  t.ok(told.archives.length >= 5, `${String(told.archives.length)} files`)
  t.match(await check(told.directory, { newest: told.newest, reached: new Map([[1, told.firstEnd]]) }), {
    bad: undefined,
    records: told.newest.sequence,
    unsealed: 4,
    unclosed: [],
  })
  for (const { name, first } of told.archives) {
    const [line = ''] = linesIn(join(told.directory, name))
    const record = JSON.parse(line) as Record<string, unknown>
    t.match(record, { seq: first, event: first === 1 ? 'started' : 'carried-on' })
    if (first > 1) t.equal(record['log'], told.identity, 'each file names its log')
    t.ok(
      statSync(join(told.directory, name)).size < fileBytesMax + 600,
      'over its size by one record at most',
    )
    t.equal(statSync(join(told.directory, name)).mode & 0o777, 0o600)
  }
  const copy = copyOf(told.directory)
  const again = open(copy)
  t.equal(again.identity, told.identity, 'the name outlives a restart')
  release(again, 40)
  await again.close()
  t.strictSame(namedBy(copy), firstsIn(copy), 'and so does the number of its first record')
})

t.test('a file is full at its size, and not before', async (t) => {
  const clock = { now: () => 0, later: () => () => undefined }
  const record = { event: 'started' } as const
  const measured = newLog()
  const log = openLog({ directory: measured, sync: 'second', clock })
  log.append(record)
  await log.close()
  const bytes = statSync(join(measured, logName)).size
  for (const [fileBytesMax, files] of [
    [bytes, 1],
    [bytes + 1, 0],
  ] as const) {
    const directory = newLog()
    const log = openLog({ directory, sync: 'second', clock, fileBytesMax })
    log.append(record)
    log.append(record)
    await log.close()
    t.equal(log.setAside, files)
    t.equal((await check(directory)).files.length, files, 'a file of one record is followed too')
    if (files === 1) t.match(JSON.parse(linesIn(join(directory, logName))[0] ?? ''), { event: 'carried-on' })
  }
})

t.test('a crash between any two steps of setting aside loses nothing', async (t) => {
  const newestArchive = told.archives.at(-1)?.name ?? ''
  const crashes: readonly [string, (directory: string) => void][] = [
    ['before there is a new file', (directory) => rmSync(join(directory, logName))],
    ['before its first record', (directory) => truncateSync(join(directory, logName), 0)],
    ['in its first record', (directory) => truncateSync(join(directory, logName), 60)],
  ]
  for (const [name, crash] of crashes) {
    const directory = copyOf(told.directory)
    crash(directory)
    const [last] = linesIn(join(directory, newestArchive)).slice(-1)
    const { seq, epoch } = JSON.parse(last ?? '') as { seq: number; epoch: number }
    const log = open(directory)
    t.equal(log.head().epoch, epoch, name)
    t.equal(log.identity, told.identity, name)
    log.beginEpoch(3, seedOf(3))
    release(log, 20)
    await log.close()
    const [first = ''] = linesIn(join(directory, archivesIn(directory).at(-1)?.name ?? ''))
    t.match(JSON.parse(first), { seq: seq + 1, event: 'carried-on', sealed: false }, name)
    t.strictSame(namedBy(directory), firstsIn(directory), name)
    t.match(await check(directory), { bad: undefined, unclosed: [{ epoch: 2, sequence: seq }] }, name)
  }
})

t.test('what cannot be set aside is refused, and goes on once it can', async (t) => {
  const directory = newLog()
  const log = open(directory)
  while (statSync(join(directory, logName)).size < fileBytesMax) release(log, 1)
  const { sequence } = log.head()
  writeFileSync(join(directory, archiveName(1)), '', { mode: 0o600 })
  t.throws(() => release(log, 1), refusal('tampered'), 'a file is there under that name')
  rmSync(join(directory, archiveName(1)))
  if (process.geteuid?.() !== 0) {
    chmodSync(directory, 0o500)
    t.throws(() => release(log, 1), refusal('unwritable'), 'the directory cannot be written')
    chmodSync(directory, 0o700)
  }
  t.equal(log.head().sequence, sequence, 'no gap is left')
  release(log, 1)
  t.equal(log.setAside, 1)
  await log.close()
  t.match(await check(directory), { bad: undefined, records: sequence + 2 })
})

t.test('a file that was changed before it is set aside stays where it is', async (t) => {
  const directory = newLog()
  const log = open(directory)
  while (statSync(join(directory, logName)).size < fileBytesMax) release(log, 1)
  truncateSync(join(directory, logName), 1000)
  t.throws(() => release(log, 1), refusal('tampered'))
  t.strictSame(archivesIn(directory), [])
  await log.close()
})

t.test('each attack on a file is named', async (t) => {
  const at = (directory: string, index: number): string =>
    join(directory, told.archives.at(index)?.name ?? '')
  const attacks: readonly [string, (directory: string) => void, object][] = [
    [
      'the oldest removed',
      (directory) => rmSync(at(directory, 0)),
      { harm: 'dropped', sequence: 1, file: second?.name, line: 1, found: new RegExp(archiveName(1)) },
    ],
    [
      'one in the middle removed',
      (directory) => rmSync(at(directory, 1)),
      {
        harm: 'dropped',
        sequence: secondFirst,
        file: third?.name,
        line: 1,
        found: new RegExp(archiveName(secondFirst)),
      },
    ],
    [
      'the one that grows removed',
      (directory) => rmSync(join(directory, logName)),
      { harm: 'truncated', found: `the log had reached ${String(told.newest.sequence)}` },
    ],
    [
      'two given the name of each other',
      (directory) => {
        renameSync(at(directory, 1), join(directory, 'x'))
        renameSync(at(directory, 2), at(directory, 1))
        renameSync(join(directory, 'x'), at(directory, 2))
      },
      { harm: 'reordered', sequence: secondFirst, file: second?.name, line: 1 },
    ],
    [
      'one repeated under a name of its own',
      (directory) => copyFileSync(at(directory, 1), join(directory, archiveName(thirdFirst - 1))),
      { harm: 'inserted', sequence: thirdFirst, file: archiveName(thirdFirst - 1), line: 1 },
    ],
    [
      'one cut by whole lines',
      (directory) => writeFileSync(at(directory, 1), linesIn(at(directory, 1)).slice(0, -2).join('')),
      { harm: 'dropped', sequence: thirdFirst - 2, file: third?.name, line: 1 },
    ],
    [
      'one cut within a line',
      (directory) => truncateSync(at(directory, 1), statSync(at(directory, 1)).size - 5),
      { harm: 'torn', sequence: thirdFirst - 1, file: second?.name },
    ],
    [
      'one emptied',
      (directory) => truncateSync(at(directory, 1), 0),
      { harm: 'dropped', sequence: secondFirst, file: third?.name },
    ],
    [
      'a byte flipped',
      (directory) => {
        const bytes = readFileSync(at(directory, 2))
        const offset = bytes.indexOf('\n') + 20
        bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset)
        writeFileSync(at(directory, 2), bytes)
      },
      { harm: 'changed', file: third?.name, line: 2 },
    ],
  ]
  for (const [name, attack, bad] of attacks) {
    const directory = copyOf(told.directory)
    attack(directory)
    t.match(await check(directory, { newest: told.newest }), { bad }, name)
  }
  const open = copyOf(told.directory)
  chmodSync(at(open, 1), 0o644)
  await t.rejects(check(open), refusal('unsafe'), 'a file that others may read is not read')
})

t.test('a record that the vault knows must be that very record', async (t) => {
  const known = (tag: string) => ({ reached: new Map([[1, { sequence: told.firstEnd.sequence, tag }]]) })
  t.match(await check(told.directory, known(told.firstEnd.tag)), { bad: undefined })
  t.match(await check(told.directory, known('00'.repeat(32))), {
    bad: { harm: 'replaced', sequence: told.firstEnd.sequence },
  })
})

t.test(
  'files go once their newest record is old enough, oldest first, and the rest is still proved',
  async (t) => {
    const dayMs = 86_400_000
    const now = Date.UTC(2026, 5, 1)
    let at = now - 200 * dayMs
    const directory = newLog()
    const log = open(directory, () => at)
    log.beginEpoch(1, seedOf(1))
    t.equal(mayHaveExpired(directory, now), false, 'the file that grows never goes')
    for (; log.setAside < 8; at += dayMs) release(log, 1)
    release(log, 1)
    const { files, bad } = await check(directory)
    t.equal(bad, undefined)
    t.equal(files.length, 8)
    t.equal(mayHaveExpired(directory, now), true)
    t.equal(mayHaveExpired(directory, now - 120 * dayMs), false)
    const expired = expiredOf(files, now)
    t.ok(expired.length > 2 && expired.length < 8, `${String(expired.length)} of 8`)
    t.ok(expired.every(({ newestMs }) => newestMs <= now - keptMs))
    t.ok((files[expired.length]?.newestMs ?? 0) > now - keptMs)
    const young = files.map((file, index) => (index === 1 ? { ...file, newestMs: now } : file))
    t.equal(expiredOf(young, now).length, 1, 'none behind a young one')
    const start = expired.at(-1)?.end
    const before = copyOf(directory)
    const removed = removeArchives(directory, start?.sequence ?? 0)
    t.strictSame(
      removed,
      expired.map(({ name }) => name),
    )
    t.match(await check(directory, { newest: log.head(), start }), {
      bad: undefined,
      records: log.head().sequence - (start?.sequence ?? 0),
      proved: log.head().sequence - (start?.sequence ?? 0),
      unclosed: [],
    })
    t.test('and what was removed by somebody else shows', async (t) => {
      const first = { sequence: 1, harm: 'dropped' }
      t.match(await check(directory), { bad: first }, 'without the word of the vault')
      const more = copyOf(directory)
      const [oldest] = archivesIn(more)
      removeArchives(more, oldest?.first ?? 0)
      t.match(
        await check(more, { start }),
        {
          bad: {
            harm: 'dropped',
            sequence: (start?.sequence ?? 0) + 1,
            found: new RegExp(oldest?.name ?? ''),
          },
        },
        'one file more than the vault knows of',
      )
      t.match(
        await check(directory, { start: start && { ...start, tag: '00'.repeat(32) } }),
        { bad: { harm: 'changed', sequence: (start?.sequence ?? 0) + 1 } },
        'another chain than the one whose beginning is gone',
      )
      t.match(
        await check(directory, { start: start && { ...start, sealed: start.sealed + 1 } }),
        { bad: { harm: 'replaced' } },
        'the key of another record',
      )
      t.match(
        await verify({ directory, seeds: () => undefined, expectation: { start } }),
        { bad: { harm: 'replaced', found: /unknown to the vault/ } },
        'an epoch without a seed proves nothing',
      )
    })
    t.test('and a crash before or while they are removed leaves a log that is sound', async (t) => {
      t.match(await check(before, { newest: log.head(), start }), { bad: undefined }, 'before')
      const names = async (of: string) => (await check(of, { start })).files.map(({ name }) => name)
      t.strictSame(await names(before), await names(directory), 'what is to be removed is followed no more')
      rmSync(join(before, expired[0]?.name ?? ''))
      t.match(await check(before, { newest: log.head(), start }), { bad: undefined }, 'between two')
      removeArchives(before, start?.sequence ?? 0)
      t.strictSame(readdirSync(before), readdirSync(directory), 'and the rest goes the next time')
    })
    t.teardown(() => log.close())
  },
)

t.test(
  'a file expires when its newest record is ninety days old, and none behind a younger one does',
  async (t) => {
    t.equal(logFileBytesMax, 32 * 2 ** 20, 'and is set aside at 32 MiB')
    const end = { sequence: 1, tag: '', epoch: 0, sealed: 0 }
    const file = (newestMs: number) => ({ name: String(newestMs), newestMs, end })
    const ninetyDaysMs = 90 * 24 * 60 * 60 * 1000
    const now = 2 * ninetyDaysMs
    const [old, young] = [file(ninetyDaysMs), file(ninetyDaysMs + 1)]
    t.strictSame(expiredOf([], now), [])
    t.strictSame(expiredOf([old], now), [old])
    t.strictSame(expiredOf([young], now), [])
    t.strictSame(expiredOf([old, old, young, old], now), [old, old])
    t.strictSame(expiredOf([young, old], now), [])
    const directory = newLog()
    let clock = 1_000_000
    const log = open(directory, () => clock)
    release(log, 1)
    t.equal(mayHaveExpired(directory, clock + 2 * ninetyDaysMs), false, 'the file that grows never does')
    while (log.setAside === 0) release(log, 1)
    clock += 1
    release(log, 1)
    t.equal(mayHaveExpired(directory, 1_000_000 + ninetyDaysMs), true)
    t.equal(mayHaveExpired(directory, 1_000_000 + ninetyDaysMs - 1), false)
    await log.close()
  },
)

t.test('the newest time of a file is its own, also where the clock was put back', async (t) => {
  let clock = 2000
  const directory = newLog()
  const timers = { now: () => clock, later: () => () => undefined }
  const log = openLog({ directory, sync: 'second', fileBytesMax: 1, clock: timers })
  release(log, 1)
  clock = 1000
  release(log, 2)
  await log.close()
  const { files } = await check(directory)
  t.strictSame(
    files.map(({ newestMs }) => newestMs),
    [2000, 1000],
  )
})

t.test('a file that cannot be removed is told, and those after it stay', (t) => {
  const directory = copyOf(told.directory)
  const [first, ...later] = archivesIn(directory).map(({ name }) => name)
  rmSync(join(directory, first ?? ''))
  mkdirSync(join(directory, first ?? ''))
  t.throws(() => removeArchives(directory, secondFirst), refusal('unwritable'))
  t.strictSame(
    archivesIn(directory).map(({ name }) => name),
    [first, ...later],
  )
  t.end()
})

t.test('a log whose oldest files are gone says where it begins', async (t) => {
  t.equal(await startOf(told.directory), undefined, 'with its first record there')
  t.equal(await startOf(newLog()), undefined, 'with nothing')
  for (const { first } of told.archives.slice(1)) {
    const young = copyOf(told.directory)
    removeArchives(young, first - 1)
    const [before = ''] = linesIn(join(told.directory, archiveBefore(first))).slice(-1)
    const last = JSON.parse(before) as { link: string; mac?: string; epoch: number }
    const [carried = ''] = linesIn(join(told.directory, archiveName(first)))
    const { sealed } = JSON.parse(carried) as { sealed: boolean }
    const start = {
      sequence: first - 1,
      tag: last.mac ?? last.link,
      epoch: last.epoch,
      sealed: sealed ? 1 : 0,
    }
    t.strictSame(await startOf(young), start)
  }
})

t.test('a log that was locked when its oldest files ended begins with no epoch open', async (t) => {
  const directory = newLog()
  const log = open(directory)
  log.beginEpoch(1, seedOf(1))
  log.endEpoch()
  while (log.setAside === 0) release(log, 1)
  await log.close()
  removeArchives(directory, 1)
  const start = await startOf(directory)
  t.match(start, { epoch: 1, sealed: 0 })
  t.match(await check(directory, { start }), { bad: undefined, unclosed: [] })
})

/** The file whose records end before that one. */
function archiveBefore(sequence: number): string {
  return told.archives.findLast(({ first }) => first < sequence)?.name ?? ''
}

t.test('a file that ends in the longest of records is gone on from', async (t) => {
  const directory = newLog()
  const log = open(directory)
  const path = '\u202e'.repeat(1024)
  log.append({ event: 'released', chain: Array.from({ length: 32 }, () => path) })
  const newest = log.head()
  await log.close()
  renameSync(join(directory, logName), join(directory, archiveName(1)))
  const again = open(directory)
  t.strictSame(again.head(), newest)
  release(again, 1)
  await again.close()
  t.match(await check(directory), { bad: undefined, records: 3 })
})

t.test('the newest records, and all of them, are read over the files', async (t) => {
  const { sequence } = told.newest
  const sequences = (entries: ReturnType<typeof tail>) =>
    entries.map((entry) => ('record' in entry ? entry.record.seq : entry.unreadable))
  t.strictSame(
    sequences(tail(told.directory, 30)),
    Array.from({ length: 30 }, (_, index) => sequence - 29 + index),
  )
  t.equal(tail(told.directory, 10_000).length, sequence)
  const all = []
  for await (const entry of records(told.directory)) all.push(entry)
  t.strictSame(
    sequences(all),
    Array.from({ length: sequence }, (_, index) => index + 1),
  )
})

t.test('of older files no more is read than is asked for, nor than 16 MiB of all of them', async (t) => {
  const young = copyOf(told.directory)
  chmodSync(join(young, told.archives[0]?.name ?? ''), 0o644)
  const newest = tail(told.directory, told.newest.sequence - secondFirst + 1)
  t.strictSame(tail(young, newest.length), newest, 'a file that is not needed is not even opened')
  t.throws(() => tail(young, newest.length + 1), refusal('unsafe'))
  const directory = newLog()
  await open(directory).close()
  const line = Buffer.alloc(64 * 1024, 'x')
  line.write('\n', line.length - 1)
  const lines = (count: number) => Buffer.concat(Array<Buffer>(count).fill(line))
  writeFileSync(join(directory, archiveName(1)), lines(320), { mode: 0o600 })
  writeFileSync(join(directory, logName), lines(192), { mode: 0o600 })
  // 12 MiB of the one and 4 MiB of the other, where the first line may not be whole.
  t.equal(tail(directory, 1000).length, 192 + 63)
  writeFileSync(join(directory, logName), Buffer.concat([Buffer.from('x'), lines(256)]))
  t.equal(tail(directory, 1000).length, 255, 'one byte of the first line is left')
})

t.test('the last lines are found in a file of any size, and one byte after them', async (t) => {
  const directory = newLog()
  await open(directory).close()
  const path = join(directory, logName)
  for (const bytes of [1, 2, 65_535, 65_536, 65_537, 131_072, 131_073]) {
    writeFileSync(path, `${'x'.repeat(bytes - 1)}\n`)
    t.equal(tail(directory, 2).length, 1, String(bytes))
    writeFileSync(path, 'x'.repeat(bytes))
    t.equal(tail(directory, 2).length, 1, `${String(bytes)}, torn`)
  }
})

t.test('who reads a log of several files, or writes one, keeps no descriptor of it', async (t) => {
  const held = (directory: string) =>
    readdirSync('/proc/self/fd').filter((name) => {
      try {
        return readlinkSync(`/proc/self/fd/${name}`).startsWith(directory)
      } catch {
        return false
      }
    })
  const directory = copyOf(told.directory)
  tail(directory, 10_000)
  const reading = records(directory)
  await reading.next()
  await reading.return()
  await check(directory)
  await startOf(directory)
  mayHaveExpired(directory, 0)
  await compareAnchors(directory, from([]))
  const log = open(directory)
  release(log, 40)
  await log.close()
  truncateSync(join(directory, logName), 0)
  await open(directory).close()
  t.strictSame(held(directory), [])
})

t.test('while a file is set aside the log is still read whole', async (t) => {
  const directory = newLog()
  const log = open(directory)
  release(log, 20)
  const before = log.head()
  const found: number[] = []
  for await (const entry of records(directory)) {
    if ('record' in entry) found.push(entry.record.seq)
    if (found.length % 5 === 0) release(log, 15)
  }
  t.strictSame(
    found,
    Array.from({ length: before.sequence }, (_, index) => index + 1),
  )
  t.ok(log.setAside > 1)
  await log.close()
})

t.test('anchors', async (t) => {
  const anchorsOf = async (directory: string): Promise<string[]> => {
    const lines: string[] = []
    for await (const entry of records(directory)) {
      if (!('record' in entry) || !entry.record.sealed) continue
      lines.push(
        formatAnchor({
          log: told.identity,
          sequence: entry.record.seq,
          tag: String(macs.get(entry.record.seq)),
        }),
      )
    }
    return lines
  }
  const macs = new Map<number, string>()
  for (const name of [...told.archives.map(({ name }) => name), logName])
    for (const line of linesIn(join(told.directory, name))) {
      const { seq, mac } = JSON.parse(line) as { seq: number; mac?: string }
      if (mac !== undefined) macs.set(seq, mac)
    }
  const anchors = await anchorsOf(told.directory)
  const held = { held: anchors.length, older: 0, others: 0, newest: told.newest.sequence }

  t.test('are found at the end of a line, whatever stands before', (t) => {
    const anchor = { log: '0123456789abcdef', sequence: 12, tag: 'ab'.repeat(32) }
    const text = formatAnchor(anchor)
    for (const before of ['', 'Nov  2 08:05:00 host sgetd[7]: ', '<85>Nov  2 08:05:00 sgetd[7]: '])
      t.strictSame(parseAnchor(`${before}${text}\n`), anchor)
    for (const wrong of [
      `${text}0`,
      `${text} more`,
      `x${text}`,
      text.replace('seq=12', 'seq=0'),
      text.replace('seq=12', 'seq=-1'),
      text.replace('seq=12', 'seq=12345678901234567'),
      text.replace('log=', 'log=0'),
      text.replace(/.$/, 'A'),
      '',
    ])
      t.equal(parseAnchor(wrong), undefined, wrong)
    t.end()
  })
  t.test('hold in any order, with lines of others between', async (t) => {
    t.strictSame(await compareAnchors(told.directory, from(anchors)), held)
    t.strictSame(await compareAnchors(told.directory, from(anchors.toReversed())), held)
    const other = formatAnchor({ log: '0123456789abcdef', sequence: 1, tag: '00'.repeat(32) })
    t.match(await compareAnchors(told.directory, from([other, 'rubbish', ...anchors])), {
      ...held,
      others: 1,
    })
    t.match(await compareAnchors(told.directory, from([])), { held: 0, newest: 0, bad: undefined })
    t.match(await compareAnchors(newLog(), from(anchors)), { held: 0, newest: 0, others: anchors.length })
  })
  t.test('name what is cut off, another record, and a record that is missing', async (t) => {
    const cut = copyOf(told.directory)
    rmSync(join(cut, logName))
    t.match(await compareAnchors(cut, from(anchors)), { bad: { harm: 'truncated' } })
    const gap = copyOf(told.directory)
    rmSync(join(gap, second?.name ?? ''))
    t.match(await compareAnchors(gap, from(anchors)), { bad: { harm: 'dropped', sequence: secondFirst } })
    t.match(
      await compareAnchors(gap, from(anchors.toReversed())),
      { bad: { harm: 'dropped', sequence: secondFirst, found: 'the journal knows this record' } },
      'the first that is missing, in whatever order they come',
    )
    const forged = anchors.with(5, anchors[5]?.replace(/mac=.*/, `mac=${'0'.repeat(64)}`) ?? '')
    const found = 'the journal knows another record'
    const bad = { harm: 'replaced', sequence: parseAnchor(anchors[5] ?? '')?.sequence, found }
    t.match(await compareAnchors(told.directory, from(forged)), { held: 0, older: 0 }, 'nothing is counted')
    t.match(await compareAnchors(told.directory, from(forged)), { bad })
    t.match(
      await compareAnchors(told.directory, from([...forged, ...anchors])),
      { bad },
      'two that contradict',
    )
    t.match(
      await compareAnchors(told.directory, from([...anchors, ...forged])),
      { bad },
      'the other way round',
    )
  })
  t.test('of records that were removed for their age are counted', async (t) => {
    const young = copyOf(told.directory)
    removeArchives(young, 1)
    const older = anchors.filter((line) => (parseAnchor(line)?.sequence ?? 0) < secondFirst).length
    const held = anchors.length - older
    t.match(await compareAnchors(young, from(anchors)), { held, older, bad: undefined })
    const contradicting = anchors[0]?.replace(/mac=.*/, `mac=${'0'.repeat(64)}`) ?? ''
    const counted = await compareAnchors(young, from([...anchors, contradicting]))
    t.match(
      counted,
      { held, older: older + 1, bad: undefined },
      'also two that nobody can tell the true one of',
    )
  })
})
