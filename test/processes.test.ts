// Who asks and where it lands, with the real programs by which processes are made, renamed, detached and joined: what is
// released, what is refused, and what is conceded. SECURITY.md names what is conceded.
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Agent, type Ran } from './rig/agent.ts'
import { Instance } from './rig/instance.ts'
import { run } from './rig/process.ts'
import { Table, type Row } from './rig/rows.ts'

const pythonFile = realpathSync('/usr/bin/python3')
const policy = `
[[rule]]
secrets = ["dev/**"]
exposure = ["run", "read"]
approval = "never"

[[rule]]
secrets = ["piped/**"]
exposure = ["read", "pipe"]
approval = "never"

[[rule]]
secrets = ["once/**"]
exposure = ["run", "read"]
approval = "once"

[[rule]]
secrets = ["service/**"]
exposure = ["read"]
approval = "never"
caller = "/usr/local/bin/backup"

[[rule]]
secrets = ["orders/**"]
exposure = ["read"]
approval = "never"
caller = "${pythonFile}"
`
const value = 'the-value-of-the-process-table'
const instance = await Instance.create(policy)
t.teardown(() => instance.remove())
const agent = await Agent.startWithPipes(instance)
t.teardown(() => agent.stop())
const folder = mkdtempSync(join(tmpdir(), 'processes-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const table = await Table.over(instance, value, { dev: 40, piped: 6, once: 4, service: 1, orders: 1 })

const bash = (script: string): string[] => ['/bin/bash', '-c', script]
const python = (script: string, ...args: string[]): string[] => [
  '/usr/bin/python3',
  '-c',
  `import ctypes, os, pty, shlex, socket, subprocess, sys, time\n${script}`,
  ...args,
]
/** Opens its standard output for both, and goes on as what it is told. */
const bothEnds = `import os, sys; os.dup2(os.open('/proc/self/fd/1', os.O_RDWR), 1); os.execv(sys.argv[1], sys.argv[1:])`
const holds = `test "$X" = ${value}`

const descriptors: Row[] = [
  {
    name: 'tee',
    argv: (read) => bash(`set -o pipefail; ${read} | tee ${folder}/tee`),
    becomes: 'refused',
    caller: 'agent',
    sink: 'pipe',
    reason: 'sink-pipe',
  },
  {
    name: 'tee, where the rule says pipe',
    argv: (read) => bash(`set -o pipefail; ${read} | tee ${folder}/tee >/dev/null`),
    under: 'piped',
    becomes: 'released',
    caller: 'agent',
    sink: 'pipe',
  },
  {
    name: 'a process substitution that is written to',
    argv: (read) => bash(`${read} > >(cat); exit $?`),
    becomes: 'refused',
    caller: 'agent',
    sink: 'pipe',
    reason: 'sink-pipe',
  },
  {
    name: 'a process substitution that a program reads',
    argv: (read) => bash(`cat <(${read} || kill $$)`),
    becomes: 'refused',
    caller: 'agent',
    reason: 'sink-pipe',
  },
  {
    name: 'a process substitution that the shell itself reads',
    argv: (read) => bash(`exec 5< <(${read}); read -r X <&5; ${holds}`),
    becomes: 'released',
    caller: 'agent',
    sink: 'shell',
  },
  {
    name: 'a coproc that the shell itself reads',
    argv: (read) => bash(`coproc ${read}; read -r X <&"\${COPROC[0]}"; ${holds}`),
    becomes: 'released',
    caller: 'agent',
    sink: 'shell',
  },
  {
    name: 'a coproc whose output the shell prints',
    argv: (read) => bash(`coproc ${read}; read -r X <&"\${COPROC[0]}"; echo "$X"`),
    becomes: 'conceded',
    caller: 'agent',
    sink: 'shell',
  },
  {
    name: 'a substitution that the shell prints',
    argv: (read) => bash(`X="$(${read})"; echo "$X"`),
    becomes: 'conceded',
    caller: 'agent',
    sink: 'shell',
  },
  {
    name: 'a substitution that set -x prints',
    argv: (read) => bash(`set -x; X="$(${read})"; true`),
    becomes: 'conceded',
    caller: 'agent',
    sink: 'shell',
  },
  {
    name: 'a connection over /dev/tcp',
    argv: (read) =>
      python(
        `s = socket.create_server(("127.0.0.1", 0))
ran = subprocess.run(["/bin/bash", "-c", f"${read} >/dev/tcp/127.0.0.1/{s.getsockname()[1]}"])
print(s.accept()[0].recv(100)); sys.exit(ran.returncode)`,
      ),
    becomes: 'refused',
    caller: 'agent',
    sink: 'socket',
    reason: 'sink-agent',
  },
  {
    name: 'a memfd',
    argv: (read) =>
      python(
        `m = os.memfd_create("x"); ran = subprocess.run("${read}".split(), stdout=m)
print(os.pread(m, 100, 0)); sys.exit(ran.returncode)`,
      ),
    becomes: 'refused',
    caller: 'agent',
    sink: /^file \/memfd:/,
    reason: 'sink-file',
  },
  {
    name: '/dev/full',
    argv: (read) => bash(`${read} >/dev/full`),
    becomes: 'refused',
    caller: 'agent',
    sink: 'unknown',
    reason: 'sink-unknown',
  },
  {
    name: 'a fifo that is opened for both',
    argv: (read) => bash(`mkfifo ${folder}/both; ${read} 1<>${folder}/both`),
    becomes: 'refused',
    caller: 'agent',
    sink: 'unknown',
    reason: 'sink-unknown',
  },
  {
    name: 'a pipe that is opened for both',
    argv: (read) => bash(`X="$(python3 -c "${bothEnds}" ${read})"`),
    becomes: 'refused',
    caller: 'agent',
    sink: 'unknown',
    reason: 'sink-unknown',
  },
  {
    name: '/proc/self/fd/1 of a shell that the agent reads',
    argv: (read) => bash(`${read} >/proc/self/fd/1`),
    becomes: 'refused',
    caller: 'agent',
    sink: 'agent',
    reason: 'sink-agent',
  },
  {
    name: '/proc/self/fd/1 in a substitution',
    argv: (read) => bash(`X="$(${read} >/proc/self/fd/1)"; ${holds}`),
    becomes: 'released',
    caller: 'agent',
    sink: 'shell',
  },
  {
    name: 'standard output of the shell above, reached from within a substitution',
    argv: (read) => bash(`X="$(${read} >/proc/$$/fd/1)"`),
    becomes: 'refused',
    caller: 'agent',
    sink: 'agent',
    reason: 'sink-agent',
  },
  {
    name: 'a deleted file',
    argv: (read) =>
      bash(
        `exec 4<>${folder}/gone; rm ${folder}/gone; ${read} >&4; code=$?; cat /proc/self/fd/4; exit $code`,
      ),
    becomes: 'refused',
    caller: 'agent',
    sink: /^file .*gone/,
    reason: 'sink-file',
  },
  {
    name: 'a terminal whose master the agent holds',
    argv: (read) =>
      python(
        `m, s = pty.openpty(); ran = subprocess.run("${read}".split(), stdin=s, stdout=s)
os.set_blocking(m, False)
try: print(os.read(m, 100))
except OSError: pass
sys.exit(ran.returncode)`,
      ),
    becomes: 'refused',
    caller: 'agent',
    sink: 'terminal',
    reason: 'sink-terminal',
  },
  {
    name: 'a substitution in script(1)',
    argv: (read) => ['/usr/bin/script', '-qefc', `X="$(${read})"; ${holds}`, '/dev/null'],
    becomes: 'released',
    caller: 'agent',
    sink: 'shell',
  },
  {
    name: 'a pipe that the shell and the agent can read',
    argv: (read) =>
      bash(
        `sleep 9 & exec 9</proc/self/fd/1 >/dev/null; ${read} >/proc/self/fd/9; code=$?; kill $!; exit $code`,
      ),
    becomes: 'refused',
    caller: 'agent',
    sink: 'agent',
    reason: 'sink-agent',
  },
  {
    name: 'a pipe that the shell and a program above it can read',
    argv: (read) =>
      python(
        `r, w = os.pipe()
ran = subprocess.run(["/bin/bash", "-c", f"${read} >/proc/{os.getpid()}/fd/{w}"], pass_fds=[r])
os.set_blocking(r, False)
try: print(os.read(r, 100))
except OSError: pass
sys.exit(ran.returncode)`,
      ),
    becomes: 'refused',
    caller: 'agent',
    sink: 'unknown',
    reason: 'sink-unknown',
  },
]

/** Opens the reading end that a shell, its argument, holds at 5; lets the writer go on then, prints what comes, and lets the shell. */
const thief = `import os, sys, time
end = "/proc/%s/fd/5" % sys.argv[1]
while not os.path.exists(end): time.sleep(0.01)
pipe = open(end, "rb", 0); open("go", "w").write("\\n")
sys.stdout.write(pipe.read(100).decode()); sys.stdout.flush(); open("done", "w").write("\\n")`
/** Closes its memory to its user, and goes on in a child that runs what it is told. */
const hiding = (read: string): string[] =>
  python(`ctypes.CDLL(None).prctl(4, 0); sys.exit(subprocess.call(${JSON.stringify(read.split(' '))}))`)
const words = (argv: readonly string[]): string =>
  argv.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')

const hidden: Row[] = [
  {
    name: 'a substitution, below a program that closed its memory',
    argv: (read) => bash(`X="$(${words(hiding(read))})"`),
    becomes: 'refused',
    caller: 'agent',
    sink: 'pipe',
    reason: 'sink-pipe',
  },
  {
    name: 'a reader that closed its memory, though the rule says pipe',
    argv: (read) =>
      python(
        `r, w = os.pipe()
if os.fork() == 0:
    os.close(w); ctypes.CDLL(None).prctl(4, 0); open("${folder}/closed", "w").close(); print(os.read(r, 100)); os._exit(0)
os.close(r)
while not os.path.exists("${folder}/closed"): time.sleep(0.01)
sys.exit(subprocess.call(${JSON.stringify(['PLACE'])}, stdout=w))`.replace(
          '["PLACE"]',
          JSON.stringify(read.split(' ')),
        ),
      ),
    under: 'piped',
    becomes: 'refused',
    caller: 'agent',
    sink: 'unknown',
    reason: 'sink-unknown',
  },
  {
    name: 'a client that closed its memory before anybody could look',
    argv: (_, ref) =>
      python(
        `def text(s): return len(s).to_bytes(2, "big") + s.encode()
def frame(kind, body): return (len(body) + 5).to_bytes(4, "big") + bytes([kind]) + (1).to_bytes(4, "big") + body
ctypes.CDLL(None).prctl(4, 0)
s = socket.socket(socket.AF_UNIX); s.connect("${instance.home}/state/run/socket")
s.sendall(frame(1, b"\\0\\1\\0" + text("own")) + frame(2, b"\\0" + text("") + b"\\0\\1" + text("") + text("${ref}")))
time.sleep(0.5); print(s.recv(1000)); sys.exit(1)`.replaceAll('REF', ref),
      ),
    becomes: 'refused',
    caller: 'agent',
    reason: 'foreign-namespace',
  },
  {
    name: 'a pipe that a process beside the shell opened too',
    argv: (read) =>
      bash(`cd $(mktemp -d ${folder}/XXXX); mkfifo go done
(/usr/bin/python3 -c ${words([thief])} $$ &); exec 5< <(read -r _ <go; exec ${read}); read -r _ <done`),
    becomes: 'conceded',
    caller: 'agent',
    sink: 'shell',
  },
  {
    name: 'a substitution in a shell whose BASH_ENV sets a trap',
    argv: (read) =>
      bash(
        `echo 'trap "echo \\$X" EXIT' >${folder}/env; BASH_ENV=${folder}/env /bin/bash -c 'X="$(${read})"; true'`,
      ),
    becomes: 'conceded',
    caller: 'agent',
    sink: 'shell',
  },
]

/** Goes on as a child of pid 1 in a session of its own; the process that was started stays and tells what became of it. */
const detached = (...argv: readonly string[]): string[] =>
  python(
    `told, tell = os.pipe()
if os.fork() == 0:
    middle = os.getpid()
    if os.fork() > 0: os._exit(0)
    os.close(told)
    while os.getppid() == middle: time.sleep(0.01)
    os.setsid()
    ran = subprocess.run(sys.argv[1:], stdout=tell, stderr=tell)
    os.write(tell, b"\\n%d" % ran.returncode); os._exit(0)
os.close(tell); os.wait()
said = open(told).read(); at = said.rindex("\\n"); sys.stderr.write(said[:at]); sys.exit(int(said[at:]) & 255)`,
    ...argv,
  )

const copyOfBash = join(folder, 'claude')
copyFileSync('/bin/bash', copyOfBash)
chmodSync(copyOfBash, 0o755)
const copyOfPlainBash = join(folder, 'bash')
copyFileSync('/bin/bash', copyOfPlainBash)
mkdirSync(join(folder, 'link'))
const linkToBash = join(folder, 'link/claude')
symlinkSync('/bin/bash', linkToBash)
const nodeScript = (name: string): string => {
  mkdirSync(join(folder, `node-${name}`))
  const script = join(folder, `node-${name}`, name)
  const text = `const { spawnSync } = require('node:child_process')
process.exitCode = spawnSync(process.argv[2], process.argv.slice(3), { stdio: 'inherit' }).status`
  writeFileSync(script, text)
  return script
}
/** A shell reads what sget prints below a node script. */
const belowNode = (script: string, read: string): string[] =>
  bash(`X="$(${process.execPath} ${script} ${read})"; code=$?; test $code = 0 && ${holds}`)

const names: Row[] = [
  {
    name: 'a shell that calls itself claude',
    argv: (read) => bash(`exec -a claude /bin/bash -c 'X="$(${read})"; ${holds}'`),
    becomes: 'released',
    caller: 'unattributed',
    sink: 'shell',
  },
  {
    name: 'a link by the name of claude to the shell',
    argv: (read) => [linkToBash, '-c', `X="$(${read})"; ${holds}`],
    becomes: 'released',
    caller: 'unattributed',
    sink: 'shell',
  },
  {
    name: 'a copy of the shell by the name of claude',
    argv: (read) => [copyOfBash, '-c', `X="$(${read})"; exit $?`],
    becomes: 'refused',
    caller: 'agent',
    sink: 'agent',
    reason: 'sink-agent',
  },
  {
    name: 'the same, that calls itself bash',
    argv: (read) => bash(`exec -a bash ${copyOfBash} -c 'X="$(${read})"; exit $?'`),
    becomes: 'refused',
    caller: 'agent',
    sink: 'agent',
    reason: 'sink-agent',
  },
  {
    name: 'a node script, where the rule says pipe',
    argv: (read) => belowNode(nodeScript('plain'), read),
    under: 'piped',
    becomes: 'released',
    caller: 'unattributed',
    sink: 'pipe',
  },
  {
    name: 'a node script by the name of claude, though the rule says pipe',
    argv: (read) => belowNode(nodeScript('claude'), read),
    under: 'piped',
    becomes: 'refused',
    caller: 'agent',
    sink: 'agent',
    reason: 'sink-agent',
  },
]

/** Gives it a terminal, on which sget would ask for the passphrase. */
/** On a terminal at which nobody types: at the end of its own input `script` would type the end of a file there. */
const onTerminal = (argv: readonly string[]): string[] =>
  bash(
    `test -p ${folder}/quiet || mkfifo ${folder}/quiet
exec /usr/bin/script -qefc ${words([words(argv)])} /dev/null <>${folder}/quiet`,
  )

const flights: Row[] = [
  {
    name: 'a session of its own',
    argv: (read) => ['/usr/bin/setsid', '--wait', ...bash(`X="$(${read})"; ${holds}`)],
    becomes: 'released',
    caller: 'agent',
    sink: 'shell',
  },
  {
    name: 'what asks a human first',
    argv: (read) => bash(`X="$(${read})"`),
    under: 'once',
    becomes: 'refused',
    caller: 'agent',
    reason: 'denied',
  },
  {
    name: 'what asks a human first, by a double fork to a terminal of its own',
    argv: (read) => detached(...onTerminal(bash(`X="$(${read})"`))),
    under: 'once',
    becomes: 'asked',
    caller: 'unattributed',
  },
  {
    name: 'what asks a human first, in a tmux that the agent started',
    argv: (read) =>
      bash(`S="tmux -S ${folder}/tmux -f /dev/null"; $S new-session -d 'X="$(${read})"; $? >${folder}/over; ${holds}; echo $? >${folder}/over'
until test -s ${folder}/over; do sleep 0.05; done; exit $(cat ${folder}/over)`),
    under: 'once',
    becomes: 'asked',
    caller: 'unattributed',
    needs: '/usr/bin/tmux',
  },
  {
    name: 'a double fork into a session of its own',
    argv: (read) => detached(...bash(`X="$(${read})"; ${holds}`)),
    becomes: 'released',
    caller: 'unattributed',
    sink: 'shell',
  },
]

/** Makes a place where other files lie at some paths, and runs what is there. */
const elsewhere = (files: Readonly<Record<string, string>>, ...words: readonly string[]): string[] => [
  '/usr/bin/python3',
  join(import.meta.dirname, 'rig/elsewhere.py'),
  ...Object.entries(files).map(([path, file]) => `${path}=${file}`),
  '--',
  ...words,
]
const capture = (read: string): string =>
  `import subprocess; print(subprocess.check_output(${JSON.stringify(read.split(' '))}))`
/** Python's words for what a shell below it captures. */
const systemOf = (read: string): string =>
  `import os; os._exit(os.system(${JSON.stringify(`X="$(${read})"; ${holds}`)}) >> 8)`
const spawnInTerminal = (read: string): string =>
  `import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(["/bin/bash", "-c", ${JSON.stringify(`X="$(${read})"; ${holds}`)}])))`

const files: Row[] = [
  {
    name: 'a copy of the shell at /usr/bin/bash of another mount namespace',
    argv: (read) =>
      elsewhere(
        { '/usr/bin/bash': copyOfPlainBash },
        '@/usr/bin/bash,bash',
        '-c',
        `X="$(${read})"; ${holds}`,
      ),
    becomes: 'refused',
    caller: 'agent',
    sink: 'pipe',
    reason: 'sink-pipe',
  },
  {
    name: 'another file of root, in a place where it is called the shell that was replaced',
    argv: (read) =>
      elsewhere(
        { '/usr/bin/bash (deleted)': pythonFile },
        '@/usr/bin/bash (deleted),/usr/bin/python3',
        '-c',
        capture(read),
      ),
    becomes: 'refused',
    caller: 'agent',
    sink: 'pipe',
    reason: 'sink-pipe',
  },
]

const places: Row[] = [
  {
    name: 'another file of root, in a place where it is called as a service',
    argv: (read) =>
      onTerminal(
        elsewhere(
          { '/usr/local/bin/backup': pythonFile },
          '@/usr/local/bin/backup,/usr/bin/python3',
          '-c',
          systemOf(read),
        ),
      ),
    under: 'service',
    becomes: 'asked',
    caller: 'unattributed',
  },
  {
    name: 'the program of a service, which takes orders',
    argv: (read) => python(`sys.exit(os.system(${JSON.stringify(`X="$(${read})"; echo "$X"`)}) >> 8)`),
    under: 'orders',
    becomes: 'conceded',
    caller: 'unattributed',
    sink: 'shell',
  },
  {
    name: 'files of root, in a place where they are called session manager and terminal emulator',
    argv: (read) =>
      detached(
        ...elsewhere(
          { '/usr/local/bin/gnome-session-binary': pythonFile, '/usr/local/bin/xterm': pythonFile },
          '@/usr/local/bin/gnome-session-binary,/usr/bin/python3',
          '-c',
          `import os, sys
if os.fork() == 0: os.execv(sys.argv[1], ["/usr/bin/python3", "-c", sys.argv[2]])
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))`,
          '@/usr/local/bin/xterm',
          spawnInTerminal(read),
        ),
      ),
    under: 'once',
    becomes: 'asked',
    caller: 'unattributed',
  },
  {
    name: 'who is in a user namespace of its own, with a copy of the shell at /bin/bash',
    argv: (read) => [
      '/usr/bin/unshare',
      '-Urm',
      '/bin/sh',
      '-c',
      `mount --bind ${copyOfPlainBash} /bin/bash && /bin/bash -c 'X="$(${read})"; exit $?'`,
    ],
    becomes: 'refused',
    caller: 'unattributed',
    reason: 'foreign-namespace',
  },
]

const byAgent = (argv: readonly string[]): Promise<Ran> => agent.run(...argv)
const byNobody = async (argv: readonly string[]): Promise<Ran> => {
  const [program = '', ...args] = argv
  return run(program, args)
}
for (const row of [...descriptors, ...hidden, ...flights, ...files]) void table.test(t, row, byAgent)
for (const row of [...names, ...places]) void table.test(t, row, byNobody)
