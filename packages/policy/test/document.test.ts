// Reading a document strictly: what is refused and where, what is read, and how a change is shown.
import t from 'tap'
import {
  type PolicyError,
  type Reading,
  check,
  difference,
  duration,
  firstPolicy,
  flag,
  formatDuration,
  integer,
  list,
  oneOf,
  optional,
  parseDuration,
  parseRules,
  printable,
  readPolicy,
  readToml,
  required,
  table,
  text,
} from '../src/index.ts'

const rule = (lines: string) =>
  `[[rule]]\nsecrets = ["dev/**"]\nexposure = ["run"]\napproval = "never"\n${lines}`
const faults = (reading: Reading<unknown>): readonly PolicyError[] => (reading.ok ? [] : reading.errors)
const messages = (reading: Reading<unknown>): readonly string[] =>
  faults(reading).map(({ message }) => message)

t.test('a fault is told with line and column, and with what it was meant to be', (t) => {
  const wrong: readonly [string, string][] = [
    ['exposur = 1', 'unknown key "exposur" at 5:1: did you mean "exposure"?'],
    ['\tagnet = "/x"', 'unknown key "agnet" at 5:2: did you mean "agent"?'],
    ['colour = 1', 'unknown key "colour" at 5:1'],
    ['attest = true', 'unknown key "attest" at 5:1: did you mean "attested"?'],
    ['attestedly = true', 'unknown key "attestedly" at 5:1: did you mean "attested"?'],
    ['attes = true', 'unknown key "attes" at 5:1'],
    ['"zz\\u202ezz" = 1', 'unknown key "zz\\u{202e}zz" at 5:1'],
    ['__proto__ = 1', 'unknown key "__proto__" at 5:1'],
    ['constructor = 1', 'unknown key "constructor" at 5:1'],
    ['us.es = 1', 'unknown key "us" at 5:1'],
    ['uses = 0', 'expected a whole number from 1 to 1000 at 5:8: found 0'],
    ['uses = 1001', 'expected a whole number from 1 to 1000 at 5:8: found 1001'],
    [
      'uses = 99999999999999999999',
      'expected a whole number from 1 to 1000 at 5:8: found 99999999999999999999',
    ],
    ['uses = 1.0', 'expected a whole number from 1 to 1000 at 5:8: found a float'],
    ['uses = "1"', 'expected a whole number from 1 to 1000 at 5:8: found "1"'],
    ['ttl = 5', 'expected a duration such as "90s", "5m" or "8h" at 5:7: found 5'],
    ['ttl = "5"', 'expected a duration such as "90s", "5m" or "8h" at 5:7: found "5"'],
    ['ttl = "2d"', 'expected a duration from 1s to 1d at 5:7: found "2d"'],
    ['reason = true', 'expected one of "required", "optional" at 5:10: found true'],
    ['reason = "Required"', 'expected one of "required", "optional" at 5:10: found "Required"'],
    ['agent = 1979-05-27', 'expected a string of 1 to 512 characters at 5:9: found a date'],
    ['agent = ""', 'expected a string of 1 to 512 characters at 5:9: found ""'],
    [
      `agent = "/${'x'.repeat(512)}"`,
      `expected a string of 1 to 512 characters at 5:9: found "/${'x'.repeat(78)}…"`,
    ],
    ['agent = "claude"', 'no agent has a path like "claude" at 5:9: it begins with / or **/'],
    ['agent = "**"', 'no agent has a path like "**" at 5:9: it begins with / or **/'],
    [
      'agent = "/bin/{a,b}"',
      'malformed pattern "/bin/{a,b}" at 5:9: "{" means nothing here, only *, ** and ? do',
    ],
    [
      'agent = "/bin/@(a)"',
      'malformed pattern "/bin/@(a)" at 5:9: "@(" means nothing here, only *, ** and ? do',
    ],
    ['agent = "!/bin/a"', 'malformed pattern "!/bin/a" at 5:9: "!" means nothing here, only *, ** and ? do'],
    [
      "agent = '/bin/\\*'",
      'malformed pattern "/bin/\\*" at 5:9: "\\" means nothing here, only *, ** and ? do',
    ],
    ['agent = "/bin/a**"', 'malformed pattern "/bin/a**" at 5:9: ** is a segment of its own'],
    ['caller = "cron"', 'malformed caller "cron" at 5:10: it is the whole path of one program'],
    ['caller = "/bin/*"', 'malformed caller "/bin/*" at 5:10: it is the whole path of one program'],
    ['caller = "/bin/?"', 'malformed caller "/bin/?" at 5:10: it is the whole path of one program'],
    ['caller = "/a"\nagent = "/b"', 'an agent and a caller in one rule at 1:1: it is for one of them'],
    ['uses = 1\nuses = 2', 'defining a key multiple times is invalid at 6:1'],
    ['uses = ', 'unspecified values are invalid at 5:8'],
    ['[other]', 'unknown key "other" at 5:2'],
    ['[[other.one]]', 'unknown key "other" at 5:3'],
    ['[rule.more]', 'unknown key "more" at 5:7'],
  ]
  for (const [lines, message] of wrong) t.strictSame(messages(parseRules(rule(lines))), [message], lines)
  t.end()
})

