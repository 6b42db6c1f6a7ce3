// sget run as the parent that stays: what its command prints is masked, and else it is as if there were no sget.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { constants } from 'node:os'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { join } from 'node:path'
import { failures } from '@sget/wire/broker'
import t, { type Test } from 'tap'
import type { Script } from './broker.ts'
import { build, plain, run, type Outcome, type Start } from './program.ts'
import { copiesIn } from './memory.ts'
import { both, stage } from './scene.ts'

// Processes wait more than they work.
t.jobs = 2
t.setTimeout(120_000)

const secret = 'hunter2-is-long-enough-x'
const label = '[sget:a/b#password]'

/** Gives one value for each row that is wanted: that of its path here, else the secret. */
const giving =
  (values: Readonly<Record<string, Buffer | string>> = {}): Script =>
  async (peer) => {
    const { id, body } = await peer.greet('run')
    peer.send('ready', id, { values: body.wanted.length })
    await peer.expect('ack')
    peer.send('terms', id, { human: false, cleaned: false })
    body.wanted.forEach(({ ref, variable }, index) => peer.value(id, index, variable, values[ref] ?? secret))
    peer.send('done', id, {})
    await peer.gone()
  }

/** Runs a line of shell with $X. */
type Line = (line: string, start?: Start) => Promise<Outcome>

async function shell(t: Test, bin: string): Promise<Line> {
  const { ask } = await stage(t, bin, giving())
  return (line, start) => ask(['run', '-e', 'X=a/b', '--', '/bin/bash', '--norc', '-c', line], start)
}

/* What must not come out. */

both('no value comes out, however it is printed and by whom', async (t, bin) => {
  const line = await shell(t, bin)
  const rows: [string, string, string, string][] = [
    ['as it is', 'echo "<$X>"', `<${label}>\n`, ''],
    ['on standard error', 'echo "<$X>" >&2', '', `<${label}>\n`],
    ['in base64', 'printf %s "$X" | base64 -w0', label, ''],
    ['byte by byte', 'for ((i = 0; i < ${#X}; i++)); do printf %s "${X:i:1}"; sleep 0.002; done', label, ''],
    ['by a grandchild', 'bash -c \'bash -c "echo \\$X"\'', `${label}\n`, ''],
    ['by way of its descriptors in /proc', 'echo "$X" >/proc/$$/fd/1', `${label}\n`, ''],
    ['in two halves by two processes', 'printf %s "${X:0:9}"; (printf %s "${X:9}")', label, ''],
    ['from the environment of itself', "tr '\\0' '\\n' </proc/$$/environ | grep ^X=", `X=${label}\n`, ''],
  ]
  for (const [name, printing, stdout, stderr] of rows) {
    const outcome = await line(printing)
    t.match(outcome, { code: 0, stderr }, name)
    t.equal(outcome.stdout.toString(), stdout, name)
  }
})

both('half a value by the command and half by whom it leaves behind is a value', async (t, bin) => {
  const line = await shell(t, bin)
  const { stdout } = await line('printf %s "${X:0:9}"; { sleep 0.5; printf %s "${X:9}"; } &')
  t.equal(stdout.toString(), label)
})

both('both streams together do not spell a value that neither does', async (t, bin) => {
  const line = await shell(t, bin)
  const outcome = await line('printf %s "${X:0:9}"; printf %s "${X:9}" >&2')
  t.same(
    [outcome.stdout.toString(), outcome.stderr],
    [secret.slice(0, 9), secret.slice(9)],
    'they stay apart',
  )
  const { stdout } = await line('exec 2>&1; printf %s "${X:0:9}"; printf %s "${X:9}" >&2')
  t.equal(stdout.toString(), label, 'where the command joined them')
})

