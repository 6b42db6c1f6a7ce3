import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import t from 'tap'
import { conformance } from '@sget/backend/conformance'
import { lockedBytes } from '@sget/memory'
import { createVault, openVault, previousPath, vaultBytesMax } from '@sget/vault'
import { cheap, created, newPath, opened, put, rekeying, valueOf } from './fixtures/place.ts'

t.test('the vault is a backend', async (t) => {
  await conformance(t, async (t) => {
    const vault = await created(newPath(t))
    t.teardown(() => vault.close())
    return vault
  })
})

t.test('only the passphrase opens it, and it is wiped whatever comes of it', async (t) => {
  const path = newPath(t)
  const passphrase = Buffer.from('pass')
  await t.rejects(openVault({ path, passphrase }), { code: 'absent' })
  t.strictSame(passphrase, Buffer.alloc(4))
  const making = Buffer.from('pass')
  const vault = await createVault({ path, passphrase: making, cost: cheap })
  t.strictSame(making, Buffer.alloc(4))
  await put(vault, 'db/prod', 'x')
  await t.rejects(created(path), { code: 'exists' })
  for (const wrong of ['', 'Pass', 'pass\0', 'pass ', 'x'.repeat(1024)])
    await t.rejects(opened(path, { passphrase: Buffer.from(wrong) }), { code: 'wrong-passphrase' })
  await t.rejects(opened(path, { passphrase: Buffer.alloc(1025) }), { code: 'no-room' })
  t.equal(await valueOf(await opened(path), 'db/prod'), 'x')
})

t.test('it proves the passphrase without opening anything', async (t) => {
  const vault = await created(newPath(t))
  const passphrase = Buffer.from('pass')
  t.notOk(await vault.proves(Buffer.from('other')))
  t.ok(await vault.proves(passphrase))
  t.strictSame(passphrase, Buffer.alloc(4))
  await t.rejects(vault.proves(Buffer.alloc(1025)), { code: 'no-room' })
})

t.test(
  'after a change of the passphrase the old one opens neither the vault nor what was before it',
  async (t) => {
    const path = newPath(t)
    const vault = await created(path)
    await put(vault, 'db/prod', 'x')
    const passphrase = Buffer.from('new')
    await vault.rekey(passphrase, rekeying())
    t.strictSame(passphrase, Buffer.alloc(3))
    t.notOk(await vault.proves(Buffer.from('pass')))
    t.ok(await vault.proves(Buffer.from('new')))
    await t.rejects(opened(path), { code: 'wrong-passphrase' })
    copyFileSync(previousPath(path), path)
    await t.rejects(opened(path), { code: 'wrong-passphrase' })
    t.equal(await valueOf(await opened(path, { passphrase: Buffer.from('new') }), 'db/prod'), 'x')
    await t.rejects(
      vault.rekey(Buffer.from('x'), rekeying({ passes: 1000, memoryBytes: 8192 })),
      /nobody could open it/,
    )
  },
)

