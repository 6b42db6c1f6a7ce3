// The attested install: who is taken for the genuine sget, and every way that we know of to be taken for it wrongly.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t from 'tap'
import { failures } from '@sget/wire'
import { Agent } from '../rig/agent.ts'
import { Instance } from '../rig/instance.ts'
import { plainEnvironment, run, type Outcome } from '../rig/process.ts'
import { atLogin } from '../rig/terminal.ts'
import { testUser } from '../rig/users.ts'

const uid = testUser()
const group = `sgettest${process.pid}`
// Not below /tmp, where everybody may write.
const prefix = mkdtempSync('/opt/sget-attested-')
chmodSync(prefix, 0o755)
const environment = { ...plainEnvironment, PATH: `${plainEnvironment.PATH}:/usr/sbin:/sbin` }
const install = (...args: string[]): Promise<Outcome> =>
  run(resolve(import.meta.dirname, '../../scripts/install'), args, { env: environment })
const groupExists = async (): Promise<boolean> => (await run('/usr/bin/getent', ['group', group])).code === 0

t.teardown(async () => {
  if (await groupExists()) execFileSync('/usr/sbin/groupdel', [group])
  rmSync(prefix, { recursive: true, force: true })
})
const installed = await install('--attested', '--group', group, prefix)
if (installed.code !== 0) throw new Error(installed.stderr)

const policy = `
[[rule]]
secrets = ["dev/**"]
exposure = ["run", "read"]
approval = "never"

[[rule]]
secrets = ["sure/**"]
exposure = ["run", "read"]
approval = "never"
attested = true
`
const value = 'the-value'
const folder = join(prefix, 'lib/sget')
const genuine = join(folder, 'bin/sget')
const instance = await Instance.create(policy, uid, join(prefix, 'bin'))
t.teardown(() => instance.remove())
await instance.put('dev/s', value)
await instance.put('sure/s', value)
interface Attempt {
  readonly name: string
  /** Goes before the command line of sget. */
  readonly before: string
  readonly program?: string
  readonly needs?: string
  /** Why it is refused. */
  readonly reason: 'traced' | 'foreign-namespace' | 'not-attested'
}

const attempts: Attempt[] = [
  { name: 'traced by strace', before: 'strace -o /dev/null', needs: 'strace', reason: 'traced' },
  { name: 'its writes shown by strace', before: 'strace -e write -s 100', needs: 'strace', reason: 'traced' },
  { name: 'run by gdb', before: 'gdb -batch -ex run --args', needs: 'gdb', reason: 'traced' },
  {
    name: 'begun by gdb, and let go before its first instruction',
    before: 'gdb -batch -ex starti -ex detach --args',
    needs: 'gdb',
    reason: 'not-attested',
  },
  {
    name: 'in a user namespace of its own',
    before: 'unshare -Ur',
    needs: 'unshare',
    reason: 'foreign-namespace',
  },
  {
    name: 'without new privileges',
    before: 'setpriv --no-new-privs',
    needs: 'setpriv',
    reason: 'not-attested',
  },
  { name: 'in bwrap', before: 'bwrap --dev-bind / /', needs: 'bwrap', reason: 'foreign-namespace' },
  { name: 'a copy', before: '', program: 'copy/bin/sget', reason: 'not-attested' },
]
const told = {
  traced: /tracer watches/,
  'foreign-namespace': /user namespace/,
  'not-attested': /policy gives this secret to the attested sget only/,
} as const
for (const at of attempts.keys()) await instance.put(`sure/${at}`, value)

const scratch = mkdtempSync(join(tmpdir(), 'sget-scratch-'))
chownSync(scratch, uid, uid)
t.teardown(() => rmSync(scratch, { recursive: true, force: true }))

const sget = `${join(prefix, 'bin/sget')} --home ${instance.home}`
const inHere = ['--home', instance.home]
const bash = (script: string): Promise<Outcome> =>
  run('/bin/bash', ['-c', script], { uid, env: environment, cwd: scratch })
