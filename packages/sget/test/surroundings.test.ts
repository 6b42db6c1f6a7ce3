// What surrounds the client: the launcher, the system that it starts in, the terminal, and the tables that it shares.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import {
  failures,
  headBytes,
  isMalformed,
  isSafeVariable,
  obeyedNames,
  obeyedPrefixes,
  parseRef,
  readBody,
  readHead,
} from '@sget/wire/broker'
import t, { type Test } from 'tap'
import { quote, show, textOf, vectorsOf } from '../../wire/test/fixtures/vectors.ts'
import { Broker, type Script } from './broker.ts'
import { build, builds, folder, isRoot, run, Terminal, type Outcome } from './program.ts'

// Processes wait more than they work.
t.jobs = 4
t.setTimeout(120_000)

type Play = (t: Test, bin: string) => Promise<void>

/** The same test for the released and for the sanitized program. */
function both(name: string, play: Play, skip: string | false = false): void {
  for (const bin of builds)
    void t.test(`${name} (${relative(build, bin)})`, { skip, buffered: true }, (t) => play(t, bin))
}

const socketOf = (home: string) => join(home, 'state/run/socket')

async function stage(t: Test, script: Script): Promise<string> {
  const home = folder(t)
  const broker = await Broker.listen(socketOf(home), script)
  t.teardown(() => broker.close())
  return home
}

const giveX: Script = async (peer) => peer.give(await peer.greet('read'), { '': 'x' })

/* The launcher. */

const nodeFlags = [
  '--disable-sigusr1',
  '--no-warnings',
  '--no-global-search-paths',
  '--max-semi-space-size=2',
]
const launched = ['sgetd', 'sgetctl', 'sget-mcp']

/** What a program saw that stood where Node does. */
interface Seen {
  readonly args: readonly string[]
  readonly env: readonly string[]
  readonly descriptors: readonly string[]
}

const witness = join(build, 'test/witness')

/**
 * A whole installation in a folder: the four programs, and something in place of Node: a path, or the text of a
 * shell script. `script` is what the Node programs are.
 */
function install(t: Test, bin: string, node = witness, script = ''): string {
  const root = folder(t)
  mkdirSync(join(root, 'bin'))
  mkdirSync(join(root, 'lib'))
  for (const name of readdirSync(bin)) cpSync(join(bin, name), join(root, 'bin', name))
  if (node.startsWith('/')) symlinkSync(node, join(root, 'lib/node'))
  else writeFileSync(join(root, 'lib/node'), `#!/bin/sh\n${node}\n`, { mode: 0o755 })
  for (const name of launched) writeFileSync(join(root, 'lib', `${name}.mjs`), script)
  chmodSync(root, 0o755)
  return root
}

function seenBy(outcome: Outcome): Seen {
  if (outcome.code !== 0) throw new Error(outcome.stderr)
  const seen = outcome.stdout.toString().split('\0')
  const of = (letter: string) => seen.filter((one) => one.startsWith(letter)).map((one) => one.slice(1))
  return { args: of('A'), env: of('E'), descriptors: of('F') }
}

/** What the user wrote behind the program's name. */
const words = (outcome: Outcome) => seenBy(outcome).args.slice(nodeFlags.length + 2)

const passwdHome = execFileSync('getent', ['passwd', `${process.getuid?.()}`])
  .toString()
  .split(':')[5]

const hostile = {
  HOME: '/nonexistent',
  PATH: '/nonexistent',
  LANG: 'tr_TR',
  TZ: 'Mars/Base',
  XDG_STATE_HOME: '/nonexistent',
  NODE_OPTIONS: '--nonsense',
  NODE_PATH: '/nonexistent',
  NODE_EXTRA_CA_CERTS: '/nonexistent',
  HTTPS_PROXY: 'http://127.0.0.1:1',
  LD_PRELOAD: '/nonexistent.so',
  LD_LIBRARY_PATH: '/nonexistent',
  BASH_ENV: '/nonexistent',
  SGET_SOCKET: '/nonexistent',
  GCONV_PATH: '/nonexistent',
  GLIBC_TUNABLES: 'glibc.malloc.check=3',
  TERM: 'xterm-256color',
}

both(
  'the launcher starts the pinned Node with fixed flags and an environment from nothing',
  async (t, bin) => {
    const root = install(t, bin)
    for (const name of launched) {
      const seen = seenBy(await run(join(root, 'bin', name), ['a b', '', '--x'], { env: hostile }))
      t.same(seen.args, [name, ...nodeFlags, join(root, `lib/${name}.mjs`), 'a b', '', '--x'])
      const env = [`HOME=${passwdHome}`, 'PATH=/usr/local/bin:/usr/bin:/bin', 'LANG=C.UTF-8']
      t.same(seen.env, name === 'sgetctl' ? [...env, 'TERM=xterm-256color'] : env)
    }
  },
)

