// Who asks, and on whose behalf: classes, refusals, sessions and memory, decided from imagined facts.
import fc from 'fast-check'
import t from 'tap'
import { lineageMax, rememberedMax } from '../src/lineages.ts'
import {
  agentAt,
  labelOf,
  needsFreshPath,
  oldestOnPath,
  sessionOf,
  Tracer,
  type Named,
} from '../src/index.ts'
import { parts, pts, traced, World, type PartName } from './world.ts'

const world = new World()
t.teardown(() => {
  world.close()
})

const classOf = (chain: string, roots: readonly Named[] = []) => traced(world, world.cast(chain), roots).class

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
    'sget < bash < bashinit',
  ])
    t.equal(classOf(chain), 'unattributed', chain)
  t.end()
})

t.test("a chain that cannot be read to its end is nobody's", (t) => {
  const pid = world.cast('sget < bash < login < init')
  world.remove(1)
  t.equal(traced(world, pid).complete, false)
  t.equal(traced(world, pid).class, 'unattributed')
  t.end()
})

t.test('who runs what another mount namespace calls so is not that', (t) => {
  const chain = 'sget < bash < xterm < gnome < systemd < init'
  for (const place of [2, 3]) {
    const pid = world.cast(chain)
    t.equal(traced(world, pid).class, 'human')
    world.set(pid - place * 10, { elsewhere: true })
    if (place === 3) world.set(pid - 40, { elsewhere: true })
    t.equal(traced(world, pid).class, 'unattributed', `${chain}: ${place}`)
  }
  const ofAgent = world.cast('sget < bash < claude < bash < login < init')
  world.set(ofAgent - 20, { elsewhere: true })
  t.equal(traced(world, ofAgent).class, 'agent', 'but to be taken for an agent takes away')
  const inMultiplexer = world.cast('sget < bash < tmux < bash < login < init')
  world.set(inMultiplexer - 20, { elsewhere: true })
  t.equal(traced(world, inMultiplexer).class, 'unattributed', 'as does a multiplexer')
  t.match(labelOf({ kind: 'interpreter', executable: '/usr/bin/python', elsewhere: true }), {
    claimed: true,
  })
  t.end()
})

t.test('without a controlling terminal of its own a process is no human', (t) => {
  const pid = world.cast('sget < bash < login < init')
  t.equal(traced(world, pid).class, 'human')
  world.set(pid, { terminal: 0 })
  t.equal(traced(world, pid).class, 'unattributed')
  t.equal(traced(world, pid).terminal, undefined)
  t.end()
})

t.test('a human comes from a login, or from a terminal in a session', (t) => {
  for (const chain of [
    'sget < bash < login < init',
    'sget < bash < hiddenlogin < init',
    'sget < make < python < bash < hiddenlogin < init',
    'sget < bash < usersshd < hiddensshd < hiddensshd < init',
    'sget < bash < usersshd < hiddensshd < init',
    'sget < bash < visiblesshd < sshd < sshd < init',
    'sget < bash < xterm < gnome < systemd < init',
    'sget < bash < kitty < systemd < init',
    'sget < bash < xterm < hiddensystemd < init',
    'sget < bash < xterm < bash < login < init',
  ])
    t.equal(classOf(chain), 'human', chain)
  t.equal(traced(world, world.cast('usersshd < hiddensshd < init')).peer.kind, 'login')
  t.same(traced(world, world.cast('sget < bash < login < init')).terminal, { device: pts, session: 7 })
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
  t.equal(
    traced(world, world.cast('sget < codex < codexjs < bash < init')).agent?.pid,
    31,
    'the nearest is named',
  )
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
        isHidden && name.startsWith('sshd') && traced(world, pid).processes[place]?.kind === 'login'
      const isUsersManager = isHidden && name === 'systemd'
      return traced(world, pid).class === expected || isLeftBySshd || isUsersManager
    }),
  )
  t.end()
})

