import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import t from 'tap'
import { Blocks } from '../src/blocks.ts'
import {
  type Fetch,
  type Keep,
  Pool,
  SealedCache,
  type SealedSecret,
  entryBytes,
  lockedBytes,
} from '@sget/memory'

const minuteMs = 60_000
const lifetimeMs = 10 * minuteMs
const pool = new Pool({ frameBytes: 4096 })

/** The one field that secrets have here. */
const field = 'value'
const bytesOf = (valueBytes: number): number => entryBytes(field.length, valueBytes)

/** Clocks that stand still until they are set. */
class StoppedClocks {
  boot = 1_000_000
  wall = 1_700_000_000_000
  now = (): { bootMs: number; wallMs: number } => ({ bootMs: this.boot, wallMs: this.wall })
}

/** A vault far away: it knows one value by each key, and counts how often it was asked. */
class Vault {
  readonly asked: string[] = []
  version = 1

  value(key: string, bytes = 16): Buffer {
    return Buffer.alloc(bytes, `${key} ${this.version} `)
  }

  fetch(key: string, bytes?: number): Fetch {
    return async (keep) => {
      this.asked.push(key)
      await setImmediate()
      keep(field, this.value(key, bytes))
    }
  }
}

/** A fetch that ends when the test says so. */
class Held {
  readonly answer = Promise.withResolvers<undefined>()
  readonly begun = Promise.withResolvers<{ keep: Keep; signal: AbortSignal }>()
  readonly fetch: Fetch = (keep, signal) => {
    this.begun.resolve({ keep, signal })
    return this.answer.promise
  }

  /** Ends with that value. */
  async give(value: string): Promise<void> {
    const { keep } = await this.begun.promise
    keep(field, Buffer.from(value))
    this.answer.resolve(undefined)
  }
}

interface Scene {
  readonly cache: SealedCache
  readonly clocks: StoppedClocks
  readonly vault: Vault
}

function scene(options: Partial<ConstructorParameters<typeof SealedCache>[0]> = {}): Scene {
  const clocks = new StoppedClocks()
  const cache = new SealedCache({ now: clocks.now, lifetimeMs, bytesMax: 64 * 1024, ...options })
  t.teardown(() => cache.end())
  return { cache, clocks, vault: new Vault() }
}

function opened(secret: SealedSecret): string {
  using loan = pool.tryLoan()
  if (!loan) throw new Error('the test holds too many loans')
  return loan.bytes.subarray(0, secret.open(field, loan.bytes)).toString('latin1')
}

const read = async (cache: SealedCache, key: string, fetch: Fetch): Promise<string> =>
  opened(await cache.get(key, fetch))

const nobodyAsks: Fetch = () => Promise.reject(new Error('it was fetched'))

t.test(
  'after its end a cache opens nothing, fetches nothing, and what it gave out is worthless',
  async (t) => {
    const { cache, vault } = scene()
    const value = await cache.get('a', vault.fetch('a'))
    t.equal(opened(value), 'a 1 a 1 a 1 a 1 ')
    cache.end()
    cache.end()
    const into = Buffer.alloc(64, 7)
    t.throws(() => value.open(field, into), { code: 'destroyed' })
    t.strictSame(into, Buffer.alloc(64, 7))
    await t.rejects(cache.get('a', nobodyAsks), { code: 'destroyed' })
    await t.rejects(cache.get('b', nobodyAsks), { code: 'destroyed' })
    t.equal(cache.size, 0)
    t.doesNotThrow(() => {
      cache.forget('a')
      cache.forgetUnder('')
      cache.sweep()
    })
  },
)

t.test('the next session finds nothing of the one before', async (t) => {
  const first = scene()
  await first.cache.get('a', first.vault.fetch('a'))
  first.cache.end()
  const next = scene()
  next.vault.version = 2
  t.match(await read(next.cache, 'a', next.vault.fetch('a')), /^a 2/)
})

t.test('who waits for a fetch when the cache ends is refused, and what comes after it is lost', async (t) => {
  const { cache } = scene()
  const held = new Held()
  const waiting = [cache.get('a', held.fetch), cache.get('a', nobodyAsks)]
  const { keep, signal } = await held.begun.promise
  keep('first', Buffer.from('one of two'))
  cache.end()
  for (const one of waiting) await t.rejects(one, { code: 'destroyed' })
  t.match(signal, { aborted: true, reason: { code: 'destroyed' } }, 'the fetch is told')
  t.throws(() => keep(field, Buffer.from('late')), { code: 'destroyed' })
  held.answer.resolve(undefined)
  await setImmediate()
  t.equal(cache.size, 0)
})

