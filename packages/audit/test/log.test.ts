// What the log refuses to write on, what it survives, and what a record can hold.
import { spawn, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { pbkdf2 } from 'node:crypto'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import t from 'tap'
import { EpochKey } from '../src/chain.ts'
import { failureOf } from '../src/failure.ts'
import { formatLine, parseLine } from '../src/line.ts'
import { systemClock } from '../src/sync.ts'
import { type AuditRecord, Coalescer, logName, openLog, tail, verify } from '../src/index.ts'

const root = mkdtempSync(join(tmpdir(), 'sget-audit-'))
t.teardown(() => {
  rmSync(root, { recursive: true })
})
let logs = 0
const newLog = (): string => join(root, String((logs += 1)))
const open = (directory: string) => openLog({ directory, sync: 'second' })
const seed = Buffer.alloc(32, 7)
const released: AuditRecord = { event: 'released', ref: 'dev/db', decision: 'release' }
const refusal = (code: string) => ({ name: 'AuditFailure', code })
const linesIn = (directory: string): Record<string, unknown>[] =>
  readFileSync(join(directory, logName), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

t.test('a directory or file that is not ours alone is refused', async (t) => {
  const closed = async (directory: string) => {
    await open(directory).close()
    return directory
  }
  const wrong: readonly [string, (directory: string) => void][] = [
    [
      'a directory open to others',
      (directory) => {
        chmodSync(directory, 0o750)
      },
    ],
    [
      'a file open to others',
      (directory) => {
        chmodSync(join(directory, logName), 0o640)
      },
    ],
    [
      'a file that all may write',
      (directory) => {
        chmodSync(join(directory, logName), 0o602)
      },
    ],
    [
      'a file with another name',
      (directory) => {
        linkSync(join(directory, logName), join(root, `link${String(logs)}`))
      },
    ],
    [
      'a symbolic link for the file',
      (directory) => {
        renameSync(join(directory, logName), join(directory, 'x'))
        symlinkSync('x', join(directory, logName))
      },
    ],
    [
      'a symbolic link for the directory',
      (directory) => {
        renameSync(directory, `${directory}x`)
        symlinkSync(`${directory}x`, directory)
      },
    ],
    [
      'a file for the directory',
      (directory) => {
        rmSync(directory, { recursive: true })
        writeFileSync(directory, '', { mode: 0o600 })
      },
    ],
    [
      'a FIFO for the file',
      (directory) => {
        rmSync(join(directory, logName))
        spawnSync('mkfifo', ['-m', '600', join(directory, logName)])
      },
    ],
  ]
  for (const [name, spoil] of wrong) {
    const directory = await closed(newLog())
    spoil(directory)
    t.throws(() => open(directory), refusal('unsafe'), name)
  }
  const shared = await closed(newLog())
  chmodSync(shared, 0o751)
  t.throws(() => open(shared), { message: /: mode 751$/ })
  const foreign = process.geteuid?.() === 0 ? await closed(newLog()) : '/'
  if (foreign !== '/') chownSync(foreign, 65534, 65534)
  t.throws(
    () => open(foreign),
    { ...refusal('unsafe'), message: /belongs to uid/ },
    'a directory of another user',
  )
  t.throws(() => open(join(newLog(), 'no', 'such')), refusal('unwritable'), 'no parent')
  const directory = await closed(newLog())
  rmSync(join(directory, logName))
  mkdirSync(join(directory, logName))
  t.throws(() => open(directory), refusal('unwritable'), 'a directory for the file')
})

t.test('directory and file are made for us alone', async (t) => {
  const directory = newLog()
  const log = open(directory)
  t.equal(statSync(directory).mode & 0o777, 0o700)
  t.equal(statSync(join(directory, logName)).mode & 0o777, 0o600)
  t.strictSame(log.head(), { sequence: 0, tag: '00'.repeat(32), epoch: 0 })
  await log.close()
  await log.close()
  t.throws(() => log.append(released), refusal('closed'))
})

t.test(
  'a record is one write(2), whole lines only',
  { skip: !existsSync('/proc/self/io') && 'needs /proc' },
  async (t) => {
    const writes = () => Number(/syscw: (\d+)/.exec(readFileSync('/proc/self/io', 'latin1'))?.[1])
    const log = open(newLog())
    log.beginEpoch(1, seed)
    const hundred = () => {
      const before = writes()
      for (let count = 0; count < 100; count += 1)
        log.append({ ...released, chain: Array<string>(32).fill('/x'.repeat(500)) })
      return writes() - before
    }
    // The count is of the whole process, and a thread of Node's wakes another one by a write now and then.
    t.equal(Math.min(...Array.from({ length: 5 }, hundred)), 100)
    await log.close()
  },
)

t.test('a file that is not as the log left it is written to no more', async (t) => {
  const spoilers: readonly [string, (path: string) => void][] = [
    [
      'another writer',
      (path) => {
        appendFileSync(path, '{}\n')
      },
    ],
    [
      'cut',
      (path) => {
        truncateSync(path, 10)
      },
    ],
    [
      'moved away',
      (path) => {
        renameSync(path, `${path}.1`)
      },
    ],
    [
      'removed',
      (path) => {
        rmSync(path)
      },
    ],
    [
      'a copy in its place',
      (path) => {
        const bytes = readFileSync(path)
        rmSync(path)
        writeFileSync(`${path}.new`, bytes, { mode: 0o600 })
        writeFileSync(path, bytes, { mode: 0o600 })
      },
    ],
  ]
  for (const [name, spoil] of spoilers) {
    const directory = newLog()
    const log = open(directory)
    log.append(released)
    spoil(join(directory, logName))
    t.throws(() => log.append(released), refusal('tampered'), name)
    for (const time of ['once', 'and again'])
      t.throws(() => log.beginEpoch(1, seed), refusal('tampered'), `${name}, ${time}`)
    t.match(log.head(), { sequence: 1, epoch: 0 }, name)
    await log.close()
  }
  const directory = newLog()
  const log = open(directory)
  rmSync(join(directory, logName))
  t.throws(() => log.append(released), { message: /had 0 bytes, now holds nothing$/ })
  await log.close()
})

/** A writer in a process of its own that may write so many 512-byte blocks; it tells each answer on a line. */
const writer = `
  const [, directory, count] = process.argv
  const { openLog } = await import(${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)})
  const log = openLog({ directory, sync: 'always' })
  log.beginEpoch(1, Buffer.alloc(32, 7))
  for (let at = 0; at < Number(count); at += 1) {
    try { process.stdout.write(log.append({ event: 'released', ref: 'dev/' + at }).sequence + '\\n') }
    catch (error) { process.stdout.write(error.code + '\\n') }
  }`
const limited = (directory: string, blocks: string, count: number) =>
  spawn(
    'sh',
    [
      '-c',
      `ulimit -f ${blocks}; exec "$0" "$@"`,
      process.execPath,
      '--input-type=module',
      '-e',
      writer,
      directory,
      String(count),
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )

t.test('when the file can grow no further the answer is a failure, and no half line stays', async (t) => {
  const directory = newLog()
  const child = limited(directory, '4', 30)
  const answers = (await child.stdout.toArray()).join('').trimEnd().split('\n')
  const written = answers.filter((answer) => /^\d+$/.test(answer))
  t.match(answers.slice(written.length).join(), /^(full,)+full$/, 'refused from then on')
  t.ok(written.length > 2 && written.length < 29, 'some went in, some did not')
  const lines = linesIn(directory)
  t.equal(lines.at(-1)?.['seq'], Number(written.at(-1)))
  t.match(await verify({ directory, seeds: () => seed }), {
    bad: undefined,
    records: lines.length,
    proved: lines.length,
  })
})

t.test('after kill -9 the log goes on; only a torn line is cut off, and that is recorded', async (t) => {
  const directory = newLog()
  const child = limited(directory, 'unlimited', 1_000_000)
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'close')
  const whole = readFileSync(join(directory, logName))
  t.equal(whole.at(-1), 0x0a)
  truncateSync(join(directory, logName), whole.length - 5)
  const kept = whole.lastIndexOf('\n', whole.length - 6) + 1
  const log = open(directory)
  const [last] = linesIn(directory).slice(-1)
  t.match(last, {
    event: 'recovered',
    sealed: false,
    epoch: 1,
    droppedBytes: whole.length - 5 - kept,
    keptBytes: kept,
  })
  log.beginEpoch(2, seed)
  log.append(released)
  await log.close()
  t.match(await verify({ directory, seeds: () => seed }), {
    bad: undefined,
    unclosed: [{ epoch: 1 }],
    unsealed: 1,
  })
  for (const torn of ['{', '{"seq":', '\0'.repeat(4096), 'x'.repeat(300_000)]) {
    appendFileSync(join(directory, logName), torn)
    await open(directory).close()
    t.match(linesIn(directory).at(-1), { event: 'recovered', droppedBytes: torn.length })
  }
})

t.test('a log whose last whole line is no record is not written on', async (t) => {
  for (const tail of ['rubbish\n', '\n', '{"seq":1}\n', 'x'.repeat(600_000), `${'x'.repeat(300_000)}\n`]) {
    const directory = newLog()
    const log = open(directory)
    log.append(released)
    await log.close()
    appendFileSync(join(directory, logName), tail)
    t.throws(() => open(directory), refusal('damaged'), tail.slice(0, 10))
  }
  const directory = newLog()
  await open(directory).close()
  writeFileSync(join(directory, logName), 'torn from the start')
  await open(directory).close()
  t.match(linesIn(directory), [{ seq: 1, event: 'recovered', droppedBytes: 19, keptBytes: 0 }])
})

t.test('an epoch begins once, with a number that grows, and takes its key with it', async (t) => {
  const directory = newLog()
  const log = open(directory)
  t.match(log.endEpoch(), { sequence: 0 }, 'ending none writes nothing')
  t.match(log.beginEpoch(3, seed), { sequence: 1, epoch: 3 })
  for (const epoch of [3, 4])
    t.throws(() => log.beginEpoch(epoch, seed), refusal('epoch'), 'while one is open')
  t.match(log.endEpoch(), { sequence: 2, epoch: 3 })
  for (const epoch of [3, 2, 3.5, NaN, Infinity])
    t.throws(() => log.beginEpoch(epoch, seed), refusal('epoch'))
  t.throws(() => log.beginEpoch(4, seed.subarray(1)), { name: 'AssertionError' }, 'a short seed is a bug')
  await log.close()
  const again = open(directory)
  t.throws(() => again.beginEpoch(3, seed), refusal('epoch'), 'after a restart too')
  t.match(again.beginEpoch(4, seed), { sequence: 3, epoch: 4 })
  t.strictSame(seed, Buffer.alloc(32, 7), "the seed stays the caller's")
  await again.close()
  const sealed = linesIn(directory).map((line) => [line['sealed'], 'mac' in line])
  t.strictSame(sealed, [
    [true, true],
    [true, true],
    [true, true],
  ])
})

t.test('without locked memory there is no log', (t) => {
  const drop = process.geteuid?.() === 0 ? ['setpriv', '--bounding-set', '-ipc_lock'] : []
  const command = [
    'sh',
    '-c',
    'ulimit -l 0; exec "$0" "$@"',
    process.execPath,
    '--input-type=module',
    '-e',
    writer,
    newLog(),
    '1',
  ]
  const [program = '', ...rest] = [...drop, ...command]
  const { status, stderr } = spawnSync(program, rest, { encoding: 'utf8' })
  t.not(status, 0)
  t.match(stderr, /AuditFailure: cannot lock memory/)
  t.end()
})

t.test('fsync comes a second after the first record, then not before the next record', async (t) => {
  const timers: { delayMs: number; work: () => void }[] = []
  let cancelled = 0
  const clock = {
    now: () => 0,
    later: (delayMs: number, work: () => void) => {
      timers.push({ delayMs, work })
      return () => {
        cancelled += 1
      }
    },
  }
  const log = openLog({ directory: newLog(), sync: 'second', clock })
  t.equal(timers.length, 0)
  log.append(released)
  log.append(released)
  t.match(timers, [{ delayMs: 1000 }])
  timers[0]?.work()
  log.append(released)
  t.equal(timers.length, 2)
  await log.close()
  t.equal(cancelled, 1)
  const always = openLog({ directory: newLog(), sync: 'always', clock })
  always.append(released)
  t.equal(timers.length, 2, 'no timer where each record is synced')
  always.syncBy('second')
  always.append(released)
  t.equal(timers.length, 3, 'and one again when that was changed')
  await always.close()
})

t.test('a log that could not be synced is written to no more', async (t) => {
  const directory = newLog()
  const log = openLog({ directory, sync: 'always' })
  log.append(released)
  // In its place comes what can be written to, but not be synced.
  const [descriptor = -1] = descriptorsOf(join(directory, logName))
  closeSync(descriptor)
  t.equal(openSync('/dev/null', 'r+'), descriptor)
  t.throws(() => log.append(released), { ...refusal('unwritable'), message: /cannot fsync .*EINVAL/ })
  t.throws(() => log.append(released), { ...refusal('unwritable'), message: /cannot fsync/ }, 'for good')
  await t.rejects(log.close(), refusal('unwritable'))
})

t.test('a sync on another thread that fails is told by the next record', async (t) => {
  const directory = newLog()
  let sync = (): void => undefined
  const later = (_: number, work: () => void) => {
    sync = work
    return () => undefined
  }
  const log = openLog({ directory, sync: 'second', clock: { now: () => 0, later } })
  log.append(released)
  const [descriptor = -1] = descriptorsOf(join(directory, logName))
  closeSync(descriptor)
  t.equal(openSync('/dev/null', 'r+'), descriptor)
  sync()
  const answer = (): unknown => {
    try {
      log.append(released)
      return undefined
    } catch (error) {
      return error
    }
  }
  // The record that was written meanwhile is in no file, so until the thread has answered it is that which is told.
  let answered = answer()
  for (let turn = 0; turn < 2000 && !/cannot fsync/.test(String(answered)); turn += 1) {
    await setTimeout(5)
    answered = answer()
  }
  t.match(answered, { ...refusal('unwritable'), message: /cannot fsync .*EINVAL/ })
  await t.rejects(log.close(), refusal('unwritable'))
})

/** Gives all threads of Node work, behind which a sync has to wait; the first of them to end is told. */
const busyThreads = async (): Promise<void> => {
  const threads = 4
  const work = promisify(pbkdf2)
  await Promise.race(Array.from({ length: threads }, () => work('x', 'y', 50_000, 32, 'sha512')))
}

t.test('a file that a thread is to sync stays open until it has, though it is set aside', async (t) => {
  const directory = newLog()
  let sync = (): void => undefined
  const later = (_: number, work: () => void) => {
    sync = work
    return () => undefined
  }
  const log = openLog({ directory, sync: 'second', clock: { now: () => 0, later }, fileBytesMax: 1 })
  log.append(released)
  const busy = busyThreads()
  sync()
  log.append(released)
  t.equal(log.setAside, 1)
  await busy
  await busyThreads()
  log.append(released)
  const order: string[] = []
  const again = busyThreads().then(() => order.push('thread'))
  sync()
  await Promise.all([again, log.close().then(() => order.push('closed'))])
  t.strictSame(order, ['thread', 'closed'], 'and the log, until all has')
  t.match(await verify({ directory }), { bad: undefined, records: 5 })
})

t.test('a timer that was cancelled does nothing', async (t) => {
  let ran = false
  const cancel = systemClock.later(1, () => {
    ran = true
  })
  cancel()
  await setTimeout(1)
  await setTimeout(1)
  t.equal(ran, false)
})

t.test('what the system answers is told as what the human can do about it', (t) => {
  const answered = (code: string) => failureOf('trying', Object.assign(new Error('no'), { code })).code
  for (const code of ['ENOSPC', 'EDQUOT', 'EFBIG']) t.equal(answered(code), 'full', code)
  for (const code of ['EACCES', 'EIO', 'EROFS']) t.equal(answered(code), 'unwritable', code)
  t.throws(() => failureOf('trying', new TypeError('bug')), { name: 'TypeError' }, 'a bug stays one')
  t.end()
})

t.test('a log that is closed keeps no descriptor, no locked page and no key', async (t) => {
  const lockedKib = () => Number(/VmLck:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
  const cycle = async () => {
    const directory = newLog()
    const log = open(directory)
    log.beginEpoch(1, seed)
    log.append(released)
    await log.close()
    await verify({ directory, seeds: () => seed })
    return directory
  }
  const settled = async () => {
    for (let turn = 0; turn < 10; turn += 1) await setImmediate()
    return lockedKib()
  }
  await cycle()
  const before = await settled()
  const directories = await Promise.all(Array.from({ length: 20 }, cycle))
  t.ok((await settled()) <= before)
  for (const directory of directories) t.strictSame(descriptorsOf(join(directory, logName)), [])
  const refused = join(directories[0] ?? '', logName)
  chmodSync(refused, 0o644)
  t.throws(() => open(directories[0] ?? ''), refusal('unsafe'))
  t.strictSame(descriptorsOf(refused), [], 'nor does one that is refused')
  const key = new EpochKey()
  key.begin(1, seed)
  key[Symbol.dispose]()
  t.equal(key.live, false)
  t.throws(() => key.mac(Buffer.alloc(32)), { name: 'AssertionError' })
})

/** The descriptors of this process that lead to a file. */
function descriptorsOf(path: string): number[] {
  return readdirSync('/proc/self/fd')
    .filter((name) => {
      try {
        return readlinkSync(`/proc/self/fd/${name}`) === path
      } catch {
        return false
      }
    })
    .map(Number)
}

t.test('a record holds only known fields, bounded, on one line that is safe to print', async (t) => {
  const directory = newLog()
  const log = openLog({ directory, sync: 'second', clock: { now: () => 1e12, later: () => () => undefined } })
  const long = '\u0001'.repeat(100_000)
  const hostile = {
    ...released,
    value: 'hunter2',
    peer: { uid: 1, pid: 2, exe: Buffer.from('/bin/\xff\n\u001b[2J', 'latin1'), secret: 'hunter2' },
  }
  log.append(hostile)
  log.append({
    ...released,
    ref: '\u202e\u009b\u2028"},"mac":"\n',
    reason: '\ud800',
    chain: [Buffer.from('/é'), '/b'],
  })
  const texts = {
    ref: long,
    field: long,
    rule: long,
    exposure: long,
    session: long,
    grant: long,
    sink: long,
    reason: long,
  }
  log.append({
    event: 'refused',
    ...texts,
    chain: Array<string>(100).fill(long),
    peer: { uid: 1, pid: 1, exe: long },
    root: { pid: 1, startTicks: 1, exe: long },
    command: long,
    outcome: 'unchecked',
    left: Array.from({ length: 100 }, () => ({ kind: long, place: long, ref: long, pid: 1, count: 1 })),
  })
  await log.close()
  const raw = readFileSync(join(directory, logName))
  t.equal(raw.filter((byte) => byte < 0x20 && byte !== 0x0a).length, 0)
  t.notMatch(raw.toString(), /hunter2|[\u007f-\u009f\u2028\u202e]/)
  const [first, second, third] = linesIn(directory)
  t.match(first, { seq: 1, time: '2001-09-09T01:46:40.000Z', peer: { exe: '/bin/\\xff\n\u001b[2J' } })
  t.match(second, { ref: '\u202e\u009b\u2028"},"mac":"\n', reason: '\ud800', chain: ['/é', '/b'] })
  t.match([String(third?.['ref']).length, (third?.['chain'] as string[]).length], [512, 32])
  t.equal((third?.['left'] as object[]).length, 6)
  t.match(await verify({ directory }), { bad: undefined, records: 3 }, 'the longest record is read back')
})

t.test('the newest records are read from the end of a file of any size', async (t) => {
  const directory = newLog()
  t.strictSame(tail(directory, 3), [], 'no log')
  const log = open(directory)
  await log.close()
  t.strictSame(tail(directory, 3), [], 'an empty log')
  truncateSync(join(directory, logName), 100 * 1024 * 1024)
  appendFileSync(join(directory, logName), '\n')
  const other = newLog()
  const short = open(other)
  for (let count = 0; count < 500; count += 1) short.append({ ...released, ref: `dev/${'x'.repeat(400)}` })
  await short.close()
  appendFileSync(join(directory, logName), readFileSync(join(other, logName)))
  const readBytes = () => Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'latin1'))?.[1])
  const before = existsSync('/proc/self/io') ? readBytes() : 0
  const newest = tail(directory, 400)
  if (before > 0) t.ok(readBytes() - before < 2 * 1024 * 1024, 'the rest is left alone')
  t.strictSame(
    [newest.length, newest[0], newest.at(-1)].map((entry) =>
      typeof entry === 'object' && 'record' in entry ? entry.record.seq : entry,
    ),
    [400, 101, 500],
  )
  t.equal(tail(other, 1000).length, 500, 'all there are')
  t.strictSame(tail(other, 0), [])
  appendFileSync(join(other, logName), '\u001btorn')
  t.match(tail(other, 1), [{ record: { seq: 500 } }, { unreadable: '"\\u001btorn"' }])
  chmodSync(join(other, logName), 0o644)
  t.throws(() => tail(other, 1), refusal('unsafe'))
})