both(
  'a client of a database has its password and its input, and prints rows without the password',
  async (t, bin) => {
    const { sget, home } = await stage(t, bin, giving())
    const heard: string[] = []
    const database = createServer((socket) => {
      createInterface({ input: socket }).on('line', (line) => {
        heard.push(line)
        const answer = heard.length === 1 ? `connected: ${line === secret}` : `row: ${line} | ${secret}`
        socket.write(`${answer}\n`)
      })
    })
    await once(database.listen(join(home, 'database')), 'listening')
    t.teardown(() => database.close())
    const client = `import os, socket, sys
s = socket.socket(socket.AF_UNIX); s.connect("database"); f = s.makefile("rw")
for line in [os.environ["PGPASSWORD"] + "\\n", *sys.stdin]:
    f.write(line); f.flush(); print(f.readline(), end="", flush=True)
s.shutdown(socket.SHUT_WR)
raise SystemExit(f'FATAL: no more as postgres://app:{os.environ["PGPASSWORD"]}@db/app')`
    const words = ['--home', home, 'run', '-e', 'PGPASSWORD=a/b', '--', python, '-c', client]
    const outcome = await run(sget, words, { cwd: home, input: 'select 1;\nselect 2;\n' })
    t.match(outcome, { code: 1, stderr: `FATAL: no more as postgres://app:${label}@db/app\n` })
    t.equal(
      outcome.stdout.toString(),
      `connected: true\nrow: select 1; | ${label}\nrow: select 2; | ${label}\n`,
    )
    t.same(heard, [secret, 'select 1;', 'select 2;'])
  },
)

both('what is too short to be masked is named, and not told', async (t, bin) => {
  const { ask } = await stage(t, bin, giving({ 'a/pin': '12345', 'a/six': '123456', 'a/one': '7' }))
  const wanted = ['-e', 'A=a/pin', '-e', 'B=a/six', '-e', 'C=a/one']
  const outcome = await ask(['run', ...wanted, '--', 'sh', '-c', 'echo "$A-$B-$C"'])
  t.equal(outcome.stdout.toString(), `12345-${label}-7\n`)
  t.equal(outcome.stderr, `sget: not masked, since shorter than 6 bytes: a/b#password, a/b#password\n`)
})

/* What the command is given. */

const python = '/usr/bin/python3'
const probe = join(import.meta.dirname, 'probe.py')
const surroundings = [
  'exec',
  'umask 027; ulimit -n 100; ulimit -Sc 7; exec nice -n 3',
  'exec 7</etc/passwd 9<&0; trap "" HUP USR1; exec',
  'exec env LC_ALL=C.UTF-8 TZ=Mars/Base LD_LIBRARY_PATH=/nonexistent',
  'exec <&-; exec',
  'exec nohup',
  'exec setsid --wait',
  'exec /usr/bin/env -i PATH=/usr/bin:/bin',
]

both('a command finds everything as if it had been run itself', async (t, bin) => {
  const { sget, home } = await stage(t, bin, giving())
  const through = `'${sget}' --home '${home}' run -e X=a/b --`
  for (const surrounding of surroundings) {
    const look = async (by: string) => {
      const line = `exec </etc/group; ${surrounding} ${by} ${python} ${probe} 'a b' ''`
      const { code, stdout, stderr } = await run('/bin/bash', ['--norc', '-c', line], { cwd: home })
      if (code !== 0) throw new Error(stderr)
      return JSON.parse(stdout.toString()) as Record<string, unknown>
    }
    const [seen, own] = [await look(through), await look('')]
    if (surrounding.includes('setsid')) for (const one of [seen, own]) delete one['session']
    if (surrounding.includes('setsid')) for (const one of [seen, own]) delete one['process group']
    for (const [row, value] of Object.entries(own)) t.same(seen[row], value, `${row}: ${surrounding}`)
  }
})

