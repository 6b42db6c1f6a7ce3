// What ends with time: proofs, throttles, the idle vault. The clocks are the test's own; files, vault and log are real.
import { existsSync, mkdtempSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { openLog } from '@sget/audit'
import { instancePaths, Refusal } from '@sget/wire/broker'
import type { Clock } from '../src/clock.ts'
import { openLog as openDaemonLog } from '../src/log.ts'
import { prepareFolders } from '../src/instance.ts'
import { throttleSecondsMax } from '../src/limits.ts'
import { Journal } from '../src/journal.ts'
import { Keeper } from '../src/keeper.ts'
import { ownTerminal, Proofs } from '../src/proofs.ts'
import { Throttle } from '../src/throttle.ts'

/** A clock that stands still until it is set. */
class StoppedClock implements Clock {
  boot = 1_000_000
  wall = 1_700_000_000_000
  bootMs = (): number => this.boot
  wallMs = (): number => this.wall
  ticks = (): number => this.boot / 10
  startOfMachine = 'first'
  bootId = (): string => this.startOfMachine
}

const minuteMs = 60_000

/** The failure that something is refused with, and its argument. */
function refusalFrom(attempt: () => unknown): string | undefined {
  try {
    attempt()
    return undefined
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return `${error.failure} ${error.argument}`.trim()
  }
}

/** The file of a throttle, in a folder of its own. */
const triesPath = (): string => join(mkdtempSync(join(tmpdir(), 'sget-tries-')), 'tries')

const waitOf = (throttle: Throttle): string | undefined => refusalFrom(() => throttle.check())

/** A throttle that has seen so many wrong tries, each after the wait for it; the last wait has just begun. */
function throttled(path: string, clock: StoppedClock, wrong: number): Throttle {
  const throttle = new Throttle(path, clock)
  for (let at = 0; at < wrong; at++) {
    clock.boot += throttleSecondsMax * 1000
    throttle.begin()
  }
  return throttle
}

t.test('five wrong passphrases are free, then each doubles the wait, up to five minutes', async (t) => {
  const clock = new StoppedClock()
  const throttle = throttled(triesPath(), clock, 4)
  throttle.check()
  const waits = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
  for (const seconds of waits) {
    throttle.begin()
    t.equal(waitOf(throttle), `passphrase-throttled ${seconds}`)
    clock.boot += seconds * 1000 - 1
    t.equal(waitOf(throttle), 'passphrase-throttled 1', 'to the last millisecond')
    clock.boot += 1
    throttle.check()
  }
  throttle.right()
  throttle.begin()
  t.doesNotThrow(() => throttle.check(), 'the right one makes all forgotten')
})

t.test('the wait for the next try', async (t) => {
  t.test('outlives the daemon, also one that is killed while it looks at a try', async (t) => {
    const clock = new StoppedClock()
    const path = triesPath()
    throttled(path, clock, 10)
    t.equal(waitOf(new Throttle(path, clock)), 'passphrase-throttled 32')
    clock.boot += 31_000
    const second = new Throttle(path, clock)
    t.equal(waitOf(second), 'passphrase-throttled 1', 'a restart does not lengthen it')
    clock.boot += 1000
    second.begin()
    t.equal(waitOf(new Throttle(path, clock)), 'passphrase-throttled 64', 'and the count goes on')
    second.right()
    t.equal(waitOf(new Throttle(path, clock)), undefined)
    t.notOk(existsSync(path))
  })
  t.test('does not hear of the wall clock, whichever way it is set', async (t) => {
    for (const by of [-20 * 365 * 24 * 60 * minuteMs, -1, 20 * 365 * 24 * 60 * minuteMs]) {
      const clock = new StoppedClock()
      const path = triesPath()
      const throttle = throttled(path, clock, 9)
      clock.wall += by
      t.equal(waitOf(throttle), 'passphrase-throttled 16')
      t.equal(waitOf(new Throttle(path, clock)), 'passphrase-throttled 16')
    }
  })
  t.test('begins anew with the machine, since no clock runs through that', async (t) => {
    const clock = new StoppedClock()
    const path = triesPath()
    throttled(path, clock, 9)
    Object.assign(clock, { startOfMachine: 'second', boot: 5 })
    const throttle = new Throttle(path, clock)
    t.equal(waitOf(throttle), 'passphrase-throttled 16')
    clock.boot += 16_000
    t.equal(waitOf(throttle), undefined)
  })
  t.test('is never longer than the longest, whatever the file says', async (t) => {
    const clock = new StoppedClock()
    const said = [
      { wrong: 99, sinceMs: 2 ** 50 },
      { wrong: 2 ** 50, sinceMs: 2 ** 50 },
      { wrong: 14, sinceMs: 0 },
    ]
    const waits = said.map((tries) => {
      const path = triesPath()
      writeFileSync(path, JSON.stringify({ ...tries, boot: clock.bootId() }))
      return waitOf(new Throttle(path, clock))
    })
    t.same(waits, ['passphrase-throttled 300', 'passphrase-throttled 300', undefined])
  })
  t.test('is none where the file is none of ours', async (t) => {
    const strange = ['', '{', 'null', '[]', '{"wrong":-1,"boot":"first","sinceMs":0}', '{"wrong":9}']
    for (const text of strange) {
      const path = triesPath()
      writeFileSync(path, text)
      t.equal(waitOf(new Throttle(path, new StoppedClock())), undefined, text)
    }
  })
  t.test('begins when the try was looked at, not with the looking', async (t) => {
    const clock = new StoppedClock()
    const path = triesPath()
    const throttle = throttled(path, clock, 9)
    clock.boot += 15_000
    throttle.wrong()
    t.equal(waitOf(throttle), 'passphrase-throttled 16')
    t.equal(waitOf(new Throttle(path, clock)), 'passphrase-throttled 16')
  })
  t.test('does not follow a try that told nothing of the passphrase', async (t) => {
    const clock = new StoppedClock()
    const path = triesPath()
    const throttle = throttled(path, clock, 4)
    throttle.begin()
    throttle.undo()
    t.equal(waitOf(throttle), undefined)
    t.equal(waitOf(new Throttle(path, clock)), undefined)
  })
  t.test('comes with each try, or there is none: what cannot be counted is not tried', async (t) => {
    const throttle = new Throttle(join(tmpdir(), 'sget-no-such-folder', 'tries'), new StoppedClock())
    t.equal(
      refusalFrom(() => throttle.begin()),
      'tries-unwritten',
    )
    t.doesNotThrow(() => throttle.right())
  })
})

t.test('a terminal is remembered while it is used, and until it was idle for 15 minutes', async (t) => {
  const clock = new StoppedClock()
  const proofs = new Proofs(clock)
  t.equal(proofs.isProvedTerminal('1:2'), false)
  proofs.proveTerminal('1:2')
  clock.boot += 15 * minuteMs - 1
  t.equal(proofs.isProvedTerminal('1:2'), true)
  t.equal(proofs.isProvedTerminal('1:3'), false, 'another session of it is another terminal')
  clock.boot += 15 * minuteMs - 1
  t.equal(proofs.isProvedTerminal('1:2'), true, 'asking was use')
  clock.boot += 15 * minuteMs
  t.equal(proofs.isProvedTerminal('1:2'), false)
  proofs.proveTerminal('1:2')
  proofs.clear()
  t.equal(proofs.isProvedTerminal('1:2'), false, 'nothing outlives the lock')
})

t.test('what was proved is over by either clock, whichever way the wall was set', async (t) => {
  for (const jump of [{ boot: 15 }, { wall: 15 }, { wall: -15 }, { boot: 15, wall: -15 }]) {
    const clock = new StoppedClock()
    const proofs = new Proofs(clock)
    const connection = {}
    proofs.proveTerminal('1:2')
    proofs.proveConnection(connection)
    t.same([proofs.isProvedTerminal('1:2'), proofs.isProvedConnection(connection)], [true, true])
    clock.boot += (jump.boot ?? 0) * minuteMs
    clock.wall += (jump.wall ?? 0) * minuteMs
    t.same([proofs.isProvedTerminal('1:2'), proofs.isProvedConnection(connection)], [false, false])
    Object.assign(clock, new StoppedClock())
    t.same(
      [proofs.isProvedTerminal('1:2'), proofs.isProvedConnection(connection)],
      [false, false],
      'for good',
    )
  }
})

t.test('a connection that was proved is none after the vault was locked', async (t) => {
  const proofs = new Proofs(new StoppedClock())
  const connection = {}
  proofs.proveConnection(connection)
  t.equal(proofs.isProvedConnection(connection), true)
  t.equal(proofs.isProvedConnection({}), false)
  proofs.clear()
  t.equal(proofs.isProvedConnection(connection), false)
})

t.test('only a human has a terminal that is remembered', async (t) => {
  const terminal = { device: 34816, session: 7 }
  const caller = (kind: 'agent' | 'human' | 'unattributed'): Parameters<typeof ownTerminal>[0] =>
    ({ class: kind, terminal }) as Parameters<typeof ownTerminal>[0]
  t.equal(ownTerminal(caller('human')), '34816:7')
  t.equal(ownTerminal(caller('agent')), undefined)
  t.equal(ownTerminal(caller('unattributed')), undefined)
})

t.test('an open vault', async (t) => {
  const paths = instancePaths('', mkdtempSync(join(tmpdir(), 'sget-keeper-')))
  prepareFolders(paths, process.getuid?.() ?? 0)
  mkdirSync(paths.config)
  writeFileSync(paths.configuration, '[lock]\nidle = "10m"\n', { mode: 0o600 })
  const audit = openLog({ directory: paths.audit, sync: 'second' })
  t.teardown(() => audit.close())
  const log = openDaemonLog(paths.log, 'info')
  const clock = new StoppedClock()
  const locked: string[] = []
  const keeper = new Keeper({
    paths,
    audit,
    journal: new Journal(clock),
    clock,
    log,
    onOpen: () => undefined,
    onLock: (reason) => locked.push(reason),
  })
  t.equal(
    refusalFrom(() => keeper.use),
    'no-vault',
  )
  await keeper.create(Buffer.from('a passphrase'))

  t.test(
    'is idle after the time in the config, by the clock that runs while the machine sleeps',
    async (t) => {
      clock.boot += 10 * minuteMs - 1
      clock.wall += 10 * minuteMs - 1
      t.equal(keeper.isIdle, false)
      t.ok(keeper.use)
      clock.boot += 10 * minuteMs - 1
      t.ok(keeper.use, 'use ends it')
      clock.boot += 10 * minuteMs
      t.equal(keeper.isIdle, true)
      await keeper.lock('end of the test')
      await keeper.unlock(Buffer.from('a passphrase'))
    },
  )
  t.test('is idle by the clock that people set, whichever way it was set', async (t) => {
    for (const by of [10 * minuteMs, -10 * minuteMs]) {
      t.ok(keeper.use)
      clock.wall += by
      t.equal(keeper.isIdle, true)
      clock.wall -= by
      t.equal(keeper.isIdle, false)
    }
  })
  t.test('serves nobody once it was idle for so long, though no timer has fired yet', async (t) => {
    locked.length = 0
    clock.boot += 10 * minuteMs
    t.equal(
      refusalFrom(() => keeper.use),
      'locked',
    )
    t.same(locked, ['idle'])
    clock.boot -= 10 * minuteMs
    t.equal(keeper.opened, undefined, 'for good')
    await keeper.unlock(Buffer.from('a passphrase'))
    t.ok(keeper.use, 'a passphrase opens it, while it still closed or later')
  })
  t.test('tells what hangs on it when it locks, and serves nothing from then on', async (t) => {
    locked.length = 0
    await keeper.lock('asked')
    t.same(locked, ['asked'])
    t.equal(
      refusalFrom(() => keeper.use),
      'locked',
    )
    await keeper.lock('asked')
    t.same(locked, ['asked'], 'once')
  })
  t.test('opens with its passphrase and no other, and concurrent openings are one', async (t) => {
    await t.rejects(keeper.unlock(Buffer.from('a guess')), { code: 'wrong-passphrase' })
    t.equal(
      refusalFrom(() => keeper.use),
      'locked',
    )
    await Promise.all([
      keeper.unlock(Buffer.from('a passphrase')),
      keeper.unlock(Buffer.from('a passphrase')),
    ])
    t.match(keeper.use.documents.config, { idleLockMs: 10 * minuteMs })
    await keeper.lock('done')
  })
  t.test(
    'opens though it cannot read what is in force, and then gives nothing without a question',
    async (t) => {
      await keeper.unlock(Buffer.from('a passphrase'))
      t.not(keeper.use.documents.rules.length, 0)
      await keeper.use.vault.setDocument('policy', Buffer.from('[[rule]]\nfrom = "a later version"\n'))
      await keeper.use.vault.setDocument('config', Buffer.from('[later]\nversion = true\n'))
      await keeper.lock('done')
      await keeper.unlock(Buffer.from('a passphrase'))
      t.same(keeper.use.documents.rules, [])
      t.match(keeper.use.documents.config, { idleLockMs: 8 * 60 * minuteMs })
      await keeper.lock('done')
    },
  )
  t.test('closes when it is idle, though the log cannot be told', async (t) => {
    await keeper.unlock(Buffer.from('a passphrase'))
    locked.length = 0
    clock.boot += 8 * 60 * minuteMs
    await audit.close()
    keeper.sweep()
    while (!readFileSync(paths.log, 'utf8').includes('cannot record that the vault was locked'))
      await delay(5)
    t.same(locked, ['idle'])
    t.equal(keeper.isIdle, false)
  })
})
