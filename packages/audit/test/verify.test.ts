// Every attack on a log that was written: verify names the place.
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import sodium from 'sodium-native'
import t from 'tap'
import {
  type AuditRecord,
  type Expectation,
  type Verification,
  logName,
  openLog,
  verify,
} from '../src/index.ts'

const seeds = new Map([1, 2, 3].map((epoch) => [epoch, randomBytes(32)]))
const knownSeeds = (epoch: number): Buffer | undefined => seeds.get(epoch)
const root = mkdtempSync(join(tmpdir(), 'sget-audit-'))
t.teardown(() => {
  rmSync(root, { recursive: true })
})
let logs = 0
const newLog = (): string => join(root, String((logs += 1)))
const released = (ref: string): AuditRecord => ({ event: 'released', ref, decision: 'release' })

/** Two epochs with a locked stretch around each: 1 2 unsealed, 3–8 epoch 1, 9 10 unsealed, 11–14 epoch 2, 15 unsealed. */
const told = await (async () => {
  const directory = newLog()
  const log = openLog({ directory, sync: 'second' })
  for (const event of ['started', 'unlock-refused'] as const) log.append({ event })
  const first = log.beginEpoch(1, seeds.get(1) ?? Buffer.alloc(0))
  for (const name of ['a', 'b', 'c', 'd']) log.append(released(`dev/${name}`))
  const firstEnd = log.endEpoch()
  for (const event of ['locked', 'unlock-refused'] as const) log.append({ event })
  log.beginEpoch(2, seeds.get(2) ?? Buffer.alloc(0))
  for (const name of ['e', 'f']) log.append(released(`dev/${name}`))
  const secondEnd = log.endEpoch()
  log.append({ event: 'locked' })
  const newest = log.head()
  await log.close()
  const text = readFileSync(join(directory, logName))
  return { text, lines: text.toString('latin1').split(/(?<=\n)/), first, firstEnd, secondEnd, newest }
})()

const copies = mkdtempSync(join(root, 'copy-'))
const logOf = (bytes: Buffer | string): string => {
  writeFileSync(join(copies, logName), bytes, { encoding: 'latin1', mode: 0o600 })
  return copies
}
const check = (bytes: Buffer | string, expectation: Expectation = {}): Promise<Verification> =>
  verify({ directory: logOf(bytes), seeds: knownSeeds, expectation })
const line = (sequence: number): string => told.lines[sequence - 1] ?? ''

/** An attacker who knows the format and can compute all that needs no key; written from the description, not the code. */
const hash = (key: Buffer | undefined, ...parts: Buffer[]): Buffer => {
  const out = Buffer.alloc(32)
  sodium.crypto_generichash_batch(out, parts, key)
  return out
}
const keyAt = (epoch: number, steps: number): Buffer => {
  let key = hash(seeds.get(epoch), Buffer.from(`sget audit: the first key of epoch ${String(epoch)}`))
  for (let step = 0; step < steps; step += 1) key = hash(key, Buffer.from('sget audit: the next key'))
  return key
}
const bodyOf = (text: string): string => text.replace(/,"link":.*\n$/s, '')
const tagOf = (text: string): Buffer => Buffer.from(text.slice(-67, -3), 'hex')
/** Chains bodies anew; where a key is given, it tags the sealed ones and lets it evolve. */
const forge = (bodies: readonly string[], after: Buffer, key?: Buffer): string => {
  let previous = after
  let current = key
  return bodies
    .map((body) => {
      const link = hash(undefined, previous, Buffer.from(body, 'latin1'))
      const sealed = body.includes('"sealed":true')
      const mac = sealed ? hash(current ?? randomBytes(32), link) : undefined
      if (sealed) current &&= hash(current, Buffer.from('sget audit: the next key'))
      previous = mac ?? link
      return `${body},"link":"${link.toString('hex')}${mac ? `","mac":"${mac.toString('hex')}` : ''}"}\n`
    })
    .join('')
}

/** What the vault knows of this log. */
const known: Expectation = {
  newest: told.newest,
  reached: new Map([
    [1, told.firstEnd],
    [2, told.secondEnd],
  ]),
}

t.test('what was written is proved: nothing is missing, nothing is unproved, no epoch is open', async (t) => {
  t.strictSame(await check(told.text, known), {
    records: 15,
    proved: 10,
    unproved: 0,
    unsealed: 5,
    unclosed: [],
    files: [],
  })
})