t.test(
  'as many of the newest records are read as are asked for, wherever a piece of the file ends',
  async (t) => {
    const directory = newLog()
    const log = open(directory)
    const count = 700
    for (let at = 1; at <= count; at += 1) log.append({ ...released, ref: `dev/${'x'.repeat(at % 400)}` })
    await log.close()
    const sequences = (asked: number) =>
      tail(directory, asked).map((entry) => ('record' in entry ? entry.record.seq : undefined))
    const all = Array.from({ length: count }, (_, at) => at + 1)
    for (let asked = 0; asked <= count + 1; asked += 1)
      t.strictSame(sequences(asked), asked === 0 ? [] : all.slice(-asked))
  },
)

t.test('a text is cut only where it is longer than its bound', async (t) => {
  const directory = newLog()
  const log = open(directory)
  for (const length of [511, 512, 513]) log.append({ ...released, ref: 'x'.repeat(length) })
  for (const length of [1024, 1025]) log.append({ ...released, chain: ['x'.repeat(length)] })
  for (const length of [1024, 1025]) log.append({ ...released, chain: [Buffer.alloc(length, 'x')] })
  await log.close()
  t.match(linesIn(directory), [
    { ref: 'x'.repeat(511) },
    { ref: 'x'.repeat(512) },
    { ref: `${'x'.repeat(511)}…` },
    { chain: ['x'.repeat(1024)] },
    { chain: [`${'x'.repeat(1023)}…`] },
    { chain: ['x'.repeat(1024)] },
    { chain: [`${'x'.repeat(1023)}…`] },
  ])
})