t.test('what a rule must say is missed, and every fault is told at once, in order', (t) => {
  t.strictSame(messages(parseRules('[[rule]]\n')), [
    'missing key "secrets" at 1:1',
    'missing key "exposure" at 1:1',
    'missing key "approval" at 1:1',
  ])
  t.strictSame(
    messages(
      parseRules(
        'ruel = 1\n[[rule]]\napproval = "ask"\nsecrets = ["prod", "a", "a//b", "/a", "a/", "*"]\nexposure = ["run", "raed"]\n',
      ),
    ),
    [
      'unknown key "ruel" at 1:1: did you mean "rule"?',
      'expected one of "never", "once", "always", "proof" at 3:12: found "ask"',
      ...['12: "prod"', '20: "a"', '25: "a//b"', '33: "/a"', '39: "a/"', '45: "*"'].map((place) => {
        const [column = '', name = ''] = place.split(': ')
        return `no secret has a name like ${name} at 4:${column}: names have two segments or more`
      }),
      'expected one of "run", "read", "pipe", "reveal", "helper", "write" at 5:20: found "raed"',
    ],
  )
  t.strictSame(messages(parseRules('[[rule]]\nsecrets = []\nexposure = []\napproval = "once"')), [
    'no secrets in the rule at 1:1',
  ])
  t.strictSame(messages(parseRules('rule = 1')), ['expected a list at 1:8: found 1'])
  t.strictSame(messages(parseRules('rule = [1]')), ['expected a table at 1:9: found 1'])
  t.strictSame(messages(parseRules('rule = { }')), ['expected a list at 1:8: found a table'])
  t.match(
    messages(parseRules(`[[rule]]\nsecrets = [${'"a/b",'.repeat(65)}]`))[2],
    /expected at most 64 items at 2:11: found a list/,
  )
  t.strictSame(messages(parseRules('[[rule]]\n'.repeat(257))), [
    'expected at most 256 items at 1:1: found a list',
  ])
  t.strictSame(faults(parseRules('x = 1')), [{ line: 1, column: 1, message: 'unknown key "x" at 1:1' }])
  t.end()
})

t.test('hostile documents are refused, not followed', (t) => {
  for (const document of [`a = ${'['.repeat(20_000)}${']'.repeat(20_000)}`, `a${'.a'.repeat(30_000)} = 1`]) {
    t.match(messages(parseRules(document)), [/nested too deeply at 1:1|unknown key "a" at 1:1/])
  }
  t.match(messages(parseRules('#'.repeat(65_537))), ['the text has more than 65536 characters at 1:1'])
  t.strictSame(messages(parseRules('#'.repeat(65_536))), [])
  for (const document of [
    '\0',
    '"\u0001" = 1',
    'a = "\\uD800"',
    '\ufeffa = 1',
    'a = {x = 1,}',
    '[a',
    'a',
    'a = 1 b = 2',
  ]) {
    t.equal(messages(parseRules(document)).length, 1, document)
  }
  t.end()
})