t.test('a flipped bit in any byte of a record shows at that record', async (t) => {
  for (const sequence of [2, 5, 9, 11]) {
    const start = told.lines.slice(0, sequence - 1).join('').length
    const missed: string[] = []
    for (let at = start; at < start + line(sequence).length; at += 1) {
      const bytes = Buffer.from(told.text)
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
      const { bad } = await check(bytes)
      if (bad?.sequence !== sequence || bad.line !== sequence || bad.harm !== 'changed') {
        missed.push(`byte ${String(at - start)}: ${JSON.stringify(bad)}`)
      }
    }
    t.strictSame(missed, [], `record ${String(sequence)}`)
  }
})

t.test('each other attack on the lines is named, with sequence and line', async (t) => {
  const lines = told.lines
  const without = (from: number, count = 1) =>
    [...lines.slice(0, from - 1), ...lines.slice(from - 1 + count)].join('')
  const before = (sequence: number, ...extra: string[]) =>
    [...lines.slice(0, sequence - 1), ...extra, ...lines.slice(sequence - 1)].join('')
  const swapped = (a: number) =>
    [...lines.slice(0, a - 1), line(a + 1), line(a), ...lines.slice(a + 1)].join('')
  const rechained = (from: number, change: (body: string) => string) =>
    lines.slice(0, from - 1).join('') +
    forge(
      lines.slice(from - 1).map((text, at) => (at === 0 ? change(bodyOf(text)) : bodyOf(text))),
      from === 1 ? Buffer.alloc(32) : tagOf(line(from - 1)),
    )
  const other = (body: string) =>
    body.replace('dev/', 'not/').replace('started', 'stopped').replace('unlock-refused', 'locked')
  const attacks: readonly [string, string, string, number, number?][] = [
    ['a sealed record dropped', without(6), 'dropped', 6],
    ['an unsealed record dropped', without(9), 'dropped', 9],
    ['the first record dropped', without(1), 'dropped', 1],
    ['a whole epoch dropped', without(3, 6), 'dropped', 3],
    ["the record of an epoch's beginning dropped", without(11), 'dropped', 11],
    ['neighbours swapped', swapped(5), 'reordered', 5],
    [
      'a record moved far down',
      [...lines.slice(0, 3), ...lines.slice(4, 13), line(4), ...lines.slice(13)].join(''),
      'reordered',
      4,
    ],
    ['a record repeated at once', before(6, line(5)), 'inserted', 6],
    ['an old record repeated later', before(12, line(5)), 'inserted', 12],
    [
      'an invented record put in',
      before(6, forge([bodyOf(line(6)).replace('dev/c', 'dev/x')], randomBytes(32))),
      'inserted',
      6,
    ],
    [
      'an unsealed record put into an epoch: the second that claims the place is named',
      before(6, forge(['{"seq":6,"time":"","epoch":1,"sealed":false,"event":"x"'], tagOf(line(5)))),
      'inserted',
      7,
    ],
    ['rubbish put in', before(6, 'rubbish\n'), 'inserted', 6],
    ['an empty line put in', before(6, '\n'), 'inserted', 6],
    ['two lines made one', told.text.toString('latin1').replace(line(6), line(6).trimEnd()), 'changed', 6],
    ['a line longer than any record', before(6, 'x'.repeat(300_000)), 'changed', 6],
    ['a sealed record changed, all after it chained anew', rechained(5, other), 'replaced', 5],
    ['an unsealed record changed, all after it chained anew', rechained(9, other), 'replaced', 11],
    ['the first record changed, all after it chained anew', rechained(1, other), 'replaced', 3],
    ['an epoch made unsealed', rechained(11, (body) => body.replace('true', 'false')), 'replaced', 11],
    ['an epoch of no seed', rechained(11, (body) => body.replace('"epoch":2', '"epoch":7')), 'replaced', 11],
    ['an epoch begun again', rechained(11, (body) => body.replace('"epoch":2', '"epoch":1')), 'replaced', 11],
    ['a cut in the middle of the last line', told.text.toString('latin1').slice(0, -9), 'torn', 15],
  ]
  for (const [name, bytes, harm, sequence] of attacks) {
    const { bad } = await check(bytes)
    t.match(bad, { harm, sequence, line: harm === 'torn' ? 15 : sequence }, name)
  }
})

