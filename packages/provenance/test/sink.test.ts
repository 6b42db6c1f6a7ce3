// Where the bytes will land, decided from imagined facts.
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Tracer, type Named, type Sink } from '../src/index.ts'
import { readersMax } from '../src/pipe.ts'
import { livesIn, parts, traced, World, type PartName } from './world.ts'

const world = new World()
t.teardown(() => {
  world.close()
})

const pipe = 77n
const heldPipe = {
  kind: 'pipe',
  access: 'write',
  device: 15,
  inode: pipe,
  rdev: 0,
  path: 'pipe:[77]',
} as const

/**
 * The sink of a peer that writes into a pipe which the processes at these places of its chain, or others beside it, hold
 * for reading. Those marked "both" hold the write end too.
 */
async function landing(
  chain: string,
  readers: readonly number[],
  beside: readonly PartName[] = [],
  both = false,
): Promise<Sink> {
  const pid = world.cast(chain)
  world.set(pid, { output: heldPipe, writes: [pipe] })
  for (const place of readers) world.set(pid - place * 10, { reads: [pipe], writes: both ? [pipe] : [] })
  for (const [at, part] of beside.entries())
    world.set(200 + at, { ...parts[part], parent: pid - 10, reads: [pipe] })
  return landingOf(pid)
}

function landingOf(pid: number, roots: readonly Named[] = []): Promise<Sink> {
  const caller = traced(world, pid, roots)
  return new Tracer(world.shells, world).landing(caller, livesIn(world, caller))
}

t.test('what an agent can read lands with the agent', async (t) => {
  const cases: [string, number[], PartName[]][] = [
    ['sget < bash < claude < bash < login < init', [2], []],
    ['sget < bash < claude < bash < login < init', [3], []],
    ['sget < claude < bash < login < init', [1], []],
    ['sget < bash < claude < bash < login < init', [], ['claude']],
    ['sget < bash < claude < bash < login < init', [], ['psql', 'claude']],
    ['sget < bash < claude < bash < login < init', [2], ['psql']],
    ['sget < bash < login < init', [], ['codexjs']],
    ['sget < bash < login < init', [2], []],
    ['sget < bash < tmux < init', [2], []],
    ['sget < bash < xterm < systemd < init', [2], []],
    ['sget < bash < bash < xterm < systemd < init', [4], []],
    ['sget < python < codex < bash < init', [1, 2], []],
    ['claude < bash < login < init', [1], []],
  ]
  for (const [chain, readers, beside] of cases)
    t.equal(
      (await landing(chain, readers, beside)).kind,
      'agent',
      `${chain}: ${String(readers)} ${String(beside)}`,
    )
})

t.test('what a session root, or anything above it, can read lands with the agent', async (t) => {
  const root = { pid: 31, startTicks: 30 }
  for (const place of [2, 3]) {
    const pid = world.cast('sget < bash < daemon < bash < login < init')
    world.set(pid, { output: heldPipe })
    world.set(pid - place * 10, { reads: [pipe] })
    t.equal((await landingOf(pid)).kind, 'pipe', 'as long as it is no root')
    t.equal((await landingOf(pid, [root])).kind, 'agent')
    t.equal((await landingOf(pid, [{ ...root, startTicks: 29 }])).kind, 'pipe')
  }
  const pid = world.cast('sget < bash < login < init')
  world.set(pid, { output: heldPipe })
  world.set(300, { ...parts.daemon, reads: [pipe], startTicks: 8 })
  t.equal((await landingOf(pid)).kind, 'pipe')
  t.equal(
    (await landingOf(pid, [{ pid: 300, startTicks: 8 }])).kind,
    'agent',
    'also the root of another tree',
  )
})

t.test('a pipe whose readers are not all known for what they are is unknown', async (t) => {
  const chain = 'sget < bash < daemon < bash < login < init'
  t.equal((await landing(chain, [])).kind, 'unknown', 'nobody reads')
  t.equal((await landing(chain, [0])).kind, 'unknown', 'the peer does')
  t.equal((await landing(chain, [], ['hidden'])).kind, 'unknown', 'somebody hidden does')
  const pid = world.cast(chain)
  world.set(pid, { output: heldPipe })
  world.set(300, { ...parts.psql, reads: [pipe], isVanishing: true })
  t.equal((await landingOf(pid)).kind, 'unknown', 'somebody did who has gone')
  t.equal((await landing('sget < hidden < bash < login < init', [1])).kind, 'unknown')
  const crowd = new Array<PartName>(readersMax).fill('psql')
  t.equal((await landing(chain, [], crowd)).kind, 'pipe')
  t.equal((await landing(chain, [], [...crowd, 'psql'])).kind, 'unknown', 'too many do')
})

