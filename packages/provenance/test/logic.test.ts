import fc from 'fast-check'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  labelOf,
  needsFreshPath,
  oldestOnPath,
  sessionOf,
  Tracer,
  type Caller,
  type Named,
  type Sink,
} from '../src/index.ts'
import { readersMax } from '../src/pipe.ts'
import { looksMax } from '../src/sink.ts'
import { rememberedMax } from '../src/identities.ts'
import { parts, pts, World, type PartName } from './world.ts'

const world = new World()
t.teardown(() => {
  world.close()
})

/** Who asks, by a daemon that has never seen any of these processes. */
function traced(pid: number, roots: readonly Named[] = []): Caller {
  const caller = new Tracer(world.shells, world).trace(pid, roots)
  if (!caller) throw new Error('nobody asks')
  return caller
}

const classOf = (chain: string, roots: readonly Named[] = []) => traced(world.cast(chain), roots).class

t.test('detached, unseen or of an uncertain terminal: nobody knows who asks', (t) => {
  for (const chain of [
    'sget < init',
    'sget < bash < init',
    'sget < bash < xterm < init',
    'sget < bash < systemd < init',
    'sget < systemd < init',
    'sget < bash < gnome < systemd < init',
    'sget < bash < tmux < init',
    'sget < bash < tmux < systemd < init',
    'sget < bash < tmux < bash < login < init',
    'sget < bash < zellij < bash < login < init',
    'sget < bash < xterm < tmux < systemd < init',
    'sget < bash < hidden < bash < login < init',
    'sget < hidden < login < init',
    'sget < bash < su < bash < login < init',
    'sget < bash < ownxterm < systemd < init',
    'sget < bash < rootxterm < systemd < init',
    'sget < bash < looseXterm < systemd < init',
    'sget < bash < usersshd < init',
    'sget < bash < visiblesshd < init',
    'sget < bash < visiblesshd < systemd < init',
    'sget < bash < sudosshd < init',
    'sget < bash < xterm < hiddensystemd < daemon < init',
  ])
    t.equal(classOf(chain), 'unattributed', chain)
  t.end()
})

t.test("a chain that cannot be read to its end is nobody's", (t) => {
  const pid = world.cast('sget < bash < login < init')
  world.remove(1)
  t.equal(traced(pid).complete, false)
  t.equal(traced(pid).class, 'unattributed')
  t.end()
})

t.test('without a controlling terminal of its own a process is no human', (t) => {
  const pid = world.cast('sget < bash < login < init')
  t.equal(traced(pid).class, 'human')
  world.set(pid, { terminal: 0 })
  t.equal(traced(pid).class, 'unattributed')
  t.equal(traced(pid).terminal, undefined)
  t.end()
})

t.test('a human comes from a login, or from a terminal in a session', (t) => {
  for (const chain of [
    'sget < bash < login < init',
    'sget < bash < hiddenlogin < init',
    'sget < make < python < bash < hiddenlogin < init',
    'sget < bash < usersshd < hiddensshd < hiddensshd < init',
    'sget < bash < visiblesshd < sshd < sshd < init',
    'sget < bash < xterm < gnome < systemd < init',
    'sget < bash < kitty < systemd < init',
    'sget < bash < xterm < hiddensystemd < init',
    'sget < bash < xterm < bash < login < init',
  ])
    t.equal(classOf(chain), 'human', chain)
  t.same(traced(world.cast('sget < bash < login < init')).terminal, { device: pts, session: 7 })
  t.end()
})

t.test("an agent anywhere above makes the caller an agent's", (t) => {
  for (const chain of [
    'sget < bash < claude < bash < login < init',
    'sget < claude < bash < xterm < systemd < init',
    'claude < bash < login < init',
    'sget < bash < codexjs < bash < hiddenlogin < init',
    'sget < bash < codex < bash < login < init',
    'sget < bash < login < cursor < init',
    'sget < bash < tmux < claude < init',
    'sget < bash < claude < hidden < init',
    'sget < claude',
  ])
    t.equal(classOf(chain), 'agent', chain)
  t.equal(traced(world.cast('sget < codex < codexjs < bash < init')).agent?.pid, 31, 'the nearest is named')
  t.end()
})

t.test('a live session root is an agent, whatever it runs, and no other process of its pid is', (t) => {
  const chain = 'sget < bash < daemon < bash < login < init'
  t.equal(classOf(chain), 'human')
  t.equal(classOf(chain, [{ pid: 31, startTicks: 30 }]), 'agent')
  t.equal(classOf(chain, [{ pid: 31, startTicks: 29 }]), 'human')
  t.equal(classOf(chain, [{ pid: 61, startTicks: 30 }]), 'human')
  t.end()
})

