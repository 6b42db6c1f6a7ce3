import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import t from 'tap'
import { Blocks } from '../src/blocks.ts'
import { type Fetch, Pool, SealedCache, type SealedValue, entryBytes, lockedBytes } from '@sget/memory'

const minuteMs = 60_000
const lifetimeMs = 10 * minuteMs
const frameBytes = 4096
const pool = new Pool({ frameBytes })

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
    return async (into) => {
      this.asked.push(key)
      const value = this.value(key, bytes)
      await setImmediate()
      return value.copy(into)
    }
  }
}

/** A fetch that ends when the test says so. */
class Held {
  readonly answer = Promise.withResolvers<number>()
  readonly begun = Promise.withResolvers<{ into: Buffer; signal: AbortSignal }>()
  readonly fetch: Fetch = (into, signal) => {
    this.begun.resolve({ into, signal })
    return this.answer.promise
  }
}

interface Scene {
  readonly cache: SealedCache
  readonly clocks: StoppedClocks
  readonly vault: Vault
}

function scene(options: Partial<ConstructorParameters<typeof SealedCache>[0]> = {}): Scene {
  const clocks = new StoppedClocks()
  const cache = new SealedCache({ pool, now: clocks.now, lifetimeMs, bytesMax: 64 * 1024, ...options })
  t.teardown(() => cache.end())
  return { cache, clocks, vault: new Vault() }
}

function opened(value: SealedValue): string {
  using loan = pool.tryLoan()
  if (!loan) throw new Error('the test holds too many loans')
  return loan.bytes.subarray(0, value.open(loan.bytes)).toString('latin1')
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
    t.throws(() => value.open(into), { code: 'destroyed' })
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
  const { cache } = scene({ pool: new Pool({ frameBytes, frames: 1 }) })
  const held = new Held()
  const waiting = [cache.get('a', held.fetch), cache.get('a', nobodyAsks), cache.get('b', nobodyAsks)]
  const { into, signal } = await held.begun.promise
  into.write('half a val')
  cache.end()
  for (const one of waiting) await t.rejects(one, { code: 'destroyed' })
  t.match(signal, { aborted: true, reason: { code: 'destroyed' } }, 'the fetch is told')
  t.equal(into.length, 0, 'the loan is over')
  held.answer.resolve(10)
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
      await held.begun.promise
      held.answer.resolve(4)
      for (let step = 0; step < steps; step += 1) await Promise.resolve()
      const isOpen = cache.size === 1
      cache.end()
      if (!isOpen) await t.rejects(opening, { code: 'destroyed' }, `after ${steps} steps`)
      await opening.catch(() => undefined)
      t.equal(cache.size, 0)
    }
  },
)

t.test('no fetch begins after the end, and nobody waits for memory any longer', async (t) => {
  const full = new Pool({ frameBytes, frames: 1 })
  using held = await full.loan()
  for (const lender of [pool, full]) {
    const { cache, vault } = scene({ pool: lender })
    const waiting = cache.get('a', vault.fetch('a'))
    cache.end()
    await t.rejects(waiting, { code: 'destroyed' })
    t.strictSame(vault.asked, [])
  }
  t.equal(held.bytes.length, frameBytes)
})