both('the signals that are blocked and ignored are those of the caller', async (t, bin) => {
  const { sget, home } = await stage(t, bin, giving())
  const script = [
    'import os, signal, sys',
    'signal.pthread_sigmask(signal.SIG_SETMASK, [signal.SIGUSR2, signal.SIGTERM, signal.SIGCHLD])',
    'for one in (signal.SIGCHLD, signal.SIGTTOU, signal.SIGINT): signal.signal(one, signal.SIG_IGN)',
    'signal.signal(signal.SIGPIPE, signal.SIG_DFL)',
    'os.execv(sys.argv[1], sys.argv[1:])',
  ].join('\n')
  const look = ['/bin/grep', '-E', '^Sig(Blk|Ign|Cgt)', '/proc/self/status']
  const [own, seen] = await Promise.all([
    run(python, ['-c', script, ...look]),
    run(python, ['-c', script, sget, '--home', home, 'run', '-e', 'X=a/b', '--', ...look]),
  ])
  t.match(own.stdout.toString(), /SigIgn:\s+0*1210002/)
  t.equal(seen.stdout.toString(), own.stdout.toString())
})

/* How it ends. */

const numberOf = (signal: NodeJS.Signals) => constants.signals[signal]

both('the end of the command is that of run', async (t, bin) => {
  const line = await shell(t, bin)
  for (const status of [0, 1, 2, 64, 125, 126, 127, 128, 130, 255])
    t.match(await line(`exit ${status}`), { code: status, signal: null })
  const { ask } = await stage(t, bin, giving())
  const deaths: NodeJS.Signals[] = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGABRT', 'SIGKILL', 'SIGSEGV', 'SIGPIPE']
  for (const signal of [...deaths, 'SIGALRM', 'SIGTERM', 'SIGUSR1', 'SIGXCPU'] as const)
    t.match(
      await ask(['run', '-e', 'X=a/b', '--', '/bin/sh', '-c', `kill -${numberOf(signal)} $$`]),
      { code: null, signal },
      signal,
    )
})

both(
  'a command that cannot be started is told before anything is asked, or as a shell would',
  async (t, bin) => {
    const { ask, home } = await stage(t, bin, giving())
    writeFileSync(join(home, 'lost'), '#!/nonexistent\n', { mode: 0o755 })
    writeFileSync(join(home, 'plain'), 'echo "$0 $X $1"\n', { mode: 0o755 })
    const start = (...command: string[]) => ask(['run', '-e', 'X=a/b', '--', ...command], { cwd: home })
    t.match(await start('./lost'), { code: 127, stderr: 'is not found' })
    const { stdout } = await start('./plain', 'one')
    t.equal(stdout.toString(), `./plain ${label} one\n`, 'a file without an interpreter is a shell’s')
  },
)

/** Starts sget with a line of shell, and waits for its first line of output. */
async function started(t: Test, bin: string, line: string) {
  const { sget, home } = await stage(t, bin, giving())
  const args = ['--home', home, 'run', '-e', 'X=a/b', '--', '/bin/bash', '--norc', '-c', line]
  // In a group of its own, as a job of a shell is: of a group that nobody minds the system stops nobody.
  const alone = 'import os, sys; os.setpgid(0, 0); os.execv(sys.argv[1], sys.argv[1:])'
  const child = spawn(python, ['-c', alone, sget, ...args], { env: plain, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (shown += piece))
  const shows = async (expected: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = expected.exec(shown)
      if (found) return found
      await once(child.stdout, 'data')
    }
  }
  const command = Number((await shows(/^(\d+)\n/))[1])
  return { child, command, shows, ended, home }
}

const isAlive = (pid: number): boolean =>
  existsSync(`/proc/${pid}`) && !/State:\s+Z/.test(readFileSync(`/proc/${pid}/status`, 'utf8'))

const passed: NodeJS.Signals[] = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
  'SIGALRM',
  'SIGCONT',
]

/** A moment in which a shell hears signals. In `read -t` with a substitution bash loses one in a hundred. */
const nap = 'sleep 0.05 >/dev/null 2>&1 & wait $!'

both('a signal that is sent to sget alone reaches the command once', async (t, bin) => {
  for (const signal of passed) {
    const { child, shows, ended } = await started(
      t,
      bin,
      `trap 'echo got; n=$((n + 1))' ${signal.slice(3)}; echo $$; while [ ! "$n" ]; do ${nap}; done; sleep 0.1; exit $n`,
    )
    child.kill(signal)
    await shows(/got/)
    t.same(await ended, [1, null], signal)
  }
})

