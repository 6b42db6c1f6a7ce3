// A vault on the network behind its cache: when it is asked, what serves while it cannot be, and what ends with the session.
import t, { type Test } from 'tap'
import { Distant, lifetimeMs, takeField, type Gather, type Meaning } from '@sget/backend'
import { SealedCache } from '@sget/memory'

class Trouble extends Error {
  readonly code: 'unreachable' | 'absent' | 'forbidden'
  constructor(code: Trouble['code']) {
    super(code)
    this.code = code
  }
}

const meaningOf = (failure: unknown): Meaning =>
  failure instanceof Trouble && failure.code !== 'forbidden' ? failure.code : 'other'

const freshness = { ttlMs: 1000, staleMs: 10_000 }

interface Scene {
  readonly distant: Distant
  readonly cache: SealedCache
  /** Paths that the vault was asked for. */
  readonly asked: string[]
  readonly secrets: Map<string, Record<string, string>>
  /** Why the vault gives no answer now. */
  trouble: Trouble | undefined
  /** Both clocks. */
  nowMs: number
  readonly read: (path: string, field?: string, freshMs?: number) => Promise<string>
}

function scene(t: Test, before: () => Promise<unknown> = () => Promise.resolve()): Scene {
  const now = () => ({ bootMs: made.nowMs, wallMs: made.nowMs })
  const gather: Gather = async (path, keep) => {
    made.asked.push(path)
    await before()
    if (made.trouble) throw made.trouble
    const fields = made.secrets.get(path)
    if (fields === undefined) throw new Trouble('absent')
    for (const [name, value] of Object.entries(fields)) keep(name, Buffer.from(value))
  }
  const cache = new SealedCache({ now, lifetimeMs: lifetimeMs(freshness) })
  const distant = new Distant({ gather, meaningOf, cache, freshness, now })
  const read = async (path: string, field = 'password', freshMs?: number): Promise<string> => {
    const into = Buffer.alloc(100)
    const { secret, staleMs } = await distant.obtain(path, freshMs)
    const length = takeField(secret, field, into)
    return `${into.toString('utf8', 0, length)}${staleMs === undefined ? '' : ` (${staleMs} ms old)`}`
  }
  const made: Scene = {
    distant,
    cache,
    asked: [],
    secrets: new Map(),
    trouble: undefined,
    nowMs: 1_000_000,
    read,
  }
  t.teardown(() => cache.end())
  return made
}

t.test('two fields of a secret are one answer of the vault', async (t) => {
  const { secrets, asked, read } = scene(t)
  secrets.set('db', { username: 'v-app-1', password: 'x' })
  t.same(await Promise.all([read('db', 'username'), read('db'), read('db', 'username')]), [
    'v-app-1',
    'x',
    'v-app-1',
  ])
  t.same(asked, ['db'])
  await t.rejects(read('db', 'port'), { code: 'no-field' })
  t.same(asked, ['db'], 'what it has no field of is not asked for again')
})

t.test('two hundred who want fifty secrets ask fifty times', async (t) => {
  const { secrets, asked, read } = scene(t, () => new Promise(setImmediate))
  for (let at = 0; at < 50; at++) secrets.set(`db/${at}`, { password: `value ${at}` })
  const wanted = Array.from({ length: 200 }, (_, at) => at % 50)
  const got = await Promise.all(wanted.map((at) => read(`db/${at}`)))
  t.same(
    got,
    wanted.map((at) => `value ${at}`),
  )
  t.equal(asked.length, 50)
})

t.test('after its time the vault is asked again', async (t) => {
  const made = scene(t)
  made.secrets.set('db', { password: 'old' })
  t.equal(await made.read('db'), 'old')
  made.secrets.set('db', { password: 'new' })
  made.nowMs += 999
  t.equal(await made.read('db'), 'old')
  made.nowMs += 1
  t.equal(await made.read('db'), 'new')
  t.equal(made.asked.length, 2)
})

t.test('while it cannot be reached, what is old serves and says how old it is', async (t) => {
  const made = scene(t)
  made.secrets.set('db', { password: 'old' })
  await made.read('db')
  made.trouble = new Trouble('unreachable')
  made.nowMs += 5000
  t.equal(await made.read('db'), 'old (5000 ms old)')
  t.equal(await made.read('db'), 'old (5000 ms old)')
  t.equal(made.asked.length, 3, 'and each time it is tried')
  await t.rejects(made.read('other'), { code: 'unreachable' })
  made.nowMs += 5000
  await t.rejects(made.read('db'), { code: 'unreachable' }, 'not for ever')
  made.trouble = undefined
  t.equal(await made.read('db'), 'old', 'then again')
})