const python = (script: string): Promise<Outcome> =>
  run('/usr/bin/python3', ['-c', `${client}\n${script}`], { uid, env: environment, cwd: scratch })
const last = () => instance.audit().at(-1)
const attestedInStatus = async (): Promise<unknown> =>
  (JSON.parse((await instance.sgetctl(['status', '--json'])).stdout) as Record<string, unknown>)['attested']

/** A client of an attacker's own, which speaks the protocol and forges a report: a pipe that its parent shell reads. */
const client = `
import os, socket, struct, subprocess, sys, time
def text(s): return struct.pack('>H', len(s)) + s.encode()
def frame(kind, id, body): return struct.pack('>IBI', len(body) + 5, kind, id) + body
hello = frame(1, 0, struct.pack('>HB', 1, 0) + text('sget 0.1.0'))
def read(ref): return frame(2, 1, b'\\0' + text('') + struct.pack('>H', 1) + text('') + text(ref))
def run(ref): return frame(0x21, 1, b'\\1' + text('') + text('/bin/sh') + text('0' * 64) + struct.pack('>H', 0) + text('') + struct.pack('>HH', 0, 1) + text('X') + text(ref))
def forged():
    pipe = os.readlink('/proc/%d/fd/3' % os.getppid()) if os.path.exists('/proc/%d/fd/3' % os.getppid()) else 'pipe:[1]'
    return frame(0x1f, 0, struct.pack('>IIIIIB', 14, 0, int(pipe[6:-1]), 0, 0o10600, 1) + text(pipe) + text('0' * 64))
def dial():
    s = socket.socket(socket.AF_UNIX); s.connect('${instance.home}/state/run/socket'); s.settimeout(20); return s
def answer(s):
    heard = b''
    while True:
        while len(heard) < 4 or len(heard) < 4 + struct.unpack('>I', heard[:4])[0]:
            more = s.recv(4096)
            if not more: return 'closed'
            heard += more
        size = struct.unpack('>I', heard[:4])[0]; one = heard[:4 + size]; heard = heard[4 + size:]
        if one[4] == 0x80: return 'failure %d' % struct.unpack('>H', one[9:11])[0]
        if one[4] != 0x81: return 'type %x' % one[4]
`

t.test('the install is what it says', async (t) => {
  t.equal(statSync(genuine).mode & 0o7777, 0o2755)
  t.match(statSync(genuine), { uid: 0, nlink: 1 })
  for (const name of ['sgetd', 'sgetctl', 'sget-mcp'])
    t.equal(statSync(join(folder, 'bin', name)).mode & 0o6000, 0)
  t.match(await run('/usr/bin/getent', ['group', group]), { stdout: /:\n$/ })
  t.equal(await attestedInStatus(), true)
})