both('one that ignores SIGTERM is waited for, and one that dies of it is its end', async (t, bin) => {
  const deaf = await started(t, bin, "trap '' TERM; echo $$; read -t 0.5 <> <(:); echo still; exit 5")
  deaf.child.kill('SIGTERM')
  await deaf.shows(/still/)
  t.same(await deaf.ended, [5, null])
  const mortal = await started(t, bin, 'echo $$; exec sleep 60')
  mortal.child.kill('SIGTERM')
  t.same(await mortal.ended, [null, 'SIGTERM'])
  t.notOk(isAlive(mortal.command))
})

both('to kill sget is to kill the command, and nothing goes on unmasked', async (t, bin) => {
  const { child, command, ended } = await started(t, bin, 'echo $$; exec sleep 60')
  child.kill('SIGKILL')
  t.same(await ended, [null, 'SIGKILL'])
  while (isAlive(command)) await new Promise(setImmediate)
})

both('a stop of the command is one of sget, and both go on', async (t, bin) => {
  const { child, command, shows, ended } = await started(
    t,
    bin,
    `trap 'echo on' CONT; echo $$; while ${nap}; [ ! -e /nonexistent ]; do :; done`,
  )
  const stateOf = (pid: number) => /State:\s+(\w)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  const reaches = async (pid: number, state: RegExp) => {
    while (!state.test(stateOf(pid) ?? '')) await new Promise(setImmediate)
  }
  const sget = child.pid ?? 0
  for (const [whom, signal] of [
    [command, 'SIGSTOP'],
    [sget, 'SIGTSTP'],
  ] as const) {
    process.kill(whom, signal)
    await reaches(command, /T/)
    await reaches(sget, /T/)
    process.kill(sget, 'SIGCONT')
    await reaches(sget, /S/)
    await reaches(command, /[SR]/)
    await shows(/on/)
  }
  process.kill(command, 'SIGKILL')
  t.same(await ended, [null, 'SIGKILL'])
})

/* Streams. */

both('standard input is the command’s, and what it does not read stays', async (t, bin) => {
  const { sget, home } = await stage(t, bin, giving())
  const through = `'${sget}' --home '${home}' run -e X=a/b --`
  const script = `while read -r n; do ${through} echo "n $n"; done; ${through} head -c 0; cat`
  const { stdout } = await run('/bin/bash', ['--norc', '-c', script], { input: '1\n2\n3\n' })
  t.equal(stdout.toString(), 'n 1\nn 2\nn 3\n')
  const rest = `${through} sh -c 'read a; echo "$a"'; cat`
  t.equal(
    (await run('/bin/bash', ['--norc', '-c', rest], { input: 'one\ntwo\n' })).stdout.toString(),
    'one\ntwo\n',
  )
  const closed = `yes | { ${through} sh -c 'exec <&-; read -t 1 a <&2'; } 2>/dev/null; echo "\${PIPESTATUS[0]}"`
  t.equal(
    (await run('/bin/bash', ['--norc', '-c', closed])).stdout.toString(),
    '141\n',
    'who writes to it is told',
  )
})

both('the order of two streams into one file stays', async (t, bin) => {
  const { sget, home } = await stage(t, bin, giving())
  const through = `'${sget}' --home '${home}' run -e X=a/b --`
  const loop = 'for i in $(seq 300); do echo "out $i $X"; echo "err $i $X" >&2; done'
  const expected = Array.from(
    { length: 300 },
    (_, i) => `out ${i + 1} ${label}\nerr ${i + 1} ${label}\n`,
  ).join('')
  for (const into of ['>both 2>&1; cat both', '2>&1 | cat', '>>both2 2>&1; cat both2']) {
    const line = `${through} bash -c '${loop}' ${into}`
    const { stdout } = await run('/bin/bash', ['--norc', '-c', line], { cwd: home })
    t.equal(stdout.toString(), expected, into)
  }
})