void t.test('Node takes the flags for its own, and opens no inspector', async (t) => {
  const script = `const { execArgv, argv } = process
    process.on('SIGUSR1', () => console.log('told'))
    process.kill(process.pid, 'SIGUSR1')
    setTimeout(() => console.log(JSON.stringify([execArgv, argv.slice(2)])), 50)`
  const root = install(t, join(build, 'bin'), process.execPath, script)
  const outcome = await run(join(root, 'bin/sgetd'), ['--x'], { env: hostile })
  t.match(outcome, { code: 0, stderr: '' })
  t.match(outcome.stdout.toString(), `${JSON.stringify([nodeFlags, ['--x']])}\n`)
})

both('TERM reaches sgetctl only as a plain word', async (t, bin) => {
  const root = install(t, bin)
  for (const TERM of ['', 'a b', '../x', 'x'.repeat(65), '\u001b[2J']) {
    const { env } = seenBy(await run(join(root, 'bin/sgetctl'), [], { env: { TERM } }))
    t.notOk(
      env.some((variable) => variable.startsWith('TERM=')),
      TERM,
    )
  }
})

both('neither argv[0] nor a link decides which program it is', async (t, bin) => {
  const root = install(t, bin)
  const path = join(root, 'elsewhere')
  const name = (outcome: Outcome) => seenBy(outcome).args[0]
  symlinkSync(join(root, 'bin/sgetctl'), path)
  t.equal(name(await run(path, [])), 'sgetctl')
  for (const argv0 of ['sget', '', '-sgetd', '/nonexistent/sget-mcp'])
    t.equal(name(await run(join(root, 'bin/sgetctl'), ['x'], { argv0 })), 'sgetctl')
  const nameless = await run(join(build, 'test/nameless'), [join(root, 'bin/sgetctl')])
  t.same([name(nameless), words(nameless)], ['sgetctl', []], 'an empty argv')
  linkSync(join(root, 'bin/sgetctl'), join(root, 'bin/sgetfoo'))
  const other = await run(join(root, 'bin/sgetfoo'), [], { argv0: 'sget' })
  t.match(other, { code: 1, stderr: 'sgetfoo: a part of the installation is missing or cannot run: sgetfoo' })
})

both('what is missing from an installation is named', async (t, bin) => {
  const root = folder(t)
  for (const name of readdirSync(bin)) cpSync(join(bin, name), join(root, name))
  const outcome = await run(join(root, 'sgetctl'), [])
  t.match(outcome, { code: 1, stderr: `missing or cannot run: ${join(root, '..', 'lib/node')}` })
  t.match(outcome.stderr, '\n    run scripts/setup again')
})

both('--home is made absolute wherever it stands, but not behind --', async (t, bin) => {
  const root = install(t, bin)
  symlinkSync(root, join(root, 'link'))
  const args = async (...given: string[]) =>
    words(await run(join(root, 'bin/sgetctl'), given, { cwd: join(root, 'lib') }))
  t.same(await args('--home', '../bin', 'ls'), ['--home', join(root, 'bin'), 'ls'])
  t.same(await args('ls', '--home=../link/new'), ['ls', `--home=${root}/new`])
  t.same(await args('ls', '--home', 'new/'), ['ls', '--home', join(root, 'lib/new')])
  t.same(await args('ls', '--home', '/'), ['ls', '--home', '/'])
  t.same(await args('ls', '--', '--home', 'x'), ['ls', '--', '--home', 'x'])
  t.same(await args('ls', '--home'), ['ls', '--home'])
  for (const home of ['', 'no/such', 'new/..', 'sgetd.mjs/x']) {
    const outcome = await run(join(root, 'bin/sgetctl'), ['--home', home], { cwd: join(root, 'lib') })
    t.match(outcome, { code: 1, stderr: `sgetctl: there is no such folder: ${home}` })
  }
})

both('a word that only sgetctl knows is handed to it', async (t, bin) => {
  const root = install(t, bin)
  const sget = join(root, 'bin/sget')
  const args = async (...given: string[]) => words(await run(sget, given, { cwd: root }))
  t.same(await args('status', '--json', '--grant'), ['status', '--json', '--grant'])
  t.same(await args('--home', 'lib', 'audit', 'tail'), ['--home', join(root, 'lib'), 'audit', 'tail'])
  t.same(await args('help'), ['help'])
  t.match(await run(sget, ['--reveal', 'status']), { code: 64, stderr: 'not understood: status' })
  t.match(await run(sget, ['--json', 'status']), { code: 64, stderr: 'not understood: --json' })
})

both('closed standard descriptors are open on /dev/null, and others are left alone', async (t, bin) => {
  const root = install(t, bin)
  const line = `exec 5</dev/zero; exec '${root}/bin/sgetctl' <&- 2>&-`
  const { descriptors } = seenBy(await run('/bin/bash', ['--norc', '-c', line]))
  t.ok(['0', '1', '2', '5'].every((descriptor) => descriptors.includes(descriptor)))
  const home = await stage(t, giveX)
  const sget = `'${root}/bin/sget' --home '${home}' a/b`
  t.equal((await run('/bin/bash', ['--norc', '-c', `exec ${sget} <&- 2>&-`])).stdout.toString(), 'x')
  t.equal((await run('/bin/bash', ['--norc', '-c', `exec ${sget} <&- >&- 2>&-`])).code, 0)
  t.equal((await run('/bin/bash', ['--norc', '-c', `${sget} <&- >&-`])).stderr, '')
})

