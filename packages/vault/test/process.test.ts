import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { previousPath } from '@sget/vault'
import { copies } from '../../memory/test/fixtures/scan.ts'
import { created, newPath, opened, valueOf } from './fixtures/place.ts'

const kills = 52

// Most of it is the starting of processes, which takes long on a busy machine.
t.setTimeout(180_000)

const strace = spawnSync('strace', ['-qq', 'true']).status === 0
const writer = join(import.meta.dirname, 'fixtures/writer.ts')

/** Lets a writer write, kills it at some moment, and tells how many secrets it said were safe. */
async function writeAndKill(path: string, program: readonly string[]): Promise<number> {
  const child = spawn('env', [...program, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  let safe = 0
  const dead = once(child, 'close')
  createInterface(child.stdout).on('line', (line) => (safe = Number(line)))
  await once(child.stdout, 'data')
  for (let turns = randomInt(400); turns > 0; turns -= 1) await setImmediate()
  child.kill('SIGKILL')
  await dead
  return safe
}

t.test('a writer that is killed at any moment leaves the old vault or the new one', async (t) => {
  const torn = new Set<string>()
  const program = ['-i', `NODE_COMPILE_CACHE=${newPath(t)}`, process.execPath, writer]
  const round = async (): Promise<void> => {
    const path = newPath(t)
    await (await created(path)).close()
    // A killed process leaves no compile cache to the next: one that ends leaves it to all.
    t.equal(spawnSync('env', [...program, path, '1']).stdout.toString(), '1\n')
    for (let kill = 0; kill < kills / 2; kill += 1) {
      const safe = await writeAndKill(path, program)
      readdirSync(dirname(path)).forEach((name) => torn.add(name.replace(/^.*\./, '')))
      const vault = await opened(path)
      const found = (await vault.list()).length
      t.ok(found === safe || found === safe + 1, `${safe} were safe, ${found} are there`)
      t.equal(await valueOf(vault, `key/${found - 1}`), `value ${found - 1}`)
      await vault.close()
      t.strictSame(readdirSync(dirname(path)).sort(), ['vault', 'vault.previous'])
    }
    const all = await opened(path)
    const paths = (await all.list()).map((secret) => secret.path)
    t.strictSame(
      paths,
      [...paths.keys()].map((i) => `key/${i}`),
    )
    copyFileSync(previousPath(path), path)
    t.ok((await (await opened(path)).list()).length >= paths.length - 1)
  }
  await Promise.all([round(), round()])
  t.ok(torn.has('new'), 'some were killed in the middle of a write')
})

t.test(
  'a process that keeps a vault has no copy of a value or passphrase',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const [passphrase, marker] = [randomBytes(40), randomBytes(48)]
    const program = join(import.meta.dirname, 'fixtures/keeper.ts')
    const child = spawn(process.execPath, [program, newPath(t), '40', '48'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    t.teardown(() => child.kill())
    child.stdin.write(Buffer.concat([passphrase, marker]))
    t.match(await line(child), /^locked 4\d{6}$/, 'what is locked stays the same, and under 5 MB')
    const found = (needle: Buffer): number => copies(child.pid ?? 0, needle)
    t.equal(found(marker), 0)
    t.equal(found(passphrase), 0)
    child.stdin.write('hold\n')
    await line(child)
    t.equal(found(marker), 1, 'the scan finds the one that is lent')
    child.stdin.write('close\n')
    await line(child)
    t.equal(found(passphrase), 0)
  },
)

t.test(
  'what is written is on the disk before it has the name',
  { skip: !strace && 'needs strace' },
  async (t) => {
    const path = newPath(t)
    await (await created(path)).close()
    const log = join(dirname(path), 'calls')
    const traced = ['-f', '-qq', '-y', '-o', log, '-e', 'trace=fsync,link,rename']
    t.equal(spawnSync('strace', [...traced, process.execPath, writer, path, '1']).status, 0)
    const calls = /(?<=^\d+ +)(fsync\(\d+<[^>]*>|(link|rename)\("[^"]*", "[^"]*")/gm
    const order = readFileSync(log, 'utf8').match(calls) ?? []
    const told = order.map((call) =>
      call.replaceAll(dirname(path), '').replaceAll(/[0-9a-f]{16}|\d+(?=<)/g, 'N'),
    )
    t.strictSame(told, [
      'fsync(N</vault.N.new>',
      'link("/vault", "/vault.N.old"',
      'rename("/vault.N.old", "/vault.previous"',
      'rename("/vault.N.new", "/vault"',
      'fsync(N<>',
    ])
  },
)

async function line({ stdout }: ChildProcess): Promise<string> {
  const [bytes] = stdout ? ((await once(stdout, 'data')) as [Buffer]) : []
  return bytes?.toString().trim() ?? ''
}