both('a file is written where the caller was in it, by all kinds of descriptors', async (t, bin) => {
  const { sget, home } = await stage(t, bin, giving())
  const through = `'${sget}' --home '${home}' run -e X=a/b --`
  const line = `{ echo a; ${through} sh -c 'echo "$X"'; echo b; } >f; ${through} echo c >>f; cat f; ${through} sh -c 'echo "$X"' >/dev/null`
  t.equal(
    (await run('/bin/bash', ['--norc', '-c', line], { cwd: home })).stdout.toString(),
    `a\n${label}\nb\nc\n`,
  )
  const socket =
    'import socket,subprocess,sys\na,b=socket.socketpair()\nsubprocess.run(sys.argv[1:],stdout=b)\nb.close()\nwhile 1:\n d=a.recv(65536)\n if not d: break\n sys.stdout.buffer.write(d)'
  const args = ['-c', socket, sget, '--home', home, 'run', '-e', 'X=a/b', '--', 'sh', '-c', 'echo "$X"']
  t.equal((await run(python, args)).stdout.toString(), `${label}\n`, 'a socket')
  const nonblocking = `import os,subprocess,sys,time
r,w=os.pipe()
os.set_blocking(w,False)
p=subprocess.Popen(sys.argv[1:],stdout=w)
os.close(w)
time.sleep(0.3)
n=0
while d:=os.read(r,65536): n+=len(d)
print(n,p.wait())`
  const many = [
    '-c',
    nonblocking,
    sget,
    '--home',
    home,
    'run',
    '-e',
    'X=a/b',
    '--',
    'head',
    '-c',
    '3000000',
    '/dev/zero',
  ]
  t.equal((await run(python, many)).stdout.toString(), '3000000 0\n', 'a pipe that does not block')
})

both('a command whose reader has gone finds its pipe closed', async (t, bin) => {
  const { sget, home } = await stage(t, bin, giving())
  const through = `'${sget}' --home '${home}' run -e X=a/b --`
  const line = `${through} yes | head -n 1; echo "\${PIPESTATUS[*]}"`
  t.equal((await run('/bin/bash', ['--norc', '-c', line])).stdout.toString(), 'y\n141 0\n')
  const patient = `${through} sh -c 'trap "" PIPE; while echo x; do sleep 0.01; done 2>/dev/null; exit 9' | true; echo "\${PIPESTATUS[*]}"`
  t.equal((await run('/bin/bash', ['--norc', '-c', patient])).stdout.toString(), '9 0\n')
})

both(
  'a reader at the other end of a socket that has gone costs nothing until the command writes',
  async (t, bin) => {
    const { sget, home } = await stage(t, bin, giving())
    const words = ['sh', '-c', 'echo begun; read -r go; echo x']
    const child = spawn(sget, ['--home', home, 'run', '-e', 'X=a/b', '--', ...words], { env: plain })
    const ended = once(child, 'exit')
    await once(child.stdout, 'data')
    child.stdout.destroy()
    child.stderr.destroy()
    const spentNs = (): number => Number(readFileSync(`/proc/${child.pid}/schedstat`, 'utf8').split(' ')[0])
    await delay(200)
    const before = spentNs()
    await delay(300)
    t.equal(spentNs(), before, 'it sleeps')
    child.stdin.end('\n')
    t.same(await ended, [null, 'SIGPIPE'])
  },
)

both('a full disk is told, and the command finds its end closed', async (t, bin) => {
  const { sget, home } = await stage(t, bin, giving())
  const line = `'${sget}' --home '${home}' run -e X=a/b -- sh -c 'trap "" PIPE; while echo x; do :; done 2>/dev/null; exit 3' >/dev/full`
  const { code, stderr } = await run('/bin/bash', ['--norc', '-c', line])
  t.equal(code, 125)
  t.match(stderr, 'what the command printed could not be passed on: No space left on device')
})