/* Starting the daemon. */

both('sgetd --detach waits for the daemon, which keeps nothing of the caller', async (t, bin) => {
  const look = [
    'for n in 0 1 2 3 9 77; do readlink /proc/$$/fd/$n || echo closed; done',
    'pwd',
    `cut -d' ' -f 6,7 /proc/$$/stat | { read session terminal; [ $session != $$ ] && echo "$terminal"; }`,
    'printf "<%s>" "$@"',
  ]
  const root = install(t, bin, `{ ${look.join('; ')}; } >\${0%/*}/seen; echo ready >&3`)
  const line = `exec 77</dev/zero 9<&0; '${root}/bin/sgetd' --detach --home lib --x; echo "$?"`
  const outcome = await run('/bin/bash', ['--norc', '-c', line], { cwd: root })
  t.match(outcome, { code: 0, stderr: '' })
  t.equal(outcome.stdout.toString(), '0\n', 'and whoever reads its output is not kept waiting')
  const [zero, one, two, three, nine, more, cwd, terminal, args] = readFileSync(
    join(root, 'lib/seen'),
    'utf8',
  ).split('\n')
  t.same([zero, two, nine, more, cwd, terminal], ['/dev/null', '/dev/null', 'closed', 'closed', '/', '0'])
  t.match(one, /seen$/)
  t.match(three, /^pipe:/)
  const given = [
    ...nodeFlags,
    join(root, 'lib/sgetd.mjs'),
    '--home',
    join(root, 'lib'),
    '--x',
    '--ready-fd',
    '3',
  ]
  t.equal(args, given.map((word) => `<${word}>`).join(''))
})

both('sgetd --detach tells why the daemon did not start', async (t, bin) => {
  const cases: [string, string][] = [
    ['echo "failed another sgetd has the lock" >&3', 'sgetd did not start: another sgetd has the lock\n'],
    ['echo nonsense >&3', 'sgetd did not start\n'],
    ['printf read >&3', 'sgetd did not start\n'],
    ['kill -9 $$', 'sgetd did not start\n'],
    ['exit 1', 'sgetd did not start\n'],
  ]
  for (const [node, told] of cases) {
    const outcome = await run(join(install(t, bin, node), 'bin/sgetd'), ['--detach'])
    t.equal(outcome.code, 1)
    t.match(outcome.stderr, `sgetd: ${told}`)
    t.match(outcome.stderr, '\n    to see why, run it in the foreground: sgetd\n')
  }
  const none = await run(join(install(t, bin, '/nonexistent'), 'bin/sgetd'), ['--detach'])
  t.match(none, { code: 1, stderr: 'sgetd did not start: node cannot run' })
})

/** A daemon of another version, which listens, says that it is ready, and ends with its first connection. */
const foreignVersion = `
import { createServer } from 'node:net'
import { mkdirSync, writeFileSync, writeSync } from 'node:fs'
const [, , , home, , ready] = process.argv
writeFileSync(new URL('seen', import.meta.url), process.argv.slice(2).join(' '))
mkdirSync(home + '/state/run', { recursive: true })
createServer((socket) => socket.once('data', () => {
  socket.end(Buffer.from('0000000d8100000000000300047465737400', 'hex'), () => process.exit())
})).listen(home + '/state/run/socket', () => writeSync(Number(ready), 'ready\\n'))
`

both('unlock starts the daemon when none runs, and only then', async (t, bin) => {
  const root = install(t, bin, process.execPath, foreignVersion)
  const home = join(root, 'home')
  const outcome = await run(join(root, 'bin/sget'), ['--home', home, 'unlock'])
  t.match(outcome, { code: failures['version-mismatch'].exit, stderr: 'different versions (test)' })
  t.equal(readFileSync(join(root, 'lib/seen'), 'utf8'), `--home ${home} --ready-fd 3`)

  const running = await stage(t, async (peer) => {
    peer.fail((await peer.greet('unlock')).id, 'agent-forbidden')
    await peer.gone()
  })
  const failing = join(install(t, bin, 'echo failed no >&3'), 'bin/sget')
  t.equal((await run(failing, ['--home', running, 'unlock'])).code, failures['agent-forbidden'].exit)

  const signals = join(install(t, bin, 'grep SigIgn /proc/$$/status >"${5%/*}/signals"'), 'bin')
  await run(join(signals, 'sget'), ['--home', folder(t), 'unlock'])
  const ignored = /SigIgn:\s+([0-9a-f]+)/.exec(readFileSync(join(signals, '../lib/signals'), 'utf8'))?.[1]
  t.equal(BigInt(`0x${ignored}`) & (1n << 12n), 0n, 'it does not inherit that SIGPIPE is ignored')

  const failed = await run(failing, ['--home', folder(t), 'unlock'])
  t.match(failed, { code: 66, stderr: 'sgetd: sgetd did not start: no' })
  t.match(failed.stderr, 'sget: cannot unlock the vault: sgetd did not start')
})

