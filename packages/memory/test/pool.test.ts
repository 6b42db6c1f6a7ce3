import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import {
  Enclave,
  Pool,
  Pools,
  lockedBuffer,
  lockedBytes,
  passphraseBytesMax,
  saltBytes,
  sealBytes,
} from '@sget/memory'

const linux = process.platform === 'linux'
const cheap = { passes: 1, memoryBytes: 8192 }
const purpose = Buffer.from('purpose')
const start = join(import.meta.dirname, 'fixtures/start.ts')
const strace = spawnSync('strace', ['-qq', 'true']).status === 0

t.test('a process that may not lock so much refuses to start', { skip: !linux }, (t) => {
  const limited = (limitBytes: number, frameBytes: number): string => {
    const limit = ['prlimit', `--memlock=${limitBytes}:${limitBytes}`]
    const ordinary =
      process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : []
    const program = [process.execPath, start, String(frameBytes)]
    const [command = '', ...rest] = [...limit, ...ordinary, ...program]
    return spawnSync(command, rest, { encoding: 'utf8' }).stdout
  }
  t.equal(limited(64 * 1024, 1024 * 1024), 'unlockable', 'not even one frame')
  t.equal(limited(4 * 64 * 1024, 64 * 1024), 'unlockable', 'all frames but the last')
  t.equal(limited(8 * 1024 * 1024, 1024 * 1024 + 4096), 'started', 'the usual limit of a user is enough')
  t.end()
})

t.test(
  'a lock that the system only claims to give is found out',
  { skip: !strace && 'needs strace' },
  (t) => {
    const lie = ['-f', '-qq', '-o', '/dev/null', '-e', 'inject=mlock:retval=0']
    const run = spawnSync('strace', [...lie, process.execPath, start, '4096'], { encoding: 'utf8' })
    t.equal(run.stdout, 'unlockable')
    t.end()
  },
)

t.test('a locked buffer is locked', { skip: !linux }, (t) => {
  const before = lockedBytes() ?? 0
  t.ok(lockedBuffer(100_000).every((byte) => byte === 0))
  t.ok((lockedBytes() ?? 0) - before >= 100_000)
  t.end()
})

t.test('what is locked does not depend on what is lent', { skip: !linux }, async (t) => {
  const pool = new Pool({ frameBytes: 1024 * 1024 + 4096 })
  const locked = lockedBytes() ?? 0
  const requests = Array.from({ length: 200 }, async () => {
    using loan = await pool.loan()
    loan.bytes.fill(7)
    await setImmediate()
    return lockedBytes()
  })
  t.strictSame(new Set(await Promise.all(requests)), new Set([locked]))
  t.ok(locked < 5 * 1024 * 1024, `${locked} bytes`)
})

t.test('nothing of a loan is left when it ends', (t) => {
  const pool = new Pool({ frames: 1, frameBytes: 64 })
  t.throws(() => pool.tryLoan(65), /no frame is that large/)
  const first = pool.tryLoan(10)
  const bytes = first?.bytes ?? Buffer.alloc(0)
  t.equal(bytes.fill(7).length, 10)
  first?.[Symbol.dispose]()
  t.equal(bytes.length, 0, 'a view that the holder kept is empty')
  t.throws(() => first?.bytes, { code: 'ended' })
  first?.[Symbol.dispose]()
  using second = pool.tryLoan()
  t.strictSame(second?.bytes, Buffer.alloc(64), 'the next holder sees zeros')
  t.equal(pool.tryLoan(), undefined, 'ending a loan twice gives back one frame')
  t.end()
})

t.test('a loan ends by itself, and tells its holder before the bytes are wiped', async (t) => {
  const pool = new Pool({ frames: 1, frameBytes: 8, loanMs: 20 })
  const slow = await pool.loan()
  slow.bytes.fill(7)
  const seen = new Promise((resolve) => {
    slow.expired.addEventListener('abort', () => {
      resolve(Buffer.from(slow.bytes))
    })
  })
  const next = await pool.loan()
  t.strictSame(await seen, Buffer.alloc(8, 7))
  t.match(slow.expired.reason, { code: 'ended' })
  t.throws(() => slow.bytes, { code: 'ended' })
  t.strictSame(next.bytes, Buffer.alloc(8))
  slow[Symbol.dispose]()
  t.equal(pool.tryLoan(), undefined, 'the late holder gives nothing back')
  t.notOk(next.expired.aborted)
  next[Symbol.dispose]()
})

