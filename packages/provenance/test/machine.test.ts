// Provenance on this machine: real shells, pipes, terminals, agents and logins.
import { bootTicks, started } from '@sget/native'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { Theatre } from '../../native/test/stage.ts'
import {
  labelOf,
  oldestOnPath,
  sessionOf,
  Tracer,
  type Caller,
  type Named,
  type Session,
  type Sink,
} from '../src/index.ts'

const theatre = new Theatre()
t.teardown(() => theatre.close())

const tracer = new Tracer()
const puppet = theatre.puppet

function traced(pid: number, roots: readonly Named[] = []): Caller {
  const caller = tracer.trace(pid, roots)
  if (!caller) throw new Error('nobody asks')
  return caller
}

/** Where the output of the first puppet of each script would land. */
const landings = (texts: readonly string[], shell: string): Promise<Sink[]> =>
  Promise.all(texts.map(async (text) => landingOf(await theatre.script(text, shell).pid())))

const landingOf = (pid: number, roots: readonly Named[] = []) => {
  const caller = traced(pid, roots)
  return tracer.landing(caller, () => started(pid) === caller.peer.startTicks)
}

const listed = readFileSync('/etc/shells', 'utf8').split('\n')
const shells = ['bash', 'dash', 'zsh', 'ash', 'ksh'].filter((name) => listed.includes(`/bin/${name}`))

