// A socket that was there before sgetd: served and left in its place, or refused when it is any other than its own.
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { Instance, passphrase, programs } from './rig/instance.ts'
import { end, plainEnvironment, run, type Outcome } from './rig/process.ts'

t.setTimeout(120_000)

const sgetd = join(programs, 'sgetd')
const activate = join(import.meta.dirname, 'rig/activate.py')

/** An instance of which there is but the folder of its socket. */
function nothingYet(t: Test, folderMode = 0o700): { readonly instance: Instance; readonly socket: string } {
  const instance = Instance.at(mkdtempSync(join(tmpdir(), 'sget-')))
  t.teardown(() => instance.remove())
  mkdirSync(join(instance.home, 'state'), { mode: 0o700 })
  mkdirSync(join(instance.home, 'state/run'), { mode: folderMode })
  return { instance, socket: join(instance.home, 'state/run/socket') }
}

const startedAs = (kind: string, instance: Instance, socket: string): Promise<Outcome> =>
  run('/usr/bin/python3', [activate, kind, socket, sgetd, '--home', instance.home])

const refused: readonly (readonly [kind: string, why: RegExp])[] = [
  ['tcp', /the socket that was handed over is not a Unix stream socket/],
  ['datagram', /is not a Unix stream socket/],
  ['seqpacket', /is not a Unix stream socket/],
  ['silent', /does not listen/],
  ['pair', /lies at no path, not at .*\/state\/run\/socket/],
  ['abstract', /lies at no path/],
  ['elsewhere', /lies at .*\/socket\.other, not at .*\/state\/run\/socket/],
  ['open', /can be opened by others: SocketMode=0600/],
  ['lost', /has lost its place/],
  ['file', /is no socket/],
  ['closed', /is no socket/],
  ['two', /2 sockets were handed over, and it takes one/],
  ['none', /0 sockets were handed over/],
  ["another's", /LISTEN_PID names another process, so the socket of LISTEN_FDS is not for this one/],
  ['words', /LISTEN_PID and LISTEN_FDS do not say/],
]
t.test('nothing but its socket is taken', async (t) => {
  await Promise.all(
    refused.map(async ([kind, why]) => {
      const { instance, socket } = nothingYet(t)
      const outcome = await startedAs(kind, instance, socket)
      t.match(outcome, { code: 1, stdout: '', stderr: why }, kind)
      t.match(outcome, { stderr: /^sgetd: cannot start: [^\n]+\n$/ }, 'in one line')
      t.notOk(existsSync(join(instance.home, 'state/lock')), 'before the lock was taken')
    }),
  )
})

t.test('a socket in the folder of another mode is served once that is closed to others', async (t) => {
  const { instance, socket } = nothingYet(t, 0o755)
  const daemon = spawn('/usr/bin/python3', [activate, 'right', socket, sgetd, '--home', instance.home], {
    env: plainEnvironment,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  await instance.learnPidSoon()
  t.equal(lstatSync(join(instance.home, 'state/run')).mode & 0o777, 0o700)
  daemon.kill('SIGTERM')
  t.match(await end(daemon), { code: 0 })
})

t.test('a daemon started detached does not take a socket that is meant for its starter', async (t) => {
  const { instance, socket } = nothingYet(t)
  const words = [activate, 'right', socket, sgetd, '--detach', '--home', instance.home]
  t.match(await run('/usr/bin/python3', words), {
    code: 1,
    stderr: /sgetd did not start: LISTEN_PID names another process/,
  })
})

const manager = '/usr/bin/systemd-socket-activate'
const skip = existsSync(manager) ? false : `${manager} is missing: apt install systemd`
t.test('under systemd-socket-activate', { skip }, async (t) => {
  const { instance, socket } = nothingYet(t)
  const listening = spawn(manager, ['-l', socket, sgetd, '--home', instance.home], {
    env: plainEnvironment,
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  while (!existsSync(socket)) await setTimeout(10)
  // Its own choice is 0644, whatever the umask.
  chmodSync(socket, 0o600)
  t.match(await instance.sgetctl(['init', '--passphrase-fd', '3'], { passphrase }), { code: 0 })
  await instance.learnPid()
  const { pid } = await instance.status()
  t.equal(pid, listening.pid, 'the daemon is the process that listened')
  await instance.put('dev/db', 'the value')
  const used = await run('/bin/sh', [
    '-c',
    `X="$(${programs}/sget --home ${instance.home} dev/db)"; echo "$X"`,
  ])
  t.match(used, { code: 0, stdout: 'the value\n' })

  const second = await run(sgetd, ['--home', instance.home])
  t.match(second, { code: 1, stderr: /another sgetd serves this instance already/ })
  t.match(await run(sgetd, ['--detach', '--home', instance.home]), { code: 0, stderr: '' })
  t.equal((await instance.status()).pid, pid, 'never two')

  listening.kill('SIGTERM')
  t.match(await end(listening), { code: 0, signal: null })
  t.ok(lstatSync(socket).isSocket(), 'the socket is left to whom it belongs')
  t.match(readFileSync(join(instance.home, 'state/sgetd.log'), 'utf8'), /"activated":true/)
})