t.test('a peer that hides something is refused, whoever it is', (t) => {
  const pid = world.cast('sget < bash < login < init')
  t.equal(traced(world, pid).refusal, undefined)
  world.set(pid, { tracer: 99 })
  t.equal(traced(world, pid).refusal, 'traced')
  world.set(pid, { tracer: 0 })
  world.set(pid - 10, { tracer: 99 })
  t.equal(traced(world, pid).refusal, 'traced', 'nor may its parent have a tracer')
  world.set(pid - 10, { tracer: 0 })
  world.set(pid, { userNamespace: 'foreign' })
  t.equal(traced(world, pid).refusal, 'foreign-namespace')
  world.set(pid, { userNamespace: 'hidden' })
  t.equal(traced(world, pid).refusal, 'hidden-namespace')
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
  const caller = traced(world, world.cast(chain))
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
  const pid = world.cast('mcp < daemon')
  world.set(1, { path: '/home/u/app' })
  t.equal(sessionOf(traced(world, pid)), undefined, 'also where pid 1 is a program of the user')
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
  t.equal(sessionOf(traced(world, pid))?.root.pid, pid - 20)
  world.set(pid - 10, { session: pid - 10 })
  t.equal(sessionOf(traced(world, pid))?.root.pid, pid - 10)
  world.set(pid - 10, { terminal: 0 })
  t.equal(sessionOf(traced(world, pid))?.root.pid, pid - 20)
  t.end()
})

t.test('a root is called by its file, and what an interpreter says is claimed', (t) => {
  const label = (chain: string) => {
    const root = sessionOf(traced(world, world.cast(chain)))?.root
    return root && labelOf(root)
  }
  const versions = '/home/u/.local/share/claude/versions/2.1.330'
  t.same(label('mcp < claude < bash < login < init'), { path: versions, claimed: false })
  t.same(label('mcp < codexjs < bash < login < init'), { path: '/usr/local/bin/codex', claimed: true })
  t.same(label('mcp < hidden < bash < login < init'), { path: '(x)', claimed: true })
  const pid = world.cast('mcp < codexjs < bash < login < init')
  world.set(pid - 10, { script: 'work/../agent.js' })
  t.equal(
    sessionOf(traced(world, pid))?.root.script,
    '/home/u/agent.js',
    'a relative script is seen from its directory',
  )
  t.end()
})

t.test('an agent is known by where its program lies, and only one types into shells of before', (t) => {
  const known: [string, string[]][] = [
    ['Claude Code', ['/home/u/.local/share/claude/versions/2.1.330', '/usr/local/bin/claude']],
    [
      'Claude Code',
      ['/usr/lib/node_modules/@anthropic-ai/claude-code-linux-x64/x', '/w/@anthropic-ai/claude-code/cli.js'],
    ],
    [
      'Codex',
      ['/x/@openai/codex/bin/codex.js', '/usr/local/bin/codex', '/x/codex-x86_64-unknown-linux-musl'],
    ],
    ['Copilot', ['/x/@github/copilot/index.js', '/usr/bin/copilot']],
    ['Cursor', ['/usr/share/cursor/cursor', '/home/u/.local/share/cursor-agent/versions/1/node']],
    ['Gemini', ['/x/@google/gemini-cli/dist/index.js', '/usr/local/bin/gemini']],
    ['opencode', ['/x/opencode-ai/bin/o', '/home/u/.opencode/bin/opencode']],
  ]
  for (const [name, paths] of known)
    for (const path of paths) {
      t.equal(agentAt(path)?.name, name, path)
      t.equal(agentAt(path)?.shellsPersist, name === 'Cursor')
    }
  t.equal(agentAt('/x/claude/versions/cursor')?.name, 'Claude Code', 'the first row that fits')
  for (const path of [
    '/usr/bin/claudette',
    '/home/u/claude/notes',
    '/home/u/claude/versions/2/bin/x',
    '/opt/codexample/x',
    '/home/codex/x',
    '/home/cursor/x',
    '/home/copilot/bin/x',
    '/x/gemini/y',
    '/x/opencode/y',
    '(claude)',
  ])
    t.equal(agentAt(path), undefined, path)
  t.end()
})

t.test('each interpreter has flags of its own', (t) => {
  const words = (text: string): string[] => text.split(' ')
  traced(world, world.cast('python < init'))
  t.strictSame(world.flags, { valued: words('-W -X --check-hash-based-pycs'), inlined: words('-c -m') })
  traced(world, world.cast('mcp < init'))
  const preloading = '--experimental-loader --import --loader --preload --require'
  t.strictSame(world.flags, {
    valued: words(`-C -r --conditions --env-file --env-file-if-exists ${preloading} --title`),
    inlined: words('-e -i -p -pe --eval --print'),
  })
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
  const session = sessionOf(traced(world, server))
  if (!session) throw new Error('no session')
  const parents = { mcp: server, sh: server - 10, root: server - 20, above: server - 30, init: 1 }
  world.set(100, { ...parts.bash, parent: parents[parent], startTicks: shell })
  world.set(101, { ...parts.sget, parent: 100, startTicks: peer })
  const oldest = oldestOnPath(traced(world, 101), session)
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
  const server = world.cast('mcp < daemon < bash < init')
  const session = sessionOf(traced(world, server))
  world.set(100, { ...parts.sget, parent: server - 10, startTicks: 70 })
  t.equal(session && oldestOnPath(traced(world, 100), session), 70, 'without a shell')
  t.equal(redeems(65, { agent: 'cursor' }), true, "an editor's shells persist")
  t.end()
})