both('a command that closes its output is waited for, and who reads is not', async (t, bin) => {
  const { child, shows, ended } = await started(t, bin, 'echo $$; exec >&- 2>&-; sleep 0.5; exit 4')
  const over = once(child.stdout, 'end')
  await shows(/\d/)
  await over
  t.equal(child.exitCode, null, 'the reader is at its end before the command is')
  t.same(await ended, [4, null])
})

both('10 MB without a newline come out whole', async (t, bin) => {
  const line = await shell(t, bin)
  const { stdout } = await line('head -c 10000000 /dev/zero; printf %s "$X"')
  t.equal(stdout.length, 10_000_000 + label.length)
  t.equal(stdout.subarray(10_000_000).toString(), label)
})

both('a slow reader slows the command down', async (t, bin) => {
  const { sget, home } = await stage(t, bin, giving())
  const line = `'${sget}' --home '${home}' run -e X=a/b -- sh -c 'seq 1 1000000; echo done >told' | { read -r n; sleep 0.3; ls told 2>/dev/null; cat >/dev/null; }; cat told`
  t.equal((await run('/bin/bash', ['--norc', '-c', line], { cwd: home })).stdout.toString(), 'done\n')
})

/* Who is left behind. */

both('sget ends with the command, and what others print is masked to its end', async (t, bin) => {
  const { child, shows, ended } = await started(
    t,
    bin,
    'echo $$; (trap "" HUP; exec 2>&-; while [ ! -e /proc/$PPID/x ]; do read -t 0.3 <> <(:); echo "late $X"; echo; exit; done) & exit 6',
  )
  const over = once(child.stdout, 'end')
  const exit = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  t.same(exit, [6, null])
  t.same(await shows(/late .*(?=\n)/), [`late ${label}`])
  await over
  t.same(await ended, [6, null])
})

both('what the command itself printed is out when sget ends', async (t, bin) => {
  const { sget, home } = await stage(t, bin, giving())
  const line = `'${sget}' --home '${home}' run -e X=a/b -- sh -c 'seq 1000; sleep 5 & echo "$!"' >f; tail -n 2 f; kill "$(tail -n 1 f)"`
  const { stdout } = await run('/bin/bash', ['--norc', '-c', line], { cwd: home })
  t.match(stdout.toString(), /^1000\n\d+\n$/)
})

/* The connection. */

both('the connection lasts as long as the command, which does not have it', async (t, bin) => {
  const log: string[] = []
  const { ask } = await stage(t, bin, async (peer) => {
    await giving()(peer)
    log.push('gone')
  })
  const look = 'exec </dev/null; ls -l /proc/$$/fd | grep -c socket: ; sleep 0.3; echo "$X"'
  const outcome = await ask(['run', '-e', 'X=a/b', '--', 'sh', '-c', look])
  log.push('ended')
  t.equal(outcome.stdout.toString(), `0\n${label}\n`)
  while (log.length < 2) await new Promise(setImmediate)
  t.same(new Set(log), new Set(['gone', 'ended']))
})

both('the run goes on when the daemon ends', async (t, bin) => {
  const { ask } = await stage(t, bin, async (peer) => {
    const { id } = await peer.greet('run')
    peer.send('ready', id, { values: 1 })
    await peer.expect('ack')
    peer.send('terms', id, { human: false, cleaned: false })
    peer.value(id, 0, 'X', secret)
    peer.send('done', id, {})
    peer.socket.end()
  })
  const { code, stdout } = await ask(['run', '-e', 'X=a/b', '--', 'sh', '-c', 'sleep 0.3; echo "$X"; exit 3'])
  t.same([code, stdout.toString()], [3, `${label}\n`])
})

/* Files. */

const key = '/usr/bin/ssh-keygen'