t.test('what is right is read: with what it leaves out, in any way that TOML writes it', (t) => {
  const reading = parseRules(
    rule('attested = true\nuses = 3\nttl = "90s"\nreason = "required"\nagent = "**/claude"\n') +
      rule('') +
      rule('caller = "/usr/bin/backup"'),
  )
  t.match(reading, {
    value: [
      {
        name: 'rule 1',
        at: { line: 1, column: 1 },
        caller: undefined,
        agent: { text: '**/claude' },
        permission: {
          exposures: ['run'],
          approval: 'never',
          uses: 3,
          ttlMs: 90_000,
          reasonRequired: true,
          attestedOnly: true,
        },
      },
      {
        name: 'rule 2',
        at: { line: 10, column: 1 },
        agent: undefined,
        secrets: [{ text: 'dev/**' }],
        permission: { uses: 1, ttlMs: 300_000, reasonRequired: false, attestedOnly: false },
      },
      { name: 'rule 3', caller: '/usr/bin/backup' },
    ],
  })
  t.strictSame(parseRules(''), { ok: true, value: [] })
  t.match(parseRules('rule = [{ secrets = ["a/b"], exposure = [], approval = "proof" }]'), {
    ok: true,
    value: [{ at: { line: 1, column: 9 } }],
  })
  t.match(parseRules(rule('reason = "optional"\nttl = "24h"\nuses = 1000')), { ok: true })
  t.match(parseRules(rule('ttl = "1s"')), { ok: true, value: [{ permission: { ttlMs: 1000 } }] })
  t.match(
    parseRules(rule(`agent = "/opt/a+b (c)@1/x"`)),
    { ok: true },
    'other characters stand for themselves',
  )
  t.end()
})

t.test('another document is read with a schema of its own', (t) => {
  const schema = table({
    audit: required(table({ sync: optional(oneOf(['second', 'always']), 'second') })),
    mount: optional(list(table({ at: required(text(8)), on: optional(flag, true) }), 2), []),
    lock: optional(duration(60_000, 3_600_000), undefined),
    port: optional(integer(1, 9), 4),
  })
  t.strictSame(
    readToml(
      'audit.sync = "always"\nlock = "1h"\n[[mount]]\nat = "a"\n[[mount]]\nat = "b"\non = false',
      schema,
    ),
    {
      ok: true,
      value: {
        audit: { sync: 'always' },
        mount: [
          { at: 'a', on: true },
          { at: 'b', on: false },
        ],
        lock: 3_600_000,
        port: 4,
      },
    },
  )
  t.strictSame(readToml('[audit]', schema), {
    ok: true,
    value: { audit: { sync: 'second' }, mount: [], lock: undefined, port: 4 },
  })
  t.strictSame(messages(readToml('', schema)), ['missing key "audit" at 1:1'])
  t.strictSame(
    messages(
      readToml('audit = 1\nport = 0\n[[mount]]\nat = "123456789"\non = 1\n[[mount]]\n[[mount]]', schema),
    ),
    [
      'expected a table at 1:9: found 1',
      'expected a whole number from 1 to 9 at 2:8: found 0',
      'expected at most 2 items at 3:1: found a list',
    ],
  )
  t.strictSame(messages(readToml('[audit]\nsync = "secnd"\n[[mount]]\nat = ""\non = "x"', schema)), [
    'expected one of "second", "always" at 2:8: found "secnd"',
    'expected a string of 1 to 8 characters at 4:6: found ""',
    'expected true or false at 5:6: found "x"',
  ])
  t.end()
})