t.test('the server and the root themselves redeem nothing', (t) => {
  const server = world.cast('mcp < dash < daemon < bash < init')
  const caller = traced(world, server)
  const session = sessionOf(caller)
  for (const pid of [server, server - 10, server - 20])
    t.equal(session && oldestOnPath(traced(world, pid), session) <= 40, true)
  t.end()
})

t.test('property: a path is fresh only if all of it is', (t) => {
  const birth = fc.integer({ min: 40, max: 140 })
  const delay = fc.nat(50)
  fc.assert(
    fc.property(birth, delay, delay, (birth, beforeShell, beforePeer) => {
      const shell = 40 + beforeShell
      return redeems(birth, { shell, peer: shell + beforePeer }) === shell > birth
    }),
  )
  t.end()
})

/** How often the executable of one is looked at while a tracer is asked about another. */
function looks(tracer: Tracer, asking: number, at: number): number {
  world.looks.clear()
  tracer.trace(asking, [])
  return world.looks.get(at) ?? 0
}

t.test('what a process is, is remembered until it runs another program or is another process', (t) => {
  const pid = world.cast('sget < bash < login < init')
  const tracer = new Tracer(world.shells, world)
  const looksAtParent = () => looks(tracer, pid, pid - 10)
  t.equal(looksAtParent(), 1)
  t.equal(looksAtParent(), 0)
  t.equal(world.looks.get(pid), 1, 'but who asks is looked at each time')
  world.set(pid - 10, { image: 4 })
  t.equal(looksAtParent(), 0, 'one that executes itself is what it was')
  world.set(pid - 10, { ...parts.claude, image: 5 })
  t.equal(looksAtParent(), 1, 'it executed')
  t.equal(tracer.trace(pid, [])?.class, 'agent')
  world.set(pid - 10, { ...parts.bash, image: 5, startTicks: 21 })
  t.equal(looksAtParent(), 1, 'its pid was taken over')
  t.equal(tracer.trace(pid, [])?.class, 'human')
  world.set(pid - 10, { uid: 10, image: 5 })
  t.match(tracer.trace(pid, [])?.processes[1], { uid: 10 }, 'whose it is, is never old')
  world.set(pid, parts.claude)
  t.equal(tracer.trace(pid, [])?.class, 'agent', 'a peer that executes at once is not mistaken')
  t.end()
})

t.test('an interpreter, and who is hidden, may become another without another file', (t) => {
  const pid = world.cast('sget < bash < claimedcursor < hidden < init')
  const tracer = new Tracer(world.shells, world)
  const scripts = () => tracer.trace(pid, [])?.processes.map(({ script }) => script)
  t.same(scripts()?.[2], '/tmp/cursor')
  world.set(pid - 20, { script: '/tmp/other', image: 9 })
  t.same(scripts()?.[2], '/tmp/other')
  world.set(pid - 30, { name: 'y' })
  t.equal(tracer.trace(pid, [])?.processes[3]?.executable, '(y)')
  t.end()
})

t.test('when one in the middle has gone, nothing that stood on it is believed', (t) => {
  const pid = world.cast('sget < bash < daemon < bash < login < init')
  const tracer = new Tracer(world.shells, world)
  t.equal(tracer.trace(pid, [])?.class, 'human')
  world.remove(pid - 20)
  world.set(pid - 10, { parent: 1 })
  t.equal(tracer.trace(pid, [])?.class, 'unattributed', 'its child hangs from pid 1 now')
  world.set(pid - 20, { ...parts.claude, parent: pid - 30, startTicks: 31 })
  world.set(pid - 10, { parent: pid - 20, startTicks: 41 })
  world.set(pid, { startTicks: 51 })
  t.equal(tracer.trace(pid, [])?.class, 'agent', 'the place of a descriptor says nothing of who is behind it')
  t.end()
})