t.test('a plain start is attested', async (t) => {
  t.test('to print, into the shell that captures it, as it reports itself', async (t) => {
    t.match(await bash(`X="$(${sget} sure/s)"; echo "got $\{#X}"`), { code: 0, stdout: 'got 9\n' })
    t.match(last(), { event: 'released', attested: true, sink: 'shell', command: /^[0-9a-f]{32}$/ })
    t.match(last(), { peer: { uid, exe: genuine } })
    const { command } = last() ?? {}
    await bash(`X="$(${sget} sure/s)"; true`)
    t.match(last(), { command }, 'the same line has the same fingerprint')
    await bash(`X="$(${sget} dev/s)"; true`)
    t.not(last()?.['command'], command)
    t.match(await instance.sgetctl(['audit', 'tail']), { stdout: /released .* attested=yes .*sink=shell/ })
  })
  t.test('and its report is what the sink is judged by', async (t) => {
    t.match(await bash(`${sget} sure/s >file`), {
      code: 72,
      stderr: `would write the value to ${scratch}/file`,
    })
    t.match(await bash(`${sget} sure/s | cat`), {
      code: 0,
      stdout: '',
      stderr: /no terminal to ask for the passphrase/,
    })
    t.match(await bash(`${sget} sure/s >/dev/null`), { code: 0 })
    t.match(await bash(`${sget} sure/s >&-`), { code: 81 }, 'what is closed cannot be written')
    t.match(await bash(`mkfifo fifo; exec 5<>fifo; ${sget} sure/s >&5`), { code: 72 })
  })
  t.test('to run a command, which has nothing of the group', async (t) => {
    const ran = await bash(`${sget} run -e X=sure/s -- sh -c 'echo "got $\{#X}"; grep Gid /proc/self/status'`)
    t.match(ran, { code: 0, stdout: `got 9\nGid:\t${uid}\t${uid}\t${uid}\t${uid}\n` })
    t.match(last(), { event: 'released', attested: true, exposure: 'run' })
  })
  t.test('with the whole environment, of which the C library hides some from a setgid program', async (t) => {
    const given = ['A=', 'LD_LIBRARY_PATH=/no/such', 'MALLOC_ARENA_MAX=1', 'PATH=/bin', 'TMPDIR=/var/tmp']
    const line = [
      join(prefix, 'bin/sget'),
      ...inHere,
      'run',
      '--no-mask',
      '-e',
      'X=sure/s',
      '--',
      'env',
      '-0',
    ]
    const ran = await run('/usr/bin/env', ['-i', ...given, ...line], { uid })
    t.strictSame(ran.stdout.split('\0').sort(), ['', ...given, `X=${value}`])
  })
  t.test('below a run, which can be looked at like its command, and has given up its group', async (t) => {
    const look = 'echo "got ${#Y}"; grep -h Gid /proc/$PPID/status; stat -c %u /proc/$PPID/environ'
    const ran = await bash(`${sget} run -e X=sure/s -- bash -c 'Y="$(${sget} sure/s)"; ${look}'`)
    t.match(ran, { code: 0, stdout: `got 9\nGid:\t${uid}\t${uid}\t${uid}\t${uid}\n${uid}\n` })
    t.match(last(), { event: 'released', attested: true, sink: 'shell' })
  })
  t.test('of an agent, and of a human at a login', async (t) => {
    const agent = await Agent.start(instance)
    t.teardown(() => agent.stop())
    t.match(await agent.bash(`X="$(${sget} sure/s)"; echo "got $\{#X}"`), { code: 0, stdout: 'got 9\n' })
    t.match(last(), { attested: true, caller: 'agent' })
    t.match(await agent.run(...sget.split(' '), 'sure/s'), { code: 72, stderr: /would land in the agent/ })
    const given = await agent.get({ path: 'sure/s', reason: 'tests' })
    t.match(await agent.bash(`${given.script}\necho "got $\{#SURE_S_PASSWORD}"`), {
      code: 0,
      stdout: /got 9/,
    })
    t.match(last(), { attested: true, event: 'released', grant: /./ })
    const seen = await atLogin('sget-test', [['$ ', `X="$(${sget} sure/s)"; echo "got $\{#X}"\n`]])
    t.match(seen.stdout, /got 9\s/)
    t.match(last(), { attested: true, caller: 'human' })
  })
})