t.test(
  'a fetch that comes back in the very turn of the end is worthless, however far it has come',
  async (t) => {
    for (let steps = 0; steps < 20; steps += 1) {
      const { cache } = scene()
      const held = new Held()
      const opening = cache.get('a', held.fetch).then(opened)
      await held.give('late')
      for (let step = 0; step < steps; step += 1) await Promise.resolve()
      const isOpen = cache.size === 1
      cache.end()
      if (!isOpen) await t.rejects(opening, { code: 'destroyed' }, `after ${steps} steps`)
      await opening.catch(() => undefined)
      t.equal(cache.size, 0)
    }
  },
)

t.test('what was forgotten while it was fetched is given to who waits, and not kept', async (t) => {
  const { cache, vault } = scene()
  const forgetting = [(): void => cache.forget('a'), (): void => cache.forgetUnder('')]
  for (const forget of forgetting) {
    const held = new Held()
    const before = cache.get('a', held.fetch)
    await held.begun.promise
    forget()
    t.match(await read(cache, 'a', vault.fetch('a')), /^a 1/, 'who comes later does not get the old one')
    await held.give('old')
    t.equal(opened(await before), 'old')
    t.match(await read(cache, 'a', nobodyAsks), /^a 1/)
    cache.forget('a')
  }
})

t.test('a fetch that was forgotten does not take the place of the next one', async (t) => {
  const { cache } = scene()
  const [old, next] = [new Held(), new Held()]
  const before = cache.get('a', old.fetch)
  await old.begun.promise
  cache.forget('a')
  const after = cache.get('a', next.fetch)
  await next.begun.promise
  await old.give('old')
  await before
  const joining = cache.get('a', nobodyAsks)
  await next.give('new')
  t.strictSame([await after, await joining].map(opened), ['new', 'new'])
  t.equal(cache.size, 1)
})

t.test('of a hundred who want the same the first fetches, and all get it', async (t) => {
  const { cache, vault } = scene()
  const values = await Promise.all(Array.from({ length: 100 }, () => cache.get('a', vault.fetch('a'))))
  t.strictSame(new Set(values.map(opened)), new Set(['a 1 a 1 a 1 a 1 ']))
  t.strictSame(vault.asked, ['a'])
})

t.test('a failure reaches all who wait, and the next one asks again', async (t) => {
  const { cache, vault } = scene()
  const fails: Fetch = async (keep) => {
    keep('first', Buffer.from('one of two'))
    await setImmediate()
    throw new Error('not found')
  }
  const waiting = Array.from({ length: 3 }, (_, at) => cache.get('a', at === 0 ? fails : nobodyAsks))
  for (const one of waiting) await t.rejects(one, { message: 'not found' })
  const throws = (): never => {
    throw new Error('at once')
  }
  await t.rejects(cache.get('a', throws), { message: 'at once' })
  t.equal(cache.size, 0)
  t.match(await read(cache, 'a', vault.fetch('a')), /^a 1/)
})

t.test('what a fetch says once it is told that nobody waits does not count', async (t) => {
  const answers: Fetch = (_, signal) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve())
    })
  const fails: Fetch = (_, signal) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')))
    })
  for (const fetch of [answers, fails]) {
    const { cache } = scene()
    const waiting = cache.get('a', fetch)
    await setImmediate()
    cache.end()
    await t.rejects(waiting, { code: 'destroyed' })
  }
})

t.test('a value is wiped where it came in, and one of no length is a value', async (t) => {
  const { cache } = scene()
  const landed = Buffer.from('landed')
  const secret = await cache.get('a', (keep) => {
    keep('one', landed)
    keep('none', Buffer.alloc(0))
    return Promise.resolve()
  })
  t.strictSame(landed, Buffer.alloc(6))
  t.strictSame(
    [...secret.fields],
    [
      ['one', 6],
      ['none', 0],
    ],
  )
  t.equal(secret.open('none', Buffer.alloc(0)), 0)
  t.throws(() => secret.open('other', Buffer.alloc(9)), { code: 'ERR_ASSERTION' })
})