both('a value in a file is for programs that want one', async (t, bin) => {
  const binary = Buffer.from([0, 1, 2, 0, 255, 10, 0])
  const { sget, home } = await stage(
    t,
    bin,
    giving({ 'a/json': '{"type": "service_account"}', 'a/env': `Y='${secret}'\n`, 'a/bin': binary }),
  )
  const files = [
    '--file',
    'J=a/json',
    '--file',
    'S=a/env',
    '--file',
    'B=a/bin',
    '--file',
    'KUBECONFIG=a/json',
  ]
  writeFileSync(join(home, 'bin'), binary)
  const from = (line: string) =>
    run(sget, ['--home', home, 'run', ...files, '--', '/bin/bash', '--norc', '-c', line], { cwd: home })
  const says = async (line: string) => {
    const outcome = await from(line)
    t.match(outcome, { code: 0, stderr: '' }, line)
    return outcome.stdout.toString()
  }
  const json = `${python} -c 'import json,os; f=open(os.environ["J"]); print(json.load(f)["type"]); f.seek(0); print(len(f.read()))'`
  t.equal(await says(json), 'service_account\n27\n')
  t.equal(await says('. "$S"; echo "$Y" | wc -c; cat "$S" "$S" | wc -l'), `${secret.length + 1}\n2\n`)
  t.equal(
    await says('cmp "$B" bin && stat -L -c "%a %F %u %s" "$B"'),
    `600 regular file ${process.getuid?.()} 7\n`,
  )
  t.equal(await says('cmp "$KUBECONFIG" "$J" && echo same'), 'same\n')
  t.equal(await says('cat "$S"'), `[sget:a/b#password]`, 'and what it holds is masked')
  t.equal(
    await says('{ echo x >>"$B"; } 2>/dev/null || echo sealed; : 2>/dev/null >"$B" || echo sealed'),
    'sealed\nsealed\n',
  )
  t.equal(
    await says('for n in /proc/$$/fd/*; do readlink "$n"; done | grep memfd; true'),
    '',
    'it inherits none',
  )
})

void t.test('ssh takes a key from memory', { skip: !existsSync(key) && `there is no ${key}` }, async (t) => {
  const { sget, home } = await stage(t, join(build, 'bin'), async (peer) => {
    await giving({ 'a/key': readFileSync(join(home, 'key')) })(peer)
  })
  await run(key, ['-q', '-t', 'ed25519', '-N', '', '-C', 'x', '-f', join(home, 'key')])
  const from = (line: string) =>
    run(sget, ['--home', home, 'run', '--file', 'K=a/key', '--', 'sh', '-c', line])
  const known = readFileSync(join(home, 'key.pub'), 'utf8')
  t.equal((await from(`${key} -y -f "$K"`)).stdout.toString(), known)
  t.match((await from(`${key} -l -f "$K"`)).stdout.toString(), /^256 SHA256:/)
  // ssh closes what it inherits before it reads the key; it then says that it offers it.
  const offer =
    'ssh -v -F none -o BatchMode=yes -o ProxyCommand=false -i "$K" x@localhost 2>&1 | grep "identity file"'
  t.match((await from(offer)).stdout.toString(), /identity file \/proc\/\d+\/fd\/\d+ type (?!-1)/)
})

both('a value in a pipe is read once', async (t, bin) => {
  const { ask } = await stage(t, bin, giving({ 'a/max': 'x'.repeat(65536), 'a/more': 'x'.repeat(65537) }))
  const from = (ref: string, line: string) => ask(['run', '--pipe', `P=${ref}`, '--', 'sh', '-c', line])
  t.equal(
    (await from('a/b', 'cat "$P" | wc -c; cat "$P" | wc -c; echo "$P"')).stdout
      .toString()
      .replace(/\d+\n$/, 'N\n'),
    `${secret.length}\n0\n/dev/fd/N\n`,
  )
  t.equal((await from('a/max', 'cat "$P" | wc -c')).stdout.toString(), '65536\n')
  t.match(await from('a/more', 'cat "$P"'), { code: 125, stderr: 'larger than the 64 KiB that a pipe holds' })
})