t.test('a loan that its holder ended never expires', async (t) => {
  const pool = new Pool({ frames: 2, frameBytes: 8, loanMs: 20 })
  const [ended, later] = [await pool.loan(), await pool.loan()]
  ended[Symbol.dispose]()
  await once(later.expired, 'abort')
  t.notOk(ended.expired.aborted)
})

t.test('those who wait are served in their order, unless they leave', async (t) => {
  const pool = new Pool({ frames: 1, frameBytes: 8, waitingMax: 3 })
  const held = await pool.loan()
  const leaving = new AbortController()
  const order: string[] = []
  const wait = async (name: string, signal?: AbortSignal): Promise<void> => {
    using loan = await pool.loan(3, { signal })
    order.push(`${name} ${loan.bytes.length}`)
  }
  const waiting = [wait('first'), wait('second', leaving.signal), wait('third')]
  await t.rejects(wait('fourth'), { code: 'crowded' })
  leaving.abort(new Error('gone'))
  await t.rejects(waiting[1] ?? Promise.resolve(), { message: 'gone' })
  await t.rejects(wait('fifth', leaving.signal), { message: 'gone' })
  held[Symbol.dispose]()
  await Promise.all([waiting[0], waiting[2]])
  t.strictSame(order, ['first 3', 'third 3'])
})

t.test('a holder has one frame at a time, and holders take turns', async (t) => {
  const pool = new Pool({ frames: 2, frameBytes: 8 })
  const order: string[] = []
  const wait = async (name: string, holder: number): Promise<void> => {
    using loan = await pool.loan(8, { holder })
    order.push(name)
    await setImmediate()
    t.equal(loan.bytes.length, 8)
  }
  const [mine, other] = [await pool.loan(8, { holder: 1 }), await pool.loan()]
  const greedy = ['a', 'b', 'c', 'd'].map((name) => wait(name, 1))
  const late = [wait('x', 2), wait('y', 3)]
  other[Symbol.dispose]()
  await Promise.all(late)
  t.strictSame(order, ['x', 'y'], 'a frame was free, and none of it went to the one who had one')
  mine[Symbol.dispose]()
  const later = wait('z', 2)
  await Promise.all([...greedy, later])
  t.strictSame(
    order.slice(2, 4).sort(),
    ['a', 'z'],
    'who comes later waits for one turn, not for all of them',
  )
  t.strictSame(
    order.filter((name) => 'abcd'.includes(name)),
    ['a', 'b', 'c', 'd'],
  )
})

t.test('who leaves the line keeps nobody from a turn', async (t) => {
  const pool = new Pool({ frames: 1, frameBytes: 8 })
  const held = await pool.loan(8, { holder: 1 })
  const leaving = new AbortController()
  const gone = [1, 1, 2].map((holder) => pool.loan(8, { holder, signal: leaving.signal }))
  const stays = pool.loan(8, { holder: 2 })
  leaving.abort(new Error('gone'))
  for (const one of gone) await t.rejects(one, { message: 'gone' })
  held[Symbol.dispose]()
  t.equal((await stays).bytes.length, 8)
})

t.test('short frames and long ones do not wait for each other', async (t) => {
  const pools = new Pools({ frames: 1, frameBytes: 8 }, { frames: 1, frameBytes: 64 })
  t.equal(pools.frameBytes, 64)
  using long = await pools.loan()
  using short = await pools.loan(8)
  t.same([long.bytes.length, short.bytes.length], [64, 8])
  const [nextLong, nextShort] = [pools.loan(9), pools.loan(3)]
  short[Symbol.dispose]()
  t.equal((await nextShort).bytes.length, 3)
  long[Symbol.dispose]()
  t.equal((await nextLong).bytes.length, 9)
})