t.test('what is not attested gets nothing of a rule that wants that', async (t) => {
  await bash(`mkdir -p copy/bin && cp -p ${genuine} copy/bin/sget && chmod g+s copy/bin/sget`)
  for (const [
    at,
    { name, before, program = join(prefix, 'bin/sget'), needs, reason },
  ] of attempts.entries()) {
    const isMissing = needs !== undefined && (await bash(`command -v ${needs}`)).code !== 0
    t.test(name, { skip: isMissing && `no ${needs}` }, async (t) => {
      const records = instance.audit().length
      const seen = await bash(
        `X="$(${before} ${program} --home ${instance.home} sure/${at} 2>err)"; cat err; echo "$X"`,
      )
      t.notMatch(seen.stdout, value)
      t.match(seen.stdout, told[reason])
      const since = instance.audit().slice(records)
      t.strictSame(
        since.filter((record) => record['event'] !== 'refused' || record['attested'] !== false),
        [],
      )
      // Of refusals that repeat, only the first is written at once.
      t.ok(instance.audit().some((record) => record['reason'] === reason && record['attested'] === false))
    })
  }
  t.test('a process that forges a report', async (t) => {
    t.match(await python(`s = dial(); s.sendall(hello + forged() + run('sure/s')); print(answer(s))`), {
      stdout: `failure ${failures['not-attested'].number}\n`,
    })
    const forging = `s = dial(); s.sendall(hello + forged() + read('dev/s')); print(answer(s), file=sys.stderr)`
    t.match(
      await run('/bin/sh', ['-c', 'exec "$0" -c "$1" >file', '/usr/bin/python3', client + forging], {
        uid,
        cwd: scratch,
      }),
      { stderr: 'failure 27\n' },
      'it is looked at as ever',
    )
  })
  t.test('a kept socket, whose connector has become the genuine sget', async (t) => {
    const seen = await python(`
s = dial(); s.set_inheritable(True)
os.makedirs('kept/state/run'); l = socket.socket(socket.AF_UNIX); l.bind('kept/state/run/socket'); l.listen(1)
if os.fork() == 0:
    c, _ = l.accept(); c.recv(1)
    s.sendall(hello + forged() + run('sure/s')); print(answer(s), flush=True); os._exit(0)
os.execv('${genuine}', ['sget', '--home', 'kept', 'dev/s'])`)
    t.match(seen.stdout, 'failure 35\n')
    t.notMatch(last(), { event: 'released' })
  })
})

const read = `X="$(${sget} sure/s 2>err)"; code=$?; echo "$code [$X] $(cat err)"`

t.test('no more is lost without it than what wants it', async (t) => {
  for (const command of ['setpriv --no-new-privs', ''])
    t.match(await bash(`X="$(${command} ${sget} dev/s)"; echo "got $\{#X}"`), { stdout: 'got 9\n' })
  t.match(instance.audit().at(-2), { event: 'released', attested: false })
})

t.test('what lies on the disk', async (t) => {
  t.test('cannot be overwritten, linked or borrowed by the user', async (t) => {
    t.not((await bash(`cat /bin/true >${genuine}`)).code, 0)
    t.not((await bash(`mv ${genuine} ${genuine}.old`)).code, 0)
    t.not((await bash(`ln ${genuine} ${folder}/bin/evil`)).code, 0)
  })
  t.test('under another name it launches what lies beside it, without the group', async (t) => {
    // What protected_hardlinks (proc_sys_fs(5)) keeps the user from doing, done for them.
    const evil = join(prefix, 'evil')
    mkdirSync(join(evil, 'bin'), { recursive: true })
    mkdirSync(join(evil, 'lib'))
    linkSync(genuine, join(evil, 'bin/sgetctl'))
    writeFileSync(join(evil, 'lib/node'), '#!/bin/sh\ngrep Gid /proc/self/status\n', { mode: 0o755 })
    writeFileSync(join(evil, 'lib/sgetctl.mjs'), '')
    t.match(await run(join(evil, 'bin/sgetctl'), [], { uid }), {
      stdout: `Gid:\t${uid}\t${uid}\t${uid}\t${uid}\n`,
    })
    rmSync(evil, { recursive: true })
  })
  t.test('loses its group when it is written to', async (t) => {
    const loose = join(prefix, 'loose')
    cpSync(genuine, loose)
    chownSync(loose, 0, statSync(genuine).gid)
    chmodSync(loose, 0o2777)
    t.match(await bash(`cat /bin/true >${loose}`), { code: 0 })
    t.equal(statSync(loose).mode & 0o2000, 0)
  })
  t.test('where it can be changed by others, nothing is attested, and that is told', async (t) => {
    for (const place of [folder, genuine]) {
      const { mode } = statSync(place)
      chmodSync(place, mode | 0o020)
      t.equal(await attestedInStatus(), false)
      t.match(await bash(read), { stdout: /^74 \[\] .*setgid, and sgetd does not take it/ })
      chmodSync(place, mode & 0o7777)
    }
    t.equal(await attestedInStatus(), true)
  })
  t.test('a group with a member proves nothing', async (t) => {
    execFileSync('/usr/bin/gpasswd', ['-a', 'nobody', group])
    t.equal(await attestedInStatus(), false)
    t.match(await bash(read), { stdout: /^74 \[\]/ })
    t.match(await install('--attested', '--group', group, prefix), { code: 1, stderr: /has members/ })
    execFileSync('/usr/bin/gpasswd', ['-d', 'nobody', group])
    t.match(await bash(read), { stdout: `0 [${value}] \n` })
  })
})