/* Home directories. */

/** Runs a shell line where files of the system are others; a message where this system does not allow that. */
function inNamespace(files: Readonly<Record<string, string>>, line: string): Outcome | string {
  const mounts = Object.entries(files).map(([path, file]) => `mount --bind '${file}' '${path}'`)
  const flags = isRoot ? ['--mount'] : ['--mount', '--map-root-user']
  const probe = spawnSync('unshare', [...flags, '/bin/sh', '-c', 'mount -t tmpfs none /mnt'])
  if (probe.status !== 0) return 'this system lets nobody make mount namespaces'
  const { status, signal, stdout, stderr } = spawnSync(
    'unshare',
    [...flags, '/bin/sh', '-c', [...mounts, `exec ${line}`].join(' && ')],
    { env: { HOME: '/hostile' } },
  )
  return { code: status, signal, stdout, stderr: stderr.toString() }
}

both('the home directory comes from the password database, and from nowhere else', (t, bin) => {
  const root = folder(t)
  const file = (name: string, text: string, mode = 0o644) => {
    writeFileSync(join(root, name), text, { mode })
    return join(root, name)
  }
  const getent = (text: string) => file('getent', `#!/bin/sh\n${text}\n`, 0o755)
  const look = (passwd: string, answer: string) =>
    inNamespace(
      { '/etc/passwd': file('passwd', passwd), '/usr/bin/getent': getent(answer) },
      `'${join(bin, 'sget')}' a/b`,
    )
  const long = `/${'h'.repeat(90)}`
  const pathOf = (home: string) => `allows: ${home}/.local/state/sget/run/socket`
  const found: [string, string, string, string][] = [
    [
      'the line of the uid',
      `a:x:10:0::/wrong:\nr:x:0:0:,,,:${long}:/bin/sh\nz:x:0:0::/second:\n`,
      'exit 1',
      long,
    ],
    ['no newline at the end', `r:x:0:0::${long}`, 'exit 1', long],
    [
      'behind a line that is far too long',
      `${'x'.repeat(9000)}:x:0:0::/no:\nr:x:0:0::${long}:`,
      'exit 1',
      long,
    ],
    [
      'what getent says',
      'a:x:10:0::/wrong:\n',
      `echo "r:x:$2:0::${long}/$#$(env | grep -c HOME):"`,
      `${long}/20`,
    ],
  ]
  for (const [name, passwd, answer, home] of found) {
    const outcome = look(passwd, answer)
    if (typeof outcome === 'string') {
      t.pass(outcome, { skip: true })
      continue
    }
    t.equal(outcome.code, failures['socket-path-too-long'].exit, outcome.stderr)
    t.match(outcome.stderr, pathOf(home), name)
  }
  const refused: [string, string, string][] = [
    ['no line', '', 'exit 2'],
    ['a relative home', 'r:x:0:0::home:\n', 'echo r:x:0:0::home:'],
    ['an empty home', 'r:x:0:0:::\n', 'exit 2'],
    ['too few fields', 'r:x:0:0\n', 'exit 2'],
    ['a control character', 'r:x:0:0::/a\tb:\n', 'exit 2'],
    ['what is no text', '', `printf 'r:x:0:0::/\\377:\\n'`],
    ['a home too long for any socket', `r:x:0:0::/${'x'.repeat(1024)}:\n`, 'exit 2'],
    ['a uid that only begins so', 'r:x:00:0::/a:\nr:x:0x:0::/a:\nr:x: 0:0::/a:\n', 'exit 2'],
    ['an answer for somebody else', '', 'echo a:x:10:0::/a:'],
    ['only the second line of the answer', '', 'echo; echo r:x:0:0::/a:'],
  ]
  for (const [name, passwd, answer] of refused) {
    const outcome = look(passwd, answer)
    if (typeof outcome !== 'string') t.match(outcome, { code: 82, stderr: 'names no home directory' }, name)
  }
  return Promise.resolve()
})

both(
  'a uid without a home can have an instance, and nothing else',
  async (t, bin) => {
    const root = install(t, bin)
    const stranger = ['--reuid', '54321', '--regid', '54321', '--clear-groups']
    const start = (...words: string[]) => run('setpriv', [...stranger, join(root, 'bin/sgetctl'), ...words])
    t.same(seenBy(await start('--home', root)).env, ['PATH=/usr/local/bin:/usr/bin:/bin', 'LANG=C.UTF-8'])
    t.match(await start('ls'), { code: 1, stderr: 'sgetctl: the password database names no home directory' })
  },
  !isRoot && 'needs root',
)