t.test('who changes his mind after he was served takes nobody with him', async (t) => {
  const pool = new Pool({ frames: 1, frameBytes: 8 })
  const held = await pool.loan()
  const leaving = new AbortController()
  const served = pool.loan(8, { signal: leaving.signal })
  const waiting = pool.loan()
  held[Symbol.dispose]()
  const loan = await served
  leaving.abort()
  t.equal(loan.bytes.length, 8)
  loan[Symbol.dispose]()
  t.equal((await waiting).bytes.length, 8)
})

t.test('an enclave opens only what it sealed, for the same purpose, into enough room', (t) => {
  const enclave = Enclave.random()
  const plain = Buffer.from('a value')
  const sealed = enclave.seal(plain, purpose)
  t.strictSame(plain, Buffer.alloc(7), 'sealing consumes')
  t.equal(sealed.length, 7 + sealBytes)
  const into = Buffer.alloc(8, 9)
  t.throws(() => enclave.open(sealed, Buffer.from('other'), into), { code: 'forged' })
  t.throws(() => Enclave.random().open(sealed, purpose, into), { code: 'forged' })
  t.throws(() => enclave.open(sealed, purpose, into.subarray(0, 6)), { code: 'no-room' })
  for (let length = 0; length < sealed.length; length += 1)
    t.throws(() => enclave.open(sealed.subarray(0, length), purpose, into), { code: 'forged' })
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed)
    changed[at] = (changed[at] ?? 0) ^ 1
    t.throws(() => enclave.open(changed, purpose, into), { code: 'forged' })
  }
  t.equal(into.indexOf('a'), -1, 'a refused value is not in the buffer')
  t.equal(enclave.open(sealed, purpose, into.fill(9)), 7)
  t.equal(into.toString(), 'a value\t')
  t.equal(enclave.open(enclave.seal(Buffer.alloc(0), purpose), purpose, into), 0)
  const sealedAgain = Array.from({ length: 1000 }, () =>
    enclave.seal(Buffer.alloc(64), purpose).toString('hex'),
  )
  t.equal(new Set(sealedAgain).size, 1000, 'each under a nonce of its own')
  t.end()
})

t.test('a destroyed enclave opens nothing and seals nothing', (t) => {
  const enclave = Enclave.random()
  const sealed = enclave.seal(Buffer.from('a value'), purpose)
  enclave.destroy()
  enclave.destroy()
  const plain = Buffer.from('kept')
  t.throws(() => enclave.open(sealed, purpose, Buffer.alloc(8)), { code: 'destroyed' })
  t.throws(() => enclave.seal(plain, purpose), { code: 'destroyed' })
  t.throws(() => enclave.wrap(Enclave.random(), purpose), { code: 'destroyed' })
  t.throws(() => Enclave.random().wrap(enclave, purpose), { code: 'destroyed' })
  t.equal(plain.toString(), 'kept', 'what could not be sealed is still there')
  t.throws(
    () => Enclave.random().open(sealed, purpose, Buffer.alloc(8)),
    { code: 'forged' },
    'its page holds another key',
  )
  t.end()
})

t.test('a key is out of reach of a stray read before, between and after its uses', { skip: !linux }, (t) => {
  const strayRead = (uses: string): { stdout: string; signal: string | null } => {
    const source = `import { Enclave } from '@sget/memory'
      const pages = []; const from = Buffer.prototype.subarray
      Buffer.prototype.subarray = function (...range) { if (this.secure) pages.push(this); return from.apply(this, range) }
      const enclave = Enclave.random(); ${uses}; process.stdout.write('used'); process.stdout.write(String(pages[0][0]))`
    const options = { cwd: import.meta.dirname, encoding: 'utf8' } as const
    return spawnSync(process.execPath, ['--input-type=module', '-e', source], options)
  }
  const sealing = `enclave.seal(Buffer.from('x'), Buffer.alloc(0))`
  const failing = `try { enclave.open(Buffer.alloc(99), Buffer.alloc(0), Buffer.alloc(99)) } catch {}`
  for (const uses of ['', sealing, failing])
    t.match(strayRead(uses), { stdout: 'used', signal: 'SIGSEGV' }, uses)
  t.match(strayRead('enclave.destroy()'), { stdout: 'used0', signal: null }, 'wiped')
  t.end()
})

