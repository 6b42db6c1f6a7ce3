// What every backend must show: `conformance(t, makeBackend)` is the whole test of the interface.
import { randomBytes } from 'node:crypto'
import { type Test } from 'tap'
import { Pool } from '@sget/memory'
import { type Backend, type FieldRef, fieldsMax, valueBytesMax } from './backend.ts'
import { BackendFailure } from './failure.ts'

/** Makes an empty backend; what must be cleaned up goes to `t.teardown`. */
export type MakeBackend = (t: Test) => Promise<Backend>

type Check = (t: Test, backend: Backend) => Promise<void>

/** Runs every check below against a backend of its own. */
export async function conformance(t: Test, makeBackend: MakeBackend): Promise<void> {
  for (const [behaviour, check] of checks)
    await t.test(behaviour, async (t) => {
      await check(t, await makeBackend(t))
    })
}

const checks = new Map<string, Check>([
  ['an empty vault has nothing to give', refusesWhatIsNotThere],
  ['a value comes back byte for byte, and only in the buffer that was lent', keepsBytes],
  ['a value is never replaced unless that was asked for', refusesToReplace],
  ['a value is consumed, also when it is refused', wipesWhatItTakes],
  ['a value that does not fit is refused whole', refusesShortBuffers],
  ['values and fields have limits', hasLimits],
  ['removing takes what was named and nothing else', removes],
  ['names that look alike or mean something elsewhere are just names', keepsNamesApart],
  ['a description tells names, lengths and times', describes],
  ['many changes at once are all kept', keepsConcurrentChanges],
])

const password = (path: string): FieldRef => ({ path, field: 'password' })
const pool = new Pool({ frameBytes: valueBytesMax + 1, frames: 1 })

/** Whether the backend fetches exactly this into lent memory. */
async function holds(backend: Backend, ref: FieldRef, value: Buffer | string): Promise<boolean> {
  using loan = await pool.loan()
  const length = await backend.fetch(ref, loan.bytes)
  return loan.bytes.subarray(0, length).equals(Buffer.from(value))
}

/** Those of `values` that the backend does not hold. */
async function lost(backend: Backend, values: Iterable<[FieldRef, Buffer | string]>): Promise<FieldRef[]> {
  const missing: FieldRef[] = []
  for (const [ref, value] of values) if (!(await holds(backend, ref, value))) missing.push(ref)
  return missing
}

async function paths(backend: Backend): Promise<string[]> {
  return (await backend.list()).map(({ path }) => path).sort()
}

/** The code with which it fails, or `done`: a failure of another class is thrown on. */
async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (failure) {
    if (failure instanceof BackendFailure) return failure.code
    throw failure
  }
}

async function refusesWhatIsNotThere(t: Test, backend: Backend): Promise<void> {
  const nothing = Buffer.alloc(8, 7)
  t.strictSame(await backend.list(), [])
  t.equal(await outcome(backend.describe('db/prod')), 'not-found')
  t.equal(await outcome(backend.fetch(password('db/prod'), nothing)), 'not-found')
  t.equal(await outcome(backend.remove('db/prod')), 'not-found')
  t.equal(await outcome(backend.remove('db/prod', 'password')), 'not-found')
  await backend.put(password('db/prod'), Buffer.from('x'))
  t.equal(await outcome(backend.fetch({ path: 'db/prod', field: 'user' }, nothing)), 'no-field')
  t.equal(await outcome(backend.fetch(password('db/pro'), nothing)), 'not-found')
  t.strictSame(nothing, Buffer.alloc(8, 7))
  t.strictSame(await backend.health(), { ready: true })
}

async function keepsBytes(t: Test, backend: Backend): Promise<void> {
  const values = ['\0', 'line\r\n', 'ünïcode', '$(id)'].map((text) => Buffer.from(text))
  values.push(Buffer.from([0xff, 0xfe, 0, 0x80]), randomBytes(valueBytesMax))
  const kept = values.map((value, i): [FieldRef, Buffer] => [password(`db/${i}`), value])
  for (const [ref, value] of kept) await backend.put(ref, Buffer.from(value))
  t.strictSame(await lost(backend, kept), [])
  using loan = await pool.loan(8)
  loan.bytes.fill(7)
  t.equal(await backend.fetch(password('db/0'), loan.bytes), 1)
  t.strictSame(loan.bytes, Buffer.from([0, 7, 7, 7, 7, 7, 7, 7]))
}

async function refusesToReplace(t: Test, backend: Backend): Promise<void> {
  const ref = password('db/prod')
  await backend.put(ref, Buffer.from('old'))
  t.equal(await outcome(backend.put(ref, Buffer.from('new'))), 'exists')
  t.equal(await outcome(backend.put(ref, Buffer.from('new'), { replace: false })), 'exists')
  t.ok(await holds(backend, ref, 'old'))
  await backend.put(ref, Buffer.from('newer'), { replace: true })
  t.ok(await holds(backend, ref, 'newer'))
  const race = [1, 2, 3].map((i) => outcome(backend.put(password('db/race'), Buffer.from([i]))))
  t.strictSame((await Promise.all(race)).sort(), ['done', 'exists', 'exists'])
}

