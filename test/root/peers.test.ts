// Who stands at the other end, where it takes root to set the scene: strangers, root itself, and a human who logged in.
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { failures } from '@sget/wire'
import { Instance, passphrase, programs } from '../rig/instance.ts'
import { run, type Outcome } from '../rig/process.ts'
import { atLogin } from '../rig/terminal.ts'
import { stranger, testUser } from '../rig/users.ts'

const uid = testUser()
const instance = await Instance.create(undefined, uid)
t.teardown(() => instance.remove())
await instance.put('dev/db', 'the-value')
await instance.put('other/api#token', 'the-token')
await instance.put('prod/db', 'the-prod-value')
const sget = `${join(programs, 'sget')} --home ${instance.home}`

/**
 * A connection changes hands: who connects as the first user passes it by SCM_RIGHTS to a process of the second, which asks
 * for a secret. `stays`: the first one lives meanwhile. Prints the types of the frames that the second one hears, in hex.
 */
function handedOver(from: number, to: number, stays: boolean): Promise<Outcome> {
  const script = `import ctypes, os, socket, sys
def text(s): return len(s).to_bytes(2, "big") + s.encode()
def frame(kind, body): return (len(body) + 5).to_bytes(4, "big") + bytes([kind]) + (1).to_bytes(4, "big") + body
mine, theirs = socket.socketpair()
first = os.fork()
if first == 0:
    os.setgid(${from}); os.setuid(${from}); ctypes.CDLL(None).prctl(4, 1)
    peer = socket.socket(socket.AF_UNIX); peer.connect("${instance.home}/state/run/socket")
    socket.send_fds(theirs, [b"!"], [peer.fileno()])
    if ${stays ? 'True' : 'False'}: theirs.recv(1)
    os._exit(0)
_, [passed], _, _ = socket.recv_fds(mine, 1, 1)
if not ${stays ? 'True' : 'False'}: os.wait()
os.setgid(${to}); os.setuid(${to})
peer = socket.socket(fileno=passed)
run = b"\\1" + text("") + text("/bin/true") + text("0" * 64) + b"\\0\\0" + text("") + b"\\0\\0\\0\\1" + text("X") + text("dev/db")
ack = (5).to_bytes(4, "big") + b"\\3" + (1).to_bytes(4, "big")
heard = b""
try:
    peer.sendall(frame(1, b"\\0\\1\\0" + text("heir")) + frame(0x21, run))
    while len(heard) < 2 or heard[-1:] == b"\\x82":
        size = int.from_bytes(peer.recv(4, socket.MSG_WAITALL), "big")
        one = peer.recv(size, socket.MSG_WAITALL)
        if not one: break
        heard += one[:1]
        if one[0] == 0x82: peer.sendall(ack)
        if one[0] == 0x80: sys.stderr.write(str(int.from_bytes(one[5:7], "big")))
except OSError: pass
print(heard.hex())
if ${stays ? 'True' : 'False'}: mine.send(b"!")`
  return run('/usr/bin/python3', ['-c', script])
}

t.test('a connection that is handed over', async (t) => {
  const last = () => instance.audit().at(-1)
  t.test('by root to the owner is closed unheard, and that is on record', async (t) => {
    t.match(await handedOver(0, uid, true), { code: 0, stdout: '\n' })
    t.match(last(), { event: 'refused', reason: 'foreign-user', peer: { uid: 0 } })
  })
  t.test('by the owner to root is still that of the owner, whose memory is open', async (t) => {
    t.match(await handedOver(uid, 0, true), {
      code: 0,
      stdout: '818280\n',
      stderr: String(failures['not-hardened'].number),
    })
    t.match(last(), { event: 'refused', reason: 'not-hardened', peer: { uid } })
  })
  t.test('by the owner to a stranger serves nobody once the owner has gone', async (t) => {
    const heard = await handedOver(uid, stranger, false)
    t.match(heard, { code: 0, stdout: '8180\n', stderr: String(failures['connection-lost'].number) })
    t.not(last()?.['event'], 'released')
  })
})