t.test('an end that is missing shows against what is known elsewhere', async (t) => {
  const cut = (count: number) => told.lines.slice(0, -count).join('')
  const reached = (epoch: number, sequence: number) => ({ reached: new Map([[epoch, { sequence }]]) })
  t.match(await check(cut(1), { newest: told.newest }), {
    bad: { harm: 'truncated', sequence: 15, line: 14 },
  })
  t.match(await check('', { newest: told.newest }), { bad: { harm: 'truncated', sequence: 1 } })
  t.match(
    await verify({ directory: newLog(), expectation: { newest: told.newest } }),
    { bad: { harm: 'truncated', sequence: 1, line: 0 } },
    'no file at all',
  )
  t.match(await check(cut(9), reached(1, told.firstEnd.sequence)), {
    bad: { harm: 'truncated', sequence: 7 },
  })
  t.match(await check(cut(13), reached(1, told.first.sequence)), { bad: { harm: 'truncated', sequence: 3 } })
  const filled =
    cut(9) +
    forge(
      [
        '{"seq":7,"time":"","epoch":1,"sealed":false,"event":"x"',
        '{"seq":8,"time":"","epoch":1,"sealed":false,"event":"x"',
      ],
      tagOf(line(6)),
    )
  t.match(
    await check(filled, reached(1, told.firstEnd.sequence)),
    { bad: { harm: 'replaced', sequence: 8 } },
    'filled up with unsealed ones',
  )
  t.match(
    await check(filled),
    { bad: undefined, unclosed: [{ epoch: 1, sequence: 6 }] },
    'without a count the open epoch is told',
  )
  t.match(
    await check(told.text, reached(2, told.firstEnd.sequence)),
    { bad: { harm: 'replaced', sequence: 8 } },
    'another epoch',
  )
  t.match(
    await check(told.text, reached(2, 15)),
    { bad: { harm: 'replaced', sequence: 15 } },
    'an unsealed record where a sealed one was',
  )
  t.match(await check(told.text, { newest: { ...told.newest, tag: '00'.repeat(32) } }), {
    bad: { harm: 'replaced', sequence: 15 },
  })
})

t.test('who copied the key at a record cannot change what came before it', async (t) => {
  const stolen = keyAt(1, 3)
  const forged = (from: number, key: Buffer): string =>
    told.lines.slice(0, from - 1).join('') +
    forge(
      told.lines.slice(from - 1, 8).map((text) => bodyOf(text).replace('dev/', 'not/')),
      tagOf(line(from - 1)),
      key,
    )
  for (const from of [3, 4, 5]) {
    t.match(
      await check(forged(from, stolen)),
      { bad: { harm: 'replaced', sequence: from } },
      `record ${String(from)}`,
    )
  }
  t.match(
    await check(forged(6, stolen)),
    { bad: undefined, proved: 6 },
    'the attacker is able: from the theft on it can',
  )
  t.match(
    await check(forged(6, stolen), { newest: told.newest }),
    { bad: { harm: 'truncated', sequence: 9 } },
    'but not against the head in memory',
  )
  t.match(await check(forged(6, stolen), { newest: { sequence: 8, tag: told.firstEnd.tag } }), {
    bad: { harm: 'replaced', sequence: 8 },
  })
  t.match(
    await check(forged(6, keyAt(1, 4))),
    { bad: { harm: 'replaced', sequence: 6 } },
    'nor with the key of the next record',
  )
})

t.test('an old copy put back with its old key shows against the vault and against the head', async (t) => {
  const old = told.lines.slice(0, 5).join('') + forge([bodyOf(line(6))], tagOf(line(5)), keyAt(1, 3))
  t.match(await check(old, { reached: new Map([[1, { sequence: 8 }]]) }), {
    bad: { harm: 'truncated', sequence: 7 },
  })
  t.match(await check(old, { newest: told.newest }), { bad: { harm: 'truncated', sequence: 7 } })
})