t.test('what was forgotten while it was fetched is given to who waits, and not kept', async (t) => {
  const { cache, vault } = scene()
  const forgetting = [(): void => cache.forget('a'), (): void => cache.forgetUnder('')]
  for (const forget of forgetting) {
    const held = new Held()
    const before = cache.get('a', held.fetch)
    const { into } = await held.begun.promise
    forget()
    t.match(await read(cache, 'a', vault.fetch('a')), /^a 1/, 'who comes later does not get the old one')
    held.answer.resolve(into.write('old'))
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
  const { into } = await next.begun.promise
  old.answer.resolve(0)
  await before
  const joining = cache.get('a', nobodyAsks)
  next.answer.resolve(into.write('new'))
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
  const fails: Fetch = async (into) => {
    into.write('half a val')
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

t.test('a fetch may take as long as its loan; then it is refused and can write nowhere', async (t) => {
  const { cache, vault } = scene({ pool: new Pool({ frameBytes, frames: 1, loanMs: 20 }) })
  const held = new Held()
  const waiting = cache.get('a', held.fetch)
  const { into, signal } = await held.begun.promise
  await t.rejects(waiting, { code: 'ended' })
  t.match(signal, { aborted: true, reason: { code: 'ended' } })
  t.equal(into.write('too late'), 0)
  held.answer.resolve(8)
  t.match(await read(cache, 'a', vault.fetch('a')), /^a 1/, 'the frame is free again')
  held.answer.reject(new Error('nobody hears this'))
})

t.test('a fetch that fails after nobody waits any more harms nobody', async (t) => {
  const { cache } = scene({ pool: new Pool({ frameBytes, frames: 1, loanMs: 20 }) })
  const held = new Held()
  await t.rejects(cache.get('a', held.fetch), { code: 'ended' })
  held.answer.reject(new Error('reset'))
  await setImmediate()
})

t.test('what a fetch says once it is told that nobody waits does not count', async (t) => {
  const answers: Fetch = (_, signal) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(8))
    })
  const fails: Fetch = (_, signal) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')))
    })
  for (const fetch of [answers, fails]) {
    const { cache } = scene({ pool: new Pool({ frameBytes, frames: 1, loanMs: 20 }) })
    await t.rejects(cache.get('a', fetch), { code: 'ended' })
    const waiting = cache.get('a', fetch)
    await setImmediate()
    cache.end()
    await t.rejects(waiting, { code: 'destroyed' })
  }
})

t.test('when too many wait for memory, one more is refused and leaves nothing behind', async (t) => {
  const { cache, vault } = scene({ pool: new Pool({ frameBytes, frames: 1, waitingMax: 1 }) })
  const held = new Held()
  const first = cache.get('a', held.fetch)
  const second = cache.get('b', vault.fetch('b'))
  await t.rejects(cache.get('c', nobodyAsks), { code: 'crowded' })
  held.answer.resolve(0)
  t.equal((await first).bytes, 0, 'an empty value is a value')
  await second
  t.match(await read(cache, 'c', vault.fetch('c')), /^c 1/)
})

t.test('a fetch that claims more than there was room for is a bug', async (t) => {
  const { cache } = scene()
  for (const length of [frameBytes + 1, -1, 0.5, Number.NaN])
    await t.rejects(
      cache.get('a', () => Promise.resolve(length)),
      { code: 'ERR_ASSERTION' },
    )
  t.equal(cache.size, 0)
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
    t.throws(() => value.open(Buffer.alloc(64)), { code: 'ended' }, `${how}: what was given out`)
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
  held.answer.resolve(4)
  for (const one of waiting) {
    const value = await one
    t.throws(() => value.open(Buffer.alloc(64)), { code: 'ended' })
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
  t.equal(cache.bytes, entryBytes(16))
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
  const { cache, vault } = scene({ bytesMax: entryBytes(1000) })
  await cache.get('small', vault.fetch('small'))
  t.equal((await cache.get('large', vault.fetch('large', 2000))).bytes, 2000)
  t.match(await read(cache, 'small', nobodyAsks), /^small 1/, 'and pushes nothing out')
  t.equal((await cache.get('fits', vault.fetch('fits', 1000))).bytes, 1000)
  t.equal(cache.bytes, entryBytes(1000))
  const none = scene({ entriesMax: 0 })
  await none.cache.get('a', none.vault.fetch('a'))
  t.equal(none.cache.size, 0)
})

t.test('a value does not fit a buffer that is too short', async (t) => {
  const { cache, vault } = scene()
  const value = await cache.get('a', vault.fetch('a'))
  t.equal(value.bytes, 16)
  t.throws(() => value.open(Buffer.alloc(15)), { code: 'no-room' })
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
    return this.kept.reduce((sum, { text }) => sum + entryBytes(text.length), 0)
  }

  find(key: string, { boot, wall }: StoppedClocks): string | undefined {
    const found = this.kept.find((one) => one.key === key)
    this.forget((other) => other === key)
    if (!found || Model.#isOver(found, boot, wall)) return undefined
    this.kept.push(found)
    return found.text
  }

  keep(one: Modelled): void {
    if (entryBytes(one.text.length) > this.bytesMax) return
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
    using cache = new SealedCache({ pool, now: clocks.now, lifetimeMs, entriesMax, bytesMax })
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