t.test('where terminals and sessions count, nothing is taken from memory', (t) => {
  const pid = world.cast('sget < bash < login < init')
  const tracer = new Tracer(world.shells, world)
  tracer.trace(pid, [])
  for (const part of [{ session: 8 }, { terminal: 9 }]) {
    world.set(pid - 10, part)
    t.match(tracer.traceAfresh(pid, [])?.processes[1], part)
  }
  t.end()
})

t.test('memory is bounded, and the first to be remembered is the first to be forgotten', (t) => {
  world.watched.clear()
  const tracer = new Tracer(world.shells, world)
  world.cast('init')
  const look = (pid: number) => looks(tracer, pid + 1, pid)
  const many = Array.from({ length: rememberedMax }, (_, index) => 10 + index * 2)
  for (const pid of many) {
    world.set(pid, { ...parts.bash, parent: 1 })
    world.set(pid + 1, { ...parts.sget, parent: pid })
    if (look(pid) !== 1) t.fail('not looked at')
  }
  t.equal(world.watched.size, rememberedMax, 'pid 1 made room')
  t.equal(look(many.at(-1) ?? 0), 1, 'and with it falls what stood on it')
  t.equal(look(many.at(-1) ?? 0), 0)
  t.equal(world.watched.size, rememberedMax)
  t.end()
})

t.test('of those who are not remembered no descriptor is kept', (t) => {
  const pid = world.cast('sget < bash < login < init')
  world.watched.clear()
  world.set(pid - 10, { startTicks: 99 })
  t.equal(
    new Tracer(world.shells, world).trace(pid, [])?.processes.length,
    1,
    "the parent's pid was taken over",
  )
  t.equal(world.watched.size, 0)
  world.set(pid - 10, { startTicks: 20 })
  world.remove(1)
  t.equal(new Tracer(world.shells, world).trace(pid, [])?.complete, false, 'the end is not seen')
  t.equal(world.watched.size, 0)
  t.end()
})

t.test('without descriptors nothing is remembered, and all is told', (t) => {
  const pid = world.cast('sget < bash < login < init')
  t.teardown(() => {
    world.descriptorsMax = Infinity
  })
  world.watched.clear()
  const tracer = new Tracer(world.shells, world)
  world.descriptorsMax = 1
  for (const round of [1, 2]) {
    t.equal(looks(tracer, pid, pid - 10), 1, `round ${round}`)
    t.equal(tracer.trace(pid, [])?.class, 'human')
  }
  t.ok(world.watched.size <= 1)
  t.end()
})

t.test('a lineage that is too long ends, and hides nobody from those who stand nearer to the end', (t) => {
  const pid = world.cast(['sget', ...Array<string>(lineageMax).fill('bash'), 'claude', 'init'].join(' < '))
  const tracer = new Tracer(world.shells, world)
  const far = tracer.trace(pid, [])
  t.equal(far?.processes.length, lineageMax)
  t.equal(far?.complete, false)
  t.equal(far?.class, 'unattributed', 'it goes unseen')
  t.equal(tracer.trace(pid - 20, [])?.class, 'agent')
  t.equal(tracer.trace(pid, [])?.processes.length, lineageMax, 'also when most of it is remembered')
  t.end()
})

t.test('an attested peer is hidden from us and is what its group proves it to be', (t) => {
  const genuine = '/usr/local/lib/sget/bin/sget'
  const human = world.cast('hidden < bash < hiddenlogin < init')
  world.set(human, { userNamespace: 'hidden' })
  t.match(traced(world, human), { class: 'unattributed', attested: false, refusal: 'hidden-namespace' })
  t.match(traced(world, human, [], genuine), {
    class: 'human',
    attested: true,
    refusal: undefined,
    peer: { kind: 'program', executable: genuine, pid: human },
    processes: [{ executable: genuine }, { kind: 'shell' }],
  })
  const agent = world.cast('hidden < bash < claude < bash < hiddenlogin < init')
  t.equal(traced(world, agent, [], genuine).class, 'agent')
  t.equal(traced(world, world.cast('hidden < bash < tmux < init'), [], genuine).class, 'unattributed')
  t.end()
})

t.test('an attested peer with a tracer on it or on its parent is refused as any other', (t) => {
  const pid = world.cast('hidden < bash < hiddenlogin < init')
  world.set(pid, { tracer: 7 })
  t.equal(traced(world, pid, [], '/x/sget').refusal, 'traced')
  world.set(pid, { tracer: 0 })
  t.equal(traced(world, pid, [], '/x/sget').refusal, undefined)
  world.set(pid - 10, { tracer: 7 })
  t.equal(traced(world, pid, [], '/x/sget').refusal, 'traced')
  t.end()
})