t.test('a closed vault gives nothing and takes nothing', async (t) => {
  const path = newPath(t)
  const vault = await created(path)
  await put(vault, 'db/prod', 'x')
  const inFlight = [put(vault, 'a/b', 'x'), put(vault, 'a/c', 'x')]
  await vault.close()
  t.strictSame(
    (await Promise.allSettled(inFlight)).map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  const value = Buffer.from('x')
  const locked = { code: 'locked' }
  await t.rejects(valueOf(vault, 'db/prod'), locked)
  await t.rejects(vault.list(), locked)
  await t.rejects(vault.describe('db/prod'), locked)
  await t.rejects(vault.put({ path: 'db/prod', field: 'x' }, value), locked)
  await t.rejects(vault.remove('db/prod'), locked)
  await t.rejects(vault.setDocument('policy', Buffer.from('x')), locked)
  const passphrases = [Buffer.from('pass'), Buffer.from('pass')] as const
  await t.rejects(vault.proves(passphrases[0]), locked)
  await t.rejects(vault.rekey(passphrases[1], rekeying()), locked)
  t.strictSame(passphrases, [Buffer.alloc(4), Buffer.alloc(4)])
  t.throws(() => vault.document('policy'), locked)
  t.throws(() => vault.documents(), locked)
  t.strictSame(await vault.health(), { ready: false, code: 'locked' })
  t.strictSame(value, Buffer.alloc(1))
  await vault.close()
  t.strictSame((await (await opened(path)).list()).length, 1)
})

t.test('a write that was under way when the vault closed is whole', async (t) => {
  const path = newPath(t)
  const vault = await created(path)
  const { ino } = statSync(path)
  const writing = put(vault, 'db/prod', 'x')
  await new Promise((resolve) => setImmediate(resolve))
  const waiting = t.rejects(put(vault, 'db/later', 'x'), { code: 'locked' })
  await vault.close()
  t.not(statSync(path).ino, ino, 'it had ended')
  await Promise.all([waiting, writing])
  t.equal(await valueOf(await opened(path), 'db/prod'), 'x')
})

t.test('opening, proving and closing again and again takes no more memory', async (t) => {
  const path = newPath(t)
  await (await created(path)).close()
  const locked = lockedBytes()
  for (let round = 0; round < 70; round += 1) {
    const vault = await opened(path)
    await vault.proves(Buffer.from('pass'))
    await vault.close()
  }
  t.equal(lockedBytes(), locked)
})

t.test('documents are kept apart from secrets, each with its generation', async (t) => {
  const path = newPath(t)
  const vault = await created(path)
  t.equal(vault.document('policy'), undefined)
  const text = Buffer.from('first')
  t.equal(await vault.setDocument('policy', text), 1)
  t.strictSame(text, Buffer.alloc(5), 'consumed')
  t.equal(await vault.setDocument('policy', Buffer.from('second')), 2)
  t.equal(await vault.setDocument('audit/1', Buffer.alloc(32, 7)), 1)
  t.equal(await vault.setDocument('config', Buffer.alloc(0)), 1)
  await t.rejects(valueOf(vault, 'policy'), { code: 'not-found' })
  await t.rejects(valueOf(vault, 'audit/1', ''), { code: 'not-found' })
  t.strictSame(await vault.list(), [])
  await t.rejects(vault.setDocument('policy', Buffer.alloc(1024 * 1024 + 1)), { code: 'too-large' })
  const again = await opened(path)
  t.strictSame(again.document('policy'), { generation: 2, bytes: Buffer.from('second') })
  t.strictSame(again.document('config'), { generation: 1, bytes: Buffer.alloc(0) })
  t.strictSame(again.documents('audit/'), ['audit/1'])
  const into = Buffer.alloc(40)
  const seed = again.document('audit/1', into)
  t.ok(
    seed?.bytes.equals(Buffer.alloc(32, 7)) && seed.bytes.buffer === into.buffer,
    'in the buffer that was lent',
  )
  t.throws(() => again.document('audit/1', Buffer.alloc(31)), { code: 'no-room' })
})

t.test(
  'changes that are made together are written together, and one that is refused stops no other',
  async (t) => {
    const path = newPath(t)
    const vault = await created(path)
    await put(vault, 'db/0', 'x')
    const { ino } = statSync(path)
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 100 }, (_, i) => put(vault, `db/${i}`, String(i))),
      vault.remove('db/nowhere'),
      vault.put({ path: 'db/0', field: 'password' }, Buffer.from('y')),
      vault.setDocument('policy', Buffer.from('text')),
    ])
    t.strictSame(outcomes.map(({ status }) => status).lastIndexOf('rejected'), 101)
    t.match(outcomes[100], { reason: { code: 'not-found' } })
    t.match(outcomes[101], { reason: { code: 'exists' } })
    t.equal(outcomes.filter(({ status }) => status === 'rejected').length, 2)
    t.equal(statSync(previousPath(path)).ino, ino, 'one write')
    const again = await opened(path)
    t.equal((await again.list()).length, 100)
    t.equal(await valueOf(again, 'db/99'), '99')
    const many = Array.from({ length: 300 }, (_, i) => put(vault, `many/${i}`, 'x'))
    const busy = (await Promise.allSettled(many)).filter(({ status }) => status === 'rejected')
    t.equal(busy.length, 44)
    t.match(busy[0], { reason: { code: 'busy' } })
    const written = statSync(path).ino
    await t.rejects(vault.remove('db/nowhere'), { code: 'not-found' })
    await vault.close()
    t.equal(statSync(path).ino, written, 'what is refused writes nothing')
  },
)

t.test('what cannot be written is not there', async (t) => {
  const path = newPath(t)
  const vault = await created(path)
  await put(vault, 'db/prod', 'old')
  chmodSync(dirname(path), 0o755)
  await t.rejects(put(vault, 'db/prod', 'new'), { code: 'unsafe' })
  await t.rejects(vault.remove('db/prod'), { code: 'unsafe' })
  t.equal(await valueOf(vault, 'db/prod'), 'old')
  chmodSync(dirname(path), 0o700)
  await put(vault, 'db/prod', 'new')
  t.equal(await valueOf(await opened(path), 'db/prod'), 'new')
})

