// What a config may say, and what holds where it says nothing.
import t from 'tap'
import { readConfig as readWith } from '../src/index.ts'

/** Stands for what the protocol says of names: nothing that begins with LD_, and no digit first. */
const isSafe = (name: string): boolean => /^(?!LD_)[A-Z_][A-Z0-9_]*$/.test(name)
const readConfig = (text: string): ReturnType<typeof readWith> => readWith(text, isSafe)

t.test('the journal is a path from the root, or off, and /dev/log where nothing is said', (t) => {
  const journal = (text: string): string | undefined => {
    const reading = readConfig(text)
    return reading.ok ? (reading.value.auditJournal ?? 'none') : reading.errors[0]?.message
  }
  t.equal(journal(''), '/dev/log')
  t.equal(journal('[audit]\nsync = "always"'), '/dev/log')
  t.equal(journal('audit.journal = "/run/log"'), '/run/log')
  t.equal(journal('audit.journal = "off"'), 'none')
  t.equal(journal(`audit.journal = "/${'x'.repeat(106)}"`), `/${'x'.repeat(106)}`)
  for (const wrong of ['log', './log', 'OFF', 'none', `/${'é'.repeat(54)}`])
    t.match(
      journal(`audit.journal = "${wrong}"`),
      /the journal is a path from the root, or "off" at 1:17/,
      wrong,
    )
  t.match(journal('audit.journal = ""'), /expected a string of 1 to 107 characters/)
  t.match(journal(`audit.journal = "/${'x'.repeat(107)}"`), /expected a string of 1 to 107 characters/)
  t.match(journal('audit.journal = true'), /expected a string/)
  t.match(journal('audit.jornal = "/x"'), /did you mean/)
  t.end()
})

t.test('the vault locks itself after a minute to seven days without use, or after eight hours', (t) => {
  const idle = (text: string): number | string | undefined => {
    const reading = readConfig(text)
    return reading.ok ? reading.value.idleLockMs : reading.errors[0]?.message
  }
  const minuteMs = 60_000
  for (const unsaid of ['', '[lock]', 'audit.sync = "second"'])
    t.equal(idle(unsaid), 8 * 60 * minuteMs, unsaid)
  t.equal(idle('lock.idle = "1m"'), minuteMs)
  t.equal(idle('lock.idle = "60s"'), minuteMs)
  t.equal(idle('lock.idle = "9h"'), 9 * 60 * minuteMs)
  t.equal(idle('lock.idle = "7d"'), 7 * 24 * 60 * minuteMs)
  for (const wrong of ['59s', '8d', '169h', '604801s'])
    t.match(idle(`lock.idle = "${wrong}"`), /expected a duration from 1m to 7d at 1:13/, wrong)
  t.end()
})

t.test('what git ignores is searched, unless that is said', (t) => {
  const skips = (text: string): boolean | string | undefined => {
    const reading = readConfig(text)
    return reading.ok ? reading.value.skipIgnored : reading.errors[0]?.message
  }
  for (const unsaid of ['', '[sweep]', '[lock]', 'sweep.skip_ignored = false'])
    t.equal(skips(unsaid), false, unsaid)
  t.equal(skips('[sweep]\nskip_ignored = true'), true)
  t.match(skips('sweep.skip_ignored = "yes"'), /expected true or false/)
  t.match(skips('sweep.skip_ignore = true'), /did you mean/)
  t.end()
})

t.test('the audit log reaches the disk within a second, or with each record where that is said', (t) => {
  const sync = (text: string): string | undefined => {
    const reading = readConfig(text)
    return reading.ok ? reading.value.auditSync : reading.errors[0]?.message
  }
  for (const unsaid of ['', '[audit]', '[lock]']) t.equal(sync(unsaid), 'second', unsaid)
  t.equal(sync('audit.sync = "second"'), 'second')
  t.equal(sync('audit.sync = "always"'), 'always')
  for (const wrong of ['never', 'Second', ''])
    t.match(sync(`audit.sync = "${wrong}"`), /expected one of "second", "always" at 1:14/, wrong)
  t.end()
})

t.test('an env file may set the plain variables that are listed, and none that programs obey', (t) => {
  const plain = (text: string): readonly string[] | string | undefined => {
    const reading = readConfig(text)
    return reading.ok ? reading.value.plainVariables : reading.errors[0]?.message
  }
  for (const unsaid of ['', '[run]', 'audit.sync = "second"']) t.strictSame(plain(unsaid), [], unsaid)
  t.strictSame(plain('[run]\nplain = []'), [])
  t.strictSame(plain('[run]\nplain = ["LOG_LEVEL", "PORT"]'), ['LOG_LEVEL', 'PORT'])
  for (const wrong of ['LD_PRELOAD', '1A', 'A-B', 'A*', '*'])
    t.equal(
      plain(`[run]\nplain = ["PORT", "${wrong}"]`),
      `no plain variable can be named "${wrong}" at 2:18: programs obey it, or it is no name`,
    )
  t.match(plain('run.plain = [""]'), /expected a string of 1 to 512 characters at 1:14/)
  t.match(plain('run.plain = "PORT"'), /expected a list at 1:13: found "PORT"/)
  t.match(plain('run.plan = []'), /unknown key "plan" at 1:5: did you mean "plain"/)
  const many = (count: number): string => `run.plain = [${'"A",'.repeat(count)}]`
  t.equal(plain(many(64))?.length, 64)
  t.match(plain(many(65)), /expected at most 64 items/)
  t.end()
})