t.test('a line is a record only with its number, time, epoch, seal and event', (t) => {
  const whole = { seq: 1, time: '2026-01-01T00:00:00.000Z', epoch: 0, sealed: false, event: 'started' }
  const parsed = (record: object, mac?: Buffer) =>
    parseLine(formatLine(Buffer.from(JSON.stringify(record).slice(0, -1)), Buffer.alloc(32), mac))?.record
  t.strictSame(parsed(whole), whole)
  t.strictSame(parsed({ ...whole, sealed: true }, Buffer.alloc(32)), { ...whole, sealed: true })
  t.equal(parsed({ ...whole, sealed: true }), undefined, 'sealed without a MAC')
  t.equal(parsed(whole, Buffer.alloc(32)), undefined, 'a MAC where nothing is sealed')
  for (const wrong of [
    ...[0, -1, 1.5, 2 ** 53, '1', null].map((seq) => ({ seq })),
    ...[-1, 0.5, '0', null].map((epoch) => ({ epoch })),
    ...[{ time: 0 }, { time: null }, { sealed: 0 }, { sealed: 'false' }, { event: 1 }, { event: null }],
  ])
    t.equal(parsed({ ...whole, ...wrong }), undefined, JSON.stringify(wrong))
  const bytesMax = 256 * 1024
  const sized = (bytes: number) => {
    const bare = formatLine(
      Buffer.from(JSON.stringify({ ...whole, ref: '' }).slice(0, -1)),
      Buffer.alloc(32),
      undefined,
    )
    return parsed({ ...whole, ref: 'x'.repeat(bytes - bare.length) })
  }
  t.not(sized(bytesMax), undefined, 'as long as a record can be')
  t.equal(sized(bytesMax + 1), undefined)
  for (const name of Object.keys(whole))
    t.equal(
      parsed(Object.fromEntries(Object.entries(whole).filter(([key]) => key !== name))),
      undefined,
      name,
    )
  t.end()
})