t.test('only a shell, with nothing but shells below it, captures what is printed', async (t) => {
  const cases: [string, number, Sink['kind']][] = [
    ['sget < ownbash < claude < bash < login < init', 1, 'pipe'],
    ['sget < python < claude < bash < login < init', 1, 'pipe'],
    ['sget < python < bash < claude < bash < login < init', 2, 'pipe'],
    ['sget < ownbash < bash < claude < bash < login < init', 2, 'pipe'],
    ['sget < hidden < bash < claude < bash < login < init', 2, 'pipe'],
    ['sget < owngit < claude < bash < login < init', 1, 'pipe'],
    ['sget < python < git < claude < bash < login < init', 2, 'pipe'],
    ['sget < tmux < bash < login < init', 1, 'agent'],
  ]
  for (const [chain, place, kind] of cases) t.equal((await landing(chain, [place])).kind, kind, chain)
})

t.test('a shell that was left both ends of a pipe captures nothing', async (t) => {
  t.equal((await landing('sget < bash < daemon < bash < login < init', [1], [], true)).kind, 'pipe')
  t.equal((await landing('sget < bash < claude < bash < login < init', [1, 2], [], true)).kind, 'agent')
})

t.test('a shell that was given a pipe which others above it read captures nothing', async (t) => {
  t.equal((await landing('sget < bash < claude < bash < login < init', [1, 2])).kind, 'agent')
  t.equal((await landing('sget < bash < bash < claude < bash < login < init', [2, 3])).kind, 'agent')
  t.equal((await landing('sget < bash < python < claude < bash < login < init', [1, 2])).kind, 'pipe')
  t.equal((await landing('sget < bash < python < bash < login < init', [1, 2])).kind, 'pipe')
})

t.test('a shell that is traced captures nothing', async (t) => {
  const pid = world.cast('sget < bash < dash < claude < bash < login < init')
  world.set(pid, { output: heldPipe })
  world.set(pid - 20, { reads: [pipe] })
  t.equal((await landingOf(pid)).kind, 'shell')
  world.set(pid - 20, { tracer: 99 })
  t.equal((await landingOf(pid)).kind, 'pipe')
})

t.test('command substitution lands in the shell, and what a tool asked for in the tool', async (t) => {
  const shell = join(world.folder, 'bash')
  t.same(await landing('sget < bash < claude < bash < login < init', [1]), { kind: 'shell', reader: shell })
  t.same(await landing('sget < dash < bash < bash < claude < init', [3]), { kind: 'shell', reader: shell })
  t.same(await landing('sget < oldbash < claude < init', [1]), { kind: 'shell', reader: shell })
  t.same(await landing('sget < bash < login < init', [1]), { kind: 'shell', reader: shell })
  t.same(await landing('sget < bash < bashinit', [1]), { kind: 'shell', reader: shell })
  t.same(await landing('sget < git < bash < claude < init', [1]), { kind: 'helper', reader: '/usr/bin/git' })
  t.same(await landing('sget < bash < git < bash < claude < init', [2]), {
    kind: 'helper',
    reader: '/usr/bin/git',
  })
  t.same(await landing('sget < bash < claude < init', [], ['psql']), {
    kind: 'pipe',
    reader: '/usr/bin/psql',
  })
})

t.test('only what is written into lands in a pipe, and only while the peer is the same', async (t) => {
  const pid = world.cast('sget < bash < claude < init')
  world.set(pid - 10, { reads: [pipe] })
  for (const access of ['read', 'both', 'none'] as const) {
    world.set(pid, { output: { ...heldPipe, access } })
    t.equal((await landingOf(pid)).kind, 'unknown', access)
  }
  world.set(pid, { output: heldPipe })
  const tracer = new Tracer(world.shells, world)
  const caller = traced(world, pid)
  const lives = livesIn(world, caller)
  t.equal((await tracer.landing(caller, lives)).kind, 'shell')
  world.set(pid, { startTicks: 31 })
  t.equal((await tracer.landing(caller, lives)).kind, 'unknown')
  world.remove(pid)
  t.equal((await tracer.landing(caller, lives)).kind, 'unknown')
})