both('without a mask no process remains, and files are inherited', async (t, bin) => {
  const { ask } = await stage(t, bin, async (peer) => {
    const { id, body } = await peer.greet('run')
    t.equal(body.masked, false)
    t.same(body.wanted, [
      { variable: 'X', ref: 'a/b' },
      { variable: '', ref: 'a/file' },
      { variable: '', ref: 'a/pipe' },
    ])
    peer.send('ready', id, { values: 3 })
    await peer.expect('ack')
    peer.send('terms', id, { human: false, cleaned: false })
    body.wanted.forEach(({ variable }, index) => peer.value(id, index, variable, secret))
    peer.send('done', id, {})
    await peer.gone()
  })
  let pid = 0
  const wanted = ['-e', 'X=a/b', '--file', 'F=a/file', '--pipe', 'P=a/pipe']
  const outcome = await ask(
    ['run', '--no-mask', ...wanted, '--', 'sh', '-c', 'echo $$ $X; cat "$F" "$P"; exit 3'],
    {
      started: (started) => (pid = started),
    },
  )
  t.equal(outcome.code, 3)
  t.equal(outcome.stdout.toString(), `${pid} ${secret}\n${secret}${secret}`)
})

both('a row that asked for a file gets no variable, nor one for a variable none', async (t, bin) => {
  for (const variable of ['F', 'LD_PRELOAD']) {
    const { ask } = await stage(t, bin, async (peer) => {
      await peer.give(await peer.greet('run'), { [variable]: secret }).catch(() => undefined)
    })
    refusedRun(t, await ask(['run', '--file', 'F=a/b', '--', 'true']))
  }
  const { ask } = await stage(t, bin, async (peer) => {
    await peer.give(await peer.greet('run'), { '': secret }).catch(() => undefined)
  })
  refusedRun(t, await ask(['run', '-e', 'F=a/b', '--', 'true']))
})

function refusedRun(t: Test, { code, stderr }: Outcome): void {
  t.equal(code, 125)
  t.match(stderr, failures['bad-message'].text)
}

/* Memory. */

/** The processes with a word in their command lines. */
function processesAbout(word: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.filter((pid) => commandLineOf(pid).includes(word)).map(Number)
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

void t.test('once the command runs, values are left to the mask alone, in locked memory', async (t) => {
  const line = 'echo $$; { read -t 60 <> <(:); } & echo on; read -t 0.5 <> <(:)'
  const { child, shows, ended, home } = await started(t, join(build, 'bin'), line)
  const pid = child.pid ?? 0
  await shows(/on/)
  t.equal(copiesIn(pid, `X=${secret}`).copies, 0, 'the environment is wiped')
  const kept = copiesIn(pid, secret)
  t.ok(kept.copies > 0 && kept.guarded, 'the mask has them, and nobody else')
  t.match(readFileSync(`/proc/${pid}/limits`, 'utf8'), /core file size +0 /)
  await once(child, 'exit')
  const [heir = 0] = processesAbout(home).filter((other) => commandLineOf(String(other)).includes('sget'))
  t.not(heir, pid)
  const inherited = copiesIn(heir, secret)
  t.ok(inherited.copies > 0 && inherited.guarded, 'so does who is left behind to mask')
  process.kill(heir, 'SIGTERM')
  await ended
})

void t.test('a gigabyte passes through memory that stays as it is', async (t) => {
  const { sget, home } = await stage(t, join(build, 'bin'), giving())
  const peak = async (bytes: number) => {
    const print = `yes "2026-11-22T07:00:00Z GET /index.html 200 12 ms" | head -c ${bytes}; grep VmHWM /proc/$PPID/status >&2`
    const line = `'${sget}' --home '${home}' run -e X=a/b -- sh -c '${print}' | wc -c`
    const { stdout, stderr } = await run('/bin/bash', ['--norc', '-c', line])
    t.equal(stdout.toString(), `${bytes}\n`)
    return Number(/VmHWM:\s+(\d+) kB/.exec(stderr)?.[1])
  }
  const [little, much] = [await peak(0), await peak(2 ** 30)]
  t.ok(much - little <= 8 * 1024, `${little} KiB without data, ${much} KiB with 1 GiB`)
})
