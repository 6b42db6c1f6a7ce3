// The days on which the machine fails: each fault is a clear refusal, nothing is released without a record, and it heals.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Instance, passphrase, programs } from '../rig/instance.ts'
import { end, run, type Outcome } from '../rig/process.ts'
import { testUser } from '../rig/users.ts'

const uid = testUser()
const rule = '[[rule]]\nsecrets = ["dev/**"]\nexposure = ["run", "read", "pipe"]\napproval = "never"\n'

/** A read as a script does it. */
function reader(instance: Instance): Promise<Outcome> {
  const sget = `${join(programs, 'sget')} --home ${instance.home}`
  return run('/bin/bash', ['-c', `X="$(${sget} dev/db)" || exit; echo "$\{#X}"`], { uid })
}

const unlock = (instance: Instance): Promise<Outcome> =>
  instance.sget(['unlock', '--passphrase-fd', '3'], { passphrase })

/** Starts the daemon anew under a limit, which it inherits, and unlocks. */
async function unlockUnder(limit: string, instance: Instance): Promise<Outcome> {
  await instance.stop()
  const sget = [join(programs, 'sget'), '--home', instance.home, 'unlock', '--passphrase-fd', '3']
  const unlocked = await run('/usr/bin/prlimit', [limit, ...sget], { uid, passphrase })
  await instance.learnPid()
  return unlocked
}

async function withValue(t: Test, parent = tmpdir()): Promise<Instance> {
  const instance = await Instance.create(rule, uid, programs, parent)
  t.teardown(() => instance.remove())
  await instance.put('dev/db', 'the-value')
  return instance
}

/** A file system of its own that holds no more than this, for the user's instance to live on. */
function smallDisk(t: Test, size: string): string {
  const disk = mkdtempSync(join(tmpdir(), 'sget-disk-'))
  execFileSync('/usr/bin/mount', ['-t', 'tmpfs', '-o', `size=${size},uid=${uid},mode=0700`, 'tmpfs', disk])
  t.teardown(() => {
    execFileSync('/usr/bin/umount', ['-l', disk])
    rmSync(disk, { recursive: true })
  })
  return disk
}

t.test('a full disk refuses what it cannot record or store, and gives it once there is room', async (t) => {
  const disk = smallDisk(t, '1m')
  const instance = await withValue(t, disk)
  const filler = join(disk, 'filler')
  t.match(await reader(instance), { code: 0, stdout: '9\n' })
  const before = instance.audit().length
  t.throws(() => writeFileSync(filler, Buffer.alloc(2 << 20, 1)), { code: 'ENOSPC' })
  // What is left of the log's last page is filled by reads, which are recorded as long as there is room.
  let refused = await reader(instance)
  for (let tries = 0; tries < 40 && refused.code === 0; tries++) refused = await reader(instance)
  t.match(refused, { code: 79, stdout: '' })
  t.match(refused.stderr, /audit record could not be written, so nothing was released[^]*disk has room/)
  const stored = await instance.sget(['put', 'dev/new', '--passphrase-fd', '3'], { input: 'x', passphrase })
  t.notMatch(stored, { code: 0 })
  unlinkSync(filler)
  t.match(await reader(instance), { code: 0, stdout: '9\n' })
  t.match(await instance.sgetctl(['audit', 'verify']), { code: 0, stdout: /^sound/ })
  t.ok(instance.audit().length > before)
})

t.test('a state folder that is a link, or a file, is not followed at the start', async (t) => {
  const instance = await withValue(t)
  await instance.stop()
  const state = join(instance.home, 'state')
  renameSync(state, `${state}-real`)
  symlinkSync(`${state}-real`, state)
  const linked = await unlock(instance)
  t.match(linked, { code: 66 })
  t.match(linked.stderr, /state is not a folder/)
  rmSync(state)
  writeFileSync(state, '')
  t.match(await unlock(instance), { code: 66 }, 'a file')
  rmSync(state)
  renameSync(`${state}-real`, state)
  t.match(await unlock(instance), { code: 0 })
  await instance.learnPid()
  t.match(await reader(instance), { code: 0, stdout: '9\n' })
})

t.test('a home that can only be read is told as such', async (t) => {
  const disk = smallDisk(t, '4m')
  const instance = await withValue(t, disk)
  await instance.stop()
  execFileSync('/usr/bin/mount', ['-o', 'remount,ro', disk])
  const refused = await unlock(instance)
  t.match(refused, { code: 66 })
  t.match(refused.stderr, /read-only file system/i)
  execFileSync('/usr/bin/mount', ['-o', 'remount,rw', disk])
  t.match(await unlock(instance), { code: 0 })
  await instance.learnPid()
})

t.test('without descriptors others wait or are refused, and the daemon lives', async (t) => {
  const instance = await withValue(t)
  t.match(await unlockUnder('--nofile=48:48', instance), { code: 0 })
  const { pid } = await instance.status()
  const script = `import socket, sys
held = []
for _ in range(40):
    s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); held.append(s)
print("held", flush=True); sys.stdin.read()`
  const crowd = spawn('/usr/bin/python3', ['-c', script, join(instance.home, 'state/run/socket')], {
    uid,
    gid: uid,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => crowd.stdout.once('data', resolve))
  t.ok([0, 66, 75].includes((await reader(instance)).code ?? -1), 'it is refused, or has the value')
  crowd.stdin.end()
  await end(crowd)
  t.match(await reader(instance), { code: 0, stdout: '9\n' })
  t.equal((await instance.status()).pid, pid)
})