t.test('while locked the chain is checked, and what was not is said', async (t) => {
  const bare = async (bytes: string | Buffer) => verify({ directory: logOf(bytes) })
  t.match(await bare(told.text), { records: 15, proved: 0, unproved: 10, unsealed: 5, bad: undefined })
  t.match(await bare(told.lines.toSpliced(5, 1).join('')), { bad: { harm: 'dropped', sequence: 6 } })
  t.match(await bare(told.text.toString('latin1').replace('dev/c', 'dev/x')), {
    bad: { harm: 'changed', sequence: 6 },
  })
  const mac = line(6).slice(-67, -3)
  t.match(
    await bare(told.text.toString('latin1').replace(mac, '0'.repeat(64))),
    { bad: { sequence: 7 } },
    'a MAC holds the next link',
  )
})

t.test(
  'a log of several chunks is read whole, and its end is told apart from what comes meanwhile',
  async (t) => {
    const directory = newLog()
    const log = openLog({ directory, sync: 'second' })
    log.beginEpoch(1, seeds.get(1) ?? Buffer.alloc(0))
    for (let count = 0; count < 1000; count += 1) log.append(released('dev/x'.repeat(1 + (count % 90))))
    const running = verify({ directory, seeds: knownSeeds, expectation: { newest: log.head() } })
    log.append(released('dev/late'))
    t.match(await running, { records: 1001, proved: 1001, bad: undefined, unclosed: [] })
    t.match(await verify({ directory, seeds: knownSeeds }), { records: 1002 })
    await log.close()
    truncateSync(join(directory, logName), 200_000)
    t.match(await verify({ directory, seeds: knownSeeds }), { bad: { harm: 'torn' } })
    appendFileSync(join(directory, logName), 'x'.repeat(1_000_000))
    t.match(
      await verify({ directory, seeds: knownSeeds }),
      { bad: { harm: 'changed' } },
      'a line without end',
    )
  },
)

t.test('epochs that a crash cut off are told, the newest sixteen', async (t) => {
  const directory = newLog()
  const seed = randomBytes(32)
  for (let epoch = 1; epoch <= 20; epoch += 1) {
    const log = openLog({ directory, sync: 'second' })
    log.beginEpoch(epoch, seed)
    await log.close()
  }
  const { bad, unclosed } = await verify({ directory, seeds: () => seed })
  t.equal(bad, undefined)
  t.strictSame(
    [unclosed.length, unclosed[0], unclosed.at(-1)],
    [16, { epoch: 4, sequence: 4 }, { epoch: 19, sequence: 19 }],
  )
})

t.test('a log that is not ours alone is not read', async (t) => {
  const other = mkdtempSync(join(root, 'link-'))
  symlinkSync(join(logOf(told.text), logName), join(other, logName))
  await t.rejects(verify({ directory: other }), { name: 'AuditFailure', code: 'unsafe' })
})

t.test(
  'a vault that took the log over holds what was before by its link, and proves what came after',
  async (t) => {
    const adopted = { ...told.newest, epoch: 2 }
    const own = (bytes: Buffer | string, expectation: Expectation): Promise<Verification> =>
      verify({ directory: logOf(bytes), seeds: () => undefined, expectation })
    t.match(
      await own(told.text, {}),
      { bad: { harm: 'replaced' } },
      'without taking it over it is another log',
    )
    const found = await own(told.text, { adopted })
    t.equal(found.bad, undefined)
    t.match(found, { proved: 0, unproved: 10, unsealed: 5 })
    t.match(await own(told.text, { adopted: { ...adopted, epoch: 1 } }), { bad: { harm: 'replaced' } })
    t.match(await own(told.lines.slice(0, -1).join(''), { adopted }), { bad: { harm: 'truncated' } })
    t.match(await own(told.text, { adopted: { ...adopted, tag: 'ff'.repeat(32) } }), {
      bad: { harm: 'replaced' },
    })
    const changed = told.text.toString('latin1').replace('dev/a', 'dev/z')
    t.match(await own(changed, { adopted }), { bad: { harm: 'changed' } })
    t.match(await check(told.text, { adopted }), { proved: 10 }, 'seeds that are known are used as before')
  },
)

t.test('a log that ends before the place where it begins was cut', async (t) => {
  const start = { sequence: 99, tag: 'ff'.repeat(32), epoch: 9, sealed: 0 }
  const { newest } = told
  t.match(await check(told.text, { start, newest }), { bad: { harm: 'truncated', found: /reached 99/ } })
})