t.test('a duration is a number and one unit', (t) => {
  for (const bad of [
    '',
    '5',
    'm',
    '0s',
    '-1s',
    '05m',
    '1.5h',
    '5 m',
    '5M',
    '1h30m',
    '5ms',
    '1000000s',
    '5m\n',
  ]) {
    t.equal(parseDuration(bad), undefined, bad)
  }
  const good = { '1s': 1000, '90s': 90_000, '5m': 300_000, '8h': 28_800_000, '2d': 172_800_000 }
  for (const [written, durationMs] of Object.entries(good)) {
    t.equal(parseDuration(written), durationMs)
    t.equal(formatDuration(durationMs), written)
  }
  t.equal(parseDuration('999999s'), 999_999_000)
  t.equal(formatDuration(86_400_000 + 60_000), '1441m')
  t.end()
})

t.test('a rule that names an agent must not give more than everyone has', (t) => {
  const policy = (...rules: readonly (readonly [secrets: string, lines: string])[]) =>
    rules.map(([secrets, lines]) => `[[rule]]\nsecrets = ["${secrets}"]\n${lines}\n`).join('')
  const dev: readonly [string, string] = [
    'dev/**',
    'exposure = ["run", "read"]\napproval = "once"\nuses = 2\nttl = "5m"\nreason = "required"',
  ]
  const agent = (secrets: string, more: string): readonly [string, string] => [
    secrets,
    `agent = "**/claude"\n${more}`,
  ]
  const same = 'exposure = ["run", "read"]\napproval = "once"\nuses = 2\nttl = "5m"\nreason = "required"'
  const wide: readonly [string, string, string][] = [
    ['dev/**', same.replace('"read"', '"read", "pipe", "write"'), 'exposure "pipe", exposure "write"'],
    ['dev/**', same.replace('once', 'never'), 'approval "never"'],
    ['dev/**', same.replace('uses = 2', 'uses = 3'), 'more uses'],
    ['dev/**', same.replace('5m', '301s'), 'a longer ttl'],
    ['dev/**', same.replace('required', 'optional'), 'no reason'],
    ['dev/a', same.replace('once', 'never').replace('uses = 2', 'uses = 3'), 'approval "never", more uses'],
    ['*/a', same.replace('once', 'never'), 'approval "never"'],
    ['**/x/?', same.replace('once', 'never'), 'approval "never"'],
  ]
  for (const [secrets, more, reason] of wide) {
    const errors = messages(readPolicy(policy(agent(secrets, more), dev)))
    t.equal(errors[0], `rule 1 gives an agent more than rule 2 gives everyone at 1:1: ${reason}`, secrets)
  }
  const narrow = same
    .replace('"run", "read"', '"run"')
    .replace('once', 'proof')
    .replace('uses = 2', 'uses = 1')
    .replace('5m', '1m')
  for (const more of [same, narrow])
    t.strictSame(messages(readPolicy(policy(dev, agent('dev/*/x', more)))), [])
  t.strictSame(
    messages(readPolicy(policy(agent('other/**', same), dev))),
    ['rule 1 gives an agent more than no rule gives everyone at 1:1: approval "once", more uses'],
    'where no rule matches everyone is asked each time',
  )
  t.strictSame(
    messages(
      readPolicy(
        policy(agent('other/**', same.replace('once', 'always').replace('uses = 2', 'uses = 1')), dev),
      ),
    ),
    [],
  )
  const lax: readonly [string, string] = [
    '**',
    'exposure = ["run", "read", "pipe"]\napproval = "never"\nuses = 9',
  ]
  t.strictSame(
    messages(readPolicy(policy(dev, lax, agent('dev/a', same)))),
    [],
    'what an earlier rule covers no later one reaches',
  )
  t.match(
    messages(
      readPolicy(policy(lax, dev, agent('dev/a', 'exposure = ["pipe"]\napproval = "never"\nuses = 9'))),
    ),
    [],
    'the first counts',
  )
  t.match(
    messages(
      readPolicy(
        policy(
          ['dev/a', 'exposure = []\napproval = "proof"'],
          lax,
          agent('dev/*', 'exposure = ["pipe"]\napproval = "never"'),
        ),
      ),
    ),
    [/^rule 3 gives an agent more than rule 1 gives everyone at 10:1: exposure "pipe", approval "never"$/],
    'each rule that a pattern reaches bounds it',
  )
  const [strict, open] = ['exposure = []\napproval = "proof"', 'exposure = ["run"]\napproval = "never"']
  const many = (...secrets: string[]) => secrets.join('", "')
  t.strictSame(
    messages(readPolicy(policy(agent('dev/*', open), [many('x/y', 'dev/a'), strict], ['**', open]))),
    ['rule 1 gives an agent more than rule 2 gives everyone at 1:1: exposure "run", approval "never"'],
    'one of the patterns of a rule is enough to bound it',
  )
  t.strictSame(
    messages(readPolicy(policy(agent('dev/a', open), [many('x/y', 'dev/*'), open], ['**', strict]))),
    [],
    'and one to cover it: what comes later does not count',
  )
  t.strictSame(check([]), [])
  t.match(messages(readPolicy('x')), [/ at 1:2$/], 'what cannot be read is not checked')
  t.match(
    readPolicy(policy(['a/b', 'exposure = ["pipe"]\napproval = "never"\ncaller = "/x"'])),
    { ok: true },
    'a service is named on purpose',
  )
  t.end()
})