t.test('either clock ends a lifetime, whichever way people set theirs', async (t) => {
  const jumps: Record<string, (clocks: StoppedClocks, ms: number) => void> = {
    'time passes or the machine sleeps': (clocks, ms) => (clocks.boot += ms),
    'the wall clock is set forward': (clocks, ms) => (clocks.wall += ms),
    'the wall clock is set back': (clocks, ms) => (clocks.wall -= ms),
  }
  for (const [how, jump] of Object.entries(jumps)) {
    const { cache, clocks, vault } = scene()
    const value = await cache.get('a', vault.fetch('a'))
    jump(clocks, lifetimeMs - 1)
    t.match(await read(cache, 'a', nobodyAsks), /^a 1/, `${how}: not over yet`)
    jump(clocks, 1)
    t.throws(() => value.open(field, Buffer.alloc(64)), { code: 'ended' }, `${how}: what was given out`)
    vault.version = 2
    t.match(await read(cache, 'a', vault.fetch('a')), /^a 2/, how)
  }
})

t.test('a value whose life ends while it is fetched is not served', async (t) => {
  const { cache, clocks, vault } = scene()
  const held = new Held()
  const waiting = [cache.get('a', held.fetch), cache.get('a', nobodyAsks)]
  await held.begun.promise
  clocks.boot += lifetimeMs
  await held.give('late')
  for (const one of waiting) {
    const value = await one
    t.throws(() => value.open(field, Buffer.alloc(64)), { code: 'ended' })
  }
  t.match(await read(cache, 'a', vault.fetch('a')), /^a 1/, 'the next one fetches')
})

t.test('a sweep removes what is too old, and nothing else', async (t) => {
  const { cache, clocks, vault } = scene()
  await cache.get('a', vault.fetch('a'))
  clocks.boot += 1
  await cache.get('b', vault.fetch('b'))
  clocks.boot += lifetimeMs - 1
  cache.sweep()
  t.equal(cache.size, 1)
  t.equal(cache.bytes, bytesOf(16))
  t.match(await read(cache, 'b', nobodyAsks), /^b 1/)
})

t.test('what is too old is gone also when it cannot be fetched again', async (t) => {
  const { cache, clocks, vault } = scene()
  await cache.get('a', vault.fetch('a'))
  clocks.boot += lifetimeMs
  await t.rejects(cache.get('a', nobodyAsks), { message: 'it was fetched' })
  t.equal(cache.size, 0)
})

t.test('room that is given back is wiped, and given out again', async (t) => {
  const blocks = new Blocks(4 * 64)
  const first = blocks.write(Buffer.alloc(200, 7))
  t.strictSame(blocks.read(first, 200), Buffer.alloc(200, 7))
  blocks.release(first)
  t.strictSame(blocks.read(first, 64), Buffer.alloc(64))
  const [one, other] = [blocks.write(Buffer.alloc(65, 1)), blocks.write(Buffer.alloc(128, 2))]
  t.strictSame([blocks.read(one, 65), blocks.read(other, 128)], [Buffer.alloc(65, 1), Buffer.alloc(128, 2)])
  t.throws(() => blocks.write(Buffer.alloc(1)), /no room/)
})

t.test('a value that is larger than all the room there is, is served and not kept', async (t) => {
  const { cache, vault } = scene({ bytesMax: bytesOf(1000) })
  await cache.get('small', vault.fetch('small'))
  t.equal((await cache.get('large', vault.fetch('large', 2000))).fields.get(field), 2000)
  t.match(await read(cache, 'small', nobodyAsks), /^small 1/, 'and pushes nothing out')
  t.equal((await cache.get('fits', vault.fetch('fits', 1000))).fields.get(field), 1000)
  t.equal(cache.bytes, bytesOf(1000))
  const none = scene({ entriesMax: 0 })
  await none.cache.get('a', none.vault.fetch('a'))
  t.equal(none.cache.size, 0)
})

t.test('a value does not fit a buffer that is too short', async (t) => {
  const { cache, vault } = scene()
  const value = await cache.get('a', vault.fetch('a'))
  t.equal(value.fields.get(field), 16)
  t.throws(() => value.open(field, Buffer.alloc(15)), { code: 'no-room' })
})

t.test(
  'what is locked does not grow with what is kept',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const { cache, vault } = scene({ bytesMax: 1 << 20 })
    await cache.get('first', vault.fetch('first'))
    const before = lockedBytes()
    for (let at = 0; at < 2000; at += 1) await cache.get(`key ${at}`, vault.fetch(`key ${at}`, 100))
    t.equal(cache.size, 2001)
    t.equal(lockedBytes(), before)
    cache.end()
    t.equal(lockedBytes(), before)
  },
)

// --- Against a model: a list, the least recently used first ---