both('the environment chooses nothing of ours', async (t, bin) => {
  const home = await stage(t, giveX)
  const outcome = await run(join(bin, 'sget'), ['--home', home, 'a/b'], { env: hostileToClient(bin) })
  t.match(outcome, { code: 0, stderr: '' })
  t.equal(outcome.stdout.toString(), 'x')
})

/** The loader of the sanitized program, which is no static one, obeys some. */
function hostileToClient(bin: string): NodeJS.ProcessEnv {
  const { LD_PRELOAD, ...rest } = hostile
  return bin === builds[0] ? { ...rest, LD_PRELOAD } : rest
}

/* The terminal. */

/** The shell line of sget in an instance, followed by what the terminal is like then. */
const typed = (bin: string, home: string, words: string) =>
  `${join(bin, 'sget')} --home ${home} ${words}; echo "[status $?]"; stty -a | grep -o -- '-\\?echo\\b'; echo "[end]"`

/** Takes the passphrase for a request of that name and answers. */
const takes =
  (name: 'unlock' | 'prove' | 'put', expected: string): Script =>
  async (peer) => {
    const request = await peer.greet(name)
    const secret = (await peer.take(request.id)).toString()
    if (secret !== expected) throw new Error(`it was ${secret}`)
    peer.send('done', request.id, {})
  }

both('a passphrase is typed unseen, and the terminal is as it was afterwards', async (t, bin) => {
  const home = await stage(t, takes('unlock', 'open sesame'))
  const terminal = new Terminal(typed(bin, home, 'unlock'))
  await terminal.shows('passphrase: ')
  terminal.type('opem\u007fn sesame\n')
  const shown = await terminal.shows('[end]')
  t.match(shown, /^\r\n\[status 0\]\r\necho\r\n/)
  t.equal((await terminal.ended()).code, 0)
})

both('a new passphrase is asked for twice, and again when the two differ', async (t, bin) => {
  const home = await stage(t, async (peer) => {
    const first = await peer.greet('unlock')
    t.same(first.body, { create: true })
    peer.send('ready', first.id, { values: 1 })
    const second = await peer.expect('unlock')
    t.equal((await peer.take(second.id)).toString(), 'right one')
    peer.send('done', second.id, {})
  })
  const terminal = new Terminal(typed(bin, home, 'unlock --new'))
  for (const line of ['right one', 'wrong one', 'right one', 'right one']) {
    await terminal.shows(/* each question ends so */ ': ')
    terminal.type(`${line}\n`)
  }
  t.match(await terminal.shows('[end]'), '[status 0]')
})

both('a wrong passphrase may be typed again, three times in all', async (t, bin) => {
  const home = await stage(t, async (peer) => {
    let request = await peer.greet('unlock')
    for (let tries = 1; ; tries++) {
      t.equal((await peer.take(request.id)).toString(), `try ${tries}`)
      peer.fail(request.id, 'passphrase-wrong')
      if (tries === 3) break
      request = await peer.expect('unlock')
    }
    await t.rejects(peer.expect('unlock'))
  })
  const terminal = new Terminal(typed(bin, home, 'unlock'))
  for (const tries of [1, 2, 3]) {
    await terminal.shows('passphrase: ')
    terminal.type(`try ${tries}\n`)
  }
  const shown = await terminal.shows('[end]')
  t.match(shown, failures['passphrase-wrong'].hint)
  t.match(shown, `[status ${failures['passphrase-wrong'].exit}]`)
})

both('what was typed ahead is no passphrase', async (t, bin) => {
  const home = await stage(t, async (peer) => {
    const unlock = await peer.greet('unlock')
    terminal.type('typed ahead\n')
    await terminal.shows('typed ahead')
    t.equal((await peer.take(unlock.id)).toString(), 'meant')
    peer.send('done', unlock.id, {})
  })
  const terminal = new Terminal(typed(bin, home, 'unlock'))
  await terminal.shows('passphrase: ')
  terminal.type('meant\n')
  t.match(await terminal.shows('[end]'), '[status 0]')
})

both('a signal that ends it finds the terminal as it was', async (t, bin) => {
  const ends: Record<string, (terminal: Terminal, pid: number) => void> = {
    'Ctrl-C': (terminal) => terminal.type('half a passphr\u0003'),
    'Ctrl-\\': (terminal) => terminal.type('half a passphr\u001c'),
    SIGTERM: (_, pid) => process.kill(pid, 'SIGTERM'),
    SIGHUP: (_, pid) => process.kill(pid, 'SIGHUP'),
  }
  for (const [name, end] of Object.entries(ends)) {
    const home = await stage(t, async (peer) => {
      peer.send('ready', (await peer.greet('unlock')).id, { values: 1 })
      await t.rejects(peer.expect('ack'))
    })
    const sget = `sh -c 'trap - INT QUIT; echo "[pid $$]"; exec ${join(bin, 'sget')} --home ${home} unlock'`
    const terminal = new Terminal(
      `trap : INT QUIT; ${sget}; stty -a | grep -o -- '-\\?echo\\b'; echo '[end]'`,
    )
    const pid = /\[pid (\d+)\]/.exec(await terminal.shows('passphrase: '))?.[1]
    end(terminal, Number(pid))
    const shown = await terminal.shows('[end]')
    t.match(shown, /^\s*echo\r\n/m, name)
    t.notMatch(shown, 'half', 'what was typed goes nowhere')
  }
})