async function wipesWhatItTakes(t: Test, backend: Backend): Promise<void> {
  const value = Buffer.from('a value')
  const putting = backend.put(password('db/prod'), value)
  t.strictSame(value, Buffer.alloc(7), 'before the first wait')
  await putting
  const refused = Buffer.from('refused')
  t.equal(await outcome(backend.put(password('db/prod'), refused)), 'exists')
  t.strictSame(refused, Buffer.alloc(7))
  const large = Buffer.alloc(valueBytesMax + 1, 7)
  t.equal(await outcome(backend.put(password('db/large'), large)), 'too-large')
  t.ok(large.every((byte) => byte === 0))
}

async function refusesShortBuffers(t: Test, backend: Backend): Promise<void> {
  const ref = password('db/prod')
  await backend.put(ref, Buffer.from('a value'))
  const short = Buffer.alloc(6, 7)
  t.equal(await outcome(backend.fetch(ref, short)), 'no-room')
  t.strictSame(short, Buffer.alloc(6, 7))
  t.equal(await outcome(backend.fetch(ref, Buffer.alloc(0))), 'no-room')
  t.equal(await backend.fetch(ref, Buffer.alloc(7)), 7)
}

async function hasLimits(t: Test, backend: Backend): Promise<void> {
  const field = (i: number): FieldRef => ({ path: 'db/wide', field: `field ${i}` })
  const puts = Array.from({ length: fieldsMax }, (_, i) => backend.put(field(i), Buffer.from([i])))
  await Promise.all(puts)
  t.equal(await outcome(backend.put(field(fieldsMax), Buffer.from('x'))), 'too-many-fields')
  t.equal(await outcome(backend.put(field(0), Buffer.from('x'), { replace: true })), 'done')
  t.equal((await backend.describe('db/wide')).fields.length, fieldsMax)
  t.equal(await outcome(backend.put(password('db/x'), Buffer.alloc(valueBytesMax + 1, 1))), 'too-large')
  t.equal(await outcome(backend.describe('db/x')), 'not-found')
}

async function removes(t: Test, backend: Backend): Promise<void> {
  const user = { path: 'db/prod', field: 'user' }
  await backend.put(password('db/prod'), Buffer.from('x'))
  await backend.put(user, Buffer.from('y'))
  await backend.put(password('db/prod2'), Buffer.from('z'))
  t.equal(await outcome(backend.remove('db/prod', 'port')), 'no-field')
  await backend.remove('db/prod', 'password')
  t.equal(await outcome(holds(backend, password('db/prod'), 'x')), 'no-field')
  t.ok(await holds(backend, user, 'y'))
  await backend.remove('db/prod', 'user')
  t.equal(await outcome(backend.describe('db/prod')), 'not-found', 'gone with its last field')
  await backend.put(user, Buffer.from('again'))
  await backend.remove('db/prod')
  t.equal(await outcome(holds(backend, user, 'again')), 'not-found')
  t.strictSame(await paths(backend), ['db/prod2'])
}

async function keepsNamesApart(t: Test, backend: Backend): Promise<void> {
  const names = [
    '__proto__',
    'constructor',
    'a/b',
    'a',
    'é',
    'e\u0301',
    '🔑',
    'A',
    'p#q',
    '*',
    'n'.repeat(200),
  ]
  const refs = names.flatMap((path) => names.map((field) => ({ path: `x/${path}`, field })))
  const kept = refs.map((ref, i): [FieldRef, Buffer] => [ref, Buffer.from([i])])
  await Promise.all(kept.map(([ref, value]) => backend.put(ref, Buffer.from(value))))
  t.strictSame(await lost(backend, kept), [])
  t.strictSame(await paths(backend), names.map((name) => `x/${name}`).sort())
  t.equal(await outcome(backend.describe('x/toString')), 'not-found')
  t.equal(await outcome(backend.describe('__proto__')), 'not-found')
}

async function describes(t: Test, backend: Backend): Promise<void> {
  await backend.put(password('db/prod'), Buffer.from('secret'))
  const first = await backend.describe('db/prod')
  await backend.put({ path: 'db/prod', field: 'user' }, Buffer.from('me'))
  const { path, created, changed, fields } = await backend.describe('db/prod')
  t.strictSame([path, created], ['db/prod', first.created])
  t.ok(first.created > 0 && first.created === first.changed && changed >= first.changed)
  t.strictSame(
    fields.map(({ name }) => name),
    ['password', 'user'],
  )
  t.ok(fields.every(({ name, bytes }) => bytes === undefined || bytes === (name === 'user' ? 2 : 6)))
  t.strictSame(await backend.list(), [{ path, created, changed }])
}

async function keepsConcurrentChanges(t: Test, backend: Backend): Promise<void> {
  const all = Array.from({ length: 60 }, (_, i) => `db/${i}`)
  await Promise.all(all.map((path) => backend.put(password(path), Buffer.from(path))))
  await Promise.all([
    ...all.slice(0, 20).map((path) => backend.remove(path)),
    ...all.slice(20, 40).map((path) => backend.put(password(path), Buffer.from('new'), { replace: true })),
  ])
  t.strictSame(await paths(backend), all.slice(20).sort())
  const kept = all.slice(20).map((path, i): [FieldRef, string] => [password(path), i < 20 ? 'new' : path])
  t.strictSame(await lost(backend, kept), [])
}
