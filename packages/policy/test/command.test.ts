// Command lines in rules: what a pattern matches, what is refused, and what a rule may say of commands.
import t from 'tap'
import { isPinned, parseCommand, pinOf } from '../src/command.ts'
import { parseRules } from '../src/index.ts'

const faultOf = (text: string): string => {
  const parsed = parseCommand(text)
  return 'fault' in parsed ? (parsed.why ?? parsed.fault) : 'none'
}
const runs = (pattern: string, program: string, words: readonly string[], trusted = true): boolean => {
  const parsed = parseCommand(pattern)
  if ('fault' in parsed) throw new Error(parsed.fault)
  return isPinned(pinOf([parsed.value]), { program, trusted, words })
}
const psql = '/usr/bin/psql'
const passes = (pattern: string, ...args: string[]): boolean => runs(pattern, psql, ['psql', ...args])

t.test('each pattern stands for one argument, and a * alone at the end for any further ones', (t) => {
  const rows: readonly [pattern: string, ...args: string[]][] = [
    [psql],
    [`${psql} *`],
    [`${psql} *`, '-c', 'select 1', ''],
    [`${psql} -c *`, '-c'],
    [`${psql} -c *`, '-c', '*', '-f'],
    [`${psql} -c ?*`, '-c', 'x'],
    [`${psql} * -c ?*`, '', '-c', 'a/b c'],
    [`${psql}  -h   db.*\t-p 5?32`, '-h', 'db.example', '-p', '5432'],
    [`${psql} -c 'select  1'`, '-c', 'select  1'],
    [`${psql} -c"a b"c`, '-ca bc'],
    [`${psql} ''`, ''],
    [`${psql} '*' "?"`, '*', '?'],
    [`${psql} "it's" '"'`, "it's", '"'],
    [`${psql} '$(x) \\ ;' *`, '$(x) \\ ;'],
    [`${psql} a*b`, 'a/é🎉 b'],
    [`${psql} ?`, '🎉'],
  ]
  for (const [pattern, ...args] of rows) t.ok(passes(pattern, ...args), `${pattern} ← ${args.join(' | ')}`)
  t.end()
})

t.test('and nothing else', (t) => {
  const rows: readonly [pattern: string, ...args: string[]][] = [
    [psql, ''],
    [psql, '-c'],
    [`${psql} -c *`],
    [`${psql} -c *`, '-f', '-c'],
    [`${psql} -c ?*`, '-c'],
    [`${psql} -c ?*`, '-c', ''],
    [`${psql} -c ?*`, '-c', 'x', 'y'],
    [`${psql} * -c ?*`, '-c', 'x'],
    [`${psql} * -c ?*`, 'a', 'b', '-c', 'x'],
    [`${psql} ?`, ''],
    [`${psql} ?`, 'ab'],
    [`${psql} '*'`, 'x'],
    [`${psql} '*'`],
    [`${psql} "*"`, 'x', 'y'],
    [`${psql} -C`, '-c'],
    [`${psql} 'a b'`, 'a', 'b'],
    [`${psql} a b`, 'a b'],
  ]
  for (const [pattern, ...args] of rows) t.notOk(passes(pattern, ...args), `${pattern} ← ${args.join(' | ')}`)
  t.end()
})

t.test(
  'the program is that one file, which root alone can change, under whatever name it was called',
  (t) => {
    t.ok(runs(`${psql} *`, psql, ['anything']))
    t.ok(runs('/x', '/x', ['x']))
    t.ok(runs("'/opt/my tools/x' *", '/opt/my tools/x', ['x']))
    t.ok(runs("'/opt/*'", '/opt/*', ['x']), 'as any text, in quotes')
    for (const program of ['/usr/bin/psq', '/usr/bin/psql2', '/tmp/psql', 'psql', '', '/usr/bin//psql'])
      t.notOk(runs(`${psql} *`, program, ['psql']), program)
    t.notOk(runs(`${psql} *`, psql, ['psql'], false), 'others can change it')
    t.notOk(runs(`${psql} *`, psql, []), 'its arguments were not told')
    t.end()
  },
)

t.test('what means something to a shell, or nothing here, is refused and not taken as it stands', (t) => {
  for (const character of Array.from('[]{}()\\$`;&|<>'))
    t.equal(
      faultOf(`${psql} a${character}`),
      `no shell reads this, so "${character}" stands between quotes`,
      character,
    )
  for (const open of [`${psql} 'a`, `${psql} "a'`, `${psql} '`])
    t.equal(faultOf(open), 'a quote is not closed', open)
  for (const double of [`${psql} **`, `${psql} ** x`, `${psql} a**`])
    t.match(faultOf(double), /^a \* alone at the end/, double)
  for (const path of [
    '',
    ' ',
    'psql',
    './psql',
    '*',
    '/usr/bin/*',
    '/usr/bin/psq?',
    '/',
    '/usr/bin/',
    '/a//b',
    '/a/../b',
    '/a/./b',
    "''",
  ])
    t.equal(faultOf(path), 'it begins with the whole path of one program', path)
  t.equal(faultOf(`${psql} '**' "[" '$X'`), 'none', 'between quotes all is text')
  t.end()
})

t.test('a rule names one command or a list of them, for run alone, and says where it does not', (t) => {
  const read = (lines: string, exposure = '["run"]') =>
    parseRules(`[[rule]]\nsecrets = ["a/**"]\nexposure = ${exposure}\napproval = "never"\n${lines}`)
  const message = (lines: string, exposure?: string): string | undefined => {
    const reading = read(lines, exposure)
    return reading.ok ? undefined : reading.errors[0]?.message
  }
  t.match(read('command = "/bin/x *"'), { value: [{ permission: { commands: [{ text: '/bin/x *' }] } }] })
  t.match(read('command = ["/bin/x *", "/bin/y"]'), {
    value: [{ permission: { commands: [{ text: '/bin/x * or /bin/y', patterns: [{}, {}] }] } }],
  })
  t.match(read(''), { value: [{ permission: { commands: [] } }] })
  t.equal(
    message('command = "x"'),
    'malformed command "x" at 5:11: it begins with the whole path of one program',
  )
  t.match(message('command = ["/bin/x", "y"]'), /malformed command "y" at 5:22/)
  t.match(message('command = 1'), /expected a string of 1 to 512 characters at 5:11: found 1/)
  t.match(message('command = []'), /no command in the list at 1:1: leave command out to allow any/)
  t.match(message(`command = [${'"/bin/x",'.repeat(65)}]`), /expected at most 64 items/)
  t.equal(message(`command = [${'"/bin/x",'.repeat(64)}]`), undefined)
  for (const exposure of ['["run", "read"]', '["read"]', '[]', '["run", "run"]'])
    t.match(
      message('command = "/bin/x"', exposure),
      /a command in a rule for more than "run" at 1:1/,
      exposure,
    )
  t.end()
})
