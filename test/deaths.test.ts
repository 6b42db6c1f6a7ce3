// kill -9 in the middle of everything, again and again: what was acknowledged is there, what was released is on record.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { Instance, passphrase, programs } from './rig/instance.ts'
import { end, plainEnvironment } from './rig/process.ts'

/** SGET_TEST_KILLS asks for more than a suite has time for. */
const kills = Number(process.env['SGET_TEST_KILLS'] ?? 12)
const loadMsMin = 100
const loadMsMax = 3000
const readersSideBySide = 3
const imported = 20

const rule = '[[rule]]\nsecrets = ["dev/**"]\nexposure = ["run", "read", "pipe"]\napproval = "never"\n'
t.setTimeout(kills * 20_000)
const instance = await Instance.create(rule)
t.teardown(() => instance.remove())
await instance.put('dev/read', 'a value that is read')

/** Whether each reader that there was, by its pid, had its value. */
const readers = new Map<number, boolean>()

/** Reads until told to stop. A reader is a process of its own, and ends well only once it has the value. */
async function read(state: { isOver: boolean }): Promise<void> {
  const args = ['--home', instance.home, 'run', '-e', 'X=dev/read', '--', '/bin/true']
  while (!state.isOver) {
    const child = spawn(join(programs, 'sget'), args, { env: plainEnvironment, stdio: 'ignore' })
    const { code } = await end(child)
    readers.set(child.pid ?? 0, code === 0)
    if (code !== 0) await delay(20)
  }
}

/** Stores values and applies a policy until told to stop. Returns how many rounds were acknowledged. */
async function write(state: { isOver: boolean }, round: number): Promise<number> {
  const file = join(instance.home, 'env')
  for (let done = 0; ; done++) {
    if (state.isOver) return done
    const lines = Array.from({ length: imported }, (_, at) => `N${at}=round-${round}-${done}-${at}\n`)
    writeFileSync(file, lines.join(''))
    const stored = await instance.sget(
      ['import', file, '--prefix', `dev/r${round}`, '--replace', '--passphrase-fd', '3'],
      { passphrase },
    )
    if (stored.code !== 0) return done
  }
}

async function apply(state: { isOver: boolean }, round: number): Promise<void> {
  for (let at = 0; !state.isOver; at++) {
    writeFileSync(join(instance.home, 'config/policy.toml'), `${rule}# ${round} ${at}\n`, { mode: 0o600 })
    await instance.sgetctl(['policy', 'apply', '--passphrase-fd', '3'], { passphrase })
  }
}

/** Puts the daemon under load, kills it at some moment, and starts it again. */
async function die(round: number): Promise<number> {
  const state = { isOver: false }
  const writing = write(state, round)
  const all = [writing, apply(state, round), ...Array.from({ length: readersSideBySide }, () => read(state))]
  await delay(loadMsMin + Math.random() * (loadMsMax - loadMsMin))
  await instance.kill()
  state.isOver = true
  await Promise.all(all)
  const unlocked = await instance.sget(['unlock', '--passphrase-fd', '3'], { passphrase })
  if (unlocked.code !== 0) throw new Error(unlocked.stderr)
  await instance.learnPid()
  return writing
}

t.test(`${kills} deaths under load leave vault, log and lock sound`, async (t) => {
  let acknowledged = 0
  for (let round = 0; round < kills; round++) {
    const rounds = await die(round)
    acknowledged += rounds
    const verified = await instance.sgetctl(['audit', 'verify'])
    if (verified.code !== 0) t.fail(`after death ${round}: ${verified.stdout}${verified.stderr}`)
    const listed = JSON.parse((await instance.sgetctl(['ls', '--json'])).stdout) as {
      secrets: { path: string }[]
    }
    const ours = listed.secrets.filter(({ path }) => path.startsWith(`dev/r${round}/`))
    if (rounds > 0 && ours.length !== imported) t.fail(`after death ${round}: ${ours.length} values`)
  }
  t.ok(acknowledged > 0, `${acknowledged} imports were acknowledged, and all that they stored is there`)
})

t.test('every release is on record once, and every record is of one who asked', (t) => {
  const released = new Map<number, number>()
  for (const { event, peer } of instance.audit())
    if (event === 'released') {
      const { pid } = peer as { pid: number }
      released.set(pid, (released.get(pid) ?? 0) + 1)
    }
  const had = [...readers].filter(([, had]) => had)
  t.ok(had.length > kills, `${had.length} of ${readers.size} readers had the value`)
  t.same(
    had.filter(([pid]) => released.get(pid) !== 1),
    [],
    'no release without its record',
  )
  const missed = [...released].filter(([pid, count]) => readers.get(pid) !== true || count !== 1)
  t.same(
    missed.filter(([pid, count]) => !readers.has(pid) || count !== 1),
    [],
    'no record of nobody',
  )
  t.ok(
    missed.length <= kills * readersSideBySide,
    `${missed.length} were on record when the daemon died under their hands`,
  )
  t.end()
})

t.test('a restart takes the lock and the socket that the dead one left', async (t) => {
  await instance.kill()
  const second = await instance.sget(['unlock', '--passphrase-fd', '3'], { passphrase })
  t.match(second, { code: 0, stderr: '' })
  await instance.learnPid()
  t.match(await instance.status(), { locked: false })
})