t.test('an attested peer tells of its output itself, and what anybody else tells is not heard', async (t) => {
  const pid = world.cast('hidden < bash < claude < bash < login < init')
  world.set(pid - 10, { reads: [pipe] })
  const attested = traced(world, pid, [], '/usr/local/lib/sget/bin/sget')
  const tracer = new Tracer(world.shells, world)
  const lives = livesIn(world, attested)
  t.equal((await tracer.landing(attested, lives, heldPipe)).kind, 'shell')
  t.equal((await tracer.landing(attested, lives)).kind, 'unknown', 'nothing told')
  t.equal((await tracer.landing(attested, lives, { ...heldPipe, inode: 78n })).kind, 'unknown')
  t.equal((await tracer.landing(attested, lives, { ...heldPipe, access: 'both' })).kind, 'unknown')
  t.match(await tracer.landing(attested, lives, { ...heldPipe, kind: 'file', path: '/x' }), { path: '/x' })
  world.set(pid - 20, { reads: [pipe] })
  world.set(pid - 10, { reads: [] })
  t.equal((await tracer.landing(attested, lives, heldPipe)).kind, 'agent', 'who reads is still looked at')
  const own = world.cast('sget < bash < claude < bash < login < init')
  world.set(own, { output: { ...heldPipe, kind: 'file', path: '/tmp/x' } })
  world.set(own - 10, { reads: [pipe] })
  const caller = traced(world, own)
  t.match(await tracer.landing(caller, livesIn(world, caller), heldPipe), { kind: 'file', path: '/tmp/x' })
})

t.test('where the kernel does not tell the children of a shell, all processes are looked at', async (t) => {
  t.teardown(() => {
    world.tellsChildren = true
  })
  world.tellsChildren = false
  const chain = 'sget < bash < claude < bash < login < init'
  t.equal((await landing(chain, [1])).kind, 'shell')
  t.equal((await landing(chain, [0, 1])).kind, 'shell')
  t.equal((await landing(chain, [1], ['psql'])).kind, 'unknown')
})

t.test('what is no pipe is what it is, and a FIFO or a device is unknown', async (t) => {
  const pid = world.cast('sget < bash < claude < init')
  t.equal((await landingOf(pid)).kind, 'unknown', 'closed')
  const cases = [
    ['fifo', 'unknown'],
    ['other', 'unknown'],
    ['file', 'file'],
    ['terminal', 'terminal'],
    ['socket', 'socket'],
    ['null', 'null'],
  ] as const
  for (const [kind, sink] of cases) {
    world.set(pid, { output: { ...heldPipe, kind } })
    t.equal((await landingOf(pid)).kind, sink)
  }
  world.set(pid, { output: { ...heldPipe, kind: 'file', path: '/tmp/x' } })
  t.same(await landingOf(pid), { kind: 'file', path: '/tmp/x' })
})

