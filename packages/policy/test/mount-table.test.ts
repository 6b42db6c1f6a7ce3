// One mount more or less in the text of a config, and all else as somebody wrote it.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { type Mount, type TableEntry, mountKeys, readConfig, withMount, withoutMount } from '../src/index.ts'

const url = 'https://bao.example'
const corp: readonly TableEntry[] = [
  ['at', 'corp'],
  ['type', 'openbao'],
  ['url', url],
]
const table = '[[mount]]\nat = "corp"\ntype = "openbao"\nurl = "https://bao.example"\n'
const other = table.replace('corp', 'other')

function mountsOf(text: string): readonly Mount[] | string {
  const reading = readConfig(text, () => true)
  return reading.ok ? reading.value.mounts : (reading.errors[0]?.message ?? '')
}

t.test('a mount comes at the end, in the way that the text ends its lines', (t) => {
  t.equal(withMount('', corp), table)
  t.equal(withMount('# mine\n', corp), `# mine\n\n${table}`)
  t.equal(withMount('[lock]\nidle = "1h"', corp), `[lock]\nidle = "1h"\n\n${table}`)
  t.equal(withMount('# mine\r\n', corp), `# mine\r\n\r\n${table.replaceAll('\n', '\r\n')}`)
  t.end()
})

t.test('whatever a value holds, it is that value and nothing else, or no config', (t) => {
  const awkward = [
    'a"b',
    "a'b",
    '\\',
    '#x',
    '"\n[sso]\nissuer = "https://evil"',
    '\u202e',
    'ü\u{1f600}',
    '\t',
  ]
  for (const role of awkward) {
    const [mount] = mountsOf(withMount('', [...corp, ['role', role]]))
    t.match(
      mount,
      {
        at: 'corp',
        settings: new Map([
          ['url', url],
          ['role', role],
        ]),
      },
      JSON.stringify(role),
    )
  }
  t.match(mountsOf(withMount('', [...corp, ['role', '\u007f']])), / at 5:/)
  t.match(mountsOf(withMount('', [...corp, ['a b\n', 'x']])), /unknown key "a b\\u\{a\}" at 5:1/)
  const fields: TableEntry = [
    'fields',
    [
      ['password', '/a'],
      ['user "x" = {}\n', '/b'],
    ],
  ]
  t.match(mountsOf(withMount('', [['at', 'b'], ['type', 'http'], ['url', url], fields])), /at most 64 fields/)
  const fine: TableEntry = ['fields', [['user "x" = {}', '/b=c']]]
  t.match(mountsOf(withMount('', [['at', 'b'], ['type', 'http'], ['url', url], fine])), [
    {
      settings: new Map([
        ['url', url],
        ['field.user "x" = {}', '/b=c'],
      ]),
    },
  ])
  t.end()
})

t.test('a text to which no table can be added says so when it is read', (t) => {
  t.match(mountsOf(withMount('mount = []\n', corp)), / at 3:/)
  t.match(mountsOf(withMount('[mount]\n', corp)), / at 3:/)
  t.match(mountsOf(withMount(table, corp)), /two mounts at "corp" at 6:1/)
  t.match(mountsOf(withMount('x = """', corp)), / at /)
  t.end()
})