const names = Object.keys(parts) as PartName[]
const anyParts = fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 9 })
const agents: readonly PartName[] = ['claude', 'codex', 'codexjs', 'cursor']

t.test("property: an agent put anywhere into a chain makes the caller an agent's", (t) => {
  fc.assert(
    fc.property(anyParts, fc.nat(), fc.constantFrom(...agents), (chain, at, agent) => {
      const place = at % (chain.length + 1)
      return classOf([...chain.slice(0, place), agent, ...chain.slice(place)].join(' < ')) === 'agent'
    }),
  )
  t.end()
})

t.test('property: no way to detach from an agent makes a human of its child', (t) => {
  // What it can start: no login that root runs. (A session manager of its own, with a terminal below, is not told apart.)
  const startable = names.filter((name) => !/login|sshd|^su$|init|systemd|gnome/.test(name))
  const below = fc.array(fc.constantFrom(...startable), { minLength: 1, maxLength: 6 })
  const inSession = below.filter((chain) => !chain.some((name) => /xterm|kitty/.test(name)))
  const isNever = (chains: fc.Arbitrary<PartName[]>, above: string) => {
    fc.assert(fc.property(chains, (chain) => classOf([...chain, above].join(' < ')) !== 'human'))
  }
  isNever(below, 'init')
  isNever(below, 'tmux < systemd < init')
  isNever(below, 'hidden < bash < login < init')
  isNever(inSession, 'systemd < init')
  isNever(inSession, 'hiddensystemd < init')
  t.end()
})

t.test('property: a name is nothing, wherever in the chain it stands', (t) => {
  const called = fc.constantFrom('login', 'sshd', 'sshd-session', 'xterm', 'systemd', 'bash', 'git', 'init')
  fc.assert(
    fc.property(anyParts, fc.nat(), called, fc.boolean(), (chain, at, name, isHidden) => {
      const place = at % chain.length
      const chainWith = (part: PartName) =>
        [...chain.slice(0, place), part, ...chain.slice(place)].join(' < ')
      const expected = classOf(chainWith(isHidden ? 'hidden' : 'daemon'))
      const pid = world.cast(chainWith(isHidden ? 'hidden' : 'daemon'))
      world.set(pid - place * 10, isHidden ? { name } : { name, path: `/home/u/bin/${name}` })
      const isLeftBySshd =
        isHidden && name.startsWith('sshd') && traced(pid).processes[place]?.kind === 'login'
      const isUsersManager = isHidden && name === 'systemd'
      return traced(pid).class === expected || isLeftBySshd || isUsersManager
    }),
  )
  t.end()
})

t.test('a peer that hides something is refused, whoever it is', (t) => {
  const pid = world.cast('sget < bash < login < init')
  t.equal(traced(pid).refusal, undefined)
  world.set(pid, { tracer: 99 })
  t.equal(traced(pid).refusal, 'traced')
  world.set(pid, { tracer: 0 })
  world.set(pid - 10, { tracer: 99 })
  t.equal(traced(pid).refusal, 'traced', 'nor may its parent have a tracer')
  world.set(pid - 10, { tracer: 0 })
  world.set(pid, { userNamespace: 'foreign' })
  t.equal(traced(pid).refusal, 'foreign-namespace')
  world.set(pid, { userNamespace: 'hidden' })
  t.equal(traced(pid).refusal, 'hidden-namespace')
  t.end()
})

t.test('another process than the one that connected is nobody', (t) => {
  const pid = world.cast('sget < bash < login < init')
  const tracer = new Tracer(world.shells, world)
  t.equal(tracer.trace(pid, [], 30)?.peer.pid, pid)
  t.equal(tracer.trace(pid, [], 29), undefined)
  t.equal(tracer.trace(pid + 1, []), undefined)
  t.end()
})

/** The root of the session that an sget-mcp opens, by its place in the chain. */
const rootOf = (chain: string): string | undefined => {
  const caller = traced(world.cast(chain))
  const session = sessionOf(caller)
  if (!session) return undefined
  t.equal(session.server.at(-1), session.root)
  t.equal(session.server[0], caller.peer)
  return chain.split(' < ')[session.server.length - 1]
}

t.test('no session hangs from what everything hangs from', (t) => {
  for (const chain of [
    'mcp < init',
    'mcp < bash < init',
    'mcp < tmux < init',
    'mcp < bash < tmux < systemd < init',
    'mcp < xterm < systemd < init',
    'mcp < hiddensystemd < init',
    'mcp < hiddenlogin < init',
    'mcp < bash < hiddensshd < init',
    'mcp < other < bash < login < init',
    'mcp < bash < bash < bash < other < init',
    'mcp',
  ])
    t.equal(rootOf(chain), undefined, chain)
  t.end()
})