both('Ctrl-Z gives the terminal back, and fg asks again', async (t, bin) => {
  const home = await stage(t, takes('unlock', 'open sesame'))
  const echo = `stty -a | grep -o -- '-\\?echo\\b'`
  const line = `set -m; ${join(bin, 'sget')} --home ${home} unlock; echo '[stopped]'; ${echo}; fg; echo "[status $?]"`
  const terminal = new Terminal(line)
  await terminal.shows('passphrase: ')
  terminal.type('\u001a')
  await terminal.shows('[stopped]')
  t.match(await terminal.shows('passphrase: '), /^\r\necho\r\n/)
  terminal.type('open sesame\n')
  t.match(await terminal.shows('[status'), /^\r\n\[status$/)
})

both('a value is typed unseen, once; a pasted second line is refused', async (t, bin) => {
  const home = await stage(t, takes('put', 'hunter2'))
  const terminal = new Terminal(typed(bin, home, 'put a/b'))
  await terminal.shows('value: ')
  terminal.type('hunter2\n')
  t.notMatch(await terminal.shows('[status 0]'), 'hunter2')

  const longest = 'x'.repeat(4094)
  const long = new Terminal(typed(bin, await stage(t, takes('put', longest)), 'put a/b'))
  await long.shows('value: ')
  long.type(`${longest}\n`)
  await long.shows('[status 0]')

  const refusing = await stage(t, async (peer) => {
    peer.send('ready', (await peer.greet('put')).id, { values: 1 })
    await t.rejects(peer.expect('ack'))
  })
  for (const pasted of ['-----BEGIN-----\nhunter2\n', `${'x'.repeat(4095)}\n`]) {
    const pasting = new Terminal(typed(bin, refusing, 'put a/b'))
    await pasting.shows('value: ')
    pasting.type(pasted)
    const shown = await pasting.shows('[status 77]')
    t.match(shown, 'a terminal hands over one line')
    t.notMatch(shown, 'hunter2')
  }
})

both('who may replace a value is asked', async (t, bin) => {
  const home = await stage(t, async (peer) => {
    const first = await peer.greet('put')
    peer.fail(first.id, 'exists')
    const second = await peer.expect('put').catch(() => undefined)
    if (second === undefined) return
    t.same(second.body, { ref: 'a/b', replace: true })
    t.equal((await peer.take(second.id)).toString(), 'hunter2')
    peer.send('done', second.id, {})
  })
  const answers: [string, number][] = [
    ['y', 0],
    ['yes', 0],
    ['', 77],
    ['n', 77],
    ['yellow', 77],
  ]
  for (const [answer, status] of answers) {
    const terminal = new Terminal(`printf hunter2 | ${typed(bin, home, 'put a/b')}`)
    await terminal.shows('a/b has a value. Replace it? [y/N] ')
    terminal.type(`${answer}\n`)
    t.match(await terminal.shows('[end]'), `[status ${status}]`, answer)
  }
})

both('a request that waits for a human is proved where it was made', async (t, bin) => {
  const home = await stage(t, async (peer) => {
    const read = await peer.greet('read')
    peer.send('waiting', read.id, {
      request: 'k7q2m4xa',
      level: 1,
      summary: 'sget wants a/b\u001b[2J',
      seconds: 9,
    })
    peer.send('waiting', read.id, { request: 'k7q2m4xa', level: 1, summary: 'still', seconds: 8 })
    const wrong = await peer.expect('prove')
    t.same(wrong.body, { request: 'k7q2m4xa' })
    t.equal((await peer.take(wrong.id)).toString(), 'wrong')
    peer.fail(wrong.id, 'passphrase-wrong')
    const prove = await peer.expect('prove')
    t.equal((await peer.take(prove.id)).toString(), 'open sesame')
    peer.send('done', prove.id, {})
    await peer.give(read, { '': 'x' })
  })
  const terminal = new Terminal(`X="$(${join(bin, 'sget')} --home ${home} a/b)"; echo "[$X $?]"`)
  t.match(await terminal.shows('passphrase: '), 'sget: waits for a human: sget wants a/b?[2J\r\n')
  terminal.type('wrong\n')
  await terminal.shows('passphrase: ')
  terminal.type('open sesame\n')
  await terminal.shows('[x 0]')
})

both('an answer from elsewhere ends the question', async (t, bin) => {
  const home = await stage(t, async (peer) => {
    const read = await peer.greet('read')
    peer.send('waiting', read.id, { request: 'k7q2m4xa', level: 0, summary: 's', seconds: 9 })
    peer.send('ready', (await peer.expect('prove')).id, { values: 1 })
    await asked
    peer.send('done', 99, {})
    await peer.give(read, { '': 'x' })
  })
  let tellAsked: () => void = () => undefined
  const asked = new Promise<void>((resolve) => (tellAsked = resolve))
  const terminal = new Terminal(typed(bin, home, 'a/b'))
  await terminal.shows('passphrase: ')
  tellAsked()
  t.match(await terminal.shows('[end]'), /x\[status 0\]\r\necho\r\n/)
})

both('an answer that came before the question makes it needless', async (t, bin) => {
  const home = await stage(t, async (peer) => {
    const read = await peer.greet('read')
    peer.send('waiting', read.id, { request: 'k7q2m4xa', level: 1, summary: 's', seconds: 9 })
    const prove = await peer.expect('prove')
    peer.send('ready', read.id, { values: 1 })
    peer.fail(prove.id, 'request-unknown')
    await peer.expect('ack')
    peer.value(read.id, 0, '', 'x')
    peer.send('done', read.id, {})
  })
  const terminal = new Terminal(typed(bin, home, 'a/b'))
  t.match(await terminal.shows('[end]'), /x\[status 0\]/)
})

both('an agent in a terminal is told what its human must do', async (t, bin) => {
  for (const failure of ['passphrase-agent', 'agent-forbidden', 'wrong-sender'] as const) {
    const home = await stage(t, async (peer) => {
      const read = await peer.greet('read')
      peer.send('waiting', read.id, { request: 'k7q2m4xa', level: 1, summary: 's', seconds: 9 })
      peer.fail((await peer.expect('prove')).id, failure)
      await peer.gone()
    })
    const terminal = new Terminal(typed(bin, home, 'a/b'))
    const shown = await terminal.shows('[end]')
    t.match(shown, `[status ${failures['needs-proof'].exit}]`)
    t.match(shown, 'sget prove k7q2m4xa')
    t.notMatch(shown, 'passphrase: ')
  }
})

both('what ends the wait ends the question', async (t, bin) => {
  const ends: [(peer: Parameters<Script>[0], id: number) => void, number][] = [
    [(peer, id) => peer.fail(id, 'approval-expired'), failures['approval-expired'].exit],
    [(peer, id) => peer.fail(id, 'approval-denied'), failures['approval-denied'].exit],
    [(peer) => peer.fail(0, 'shutting-down'), failures['shutting-down'].exit],
    [(peer) => peer.socket.end(), failures['connection-lost'].exit],
    [(peer) => peer.socket.write('garbage garbage'), failures['bad-message'].exit],
  ]
  for (const [end, status] of ends) {
    const home = await stage(t, async (peer) => {
      const unlock = await peer.greet('unlock')
      peer.send('ready', unlock.id, { values: 1 })
      await asked
      end(peer, unlock.id)
      await peer.gone()
    })
    let tellAsked: () => void = () => undefined
    const asked = new Promise<void>((resolve) => (tellAsked = resolve))
    const terminal = new Terminal(typed(bin, home, 'unlock'))
    await terminal.shows('passphrase: ')
    tellAsked()
    t.match(await terminal.shows('[end]'), new RegExp(`\\[status ${status}\\]\r\necho`))
  }
})

both('the old file is deleted only when somebody says so', async (t, bin) => {
  for (const [answer, remains] of [
    ['y', false],
    ['', true],
  ] as const) {
    const home = await stage(t, takes('put', '1'))
    const file = join(home, '.env')
    writeFileSync(file, 'A=1\n')
    const terminal = new Terminal(typed(bin, home, `import --prefix x ${file}`))
    await terminal.shows('[y/N] ')
    terminal.type(`${answer}\n`)
    t.match(await terminal.shows('[end]'), '[status 0]')
    t.equal(readdirSync(home).includes('.env'), remains)
  }
})

both('a link to the old file is never deleted, nor a file that has changed', async (t, bin) => {
  for (const change of ['link', 'write'] as const) {
    const home = await stage(t, async (peer) => {
      const put = await peer.greet('put')
      await peer.take(put.id)
      if (change === 'write') writeFileSync(file, 'A=2\n')
      peer.send('done', put.id, {})
    })
    const real = join(home, 'real')
    writeFileSync(real, 'A=1\n')
    const file = change === 'link' ? join(home, '.env') : real
    if (change === 'link') symlinkSync(real, file)
    const terminal = new Terminal(typed(bin, home, `import --prefix x ${file}`))
    const shown = await terminal.shows('[end]')
    t.match(shown, '[status 0]')
    t.match(shown, 'still holds the values', change)
    t.notMatch(shown, '[y/N]')
    t.ok(readdirSync(home).includes('real'))
  }
})

/* What C and TypeScript share. */

const program = (name: string, ...args: string[]) => execFileSync(join(build, 'test', name), args).toString()

void t.test('the failure table is the same in C', (t) => {
  const rows = Object.entries(failures).map(([name, row]) =>
    [row.number, name, row.exit, row.text, row.hint].join('\t'),
  )
  t.same(program('failures').trimEnd().split('\n'), rows)
  t.end()
})

void t.test('the names that no variable may have are the same in C', (t) => {
  const expected = [...obeyedPrefixes.map((prefix) => `${prefix}*`), ...obeyedNames]
  t.same(program('obeyed').trimEnd().split('\n'), expected)
  t.end()
})

const vectors = join(build, '../test/vectors')
const files = readdirSync(vectors).map((name) => join(vectors, name))

void t.test('the vectors hold in C', (t) => {
  const blocks = files.flatMap((file) => readFileSync(file, 'utf8').match(/^expect: /gm) ?? [])
  t.equal(program('vectors', ...files), `${blocks.length} passed, 0 failed\n`)
  t.end()
})

void t.test('a vector that does not hold fails the run', (t) => {
  const file = join(folder(t), 'wrong.txt')
  for (const [kind, expect, hex] of [
    ['frames', 'ack 8', '00000005 03 00000007'],
    ['frames', 'refuse short', '00000005 03 00000007'],
    ['refs', 'refuse bad-ref', '612f62'],
    ['variables', 'safe', '50415448'],
    ['paths', 'socket "/x"', '2f68 00'],
  ] as const) {
    writeFileSync(file, `vectors: ${kind}\n\ncomment: wrong\nexpect: ${expect}\n${hex}\n`)
    const { status, stdout } = spawnSync(join(build, 'test/vectors'), [file])
    t.equal(status, 1)
    t.equal(stdout.toString(), '0 passed, 1 failed\n')
  }
  t.end()
})

/** What C takes as TypeScript does, in as many vectors as there are inputs. */
function agree(t: Test, kind: string, inputs: readonly Buffer[], meaning: (input: Buffer) => string): void {
  const file = join(folder(t), 'made.txt')
  const blocks = inputs.map(
    (input, i) => `comment: ${i}\nexpect: ${meaning(input)}\n${input.toString('hex')}\n`,
  )
  writeFileSync(file, `vectors: ${kind}\n\n${blocks.join('\n')}`)
  const { stdout, stderr } = spawnSync(join(build, 'test/vectors'), [file], { maxBuffer: 1 << 26 })
  t.equal(stdout.toString(), `${inputs.length} passed, 0 failed\n`, stderr.toString().slice(0, 2000))
}

/** The same numbers in every run. */
function numbers(): (limit: number) => number {
  let state = 88172645
  return (limit) => (state = (state * 48271) % 2147483647) % limit
}

void t.test('C and TypeScript agree on frames, whatever happens to them', (t) => {
  const below = numbers()
  const mutate = (frame: Buffer): Buffer => {
    const copy = Buffer.from(frame)
    for (let edits = 1 + below(2); edits > 0; edits--) copy[below(copy.length)] = below(256)
    return copy
  }
  const frames = vectorsOf('frames').map(({ bytes }) => bytes)
  const short = frames.filter(({ length }) => length > 0 && length < 1024)
  const mutated = Array.from({ length: 10 }, () => short.map(mutate)).flat()
  agree(t, 'frames', mutated, (bytes) => {
    if (bytes.length < headBytes) return 'refuse truncated'
    const head = readHead(bytes)
    if (isMalformed(head)) return `refuse ${head.malformed}`
    const body = bytes.subarray(headBytes)
    if (body.length < head.bodyBytes) return 'refuse truncated'
    if (body.length > head.bodyBytes) return 'refuse trailing'
    const message = readBody(head, body)
    return isMalformed(message) ? `refuse ${message.malformed}` : show(message)
  })
  t.end()
})

void t.test('C and TypeScript agree on names, character by character', (t) => {
  const span = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
  const points = [
    ...span(1, 0x2200),
    ...span(0xd700, 0xe000),
    ...span(0xfe00, 0x10100),
    ...span(0xdff00, 0xe1100),
  ]
  const characters = [...points, 0x10ffff].map((point) => Buffer.from(`a/${String.fromCodePoint(point)}`))
  const cut = characters.filter((_, i) => i % 97 === 0).map((text) => text.subarray(0, -1))
  agree(t, 'refs', [...characters, ...cut], (bytes) => {
    const text = textOf(bytes)
    const ref = text === undefined ? undefined : parseRef(text)
    if (ref === undefined) return 'refuse bad-ref'
    return `ref ${quote(ref.path)} ${ref.field === undefined ? '-' : quote(ref.field)}`
  })
  const names = span(0, 256).flatMap((byte) => [
    Buffer.of(byte),
    Buffer.of(0x41, byte),
    Buffer.of(0x41, byte, 0x41),
  ])
  agree(t, 'variables', names, (bytes) =>
    isSafeVariable(bytes.toString('latin1')) ? 'safe' : 'refuse bad-variable',
  )
  t.end()
})

void t.test('mutated frames are refused or understood, and never more', (t) => {
  const { status, stderr } = spawnSync(join(build, 'test/mutations'), [join(vectors, 'frames.txt')])
  t.equal(status, 0, stderr.toString())
  t.end()
})