for (const shell of shells) {
  t.test(`${shell}: a pipeline is a pipe, although the parent holds its other end`, async (t) => {
    const pipelines = ['$P | cat', '($P; true) | cat', '{ $P; true; } | (read x; cat)']
    const kinds = (await landings(pipelines, shell)).map(({ kind }) => kind)
    t.strictSame(kinds, ['pipe', 'pipe', 'pipe'])
  })

  t.test(`${shell}: command substitution lands in the shell`, async (t) => {
    const substitutions = [
      'X=$($P); true',
      'X="$($P)" && true',
      'X=`$P`; true',
      'X=$(cd /; $P; true); true',
      'X=$(Y=$($P); true); true',
      'f() { X=$( ($P; true) ); }; f; true',
      '{ set +xv; } 2>/dev/null; X="$($P)" && export X || { unset X; false; }',
    ]
    for (const [at, sink] of (await landings(substitutions, shell)).entries())
      t.match(sink, { kind: 'shell', reader: /^\// }, substitutions[at] ?? '')
  })
}

t.test('what is not captured is refused by what it is', async (t) => {
  const terminal = await theatre.start(puppet, ['pty']).pid()
  t.strictSame(await landingOf(terminal), { kind: 'terminal' })
  const texts = ['$P', '$P >out', '$P >&3', 'mkfifo f; $P 1<>f', '$P >/dev/full', '$P >&-', '$P > >(cat)']
  t.strictSame(
    await landings(
      texts.map((text) => `${text}; true`),
      'bash',
    ),
    [
      { kind: 'null' },
      { kind: 'file', path: join(theatre.folder, 'out') },
      { kind: 'socket' },
      { kind: 'unknown' },
      { kind: 'unknown' },
      { kind: 'unknown' },
      { kind: 'pipe', reader: '/usr/bin/cat' },
    ],
  )
})

/** A copy of a shell by the name of an agent. */
const claude = join(theatre.folder, 'claude')
copyFileSync('/bin/sh', claude)

t.test('a shell that is not one of the list captures nothing', async (t) => {
  const copy = join(theatre.folder, 'dash')
  copyFileSync('/bin/sh', copy)
  const pid = await theatre.script('X=$($P); true', copy).pid()
  t.equal(traced(pid).processes[1]?.kind, 'program')
  t.equal((await landingOf(pid)).kind, 'pipe')
  const named = await theatre.start('bash', ['-c', `exec -a bash ${copy} -c 'X=$(${puppet}); true'`]).pid()
  t.equal((await landingOf(named)).kind, 'pipe', 'whatever it calls itself')
})

t.test('a shell by the name of an agent gains nothing', async (t) => {
  const pid = await theatre.script('X=$($P); true', claude).pid()
  t.equal(traced(pid).class, 'agent')
  t.equal((await landingOf(pid)).kind, 'agent')
})

t.test('make and python capture by a pipe', async (t) => {
  writeFileSync(join(theatre.folder, 'Makefile'), 'X := $(shell $(P))\nall:\n')
  t.match(await landings(['make; true'], 'sh'), [{ kind: 'pipe', reader: /\/make$/ }])
  const python = '/usr/bin/python3'
  const text =
    'import os, subprocess; subprocess.run([os.environ["P"]], stdout=subprocess.PIPE, close_fds=False)'
  if (!existsSync(python)) t.pass('python', { skip: `there is no ${python}` })
  else t.match(await landings([`${python} -c '${text}'; true`], 'sh'), [{ kind: 'pipe', reader: /\/python/ }])
})

t.test('what the root of a session captures lands with the agent', async (t) => {
  for (const act of ['capture', 'leak']) {
    const play = theatre.start('env', [`P=${puppet}`, puppet, act, '--', 'bash', '-c', '$P; true'])
    const pid = await play.pid()
    const [, shell, root] = traced(pid).processes
    if (!shell || !root) throw new Error('the chain is too short')
    t.equal(shell.kind, 'shell')
    t.equal(root.pid, play.child.pid)
    const kindFor = async (roots: readonly Named[]) => (await landingOf(pid, roots)).kind
    t.equal(await kindFor([]), act === 'capture' ? 'pipe' : 'unknown', 'as long as it is no root')
    t.equal(await kindFor([root]), 'agent')
    t.equal(await kindFor([shell]), 'agent', 'nor may one above the root')
  }
})

t.test('who is traced, or in a user namespace of its own, is refused', async (t) => {
  t.equal(traced(await theatre.start(puppet, []).pid()).refusal, undefined)
  t.equal(traced(await theatre.start(puppet, ['traced']).pid()).refusal, 'traced')
  const line = await theatre.start(puppet, ['userns']).line()
  if (line.startsWith('cannot')) t.pass('foreign', { skip: 'this machine forbids user namespaces' })
  else t.match(traced(Number(line)).refusal, /^(?:foreign|hidden)-namespace$/)
})

t.test('nobody knows who detached itself, with a terminal or without', async (t) => {
  for (const acts of [
    [],
    ['setsid'],
    ['detach'],
    ['detach', 'setsid'],
    ['pty'],
    ['detach', 'pty'],
    ['pty', 'detach'],
  ]) {
    const caller = traced(await theatre.start(puppet, acts).pid())
    t.equal(caller.class, 'unattributed', acts.join())
    t.equal(caller.terminal !== undefined, acts.includes('pty'))
    const isAway = acts.includes('detach')
    t.equal(
      caller.processes.some(({ pid }) => pid === process.pid),
      !isAway,
    )
  }
})

/** A program that starts what it is told, a command line of words on each line of its input. */
const agentText = `
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
for await (const line of createInterface(process.stdin)) {
  const [program, ...words] = line.split(' ')
  spawn(program, words, { stdio: ['pipe', 'ignore', 'ignore', 3] })
}
process.exit()`

/** A stand-in agent, started by a shell that stays; `go` lets it start a command and tells the pid of its puppet. */
function startAgent(link = 'agent.mjs'): {
  go: (words: string) => Promise<number>
  line: () => Promise<number>
} {
  writeFileSync(join(theatre.folder, 'agent.mjs'), agentText)
  const play = theatre.start('sh', ['-c', `${process.execPath} ${link}; true`])
  const go = (words: string) => {
    play.child.stdin?.write(`${words}\n`)
    return play.pid()
  }
  return { go, line: () => play.pid() }
}

/** The session of an sget-mcp, which a puppet stands in for. */
function sessionAt(pid: number): Session {
  const session = sessionOf(traced(pid))
  if (!session) throw new Error('no session')
  return session
}

/** The tick of a grant, whose reply is held back until the next one. */
async function grant(): Promise<number> {
  const birth = bootTicks()
  while (bootTicks() === birth) await new Promise(setImmediate)
  return birth
}

t.test('the root of a session is the agent and not the shell that started it or sget-mcp', async (t) => {
  const agent = startAgent()
  const direct = sessionAt(await agent.go(puppet))
  t.match(labelOf(direct.root), { path: join(theatre.folder, 'agent.mjs'), claimed: true })
  t.equal(direct.server.length, 2)
  writeFileSync(join(theatre.folder, 'start'), `${puppet}; true`)
  const wrapped = sessionAt(await agent.go('sh start'))
  t.equal(wrapped.server.length, 3)
  t.match(wrapped.root, { pid: direct.root.pid, startTicks: direct.root.startTicks })
  t.equal(sessionOf(traced(await agent.go(`${puppet} detach`)))?.root.pid === direct.root.pid, false)
})

t.test('only what the agent starts after the grant may redeem it', async (t) => {
  const [agent, other] = [startAgent(), startAgent()]
  const session = sessionAt(await agent.go(puppet))
  const bystander = await agent.go(puppet)
  writeFileSync(join(theatre.folder, 'late'), `echo $$ >&3; read x <gate; exec ${puppet}`)
  execFileSync('mkfifo', [join(theatre.folder, 'gate')])
  const waiting = await agent.go('sh late')
  const birth = await grant()
  const age = (pid: number) => oldestOnPath(traced(pid), session)
  t.ok(age(bystander) <= birth, 'a process of before')
  await writeFile(join(theatre.folder, 'gate'), '\n')
  t.equal(await agent.line(), waiting)
  t.match(traced(waiting).peer.executable, puppet)
  t.ok(age(waiting) <= birth, 'one of before that has executed another program')
  t.equal(age(await other.go(puppet)), 0, 'one of another agent')
  t.equal(age(await theatre.start(puppet, []).pid()), 0, 'one of nobody')
  t.equal(age(await agent.go(`${puppet} detach`)), 0, 'one that detached itself')
  t.ok(age(session.root.pid) <= birth, 'the agent itself')
  t.ok(age(await agent.go(puppet)) > birth, 'a new one')
  t.ok(age(await agent.go('sh start')) > birth, 'a new one below a new shell')
  t.ok(age(await agent.go(`${puppet} setsid`)) > birth, 'a session of its own is no flight')
})

t.test('an agent that npm installed is known by the link that its interpreter was given', async (t) => {
  symlinkSync('agent.mjs', join(theatre.folder, 'codex'))
  const agent = startAgent('codex')
  const caller = traced(await agent.go(puppet))
  t.equal(caller.class, 'agent')
  t.match(caller.agent, { kind: 'agent', script: join(theatre.folder, 'codex'), agent: { name: 'Codex' } })
})

/** A user other than root who may log in, with a folder of his own. */
function ordinaryUser(): { name: string; uid: number; gid: number } | undefined {
  const shells = readFileSync('/etc/shells', 'utf8').split('\n')
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name = '', , uid, gid, , home = '', shell = ''] = line.split(':')
    const mayLogIn = Number(uid) > 0 && shells.includes(shell) && existsSync(home)
    if (mayLogIn) return { name, uid: Number(uid), gid: Number(gid) }
  }
  return undefined
}