t.test('the root of a session is the agent, up to what started it and no further', (t) => {
  const cases: [string, string][] = [
    ['claude', 'mcp < claude < bash < xterm < systemd < init'],
    ['claude', 'mcp < bash < claude < bash < login < init'],
    ['claude', 'mcp < dash < bash < claude < bash < login < init'],
    ['claude', 'mcp < oldbash < claude < oldbash < login < init'],
    ['codexjs', 'mcp < codex < codexjs < bash < tmux < init'],
    ['cursor', 'mcp < daemon < cursor < systemd < init'],
    ['cursor', 'mcp < daemon < cursor < hiddensystemd < init'],
    ['daemon', 'mcp < daemon < tmux < init'],
    ['daemon', 'mcp < daemon < init'],
    ['python', 'mcp < python < hidden < claude < init'],
    ['python', 'mcp < python < other < claude < init'],
    ['python', 'mcp < python < su < bash < init'],
    ['hidden', 'mcp < hidden < bash < login < init'],
    ['hidden', 'mcp < bash < hidden < bash < login < init'],
    ['codexjs', 'mcp < hidden < codexjs < bash < login < init'],
  ]
  for (const [root, chain] of cases) t.equal(rootOf(chain), root, chain)
  t.end()
})

t.test('a shell that leads a terminal is itself the root, and one that does not is skipped', (t) => {
  const pid = world.cast('mcp < bash < daemon < bash < login < init')
  t.equal(sessionOf(traced(pid))?.root.pid, pid - 20)
  world.set(pid - 10, { session: pid - 10 })
  t.equal(sessionOf(traced(pid))?.root.pid, pid - 10)
  world.set(pid - 10, { terminal: 0 })
  t.equal(sessionOf(traced(pid))?.root.pid, pid - 20)
  t.end()
})

t.test('a root is called by its file, and what an interpreter says is claimed', (t) => {
  const label = (chain: string) => {
    const root = sessionOf(traced(world.cast(chain)))?.root
    return root && labelOf(root)
  }
  const versions = '/home/u/.local/share/claude/versions/2.1.330'
  t.same(label('mcp < claude < bash < login < init'), { path: versions, claimed: false })
  t.same(label('mcp < codexjs < bash < login < init'), { path: '/usr/local/bin/codex', claimed: true })
  t.same(label('mcp < hidden < bash < login < init'), { path: '(x)', claimed: true })
  const pid = world.cast('mcp < codexjs < bash < login < init')
  world.set(pid - 10, { script: 'work/../agent.js' })
  t.equal(
    sessionOf(traced(pid))?.root.script,
    '/home/u/agent.js',
    'a relative script is seen from its directory',
  )
  t.end()
})

/** A shell and a peer below a place in the tree of a session that had begun with ticks 0 to 40. */
type Errand = {
  agent?: PartName
  parent?: 'above' | 'init' | 'mcp' | 'root' | 'sh'
  shell?: number
  peer?: number
}

/** Whether a shell and a peer, which started at these ticks, may redeem what was granted to the session at `birth`. */
function redeems(
  birth: number,
  { agent = 'daemon', parent = 'root', shell = 60, peer = 70 }: Errand = {},
): boolean {
  const server = world.cast(`mcp < dash < ${agent} < bash < init`)
  const session = sessionOf(traced(server))
  if (!session) throw new Error('no session')
  const parents = { mcp: server, sh: server - 10, root: server - 20, above: server - 30, init: 1 }
  world.set(100, { ...parts.bash, parent: parents[parent], startTicks: shell })
  world.set(101, { ...parts.sget, parent: 100, startTicks: peer })
  const oldest = oldestOnPath(traced(101), session)
  return oldest > 0 && (!needsFreshPath(session) || oldest > birth)
}

t.test('who is not below the root, or is as old as the grant, redeems nothing', (t) => {
  t.equal(redeems(70), false, 'the peer itself started in the tick of the grant')
  t.equal(redeems(60), false, 'its shell did')
  t.equal(redeems(65), false, 'its shell is older')
  t.equal(redeems(50, { peer: 45 }), false, 'the peer is older: it was there, and executes another program')
  t.equal(redeems(50, { parent: 'above' }), false, 'a sibling of the agent')
  t.equal(redeems(50, { parent: 'init' }), false, 'detached')
  t.equal(redeems(65, { agent: 'claimedcursor' }), false, 'who only claims to be an editor')
  t.equal(redeems(65, { agent: 'cursor', parent: 'above' }), false, "an editor's shells are below it too")
  t.end()
})