t.test('keys have a limit, and a refused one takes no place', async (t) => {
  const outer = Enclave.random()
  for (let i = 0; i < 70; i += 1) {
    t.throws(() => outer.unwrap(Buffer.alloc(72), purpose), { code: 'forged' })
    await t.rejects(
      Enclave.derive(Buffer.alloc(0), Buffer.alloc(saltBytes), { passes: 1, memoryBytes: 2 ** 42 }),
    )
  }
  const enclaves: Enclave[] = []
  t.throws(
    () => {
      while (enclaves.length < 65) enclaves.push(Enclave.random())
    },
    { code: 'crowded' },
  )
  enclaves.forEach((enclave) => {
    enclave.destroy()
  })
  t.ok(Enclave.random())
})

t.test('a wrapped key works like the first, and only its own wrapping opens it', (t) => {
  const outer = Enclave.random()
  const inner = Enclave.random()
  const wrapped = outer.wrap(inner, purpose)
  const into = Buffer.alloc(8)
  t.throws(() => outer.unwrap(wrapped, Buffer.from('other')), { code: 'forged' })
  t.throws(() => inner.unwrap(wrapped, purpose), { code: 'forged' })
  t.throws(() => outer.unwrap(outer.seal(Buffer.from('short'), purpose), purpose), { code: 'forged' })
  t.equal(outer.unwrap(wrapped, purpose).open(inner.seal(Buffer.from('x'), purpose), purpose, into), 1)
  t.end()
})

t.test('a passphrase gives the same key again, another one or another salt does not', async (t) => {
  const salt = Buffer.alloc(saltBytes, 1)
  const passphrase = Buffer.from('correct horse')
  const deriving = Enclave.derive(passphrase, salt, cheap)
  t.strictSame(passphrase, Buffer.alloc(13), 'wiped before the first wait')
  const sealed = (await deriving).seal(Buffer.from('x'), purpose)
  const opens = async (word: string, otherSalt = salt, cost = cheap): Promise<number> =>
    (await Enclave.derive(Buffer.from(word), otherSalt, cost)).open(sealed, purpose, Buffer.alloc(8))
  await t.rejects(opens('correct horsf'), { code: 'forged' })
  await t.rejects(opens('correct horse', Buffer.alloc(saltBytes, 2)), { code: 'forged' })
  await t.rejects(opens('correct horse', salt, { ...cheap, passes: 2 }), { code: 'forged' })
  t.equal(await opens('correct horse'), 1)
  await t.rejects(opens('x'.repeat(passphraseBytesMax + 1)), { code: 'no-room' })
})

t.test(
  'Argon2 runs once at a time, for a few who wait, and says when it cannot have its memory',
  async (t) => {
    const locked = lockedBytes()
    const derive = async (cost = cheap): Promise<void> => {
      using enclave = await Enclave.derive(Buffer.from('x'), Buffer.alloc(saltBytes), cost)
      t.equal(enclave.seal(Buffer.alloc(0), purpose).length, sealBytes)
    }
    await t.rejects(derive({ passes: 1, memoryBytes: 2 ** 42 }), { code: 'no-memory' })
    const runs = await Promise.allSettled(Array.from({ length: 6 }, () => derive()))
    t.equal(runs.filter((run) => run.status === 'rejected').length, 2)
    t.match(runs[5], { reason: { code: 'crowded' } })
    const order: string[] = []
    const slow = derive({ passes: 3, memoryBytes: 16 * 1024 * 1024 }).then(() => order.push('slow'))
    await Promise.all([slow, derive().then(() => order.push('fast'))])
    t.strictSame(order, ['slow', 'fast'])
    t.ok((lockedBytes() ?? 0) - (locked ?? 0) < 10 * 4096, 'pages are used again')
  },
)
