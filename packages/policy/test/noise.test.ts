// Any text as a policy or a config: what it says, or faults that each have a place in it, and never anything else.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import {
  type Reading,
  check,
  difference,
  firstPolicy,
  parseRules,
  readConfig,
  readPolicy,
} from '../src/index.ts'
import { isMeetable } from '../src/demand.ts'
import { approvals, exposures } from '../src/permission.ts'

/** What such documents are made of, right and wrong. */
const pieces = [
  ...[
    '[[rule]]',
    '[rule]',
    '[lock]',
    '[audit]',
    '[[rule.x]]',
    '\n',
    '\n',
    '\r\n',
    ' ',
    '=',
    '.',
    ',',
    '# x\n',
  ],
  ...[
    'secrets',
    'agent',
    'caller',
    'exposure',
    'approval',
    'uses',
    'ttl',
    'reason',
    'attested',
    'acr',
    'amr',
    'max_age',
    'idle',
    'sync',
  ],
  ...[
    '["a/**"]',
    '["**"]',
    '[]',
    '[',
    ']',
    '{',
    '}',
    '""',
    "'x'",
    '"""',
    "'''",
    '"/x"',
    '"**/x"',
    '"\\u0000"',
  ],
  ...['true', 'false', '0', '1', '-1', '1e9', '0x10', '1979-05-27', 'nan', '"5m"', '"0s"', '"99999999999d"'],
  ...[...exposures, ...approvals].map((word) => JSON.stringify(word)),
  ...['__proto__', 'constructor', 'rule', 'journal', 'é', '🎉', '\ud800', '\u0000', '\u202e', '\t', '\\'],
]
const anyPieces = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((words) => words.join(''))
const anyLine = fc
  .tuple(fc.constantFrom(...pieces), fc.constantFrom(...pieces))
  .map(([key, value]) => `${key} = ${value}\n`)
const anyLines = fc
  .array(fc.oneof(anyLine, fc.constant('[[rule]]\n')), { maxLength: 12 })
  .map((lines) => lines.join(''))

/** The first policy with a piece of it replaced: nearly right. */
const nearlyFirst = fc
  .tuple(fc.nat(firstPolicy.length), fc.nat(12), fc.constantFrom('', ...pieces))
  .map(([at, out, put]) => firstPolicy.slice(0, at) + put + firstPolicy.slice(at + out))
const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), anyPieces, anyLines, nearlyFirst)

/** All but the tab that moves a cursor, hides or turns text around. */
const steering = /(?!\t)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/** Each fault has a place in the text, in the text's order, and its message says where and nothing that steers a terminal. */
function assertPlaced(text: string, reading: Reading<unknown>): void {
  if (reading.ok) return
  const lines = text.split('\n')
  assert.ok(reading.errors.length > 0)
  for (const { line, column, message } of reading.errors) {
    assert.ok(line >= 1 && line <= lines.length, `line ${line} of ${lines.length}`)
    assert.ok(column >= 1 && column <= (lines[line - 1] ?? '').length + 1, `column ${column} of line ${line}`)
    assert.ok(message.includes(`at ${line}:${column}`), message)
    assert.doesNotMatch(message, steering)
  }
  assert.deepEqual(
    reading.errors,
    reading.errors.toSorted((a, b) => a.line - b.line || a.column - b.column),
  )
}

function holds<T extends unknown[]>(t: Test, told: string, property: fc.IProperty<T>): void {
  t.doesNotThrow(() => fc.assert(property, { numRuns: 800 }), told)
}

t.test('any text is rules or faults with their places', (t) => {
  const read = fc.property(anyText, (text) => {
    const reading = parseRules(text)
    assertPlaced(text, reading)
    assertPlaced(text, readPolicy(text))
    if (!reading.ok) return
    assert.deepEqual(parseRules(`${text}\n`), reading, 'a newline more says nothing more')
    assert.equal(readPolicy(text).ok, check(reading.value).length === 0)
    for (const { permission, secrets } of reading.value) {
      assert.ok(secrets.length > 0 && permission.uses >= 1 && permission.ttlMs >= 1000)
      assert.ok(approvals.includes(permission.approval))
      assert.ok(isMeetable(permission.demand))
      assert.ok(permission.exposures.every((exposure) => exposures.includes(exposure)))
    }
  })
  holds(t, 'as a policy', read)
  t.end()
})

t.test('any text is a config or faults with their places', (t) => {
  const minuteMs = 60_000
  const read = fc.property(anyText, (text) => {
    const reading = readConfig(text, (name) => name !== 'PATH')
    assertPlaced(text, reading)
    if (!reading.ok) return
    const { idleLockMs, auditJournal, auditSync } = reading.value
    assert.ok(idleLockMs >= minuteMs && idleLockMs <= 7 * 24 * 60 * minuteMs)
    assert.ok(auditJournal === undefined || auditJournal.startsWith('/'))
    assert.ok(text.includes('always') || auditSync === 'second')
  })
  holds(t, 'as a config', read)
  t.end()
})

t.test('the difference of any two texts shows both whole, and nothing that steers a terminal', (t) => {
  const shown = fc.property(anyLines, anyLines, (before, after) => {
    const lines = difference(before, after)
    assert.deepEqual(lines.length === 0, before === after)
    for (const line of lines) assert.doesNotMatch(line, steering)
  })
  holds(t, 'any two', shown)
  t.end()
})
