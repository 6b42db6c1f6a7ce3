// Ways into another process's memory: all are open into an ordinary process of the same user, and none into sgetd, or into
// sget from the value's coming to its own end.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { Peer, want } from '../packages/daemon/test/peer.ts'
import { Instance, passphrase } from './rig/instance.ts'
import { end, plainEnvironment, run } from './rig/process.ts'

const policy = `
[[rule]]
secrets = ["dev/**"]
exposure = ["run", "read", "pipe"]
approval = "never"
`
const value = 'the-value-behind-the-doors'
const pipeBytes = 65_536
const instance = await Instance.create(policy)
t.teardown(() => instance.remove())
await instance.put('dev/s', value)
const { pid: daemon } = await instance.status()
const folder = mkdtempSync(join(tmpdir(), 'doors-'))
t.teardown(() => rmSync(folder, { recursive: true }))

/** The doors into a process that are open to its user. */
async function openInto(pid: number): Promise<string[]> {
  const tried = await run('/usr/bin/python3', [
    join(import.meta.dirname, 'rig/doors.py'),
    String(pid),
    folder,
  ])
  if (tried.code !== 0) throw new Error(tried.stderr)
  return tried.stdout.split('\n').filter((line) => line !== '')
}

t.test('into an ordinary process all doors are open', async (t) => {
  const sleeper = spawn('/bin/sleep', ['100'], { env: plainEnvironment })
  const open = await openInto(sleeper.pid ?? 0)
  sleeper.kill()
  await end(sleeper)
  const byProc = ['mem', 'environ', 'maps', 'auxv', 'cwd', 'root', 'fd/0']
  const byCall = ['process_vm_readv', 'attach', 'seize', 'pidfd_getfd']
  t.same(open, [...byProc, ...byCall, ...(existsSync('/usr/bin/gcore') ? ['gcore'] : [])])
})

t.test('into sgetd none is', async (t) => {
  t.same(await openInto(daemon), [], 'while it is open and idle')
  const peer = new Peer(instance.home).hello().say(want(2, 'dev/s'))
  t.match(await peer.hears(2), [{ name: 'welcome' }, { name: 'ready' }])
  t.same(await openInto(daemon), [], 'in the middle of a request')
  t.equal(peer.heard.length, 2, 'which it is still')
  peer.leave()
  t.match(await instance.sgetctl(['lock']), { code: 0 })
  t.same(await openInto(daemon), [], 'while it is locked')
  t.match(await instance.sget(['unlock', '--passphrase-fd', '3'], { passphrase }), { code: 0 })
})

t.test('into sget none is, while it has the value', async (t) => {
  // Its pipe is full already, so it waits in the middle of writing.
  const command = `{ head -c ${pipeBytes} /dev/zero; exec ${join(instance.programs, 'sget')} --home ${instance.home} dev/s; }`
  const shell = spawn('/bin/bash', ['-c', `${command} | sleep 100`], {
    env: plainEnvironment,
    detached: true,
  })
  t.teardown(() => process.kill(-(shell.pid ?? 0), 'SIGKILL'))
  const peer = await released()
  t.same(await openInto(peer), [])
  t.ok(existsSync(`/proc/${peer}`), 'and it still waits')
})

/** The pid of the sget that a value was released to, once there is one. */
async function released(): Promise<number> {
  for (;;) {
    const record = instance.audit().findLast(({ event }) => event === 'released')
    const peer = record?.['peer'] as { pid: number } | undefined
    if (peer !== undefined) return peer.pid
    await setTimeout(20)
  }
}
