// Who stands at the other end, where it takes root to set the scene: strangers, root itself, and a human who logged in.
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Instance, passphrase, programs } from '../rig/instance.ts'
import { run } from '../rig/process.ts'
import { atLogin } from '../rig/terminal.ts'
import { stranger, testUser } from '../rig/users.ts'

const uid = testUser()
const instance = await Instance.create(undefined, uid)
t.teardown(() => instance.remove())
await instance.put('dev/db', 'the-value')
await instance.put('other/api#token', 'the-token')
await instance.put('prod/db', 'the-prod-value')
const sget = `${join(programs, 'sget')} --home ${instance.home}`

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
      [{ peer: { uid: stranger } }],
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
    t.match(seen.stdout, /got 14[^]*got 14\s+over/)
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