t.test('while it runs, the user cannot look into it', async (t) => {
  // It waits for a daemon that never answers: a time at which an ordinary sget can still be looked at.
  const seen = await python(`
os.makedirs('fake/state/run'); l = socket.socket(socket.AF_UNIX); l.bind('fake/state/run/socket'); l.listen(1)
p = subprocess.Popen(['${genuine}', '--home', 'fake', 'dev/s'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
c, _ = l.accept(); c.recv(1)
print('group', struct.unpack('iII', c.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[2])
print([line for line in open('/proc/%d/status' % p.pid) if line.startswith('Gid')][0].split())
for name in ['mem', 'environ', 'maps', 'auxv', 'syscall', 'stack']:
    try: open('/proc/%d/%s' % (p.pid, name), 'rb').read(1); print(name, 'OPEN')
    except OSError as error: print(name, error.strerror)
for name in ['fd/1', 'exe', 'cwd', 'ns/user']:
    try: os.readlink('/proc/%d/%s' % (p.pid, name)); print(name, 'OPEN')
    except OSError as error: print(name, error.strerror)
print('gdb', subprocess.run(['strace', '-p', str(p.pid), '-o', '/dev/null'], capture_output=True, text=True).stderr.strip())
p.kill()`)
  const { gid } = statSync(genuine)
  t.match(seen.stdout, `group ${gid}\n`, 'the kernel noted the group')
  t.match(seen.stdout, `['Gid:', '${uid}', '${uid}', '${gid}', '${uid}']`, 'and it was given up right after')
  t.notMatch(seen.stdout, 'OPEN')
  for (const name of ['mem', 'environ', 'maps', 'fd/1', 'exe'])
    t.match(seen.stdout, `${name} Permission denied`)
  t.match(seen.stdout, /gdb .*not permitted/)
})

t.test('a daemon that knows no attested sget is told to be of another version', async (t) => {
  const seen = await python(`
os.makedirs('old/state/run'); l = socket.socket(socket.AF_UNIX); l.bind('old/state/run/socket'); l.listen(1)
p = subprocess.Popen(['${genuine}', '--home', 'old', 'dev/s'], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
c, _ = l.accept(); c.recv(1)
c.sendall(frame(0x81, 0, struct.pack('>H', 1) + text('sgetd 0.1.0')) + frame(0x80, 0, struct.pack('>H', 4) + text('')))
print(p.communicate()[1].decode(), p.returncode)`)
  t.match(seen.stdout, /different versions \(sgetd knows no attested sget\)[^]* 65\n/)
})

t.test('an upgrade keeps it, and a plain install does not take its place', async (t) => {
  t.match(await install(prefix), { code: 1, stderr: /say --attested to upgrade it/ })
  t.match(await install('--attested', '--group', group, prefix), { code: 0 })
  t.match(await bash(read), { stdout: `0 [${value}] \n` })
})

t.test('it is refused where others than root may write', async (t) => {
  const open = join(prefix, 'open')
  mkdirSync(open)
  chownSync(open, uid, uid)
  t.match(await install('--attested', '--group', group, open), {
    code: 1,
    stderr: /changed by others than root/,
  })
})

t.test('taken away, nothing of it is left', async (t) => {
  await instance.stop()
  t.match(await install('--remove', prefix), { code: 0 })
  t.equal(await groupExists(), false)
  t.throws(() => statSync(folder))
  t.throws(() => statSync(join(prefix, 'bin/sget')))
})