t.test('the first policy is one that may be put in force, and says what the papers say', (t) => {
  const reading = readPolicy(firstPolicy)
  t.match(reading, {
    ok: true,
    value: [
      {
        secrets: [{ text: 'dev/**' }, { text: 'test/**' }],
        permission: { exposures: ['run', 'read'], approval: 'never' },
      },
      { secrets: [{ text: 'prod/**' }], permission: { exposures: ['run'], approval: 'proof' } },
      { secrets: [{ text: '**' }], permission: { exposures: ['run', 'read'], approval: 'once' } },
    ],
  })
  t.equal(reading.ok && reading.value.length, 3)
  t.notMatch(firstPolicy, /write"\]/)
  t.end()
})

t.test('a change is shown whole, and nothing in it can hide', (t) => {
  const lines = (...all: string[]) => all.join('\n')
  t.strictSame(difference('a\nb\n', 'a\nb\n'), [])
  t.strictSame(difference('', 'a'), ['- ', '+ a'])
  t.strictSame(difference(lines('a', 'b', 'c'), lines('a', 'x', 'c')), ['  a', '- b', '+ x', '  c'])
  t.strictSame(
    difference(
      lines('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
      lines('a', 'b', 'c', 'x', 'd', 'e', 'f', 'g', 'h'),
    ),
    ['…', '  b', '  c', '+ x', '  d', '  e', '…'],
  )
  t.strictSame(
    difference(lines('1', '2', '3', '4', '5', '6', '7'), lines('0', '1', '2', '3', '4', '5', '6')),
    ['+ 0', '  1', '  2', '…', '  5', '  6', '- 7'],
  )
  t.strictSame(difference(lines('x', 'a', 'b', 'y', 'c'), lines('a', 'b', 'z', 'c', 'w')), [
    '- x',
    '  a',
    '  b',
    '- y',
    '+ z',
    '  c',
    '+ w',
  ])
  t.strictSame(difference('a', 'a\u001b[2K\u202e\u200b\r\tb'), [
    '- a',
    '+ a\\u{1b}[2K\\u{202e}\\u{200b}\\u{d}\tb',
  ])
  t.equal(printable('é 漢 🎉'), 'é 漢 🎉')
  const long = Array.from({ length: 600 }, (_, at) => String(at))
  const shown = difference(lines(...long), lines(...long.map((line) => `${line}!`)))
  t.equal(shown.length, 1200, 'too much to compare is shown whole')
  t.strictSame(difference(lines(...long, 'end'), lines(...long, 'END')), [
    '…',
    '  598',
    '  599',
    '- end',
    '+ END',
  ])
  t.strictSame(difference(lines('s', ...long), lines('S', ...long)), ['- s', '+ S', '  0', '  1', '…'])
  t.end()
})