t.test('the table of one mount goes, with its own tables and remarks', (t) => {
  const rows: readonly (readonly [before: string, after: string, why: string])[] = [
    [table, '', 'alone'],
    [`${table}\n${other}`, `\n${other}`, 'the first'],
    [`${other}\n${table}\n[lock]\n`, `${other}\n[lock]\n`, 'in the middle'],
    [`${other}${table}[lock]\n`, `${other}[lock]\n`, 'without blanks'],
    [`${other}\n${table}`, other, 'the last'],
    [`${other}\n${table}`.replaceAll('\n', '\r\n'), other.replaceAll('\n', '\r\n'), 'of other ends of lines'],
    [`${table}# a = 1\n\n[lock]\n`, '# a = 1\n\n[lock]\n', 'a comment behind it stays'],
    [table.trimEnd(), '', 'no newline at the end'],
    [`${table.trimEnd()} # of it\n[lock] # of that\n`, '[lock] # of that\n', 'what stands in its lines'],
    [`[lock]\n\n# ours\n# for all\n${table}`, '[lock]\n', 'remarks that touch it alone'],
    [`# ours\n${table}`, '# ours\n', 'not those at the top'],
    [`[lock]\n# of whom?\n${table}`, '[lock]\n# of whom?\n', 'not those that touch another'],
    [`\n# of whom?\n\n${table}`, '\n# of whom?\n', 'not those that are apart'],
    [`\n# sync = "x"\n# why\n${table}`, '\n# sync = "x"\n# why\n', 'not settings that were put aside'],
    [`\n# [audit]\n${table}`, '\n# [audit]\n', 'nor tables'],
    [`x = """\n\n# text"""\n${table}`, 'x = """\n\n# text"""\n', 'what looks like a remark is none'],
    [`${table}[mount.fields]\na = "/x"\n[lock]\n`, '[lock]\n', 'what lies in it'],
    [`${table}[lock]\n[mount.fields]\na = "/x"\n`, '[lock]\n', 'wherever'],
    [`${table}${other}[mount.fields]\na = "/x"\n`, `${other}[mount.fields]\na = "/x"\n`, 'and in no other'],
    [table.replace('at', '"at"').replace('[[mount]]', '[[ "mount" ]]'), '', 'in another spelling'],
    [table.replace('"corp"', '"""\ncorp"""'), '', 'whatever the string'],
    [table.replace('"corp"', '"""\\\n  corp"""').replace('\nurl', '\n\n# x\nurl'), '', 'with what is in it'],
  ]
  for (const [before, after, why] of rows) t.equal(withoutMount(before, 'corp'), after, why)
  t.equal(withoutMount('[[mount]]\ntype = "corp"\nat = "x"\n', 'corp'), undefined)
  for (const none of ['', '# at = "corp"\n', other, `mount = [{ at = "corp" }]\n`, '[[x]]\nat = "corp"\n'])
    t.equal(withoutMount(none, 'corp'), undefined, none)
  t.equal(withoutMount('[[mount]]\nnot.at = "corp"\n[[mount]]\nat = 1\n[[mount]]\n', 'corp'), undefined)
  t.end()
})

t.test('what was added goes as if it had never been there, from any config', (t) => {
  const blocks = [
    '[lock]\nidle = "1h"\n',
    '# remark\n',
    '# x = 1\n',
    '\n',
    '[run]\n',
    '[audit] # y\n',
    other,
    table,
  ]
  const anyConfig = fc
    .tuple(fc.uniqueArray(fc.constantFrom(...blocks.filter((block) => block !== table))), fc.boolean())
    .map(([parts, isWindows]) => (isWindows ? parts.join('').replaceAll('\n', '\r\n') : parts.join('')))
  const added = fc.property(anyConfig, (text) => {
    assert.equal(withoutMount(withMount(text, corp), 'corp'), text)
  })
  t.doesNotThrow(() => fc.assert(added, { numRuns: 500 }))
  const anyWith = fc.shuffledSubarray(blocks, { minLength: 1 }).map((parts) => parts.join(''))
  const kept = fc.property(anyWith, (text) => {
    const after = withoutMount(text, 'corp')
    assert.equal(after === undefined, !text.includes(table))
    if (after === undefined) return
    const [had, has] = [readConfig(text, () => true), readConfig(after, () => true)]
    assert.ok(had.ok && has.ok)
    assert.deepEqual(has.value, { ...had.value, mounts: had.value.mounts.filter(({ at }) => at !== 'corp') })
    const rest = text.split('\n').filter((line) => !table.includes(line) || line === '[[mount]]')
    for (const line of rest.filter((each) => each !== '# remark' && each !== '[[mount]]'))
      assert.ok(after.split('\n').includes(line), line)
  })
  t.doesNotThrow(() => fc.assert(kept, { numRuns: 500 }))
  t.end()
})

t.test('the keys of each kind are known, and no reader knows others', (t) => {
  t.strictSame([...mountKeys.keys()], ['openbao', 'http', 'exec'])
  const faults = (kind: string, key: string): readonly string[] => {
    const entries: readonly TableEntry[] =
      key === 'type'
        ? [['type', kind]]
        : [
            ['type', kind],
            [key, 'x'],
          ]
    const reading = readConfig(withMount('', entries), () => true)
    return reading.ok ? [] : reading.errors.map(({ message }) => message)
  }
  for (const [kind, keys] of mountKeys) {
    for (const key of keys) t.notMatch(faults(kind, key).join('\n'), 'unknown key', `${kind} ${key}`)
    t.match(faults(kind, 'nope').join('\n'), 'unknown key "nope"', kind)
    for (const key of ['at', 'type', 'ttl', 'stale']) t.ok(keys.includes(key), key)
  }
  t.end()
})
