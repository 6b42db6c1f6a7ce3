// What ends with time: proofs, throttles, the idle vault. The clocks are the test's own; files, vault and log are real.
import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openLog } from '@sget/audit'
import { instancePaths, Refusal } from '@sget/wire/broker'
import type { Clock } from '../src/clock.ts'
import { openLog as openDaemonLog } from '../src/log.ts'
import { prepareFolders } from '../src/instance.ts'
import { Journal } from '../src/journal.ts'
import { Keeper } from '../src/keeper.ts'
import { ownTerminal, Proofs, Throttle } from '../src/proofs.ts'

/** A clock that stands still until it is set. */
class StoppedClock implements Clock {
  boot = 1_000_000
  wall = 1_700_000_000_000
  bootMs = (): number => this.boot
  wallMs = (): number => this.wall
  ticks = (): number => this.boot / 10
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

t.test('five wrong passphrases are free, then each doubles the wait, up to five minutes', async (t) => {
  const clock = new StoppedClock()
  const throttle = new Throttle(clock)
  for (let wrong = 0; wrong < 4; wrong++) throttle.wrong()
  throttle.check()
  const waits = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
  for (const seconds of waits) {
    throttle.wrong()
    t.equal(
      refusalFrom(() => throttle.check()),
      `passphrase-throttled ${seconds}`,
    )
    clock.boot += seconds * 1000 - 1
    t.equal(
      refusalFrom(() => throttle.check()),
      'passphrase-throttled 1',
      'to the last millisecond',
    )
    clock.boot += 1
    throttle.check()
  }
  throttle.right()
  throttle.wrong()
  t.doesNotThrow(() => throttle.check(), 'the right one makes all forgotten')
})

t.test('a terminal is remembered while it is used, and for 15 idle minutes', async (t) => {
  const clock = new StoppedClock()
  const proofs = new Proofs(clock)
  t.equal(proofs.isProvedTerminal('1:2'), false)
  proofs.proveTerminal('1:2')
  clock.boot += 15 * minuteMs
  t.equal(proofs.isProvedTerminal('1:2'), true)
  t.equal(proofs.isProvedTerminal('1:3'), false, 'another session of it is another terminal')
  clock.boot += 15 * minuteMs
  t.equal(proofs.isProvedTerminal('1:2'), true, 'asking was use')
  clock.boot += 15 * minuteMs + 1
  t.equal(proofs.isProvedTerminal('1:2'), false)
  proofs.proveTerminal('1:2')
  proofs.clear()
  t.equal(proofs.isProvedTerminal('1:2'), false, 'nothing outlives the lock')
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
      clock.boot += 10 * minuteMs
      clock.wall += 10 * minuteMs
      t.equal(keeper.isIdle, false)
      clock.boot += 1
      t.equal(keeper.isIdle, true)
      t.ok(keeper.use)
      t.equal(keeper.isIdle, false, 'use ends it')
    },
  )
  t.test('is idle by the clock that people set, whichever way it was set', async (t) => {
    clock.wall += 10 * minuteMs + 1
    t.equal(keeper.isIdle, true)
    t.ok(keeper.use)
    clock.wall -= 10 * minuteMs + 1
    t.equal(keeper.isIdle, true)
  })
  t.test('tells what hangs on it when it locks, and serves nothing from then on', async (t) => {
    await keeper.lock('idle')
    t.same(locked, ['idle'])
    t.equal(
      refusalFrom(() => keeper.use),
      'locked',
    )
    await keeper.lock('idle')
    t.same(locked, ['idle'], 'once')
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
})