t.test('a vault has an end', async (t) => {
  const path = newPath(t)
  const vault = await created(path)
  const mebibyte = (i: number): Promise<void> =>
    vault.put({ path: `big/${i}`, field: 'x' }, Buffer.alloc(1024 * 1024), { replace: true })
  const puts = await Promise.allSettled(Array.from({ length: 66 }, (_, i) => mebibyte(i)))
  t.strictSame(
    puts.findIndex(({ status }) => status === 'rejected'),
    63,
  )
  t.match(puts[63], { reason: { code: 'full' } })
  t.match(puts[65], { reason: { code: 'full' } })
  await mebibyte(0)
  const { size } = statSync(path)
  const rest = vaultBytesMax - size
  const overhead = 2 + 'x/x'.length + 6 + 6 + 1 + 2 + 1 + 6 + 4 + 40
  const last = (bytes: number): Promise<void> => vault.put({ path: 'x/x', field: 'x' }, Buffer.alloc(bytes))
  await t.rejects(last(rest - overhead + 1), { code: 'full' })
  await last(rest - overhead)
  t.equal(statSync(path).size, vaultBytesMax, 'to the byte')
  t.equal((await (await opened(path)).list()).length, 64)
  await t.rejects(vault.setDocument('policy', Buffer.alloc(1)), { code: 'full' })
  const together = [vault.remove('big/1'), vault.setDocument('policy', Buffer.alloc(1024 * 1024))]
  t.strictSame(await Promise.all(together), [undefined, 1], 'there is room again')
})

t.test('a file or directory that others could read or replace is refused', async (t) => {
  const path = newPath(t)
  await (await created(path)).close()
  const refused = async (code = 'unsafe'): Promise<void> => {
    await t.rejects(opened(path), { code })
  }
  for (const mode of [0o640, 0o604, 0o660, 0o620]) {
    chmodSync(path, mode)
    await refused()
  }
  chmodSync(path, 0o600)
  chmodSync(dirname(path), 0o710)
  await refused()
  chmodSync(dirname(path), 0o700)
  await t.rejects(opened(path, { owner: 12345 }), { code: 'unsafe' })
  renameSync(path, `${path}.real`)
  await refused('absent')
  symlinkSync(`${path}.real`, path)
  await refused()
  rmSync(path)
  mkdirSync(path)
  await refused()
  rmSync(path, { recursive: true })
  spawnSync('mkfifo', ['-m', '600', path])
  await refused()
  rmSync(path)
  await refused('absent')
  await t.rejects(opened(join(path, 'vault')), { code: 'absent' })
  renameSync(`${path}.real`, path)
  symlinkSync(dirname(path), `${dirname(path)}.link`)
  t.teardown(() => {
    rmSync(`${dirname(path)}.link`)
  })
  await t.rejects(opened(join(`${dirname(path)}.link`, 'vault')), { code: 'unsafe' })
  await t.resolves(opened(path))
})

t.test(
  "another user's file is refused",
  { skip: process.getuid?.() !== 0 && 'only root can give a file away' },
  async (t) => {
    const path = newPath(t)
    await (await created(path)).close()
    chownSync(path, 65534, 65534)
    await t.rejects(opened(path), { code: 'unsafe' })
    chownSync(path, 0, 0)
    chownSync(dirname(path), 65534, 65534)
    await t.rejects(opened(path), { code: 'unsafe' })
  },
)

t.test('making a vault never replaces one, nor the last copy of one', async (t) => {
  const path = join(newPath(t), 'deeper', 'vault')
  const vault = await created(path)
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(statSync(dirname(path)).mode & 0o777, 0o700)
  await put(vault, 'db/prod', 'x')
  await t.rejects(created(path), { code: 'exists' })
  t.strictSame(readdirSync(dirname(path)).sort(), ['vault', 'vault.previous'])
  rmSync(path)
  await t.rejects(created(path), { code: 'exists' })
  await t.rejects(put(vault, 'db/prod', 'y'), { code: 'moved' })
  t.strictSame(readdirSync(dirname(path)), ['vault.previous'])
})

t.test('the file tells no name and no value', async (t) => {
  const path = newPath(t)
  const vault = await created(path)
  await put(vault, 'visible/path', 'visible value', 'visible field')
  await vault.setDocument('visible document', Buffer.from('visible text'))
  t.equal(readFileSync(path).indexOf('visible'), -1)
  const twin = newPath(t)
  await created(twin)
  const [salt, other] = [path, twin].map((name) => readFileSync(name).subarray(17, 33))
  t.notSame(salt, other, 'one passphrase, two salts')
})