t.test('a vault that says no is believed, whatever is kept', async (t) => {
  const made = scene(t)
  made.secrets.set('db', { password: 'old' })
  await made.read('db')
  made.nowMs += 2000
  made.trouble = new Trouble('forbidden')
  await t.rejects(made.read('db'), { code: 'forbidden' })
  made.trouble = undefined
  made.secrets.delete('db')
  await t.rejects(made.read('db'), { code: 'absent' })
  made.trouble = new Trouble('unreachable')
  made.nowMs += 5000
  await t.rejects(made.read('db'), { code: 'unreachable' }, 'what was removed does not come back')
})

t.test('what is not there is asked for once in five seconds', async (t) => {
  const made = scene(t)
  for (let tries = 0; tries < 3; tries++) await t.rejects(made.read('db'), { code: 'absent' })
  t.equal(made.asked.length, 1)
  made.secrets.set('db', { password: 'x' })
  made.nowMs += 4999
  await t.rejects(made.read('db'), { code: 'absent' })
  made.nowMs += 1
  t.equal(await made.read('db'), 'x')
  await t.rejects(made.read('other'), { code: 'absent' })
  made.secrets.set('other', { password: 'y' })
  made.distant.forget('other')
  t.equal(await made.read('other'), 'y', 'unless we put it there ourselves')
})

t.test('however many absent secrets are asked for, few are remembered', async (t) => {
  const made = scene(t)
  for (let at = 0; at <= 1024; at++) await t.rejects(made.read(`a/${at}`), { code: 'absent' })
  await t.rejects(made.read('a/1'), { code: 'absent' })
  t.equal(made.asked.length, 1025)
  await t.rejects(made.read('a/0'), { code: 'absent' })
  t.equal(made.asked.length, 1026, 'the first was forgotten')
})

t.test('nothing outlives the session, reachable or not', async (t) => {
  const made = scene(t)
  made.secrets.set('db', { password: 'x' })
  await made.read('db')
  made.cache.end()
  made.trouble = new Trouble('unreachable')
  await t.rejects(made.read('db'), { code: 'locked' })
  t.equal(made.asked.length, 1)
})

t.test('what is given out is worthless after the end', async (t) => {
  const made = scene(t)
  made.secrets.set('db', { password: 'x' })
  const { secret } = await made.distant.obtain('db')
  made.cache.end()
  t.throws(() => takeField(secret, 'password', Buffer.alloc(9)), { code: 'locked' })
  t.throws(() => made.distant.kept('db'), { code: 'locked' })
})

t.test('who ends the session while the vault cannot be reached ends what is old too', async (t) => {
  const made = scene(t, () => {
    if (made.asked.length > 1) made.cache.end()
    return Promise.resolve()
  })
  made.secrets.set('db', { password: 'x' })
  await made.read('db')
  made.trouble = new Trouble('unreachable')
  made.nowMs += 2000
  await t.rejects(made.read('db'), { code: 'locked' })
})

t.test('who wants it fresher than the vault’s own time asks again', async (t) => {
  const made = scene(t)
  made.secrets.set('db', { password: 'old' })
  await made.read('db')
  made.secrets.set('db', { password: 'new' })
  made.nowMs += 500
  t.equal(await made.read('db', 'password', 501), 'old')
  t.ok(made.distant.kept('db'))
  t.notOk(made.distant.kept('db', 500))
  t.equal(await made.read('db', 'password', 500), 'new')
})

t.test('a vault that never answers delays nobody who asks for another secret', async (t) => {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const made = scene(t, () => (made.asked.at(-1) === 'slow' ? promise : Promise.resolve()))
  made.secrets.set('db', { password: 'x' })
  made.secrets.set('slow', { password: 'y' })
  const slow = Array.from({ length: 100 }, () => made.read('slow'))
  t.equal(await made.read('db'), 'x')
  resolve(undefined)
  t.same(new Set(await Promise.all(slow)), new Set(['y']))
})