/** Logs a user in on a terminal, types commands there, and tells the pids of the errands that they run, in turn. */
async function logIn(name: string, commands: readonly ((errand: string) => string)[]): Promise<number[]> {
  chmodSync(theatre.folder, 0o755)
  const errand = join(theatre.folder, 'errand')
  writeFileSync(errand, 'echo $$ >"$1"; exec sleep 60')
  const play = theatre.start(puppet, ['pty', '--', 'login', '-f', name])
  const pids: number[] = []
  for (const [at, command] of commands.entries()) {
    const said = join(theatre.folder, `said-${at}`)
    execFileSync('mkfifo', ['-m', '666', said])
    play.child.stdin?.write(`${command(`sh ${errand} ${said}`)}\n`)
    pids.push(Number(await readFile(said, 'utf8')))
  }
  return pids
}

/** What a daemon of that user makes of a process; undefined when that user may not read this tree. */
function classSeenBy({ uid, gid }: { uid: number; gid: number }, pid: number): string | undefined {
  const index = JSON.stringify(fileURLToPath(new URL('../src/index.ts', import.meta.url)))
  const text = `import { Tracer } from ${index}; console.log(new Tracer().trace(${pid}, []).class)`
  const node = ['--input-type=module', '-e', text]
  const { status, stdout } = spawnSync(process.execPath, node, { uid, gid, cwd: '/', encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

const canLogIn = process.getuid?.() === 0 && existsSync('/bin/login')

t.test(
  'who has logged in is a human, until an agent or a flight comes between',
  { skip: canLogIn ? false : 'only root can log somebody in' },
  async (t) => {
    const user = ordinaryUser()
    const pids = await logIn(user?.name ?? 'root', [
      (errand) => `${errand} &`,
      (errand) => `${claude} -c '${errand}; true' &`,
      (errand) => `${puppet} detach -- ${errand}`,
      (errand) => `setsid ${errand} &`,
    ])
    t.teardown(() => {
      for (const pid of pids) process.kill(pid, 'SIGKILL')
    })
    const classes = ['human', 'agent', 'unattributed', 'unattributed']
    const seen = pids.map((pid) => traced(pid).class)
    t.same(seen, classes, 'as root sees them')
    const seenByUser = user && pids.map((pid) => classSeenBy(user, pid))
    if (seenByUser?.[0] === undefined)
      t.pass('a user', { skip: 'there is no user who may log in and read this tree' })
    else t.same(seenByUser, classes, 'as their user does, to whom login is hidden')
  },
)