t.test('a shell at work on its pipes is waited for, but not for ever', async (t) => {
  const pid = world.cast('sget < bash < claude < bash < login < init')
  world.set(pid, { output: heldPipe })
  const waiting = async (settle: () => void, looks: number) => {
    let pauses = 0
    const pause = (ms: number) => {
      t.equal(ms, 2)
      if (++pauses === looks) settle()
      return Promise.resolve()
    }
    const tracer = new Tracer(world.shells, world, pause)
    const caller = tracer.trace(pid, [])
    const sink = caller && (await tracer.landing(caller, livesIn(world, caller)))
    return { kind: sink?.kind, pauses }
  }
  const hold = (part: object) => world.set(pid - 10, { reads: [pipe], writes: [], state: 'R', ...part })
  hold({})
  const gaveItAway = () => {
    hold({ reads: [], state: 'S' })
    world.set(200, { ...parts.psql, parent: pid - 10, reads: [pipe] })
  }
  t.same(await waiting(gaveItAway, 1), { kind: 'pipe', pauses: 1 }, 'it made a pipeline')
  hold({ state: 'S' })
  world.set(200, { ...parts.bash, parent: pid - 10, reads: [pipe] })
  t.same(await waiting(gaveItAway, 2), { kind: 'pipe', pauses: 2 }, 'it sleeps while its child gets ready')
  world.remove(200)
  hold({})
  const becameCat = () => hold({ ...parts.psql, state: 'S' })
  t.same(await waiting(becameCat, 1), { kind: 'pipe', pauses: 1 }, 'it executed the last command itself')
  world.set(pid - 10, parts.bash)
  hold({ state: 'D' })
  t.same(await waiting(() => hold({ state: 'S' }), 2), { kind: 'shell', pauses: 2 }, 'it captures')
  hold({ writes: [pipe] })
  t.same(
    await waiting(() => hold({ state: 'S' }), 1),
    { kind: 'shell', pauses: 1 },
    'and closed the other end',
  )
  hold({ reads: [] })
  world.set(200, { ...parts.bash, parent: pid - 10, reads: [pipe], state: 'R' })
  const executes = () => world.set(200, { ...parts.claude, reads: [pipe], image: 3 })
  t.same(await waiting(executes, 1), { kind: 'agent', pauses: 1 }, 'it had not yet executed the agent')
  world.remove(200)
  hold({ state: 'T' })
  t.same(await waiting(() => undefined, 0), { kind: 'unknown', pauses: 49 }, 'it is stopped')
  hold({ state: 'S' })
  t.same(await waiting(() => undefined, 0), { kind: 'shell', pauses: 0 }, 'it has settled before')
  hold({ state: 'T' })
  t.same(
    await waiting(() => world.set(pid, { startTicks: 99 }), 3),
    { kind: 'unknown', pauses: 3 },
    'the peer went',
  )
})

t.test('the list of shells is the one that is there now', (t) => {
  const kindOf = (tracer: Tracer) => tracer.trace(world.cast('sget < bash < init'), [])?.processes[1]?.kind
  const tracer = () => new Tracer(world.shells, world)
  const list = `${join(world.folder, 'bash')}\n`
  t.equal(kindOf(tracer()), 'shell')
  writeFileSync(world.shells, `#${list} ${list}bash\n`)
  t.equal(kindOf(tracer()), 'program', 'comments and relative names list nothing')
  rmSync(world.shells)
  t.equal(kindOf(tracer()), 'program', 'nor does no list')
  const watching = tracer()
  t.equal(kindOf(watching), 'program')
  writeFileSync(world.shells, list)
  world.set(11, { startTicks: 11 })
  t.equal(watching.trace(21, [])?.processes[1]?.kind, 'shell', 'a new list is read')
  writeFileSync(join(world.folder, 'new'), 'bash')
  renameSync(join(world.folder, 'new'), join(world.folder, 'bash'))
  world.set(11, { startTicks: 12 })
  t.equal(watching.trace(21, [])?.processes[1]?.kind, 'shell', 'an upgrade too')
  world.set(11, { deleted: true })
  t.equal(watching.trace(21, [])?.processes[1]?.kind, 'shell', 'and one that an upgrade replaced')
  world.set(11, { elsewhere: true, startTicks: 13 })
  t.equal(watching.trace(21, [])?.processes[1]?.kind, 'program', 'unless another mount namespace calls it so')
  world.set(11, { elsewhere: false, deleted: false, startTicks: 14 })
  world.set(11, { owner: 1000 })
  t.equal(watching.trace(21, [])?.processes[1]?.kind, 'program', "but a shell is root's")
  world.set(11, { owner: 0, mode: 0o100775 })
  t.equal(watching.trace(21, [])?.processes[1]?.kind, 'program', "and root's alone")
  world.set(11, { mode: 0o100755, startTicks: 15 })
  t.equal(watching.trace(21, [])?.processes[1]?.kind, 'shell')
  writeFileSync(world.shells, '# none\n')
  world.set(11, { startTicks: 16 })
  t.equal(watching.trace(21, [])?.processes[1]?.kind, 'program', 'one that is listed no more is none')
  t.end()
})