/** A piece of the log is taken out, and another one is put in: one of its own, or any. */
const anyChange = fc
  .record({
    at: fc.nat(),
    out: fc.oneof(fc.nat(3), fc.nat(2000)),
    put: fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef",{}:\n\0é')), maxLength: 8 }),
    own: fc.option(fc.record({ from: fc.nat(), length: fc.nat(2000) })),
  })
  .map(({ at, out, put, own }) => (text: string) => {
    const start = at % (text.length + 1)
    const piece = own === null ? put : text.slice(own.from % text.length).slice(0, own.length)
    return text.slice(0, start) + piece + text.slice(start + out)
  })

t.test('an epoch that was adopted without its seed is held to no key of another one', async (t) => {
  const seeds = (epoch: number) => (epoch === 1 ? knownSeeds(1) : undefined)
  const directory = logOf(told.text)
  const adopted = { ...told.newest, epoch: 2 }
  t.match(await verify({ directory, seeds, expectation: { newest: told.newest, adopted } }), {
    ...{ bad: undefined, proved: 6, unproved: 4, unsealed: 5 },
  })
  t.match(await verify({ directory, seeds, expectation: { newest: told.newest } }), {
    bad: { sequence: 11, found: /epoch 2 is unknown to the vault/ },
  })
})

t.test('a record that was changed is judged by the next one, whatever comes later', async (t) => {
  const changed = line(6).replace('dev/c', 'dev/x')
  const text = told.lines.with(5, changed).join('')
  t.match(await check(text), { bad: { harm: 'changed', sequence: 6 } })
  t.match(await check(text + line(6)), { bad: { harm: 'changed', sequence: 6 } })
})

t.test('a line is too long for a record from one byte more on', async (t) => {
  const bytesMax = 256 * 1024
  for (const [bytes, found] of [
    [bytesMax, 'no record'],
    [bytesMax + 1, 'a line longer than a record can be'],
  ] as const)
    t.match(await check(`${'x'.repeat(bytes - 1)}\n`), { bad: { harm: 'changed', found } })
})

t.test('one byte more than whole lines is a line that is torn', async (t) => {
  for (const torn of ['x', '{', '{"seq":16'])
    t.match(await check(`${told.lines.join('')}${torn}`, known), { bad: { harm: 'torn', line: 16 } }, torn)
})

t.test('whatever is done to a log shows, and no line before it is blamed', async () => {
  const original = told.lines.join('')
  const shows = fc.asyncProperty(fc.array(anyChange, { minLength: 1, maxLength: 3 }), async (changes) => {
    const text = changes.reduce((text, change) => change(text), original)
    const { bad } = await check(text, known)
    if (text === original) return bad === undefined
    const same = Array.from(text).findIndex((character, index) => character !== original[index])
    const linesBefore = original.slice(0, same < 0 ? text.length : same).split('\n').length - 1
    return bad !== undefined && bad.line >= linesBefore
  })
  await fc.assert(shows, { numRuns: 150 })
})

/** A record is dropped, doubled elsewhere, put in the place of another, or tells something else. */
type Edit = (bodies: readonly string[]) => readonly string[]
const anyEdit = fc
  .record({
    at: fc.nat(14),
    from: fc.nat(14),
    word: fc.constantFrom('dev', '"epoch":1', 'released', 'locked'),
  })
  .chain(({ at, from, word }) =>
    fc.constantFrom<Edit>(
      (bodies) => bodies.toSpliced(at, 1),
      (bodies) => bodies.toSpliced(at, 0, bodies[from] ?? ''),
      (bodies) => bodies.with(at % bodies.length, bodies[from] ?? ''),
      (bodies) => bodies.map((body, index) => (index === at ? body.replace(word, `${word}0`) : body)),
      (bodies) =>
        bodies.map((body, index) => (index === at ? body.replace('"sealed":true', '"sealed":false') : body)),
    ),
  )

t.test('whatever is done to the records shows, even where every link is computed anew', async () => {
  const bodies = told.lines.map(bodyOf)
  const shows = fc.asyncProperty(fc.array(anyEdit, { minLength: 1, maxLength: 3 }), async (edits) => {
    const changed = edits.reduce<readonly string[]>((list, edit) => edit(list), bodies)
    if (changed.join() === bodies.join()) return true
    return (await check(forge(changed, Buffer.alloc(32)), known)).bad !== undefined
  })
  await fc.assert(shows, { numRuns: 150 })
})