t.test('a stranger', async (t) => {
  t.test('cannot reach the socket', async (t) => {
    const tried = await run(join(programs, 'sget'), ['--home', instance.home, 'dev/db'], { uid: stranger })
    t.match(tried, { code: 67, stdout: '' })
    t.match(tried.stderr, /may not open the socket/)
  })
  t.test('is closed unheard where the folders let them through, and that is on record', async (t) => {
    for (const folder of ['.', 'state', 'state/run']) chmodSync(join(instance.home, folder), 0o755)
    chmodSync(join(instance.home, 'state/run/socket'), 0o777)
    const script = `import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect("${instance.home}/state/run/socket"); s.settimeout(5)
try:
    s.sendall(b"\\0\\0\\0\\x0f\\x01\\0\\0\\0\\1\\0\\1\\0\\0\\5bench")
    sys.stdout.write(str(len(s.recv(100))))
except (BrokenPipeError, ConnectionResetError):
    sys.stdout.write("0")`
    t.match(await run('/usr/bin/python3', ['-c', script], { uid: stranger }), { code: 0, stdout: '0' })
    t.match(await run('/usr/bin/python3', ['-c', script]), { code: 0, stdout: '0' }, 'root is a stranger too')
    t.match(
      instance.audit().filter((record) => record['reason'] === 'foreign-user'),
      [{ peer: { uid: 0 } }, { peer: { uid: stranger } }],
    )
    const tried = await run(join(programs, 'sget'), ['--home', instance.home, 'dev/db'], { uid: stranger })
    t.match(tried, { code: 67, stdout: '' })
    t.match(tried.stderr, /served by another user/, 'and sget sends nothing to a foreign daemon')
    for (const folder of ['.', 'state', 'state/run']) chmodSync(join(instance.home, folder), 0o700)
  })
})

t.test('a human at a login', async (t) => {
  const { pid } = await instance.status()
  t.test('reads without a question, and pipes', async (t) => {
    const seen = await atLogin('sget-test', [
      ['$ ', `X="$(${sget} other/api#token)"; echo "got $\{#X}"; ${sget} other/api#token | wc -c\n`],
    ])
    t.match(seen.stdout, /got 9\s+9\s/)
    t.notMatch(seen.stdout, 'the-token')
    t.match(instance.audit().at(-1), { event: 'released', caller: 'human', sink: 'pipe' })
  })
  t.test('proves what a rule wants proved, once for a while on this terminal', async (t) => {
    const command = `${sget} run -e X=prod/db -- sh -c 'echo "got $\{#X}"'`
    const seen = await atLogin('sget-test', [
      ['$ ', `${command}\n`],
      ['assphrase', `${passphrase}\n`],
      ['got 14', `${command}; echo over\n`],
    ])
    // What was typed while the command ran may stand in between.
    t.match(seen.stdout, /got 14[^]*got 14[^]*over/)
    t.equal(seen.stdout.split('assphrase').length, 2, 'asked once')
    t.notMatch(seen.stdout, passphrase, 'which is not echoed')
  })
  t.test('proves it each time where the rule does not list what they want', async (t) => {
    const command = `X="$(${sget} prod/db)"; echo "got $\{#X}"`
    const seen = await atLogin('sget-test', [
      ['$ ', `${command}\n`],
      ['assphrase', `${passphrase}\n`],
      ['got 14', `${command}\n`],
      ['assphrase', '\x03'],
    ])
    t.equal(seen.stdout.split('assphrase').length, 3)
  })
  t.test('is asked again on another terminal, and a wrong answer gives nothing', async (t) => {
    const seen = await atLogin('sget-test', [
      ['$ ', `${sget} run -e X=prod/db -- sh -c 'echo "got $\{#X}"'\n`],
      ['assphrase', 'a guess\n'],
      ['assphrase', '\x03'],
    ])
    t.match(seen.stdout, /passphrase is wrong/)
    t.notMatch(seen.stdout, /got 14/)
  })
  t.test('sees a value only with --reveal and proof', async (t) => {
    const seen = await atLogin('sget-test', [
      ['$ ', `${sget} dev/db; echo "code $?"\n`],
      ['code 72', `${sget} --reveal dev/db; echo\n`],
      ['assphrase', `${passphrase}\n`],
    ])
    t.match(seen.stdout, /it would show[^]*code 72[^]*the-value/)
  })
  t.test('cannot look into the daemon with a debugger', async (t) => {
    const seen = await atLogin('sget-test', [
      [
        '$ ',
        `gdb -p ${pid} -batch 2>&1 | tail -2; strace -p ${pid} -o /dev/null; wc -c /proc/${pid}/environ; echo over\n`,
      ],
    ])
    t.match(seen.stdout, /Operation not permitted[^]*over/)
    t.match(seen.stdout, /environ: Permission denied/)
  })
  t.test('who ran the passphrase out has to wait', async (t) => {
    for (let wrong = 0; wrong < 6; wrong++)
      await instance.sget(['put', 'dev/x', '--passphrase-fd', '3'], {
        input: 'x',
        passphrase: `guess ${wrong}`,
      })
    const waiting = await instance.sget(['put', 'dev/x', '--passphrase-fd', '3'], { input: 'x', passphrase })
    t.match(waiting, { code: 76 })
    t.match(waiting.stderr, /wait \d+ seconds/)
  })
})
