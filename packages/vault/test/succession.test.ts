// What happens to the file besides reading and writing: backups, restoring, setting aside, new passphrases and versions.
import { spawn, spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setImmediate, setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import {
  Vault,
  eraseVault,
  previousPath,
  readBackup,
  readVault,
  restoreVault,
  setAside,
  writeBackup,
} from '@sget/vault'
import { formatOf } from '../src/format.ts'
import { markBytes } from '../src/header.ts'
import { openSlot } from '../src/slot.ts'
import { created, newPath, opened, put, rekeying, valueOf } from './fixtures/place.ts'

t.setTimeout(180_000)

const kills = 15
/** The moment of a kill is chosen among these: a fixture writes several times in them. */
const momentsMs = 40

const fixture = join(import.meta.dirname, 'fixtures/version-1.vault')
const fixturePassphrase = 'made by version 1'

function names(path: string): string[] {
  return readdirSync(dirname(path)).sort()
}

/** A closed vault that holds one value. */
async function holding(t: Test, value: string): Promise<string> {
  const path = newPath(t)
  const vault = await created(path)
  await put(vault, 'db/prod', value)
  await vault.close()
  return path
}

async function valueAt(path: string, passphrase = 'pass'): Promise<string> {
  const vault = await opened(path, { passphrase: Buffer.from(passphrase) })
  const value = await valueOf(vault, 'db/prod')
  await vault.close()
  return value
}

/** The fixture, as the vault of a place of its own. */
function fromFixture(t: Test): string {
  const path = newPath(t)
  copyFileSync(fixture, path)
  chmodSync(path, 0o600)
  return path
}

t.test('a vault of version 1 opens, and so do all its values', async (t) => {
  const path = fromFixture(t)
  const vault = await opened(path, { passphrase: Buffer.from(fixturePassphrase) })
  t.equal(await valueOf(vault, 'db/prod'), 'hunter2 of version 1')
  t.equal(await valueOf(vault, 'db/prod', 'user'), 'prod')
  t.equal(await valueOf(vault, 'api/key'), '\0\ufffd\n\0')
  t.match(vault.document('policy'), { generation: 1, bytes: Buffer.from('# the policy of version 1\n') })
  t.match(await vault.describe('db/prod'), { created: 1_700_000_000_000, changed: 1_700_000_000_000 })
  t.ok(readFileSync(path).equals(readFileSync(fixture)), 'reading writes nothing')
})

t.test('a vault of a newer version is refused as newer, and left as it is', async (t) => {
  for (const version of [2, 3, 255]) {
    const path = fromFixture(t)
    const file = readFileSync(path)
    file.writeUInt8(version, 8)
    writeFileSync(path, file)
    await t.rejects(opened(path, { passphrase: Buffer.from(fixturePassphrase) }), { code: 'newer' })
    await t.rejects(readVault({ path }), { code: 'newer' })
    const target = { path: `${newPath(t)}.backup`, replace: false }
    await t.rejects(restoreVault({ path: newPath(t) }, file, true), { code: 'newer' })
    t.notOk(existsSync(target.path))
    t.ok(readFileSync(path).equals(file))
    t.strictSame(names(path), ['vault'])
  }
})

t.test(
  'the first write of an older version keeps the file as it was, and later ones leave it there',
  async (t) => {
    const path = fromFixture(t)
    const file = readFileSync(path)
    const { header, body } = formatOf(file)
    const enclave = await openSlot(header(file).slot, Buffer.from(fixturePassphrase))
    const vault = new Vault({
      place: { path },
      now: Date.now,
      enclave,
      snapshot: body(file, header(file), enclave),
      mark: file.subarray(0, markBytes),
      version: 0,
      isRestored: false,
    })
    await put(vault, 'a/b', 'one')
    await put(vault, 'a/b', 'two')
    t.strictSame(names(path), ['vault', 'vault.previous', 'vault.version-0'])
    t.ok(readFileSync(`${path}.version-0`).equals(file))
    const again = await opened(path, { passphrase: Buffer.from(fixturePassphrase) })
    t.equal(await valueOf(again, 'a/b'), 'two')
    t.equal(formatOf(readFileSync(path)).version, 1)
  },
)

t.test('after a change of the passphrase an old copy tells nothing of what came after it', async (t) => {
  const path = await holding(t, 'before')
  const old = readFileSync(path)
  const vault = await opened(path)
  const writes = Array.from({ length: 20 }, (_, i) => put(vault, `many/${i}`, `value ${i}`))
  const changing = vault.rekey(Buffer.from('new passphrase'), rekeying())
  const more = Array.from({ length: 20 }, async (_, i) => {
    for (let turns = i * 3; turns > 0; turns -= 1) await setImmediate()
    await put(vault, `more/${i}`, `value ${i}`)
  })
  await Promise.all([...writes, changing, ...more])
  for (let i = 0; i < 20; i += 1) {
    t.equal(await valueOf(vault, `many/${i}`), `value ${i}`)
    t.equal(await valueOf(vault, `more/${i}`), `value ${i}`)
  }
  await vault.close()
  using key = await openSlot(formatOf(old).header(old).slot, Buffer.from('pass'))
  for (const name of [path, previousPath(path)]) {
    const file = readFileSync(name)
    const { header, body } = formatOf(file)
    t.throws(() => body(file, header(file), key), { code: 'damaged' }, 'the old key opens neither')
  }
  const again = await opened(path, { passphrase: Buffer.from('new passphrase') })
  t.equal(await valueOf(again, 'more/19'), 'value 19')
})

t.test(
  'two changes of the passphrase at once end in one of them, and one that failed changes nothing',
  async (t) => {
    const path = await holding(t, 'x')
    const vault = await opened(path)
    const both = await Promise.allSettled([
      vault.rekey(Buffer.from('first'), rekeying()),
      vault.rekey(Buffer.from('second'), rekeying()),
    ])
    const won = both.map(({ status }, i) => (status === 'fulfilled' ? ['first', 'second'][i] : undefined))
    const passphrase = won.findLast((name) => name !== undefined) ?? ''
    t.ok(await vault.proves(Buffer.from(passphrase)))
    chmodSync(dirname(path), 0o755)
    await t.rejects(vault.rekey(Buffer.from('third'), rekeying()), { code: 'unsafe' })
    chmodSync(dirname(path), 0o700)
    t.equal(await valueOf(vault, 'db/prod'), 'x')
    await put(vault, 'db/prod', 'y')
    await vault.close()
    t.equal(await valueAt(path, passphrase), 'y')
  },
)

t.test(
  'a change of the passphrase that was cut off after its first write is completed when it opens',
  async (t) => {
    const path = await holding(t, 'x')
    const old = readFileSync(path)
    const vault = await opened(path)
    await vault.rekey(Buffer.from('new'), rekeying())
    await vault.close()
    writeFileSync(previousPath(path), old, { mode: 0o600 })
    await (await opened(path, { passphrase: Buffer.from('new') })).close()
    copyFileSync(previousPath(path), path)
    await t.rejects(opened(path), { code: 'wrong-passphrase' })
    t.equal(await valueAt(path, 'new'), 'x')
  },
)

/** Runs a fixture over and over and kills it at some moment; `check` looks at what it left. */
async function killing(words: () => readonly string[], check: () => Promise<void>): Promise<void> {
  for (let kill = 0; kill < kills; kill += 1) {
    const child = spawn(process.execPath, words(), { stdio: ['ignore', 'pipe', 'inherit'] })
    const dead = once(child, 'close')
    await once(child.stdout, 'data')
    await setTimeout(randomInt(momentsMs))
    child.kill('SIGKILL')
    await dead
    await check()
  }
}

t.test(
  'a change of the passphrase that is killed leaves a vault that the old or the new one opens',
  async (t) => {
    const path = await holding(t, 'x')
    const program = join(import.meta.dirname, 'fixtures/rekeyer.ts')
    const seen = new Set<string>()
    let passphrase = 'pass'
    await killing(
      () => [program, path, passphrase],
      async () => {
        for (const candidate of ['pass', 'word']) {
          const vault = await opened(path, { passphrase: Buffer.from(candidate) }).catch(() => undefined)
          if (!vault) continue
          passphrase = candidate
          t.equal(await valueOf(vault, 'db/prod'), 'x')
          await vault.close()
          seen.add(candidate)
          t.strictSame(
            names(path).filter((name) => name.endsWith('.new')),
            [],
          )
          return
        }
        t.fail('neither opens it')
      },
    )
    t.strictSame([...seen].sort(), ['pass', 'word'])
  },
)

t.test(
  'restoring that is killed leaves the old vault or the new one, and the old one somewhere',
  async (t) => {
    const [path, other] = [await holding(t, 'old'), await holding(t, 'new')]
    const program = join(import.meta.dirname, 'fixtures/restorer.ts')
    await killing(
      () => [program, path, path, other],
      async () => {
        const value = await valueAt(path)
        t.match(value, /^(old|new)$/)
        const asides = names(path).filter((name) => /\.aside-[^.]*$/.test(name))
        for (const name of asides.slice(-2)) t.match(await valueAt(join(dirname(path), name)), /^(old|new)$/)
      },
    )
  },
)

t.test('a backup is the file as it is, private, whole, and never over anything else', async (t) => {
  const path = await holding(t, 'x')
  const folder = dirname(newPath(t))
  const target = join(folder, 'copy')
  const file = await readVault({ path })
  const write = (name: string, replace = false, at = folder): Promise<void> =>
    writeBackup({ path }, file, { path: join(at, name), replace })
  await write('copy')
  t.ok(readFileSync(target).equals(readFileSync(path)))
  t.equal(statSync(target).mode & 0o777, 0o600)
  t.strictSame(readdirSync(folder), ['copy'], 'and nothing beside it')
  await t.rejects(write('copy'), { code: 'exists' })
  await write('copy', true)

  writeFileSync(join(folder, 'letter'), 'dear all')
  symlinkSync(target, join(folder, 'link'))
  symlinkSync('/nonexistent', join(folder, 'dangling'))
  mkdirSync(join(folder, 'folder'))
  spawnSync('mkfifo', [join(folder, 'fifo')])
  for (const name of ['letter', 'link', 'dangling', 'folder', 'fifo'])
    for (const replace of [false, true])
      await t.rejects(
        write(name, replace),
        { code: name === 'letter' && !replace ? 'exists' : 'unsafe' },
        name,
      )
  await t.rejects(write('null', true, '/dev'), { code: 'unsafe' })
  t.equal(readFileSync(join(folder, 'letter'), 'utf8'), 'dear all')
  await t.rejects(write('vault.previous', true, dirname(path)), { code: 'unsafe' }, 'beside the vault')
  await t.rejects(write('copy', false, join(folder, 'no')), { code: 'unwritable' })
  t.strictSame(readdirSync(folder).sort(), ['copy', 'dangling', 'fifo', 'folder', 'letter', 'link'])
})

t.test('what is no vault is neither backed up nor restored', async (t) => {
  const path = await holding(t, 'x')
  const good = readFileSync(path)
  const folder = dirname(newPath(t))
  const place = join(folder, 'copy')
  const bad = [Buffer.alloc(0), Buffer.from('sgetvlt\n'), good.subarray(0, 100), Buffer.alloc(4096, 7)]
  for (const file of bad) {
    writeFileSync(place, file)
    await t.rejects(readBackup(place), { code: 'damaged' })
    await t.rejects(restoreVault({ path }, file, true), { code: 'damaged' })
    writeFileSync(path, file)
    await t.rejects(readVault({ path }), { code: 'damaged' })
    writeFileSync(path, good)
  }
  await t.rejects(readBackup(join(folder, 'none')), { code: 'absent' })
  await t.rejects(readBackup(folder), { code: 'unsafe' })
  await t.rejects(readBackup('/dev/zero'), { code: 'unsafe' })
  spawnSync('mkfifo', [join(folder, 'fifo')])
  await t.rejects(readBackup(join(folder, 'fifo')), { code: 'unsafe' }, 'without waiting for its writer')
  t.strictSame(names(path), ['vault', 'vault.previous'])
})

t.test('a restored vault takes the place of the present one, which stays', async (t) => {
  const [path, other] = [await holding(t, 'old'), await holding(t, 'new')]
  const backup = await readBackup(other)
  await t.rejects(restoreVault({ path }, backup, false), { code: 'exists' })
  t.equal(await valueAt(path), 'old')
  const [before, previous] = [readFileSync(path), readFileSync(previousPath(path))]
  const aside = (await restoreVault({ path }, backup, true)) ?? ''
  t.match(basename(aside), /^vault\.aside-\d{8}T\d{6}Z$/)
  t.ok(readFileSync(aside).equals(before))
  t.ok(readFileSync(previousPath(aside)).equals(previous))
  const vault = await opened(path)
  t.ok(vault.isRestored)
  await put(vault, 'a/b', 'x')
  await vault.close()
  t.notOk((await opened(path)).isRestored, 'with the first write that is over')
  t.equal(await valueAt(aside), 'old')
})

t.test('restoring where nothing is makes a vault, also in a folder that was emptied', async (t) => {
  const [path, other] = [newPath(t), await holding(t, 'new')]
  t.equal(await restoreVault({ path }, await readBackup(other), false), undefined)
  t.equal(await valueAt(path), 'new')
  t.strictSame(names(path), ['vault', 'vault.restored'])
})

t.test('a file that was only copied into place is not taken for a restored one', async (t) => {
  const [path, other] = [await holding(t, 'old'), await holding(t, 'new')]
  await restoreVault({ path }, await readBackup(other), true)
  copyFileSync(await holding(t, 'forged'), path)
  t.notOk((await opened(path)).isRestored)
})

t.test('a vault that is set aside or erased is gone, and a new one can be made', async (t) => {
  const path = await holding(t, 'old')
  const aside = await setAside({ path })
  t.strictSame(names(path), [basename(aside), `${basename(aside)}.previous`])
  await t.rejects(setAside({ path }), { code: 'absent' })
  await t.rejects(eraseVault({ path }), { code: 'absent' })
  await (await created(path)).close()
  await eraseVault({ path })
  t.strictSame(names(path), [basename(aside), `${basename(aside)}.previous`])
  t.equal(await valueAt(aside), 'old')
})

t.test('several that are set aside in one second all stay', async (t) => {
  const path = await holding(t, 'x')
  const other = await holding(t, 'y')
  const backup = await readBackup(other)
  const kept = new Set<string | undefined>()
  for (let i = 0; i < 5; i += 1) kept.add(await restoreVault({ path }, backup, true))
  t.equal(kept.size, 5)
  for (const name of kept) t.ok(existsSync(name ?? ''))
})

t.test('nothing is set aside while another process writes', async (t) => {
  const path = await holding(t, 'x')
  const place = { path, lock: () => undefined }
  const backup = await readBackup(path)
  await t.rejects(setAside(place), { code: 'busy' })
  await t.rejects(eraseVault(place), { code: 'busy' })
  await t.rejects(restoreVault(place, backup, true), { code: 'busy' })
  t.strictSame(names(path), ['vault', 'vault.previous'])
  rmSync(previousPath(path))
  chmodSync(dirname(path), 0o755)
  await t.rejects(restoreVault({ path }, backup, true), { code: 'unsafe' })
  chmodSync(dirname(path), 0o700)
})