t.test('refusals alike are folded: the first at once, the others as a count', (t) => {
  const refused: AuditRecord = {
    event: 'refused',
    decision: 'refuse',
    ref: 'prod/db',
    reason: 'denied',
    session: 's',
    peer: { uid: 1, pid: 1, exe: '/bin/x' },
  }
  const folds = new Coalescer()
  t.equal(folds.nextMs, undefined)
  t.strictSame(folds.refuse(refused, 0), [refused])
  t.equal(folds.nextMs, 60_000)
  const repeats = Array.from({ length: 999 }, (_, at) =>
    folds.refuse({ ...refused, peer: { uid: 1, pid: at, exe: Buffer.from('/bin/x') } }, at),
  )
  t.strictSame(repeats.flat(), [], 'whatever their pid')
  for (const other of [
    { ref: 'prod/x' },
    { reason: 'x' },
    { session: 't' },
    { field: 'x' },
    { event: 'alarm' } as const,
    { peer: { uid: 1, pid: 1, exe: '/bin/y' } },
    { peer: { uid: 0, pid: 1, exe: '/bin/x' } },
  ]) {
    t.strictSame(
      folds.refuse({ ...refused, ...other }, 1000),
      [{ ...refused, ...other }],
      'another kind is told at once',
    )
  }
  t.strictSame(folds.due(59_999), [])
  t.strictSame(folds.due(60_000), [{ ...refused, count: 999 }])
  t.strictSame(folds.refuse(refused, 61_000), [], 'still watched')
  t.strictSame(folds.drain(), [{ ...refused, count: 1 }])
  t.strictSame(folds.drain(), [])
  t.throws(() => folds.refuse(released, 0), { name: 'AssertionError' }, 'a release is never folded')
  t.end()
})

