// What a config may say, and what holds where it says nothing.
import t from 'tap'
import { readConfig } from '../src/index.ts'

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