interface Modelled {
  readonly key: string
  readonly text: string
  readonly since: { readonly bootMs: number; readonly wallMs: number }
}

class Model {
  readonly entriesMax: number
  readonly bytesMax: number
  kept: Modelled[] = []

  constructor(entriesMax: number, bytesMax: number) {
    this.entriesMax = entriesMax
    this.bytesMax = bytesMax
  }

  get bytes(): number {
    return this.kept.reduce((sum, { text }) => sum + bytesOf(text.length), 0)
  }

  find(key: string, { boot, wall }: StoppedClocks): string | undefined {
    const found = this.kept.find((one) => one.key === key)
    this.forget((other) => other === key)
    if (!found || Model.#isOver(found, boot, wall)) return undefined
    this.kept.push(found)
    return found.text
  }

  keep(one: Modelled): void {
    if (bytesOf(one.text.length) > this.bytesMax) return
    this.kept.push(one)
    while (this.kept.length > this.entriesMax || this.bytes > this.bytesMax) this.kept.shift()
  }

  forget(isMeant: (key: string) => boolean): void {
    this.kept = this.kept.filter(({ key }) => !isMeant(key))
  }

  sweep({ boot, wall }: StoppedClocks): void {
    this.kept = this.kept.filter((one) => !Model.#isOver(one, boot, wall))
  }

  static #isOver({ since }: Modelled, boot: number, wall: number): boolean {
    return boot - since.bootMs >= lifetimeMs || Math.abs(wall - since.wallMs) >= lifetimeMs
  }
}

type Step = (scene: Scene, model: Model) => Promise<void> | void

const anyKey = fc.constantFrom('a', 'ab', 'abc', 'b', 'ba', 'c', '', 'ü\0a')
const anyBytes = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.constantFrom(0, 63, 64, 65, 128, 500, 3000))
const anyJumpMs = fc.constantFrom(1, minuteMs, lifetimeMs / 2, lifetimeMs - 1, lifetimeMs)

const gets = fc
  .tuple(anyKey, anyBytes)
  .map(([key, bytes]): Step => async ({ cache, vault, clocks }, model) => {
    vault.version += 1
    const known = model.find(key, clocks)
    const text = known ?? vault.value(key, bytes).toString('latin1')
    if (known === undefined) model.keep({ key, text, since: clocks.now() })
    const fetch = known === undefined ? vault.fetch(key, bytes) : nobodyAsks
    const given = await read(cache, key, fetch)
    if (given !== text) throw new Error(`${JSON.stringify(key)} is ${given}`)
  })
const jumps = fc
  .tuple(fc.constantFrom('sleep', 'forward', 'back'), anyJumpMs)
  .map(([way, ms]): Step => ({ clocks }) => {
    if (way === 'sleep') clocks.boot += ms
    else clocks.wall += way === 'forward' ? ms : -ms
  })
const forgets = anyKey.map((key): Step => ({ cache }, model) => {
  cache.forget(key)
  model.forget((other) => other === key)
})
const forgetsUnder = anyKey.map((prefix): Step => ({ cache }, model) => {
  cache.forgetUnder(prefix)
  model.forget((key) => key.startsWith(prefix))
})
const sweeps = fc.constant<Step>(({ cache, clocks }, model) => {
  cache.sweep()
  model.sweep(clocks)
})

const anySteps = fc.array(
  fc.oneof(
    { arbitrary: gets, weight: 12 },
    { arbitrary: jumps, weight: 2 },
    { arbitrary: forgets, weight: 1 },
    { arbitrary: forgetsUnder, weight: 1 },
    { arbitrary: sweeps, weight: 1 },
  ),
  { maxLength: 60 },
)

t.test('a cache keeps what a simple list of the same limits would keep', async (t) => {
  const limits = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.constantFrom(192, 512, 1024, 4096))
  const asModelled = fc.asyncProperty(limits, anySteps, async ([entriesMax, bytesMax], steps) => {
    const model = new Model(entriesMax, bytesMax)
    const clocks = new StoppedClocks()
    using cache = new SealedCache({ now: clocks.now, lifetimeMs, entriesMax, bytesMax })
    const vault = new Vault()
    for (const step of steps) {
      await step({ cache, clocks, vault }, model)
      if (cache.size !== model.kept.length || cache.bytes !== model.bytes)
        throw new Error(`keeps ${cache.size} in ${cache.bytes}, not ${model.kept.length} in ${model.bytes}`)
    }
  })
  await fc.assert(asModelled, { numRuns: 300 })
  t.pass('in 300 runs')
})