t.test('a kind of refusal is watched for as long as it repeats, and then forgotten', (t) => {
  const refused = (ref: string): AuditRecord => ({ event: 'refused', decision: 'refuse', ref })
  const folds = new Coalescer()
  folds.refuse(refused('a'), 0)
  folds.refuse(refused('b'), 1000)
  t.equal(folds.nextMs, 60_000, 'the first window that ends')
  folds.refuse(refused('a'), 2000)
  t.strictSame(
    folds.refuse(refused('c'), 60_500),
    [{ ...refused('a'), count: 1 }, refused('c')],
    'what is due first',
  )
  t.equal(folds.nextMs, 61_000)
  t.strictSame(folds.due(61_000), [], 'b came once')
  t.strictSame(folds.refuse(refused('b'), 61_001), [refused('b')], 'and is news again')
  t.strictSame(folds.refuse(refused('a'), 61_001), [], 'a repeated, and is not')
  t.strictSame(folds.due(120_500), [{ ...refused('a'), count: 1 }])
  folds.due(999_999)
  folds.due(9_999_999)
  t.equal(folds.nextMs, undefined)
  t.end()
})

t.test('of 64 kinds each is told, and of all others how many there were', (t) => {
  const refused = (at: number): AuditRecord => ({ event: 'refused', decision: 'refuse', ref: String(at) })
  const folds = new Coalescer()
  for (let at = 0; at < 64; at += 1) t.strictSame(folds.refuse(refused(at), 0), [refused(at)])
  t.strictSame(folds.refuse(refused(64), 0), [refused(64)], 'the first of the others')
  for (let at = 65; at < 70; at += 1) t.strictSame(folds.refuse(refused(at), 0), [])
  t.strictSame(folds.refuse(refused(63), 0), [])
  const others = { event: 'refused', decision: 'refuse', reason: 'others, too many kinds to tell apart' }
  t.strictSame(folds.drain(), [
    { ...refused(63), count: 1 },
    { ...others, count: 5 },
  ])
  t.end()
})

t.test('however many kinds of refusals come, few records go out and none is left uncounted', (t) => {
  const folds = new Coalescer()
  const out: AuditRecord[] = []
  for (let at = 0; at < 100_000; at += 1) {
    out.push(
      ...folds.refuse(
        { event: 'refused', decision: 'refuse', ref: `guess/${String(at)}`, reason: 'denied' },
        at * 6,
      ),
    )
  }
  const windows = 10
  t.ok(out.length <= (windows + 1) * 2 * 65, `${String(out.length)} records`)
  const all = [...out, ...folds.drain()]
  t.equal(
    all.reduce((sum, { count }) => sum + (count ?? 1), 0),
    100_000,
  )
  t.end()
})