t.test('who is below the root by a fresh path redeems', (t) => {
  t.equal(redeems(59), true)
  t.equal(redeems(59, { parent: 'sh' }), true, 'the shell around sget-mcp is shared, however old')
  t.equal(redeems(59, { parent: 'mcp' }), true)
  t.equal(redeems(65, { agent: 'cursor' }), true, "an editor's shells persist")
  t.end()
})

t.test('the server and the root themselves redeem nothing', (t) => {
  const server = world.cast('mcp < dash < daemon < bash < init')
  const caller = traced(server)
  const session = sessionOf(caller)
  for (const pid of [server, server - 10, server - 20])
    t.equal(session && oldestOnPath(traced(pid), session) <= 40, true)
  t.end()
})

t.test('property: a path is fresh only if all of it is', (t) => {
  fc.assert(
    fc.property(
      fc.nat(100),
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 100 }),
      (birth, shell, peer) => {
        return redeems(birth, { shell, peer }) === (shell > birth && peer > birth)
      },
    ),
  )
  t.end()
})

t.test('what a process is, is remembered until it runs another program or is another process', (t) => {
  const pid = world.cast('sget < bash < login < init')
  const tracer = new Tracer(world.shells, world)
  const looksAtParent = () => {
    world.looks.clear()
    tracer.trace(pid, [])
    return world.looks.get(pid - 10) ?? 0
  }
  t.equal(looksAtParent(), 1)
  t.equal(looksAtParent(), 0)
  t.equal(world.looks.get(pid), 1, 'but who asks is looked at each time')
  world.set(pid - 10, { ...parts.claude, image: 5 })
  t.equal(looksAtParent(), 1, 'it executed')
  t.equal(tracer.trace(pid, [])?.class, 'agent')
  world.set(pid - 10, { ...parts.bash, image: 5, startTicks: 21 })
  t.equal(looksAtParent(), 1, 'its pid was taken over')
  t.equal(tracer.trace(pid, [])?.class, 'human')
  world.set(pid, parts.claude)
  t.equal(tracer.trace(pid, [])?.class, 'agent', 'a peer that executes at once is not mistaken')
  t.end()
})

t.test('memory is bounded, and the first to be remembered is the first to be forgotten', (t) => {
  const tracer = new Tracer(world.shells, world)
  world.cast('init')
  const look = (pid: number) => {
    world.looks.clear()
    tracer.trace(pid + 1, [])
    return world.looks.get(pid) ?? 0
  }
  const many = Array.from({ length: rememberedMax }, (_, index) => 10 + index * 2)
  for (const pid of many) {
    world.set(pid, { ...parts.bash, parent: 1 })
    world.set(pid + 1, { ...parts.sget, parent: pid })
    if (look(pid) !== 1) t.fail('not looked at')
  }
  t.equal(look(many.at(-1) ?? 0), 0)
  t.equal(look(many[0] ?? 0), 1, 'with pid 1 there was one too many')
  t.equal(look(many[2] ?? 0), 0)
  t.end()
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

async function landingOf(pid: number, roots: readonly Named[] = []): Promise<Sink> {
  const tracer = new Tracer(world.shells, world)
  const caller = tracer.trace(pid, roots)
  if (!caller) throw new Error('nobody asks')
  return tracer.landing(caller)
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
  const caller = tracer.trace(pid, [])
  if (!caller) throw new Error('nobody asks')
  t.equal((await tracer.landing(caller)).kind, 'shell')
  world.set(pid, { startTicks: 31 })
  t.equal((await tracer.landing(caller)).kind, 'unknown')
  world.remove(pid)
  t.equal((await tracer.landing(caller)).kind, 'unknown')
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
  world.set(11, { image: 8 })
  t.equal(watching.trace(21, [])?.processes[1]?.kind, 'shell', 'a new list is read')
  writeFileSync(join(world.folder, 'new'), 'bash')
  renameSync(join(world.folder, 'new'), join(world.folder, 'bash'))
  world.set(11, { image: 9 })
  t.equal(watching.trace(21, [])?.processes[1]?.kind, 'shell', 'an upgrade too')
  world.set(11, { image: 10, owner: 1000 })
  t.equal(watching.trace(21, [])?.processes[1]?.kind, 'program', "but a shell is root's")
  world.set(11, { image: 11, owner: 0, mode: 0o100775 })
  t.equal(watching.trace(21, [])?.processes[1]?.kind, 'program', "and root's alone")
  t.end()
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
    const sink = caller && (await tracer.landing(caller))
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
  t.same(await waiting(() => undefined, 0), { kind: 'unknown', pauses: looksMax - 1 }, 'it is stopped')
  t.same(
    await waiting(() => world.set(pid, { startTicks: 99 }), 3),
    { kind: 'unknown', pauses: 3 },
    'the peer went',
  )
})
