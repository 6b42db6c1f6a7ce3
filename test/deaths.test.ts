// kill -9 in the middle of everything, again and again: what was acknowledged is there, what was released is on record.
import { createHash, randomInt } from 'node:crypto'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { Agent } from './rig/agent.ts'
import { Instance, passphrase } from './rig/instance.ts'
import { imported, Load, loadRule, redeemAll, type Spent } from './rig/load.ts'
import { run } from './rig/process.ts'
import { programsWith } from './rig/programs.ts'

/** SGET_TEST_KILLS asks for more than a suite has time for, SGET_TEST_SEED for the moments of another run. */
const kills = Number(process.env['SGET_TEST_KILLS'] ?? 12)
const seed = Number(process.env['SGET_TEST_SEED'] ?? randomInt(2 ** 32))
const loadMsMin = 100
const loadMsMax = 2500
const readersSideBySide = 3

t.setTimeout(60_000 + kills * 20_000)
t.comment(`SGET_TEST_SEED=${seed}`)
const bin = join(await programsWith('small-log-program.ts'), 'bin')
const instance = await Instance.create(loadRule, undefined, bin)
const agent = await Agent.start(instance)
t.teardown(async () => {
  await agent.stop()
  instance.remove()
  rmSync(dirname(bin), { recursive: true })
})
await instance.put('dev/read', 'a value that is read')

/** Each reader that there was: in which round, as which process, and whether it had its value. */
const readers: { readonly name: string; readonly had: boolean }[] = []
/** How often each reader and each handle is on record as released. */
const released = new Map<string, number>()
/** All handles that the agent was ever given. */
const handles: Spent[] = []
const restartsMs: number[] = []

/** A pid alone may be another's some rounds later. */
const nameOf = (round: number, pid: number): string => `${round} ${pid}`

/** How long the load goes on before a death: by chance, and the same for the same seed. */
function loadMs(round: number): number {
  const chance = createHash('sha256').update(`${seed} ${round}`).digest().readUInt32BE() / 2 ** 32
  return loadMsMin + chance * (loadMsMax - loadMsMin)
}

/** Puts the daemon under load, kills it at some moment, and starts it again. */
async function die(round: number): Promise<{ imports: number; given: Spent[] }> {
  const load = new Load(instance, round)
  const writing = load.write()
  const spending = load.spend(agent)
  const note = (pid: number, had: boolean): unknown => readers.push({ name: nameOf(round, pid), had })
  const reading = Array.from({ length: readersSideBySide }, () => load.read(note))
  const all = Promise.all([writing, spending, load.apply(), ...reading])
  await delay(loadMs(round))
  await instance.kill()
  load.isOver = true
  await all
  await restart()
  return { imports: await writing, given: await spending }
}

async function restart(): Promise<void> {
  const before = performance.now()
  const started = await run(join(bin, 'sgetd'), ['--detach', '--home', instance.home])
  restartsMs.push(performance.now() - before)
  if (started.code !== 0) throw new Error(started.stderr)
  const unlocked = await instance.sget(['unlock', '--passphrase-fd', '3'], { passphrase })
  if (unlocked.code !== 0) throw new Error(unlocked.stderr)
  await instance.learnPid()
}

/** Counts what was released in a round, and returns the number of its newest record. */
function count(round: number, after: number): number {
  const records = instance.audit(after)
  for (const { event, grant, ref, peer } of records) {
    if (event !== 'released' || ref !== 'dev/read') continue
    const name = typeof grant === 'string' ? grant : nameOf(round, (peer as { pid: number }).pid)
    released.set(name, (released.get(name) ?? 0) + 1)
  }
  return Number(records.at(-1)?.['seq'] ?? after)
}

/** What an import stored first and last, as a command has it. */
async function ends(round: number): Promise<string[]> {
  const wanted = [0, imported - 1].flatMap((at) => ['-e', `N${at}=dev/r${round}/n${at}`])
  const command = ['/bin/sh', '-c', `echo "$N0 $N${imported - 1}"`]
  const { stdout } = await instance.sget(['run', '--no-mask', ...wanted, '--', ...command])
  return stdout.trimEnd().split(' ')
}

async function countOf(round: number): Promise<number> {
  const { stdout } = await instance.sgetctl(['ls', '--json'])
  const { secrets } = JSON.parse(stdout) as { secrets: { path: string }[] }
  return secrets.filter(({ path }) => path.startsWith(`dev/r${round}/`)).length
}

t.test(`${kills} deaths under load leave vault, log and lock sound`, async (t) => {
  let acknowledged = 0
  let newest = instance.audit().length
  for (let round = 0; round < kills; round++) {
    const { imports, given } = await die(round)
    acknowledged += imports
    const verified = await instance.sgetctl(['audit', 'verify'])
    if (verified.code !== 0) t.fail(`after death ${round}: ${verified.stdout}${verified.stderr}`)
    if (imports > 0) {
      const count = await countOf(round)
      if (count !== imported) t.fail(`after death ${round}: ${count} values`)
      // The import that was cut off may have come before or after what is looked at.
      const versions = (await ends(round)).map((value) => Number(value.split('-')[2]))
      if (!versions.every((version) => version === imports - 1 || version === imports))
        t.fail(`after death ${round}: values of imports ${versions.join()}, ${imports} were acknowledged`)
    }
    const redeemed = await redeemAll(
      instance,
      agent,
      given.map(({ handle }) => handle),
    )
    if (redeemed.some((code) => code !== 71)) t.fail(`after death ${round}: handles gave ${redeemed.join()}`)
    handles.push(...given)
    newest = count(round, newest)
  }
  t.ok(acknowledged > 0, `${acknowledged} imports were acknowledged, and all that they stored is there`)
  const had = handles.filter(({ had }) => had).length
  t.ok(had > 0, `${handles.length} handles were given, ${had} redeemed, and none serves after its daemon`)
  t.ok(instance.auditFiles().length > kills, `the log is in ${instance.auditFiles().length} files`)
  restartsMs.sort((a, b) => a - b)
  const [median = 0, longest = 0] = [restartsMs[restartsMs.length >> 1], restartsMs.at(-1)]
  t.comment(`restarts took ${Math.round(median)} ms, the longest ${Math.round(longest)} ms`)
})

t.test('every release is on record once, and every record is of one who asked', (t) => {
  const had = readers.filter(({ had }) => had)
  t.ok(had.length > kills, `${had.length} of ${readers.length} readers had the value`)
  const known = new Map([
    ...readers.map(({ name, had }) => [name, had] as const),
    ...handles
      .filter(({ isTried }) => isTried)
      .map(({ handle, had }) => [handle.split('_')[1] ?? '', had] as const),
  ])
  const unrecorded = [...known].filter(([name, had]) => had && released.get(name) !== 1)
  t.same(unrecorded, [], 'no release without its record, and no handle served twice')
  const strange = [...released].filter(([name, count]) => !known.has(name) || count !== 1)
  t.same(strange, [], 'no record of nobody, nor of a handle that nobody brought')
  const missed = [...released].filter(([name]) => known.get(name) === false).length
  t.ok(
    missed <= kills * (readersSideBySide + 1),
    `${missed} were on record when the daemon died under their hands`,
  )
  t.end()
})

t.test('a restart takes the lock and the socket that the dead one left', async (t) => {
  await instance.kill()
  await restart()
  t.match(await instance.status(), { locked: false })
})
