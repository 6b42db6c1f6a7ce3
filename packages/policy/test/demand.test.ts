// Rules that demand a strong or recent sign-in: how they are read, joined, told, and refused.
import t from 'tap'
import {
  type Caller,
  type Demand,
  type Rule,
  type Use,
  type Verdict,
  appliedTo,
  askFor,
  decide,
  decideGrant,
  describeDemand,
  parseRules,
  readPolicy,
  unanswerable,
} from '../src/index.ts'
import { isMeetable, joined, shortfalls } from '../src/demand.ts'

const agent: Caller = { class: 'agent', labels: ['/usr/bin/claude'] }
const human: Caller = { class: 'human' }
const detached: Caller = { class: 'unattributed', path: undefined }
const now = { bootMs: 1000, wallMs: 1_000_000, ticks: 100 }
const print: Use = { purpose: 'print', sink: 'shell', reveal: false }
const line = { program: '/usr/bin/psql', trusted: true, words: ['psql'] }
const write: Use = { purpose: 'write' }
const all = '["run", "read", "write"]'

const rule = (secrets: string, more = '', exposure = all): string =>
  `[[rule]]\nsecrets = ["${secrets}"]\nexposure = ${exposure}\napproval = "never"\n${more}\n`

function rulesOf(text: string): readonly Rule[] {
  const reading = parseRules(text)
  if (!reading.ok) throw new Error(reading.errors[0]?.message)
  return reading.value
}

const demandOf = (more: string): Demand | undefined => rulesOf(rule('a/**', more))[0]?.permission.demand

function faultOf(more: string): string | undefined {
  const reading = parseRules(rule('a/**', more))
  return reading.ok ? undefined : reading.errors[0]?.message
}

function ask(
  text: string,
  refs: readonly string[],
  { caller = agent, use = print, here = false } = {},
): Verdict {
  const items = refs.map((ref) => ({ ref, field: 'password' }))
  const proof = { here, remembered: here }
  const request = { caller, attested: false, attestable: false, use, items, proof }
  return decide(rulesOf(text), new Map(), request, now)
}

t.test('a rule demands one of some contexts, all of some methods, and how old a sign-in may be', (t) => {
  t.equal(demandOf(''), undefined)
  t.strictSame(demandOf('acr = "mfa"'), { acr: ['mfa'] })
  t.strictSame(demandOf('acr = ["urn:x:silver", "mfa", "mfa"]'), { acr: ['urn:x:silver', 'mfa'] })
  t.strictSame(demandOf('amr = ["pwd", "otp", "pwd"]'), { amr: ['otp', 'pwd'] })
  t.strictSame(demandOf('amr = "otp"\nmax_age = "15m"'), { amr: ['otp'], maxAgeSeconds: 900 })
  for (const [more, why] of [
    ['acr = []', /^no way to sign in at 5:7: leave it out to allow any$/],
    ['amr = []', /^no way to sign in at 5:7/],
    ['acr = ""', /expected a string of 1/],
    ['acr = "a b"', /^no way to sign in: "a b" at 5:7: a name without blanks/],
    ['amr = ["otp", "a\\tb"]', /^no way to sign in: "a\tb" at 5:15/],
    ['acr = "\\u202e"', /no way to sign in/],
    ['acr = "é"', /no way to sign in/],
    [`acr = "${'x'.repeat(129)}"`, /no way to sign in/],
    [`acr = [${'"a",'.repeat(17)}]`, /at most 16 items/],
    ['acr = 2', /expected a string/],
    ['max_age = "0s"', /expected a duration such as/],
    ['max_age = "59s"', /expected a duration from 1m to 30d/],
    ['max_age = "31d"', /expected a duration from 1m to 30d/],
    ['max_age = 900', /expected a duration such as/],
    ['max-age = "1h"', /unknown key "max-age" at 5:1: did you mean "max_age"\?/],
  ] as const)
    t.match(faultOf(more), why, more)
  t.end()
})

t.test('two demands join to one that meets both', (t) => {
  const [mfa, any] = [{ acr: ['mfa', 'hwk'] }, { acr: ['hwk', 'pwd', 'mfa'] }]
  t.equal(joined(undefined, undefined), undefined)
  t.strictSame(joined(mfa, undefined), mfa)
  t.strictSame(joined(undefined, mfa), mfa)
  t.strictSame(joined(any, mfa), { acr: ['hwk', 'mfa'] }, 'in the order of who comes first')
  t.strictSame(joined({ amr: ['otp'] }, { amr: ['hwk', 'otp'] }), { amr: ['hwk', 'otp'] })
  t.strictSame(joined({ amr: ['otp'], maxAgeSeconds: 60 }, { ...mfa, maxAgeSeconds: 61 }), {
    ...{ ...mfa, amr: ['otp'], maxAgeSeconds: 60 },
  })
  t.strictSame(joined({ acr: ['a'] }, { acr: ['b'] }), { acr: [] })
  t.notOk(isMeetable({ acr: [] }))
  for (const meetable of [undefined, {}, mfa, { amr: ['otp'], maxAgeSeconds: 1 }]) t.ok(isMeetable(meetable))
  t.end()
})

t.test('a demand falls short of another in how strong or in how old a sign-in may be', (t) => {
  const rows: readonly [Demand | undefined, Demand | undefined, readonly string[]][] = [
    [undefined, undefined, []],
    [{ acr: ['a'] }, undefined, []],
    [{ acr: ['a'] }, { acr: ['a', 'b'] }, []],
    [{ acr: [] }, { acr: ['a'] }, []],
    [undefined, { acr: ['a'] }, ['a weaker sign-in']],
    [{ acr: ['a', 'b'] }, { acr: ['a'] }, ['a weaker sign-in']],
    [{ amr: ['otp', 'pwd'] }, { amr: ['otp'] }, []],
    [{ amr: ['pwd'] }, { amr: ['otp', 'pwd'] }, ['a weaker sign-in']],
    [{ maxAgeSeconds: 60 }, { maxAgeSeconds: 60 }, []],
    [{ maxAgeSeconds: 61 }, { maxAgeSeconds: 60 }, ['an older sign-in']],
    [{ acr: ['a'] }, { amr: ['otp'], maxAgeSeconds: 60 }, ['a weaker sign-in', 'an older sign-in']],
  ]
  for (const [one, other, short] of rows)
    t.strictSame(shortfalls(one, other), short, JSON.stringify([one, other]))
  t.end()
})

t.test('a rule for an agent takes nothing of the demand away', (t) => {
  const everyone = rule('a/**', 'acr = ["mfa", "hwk"]\nmax_age = "1h"')
  const named = (more: string): string => rule('a/b', `agent = "**/claude"\n${more}`)
  for (const [more, what] of [
    ['', 'a weaker sign-in, an older sign-in'],
    ['acr = "pwd"\nmax_age = "1h"', 'a weaker sign-in'],
    ['acr = "mfa"\nmax_age = "61m"', 'an older sign-in'],
  ] as const) {
    const reading = readPolicy(everyone + named(more))
    t.match(
      !reading.ok && reading.errors,
      [{ message: new RegExp(`gives everyone at \\d+:1: ${what}$`) }],
      more,
    )
    const { demand } = appliedTo(rulesOf(everyone + named(more)), agent, 'a/b').permission
    t.strictSame(
      shortfalls(demand, { acr: ['mfa', 'hwk'], maxAgeSeconds: 3600 }),
      [],
      'even where it is in force',
    )
  }
  t.match(readPolicy(everyone + named('acr = "mfa"\namr = "otp"\nmax_age = "15m"')), { ok: true })
  t.end()
})

t.test(
  'who gets a value is told what it demands of the sign-in, whoever it is and whatever they prove',
  (t) => {
    const rules =
      rule('a/**', 'acr = ["mfa", "hwk"]') + rule('b/**', 'acr = "mfa"\nmax_age = "15m"') + rule('c/**')
    for (const caller of [agent, human, detached])
      for (const here of [false, true]) {
        const demand = (...refs: string[]): unknown => {
          const verdict = ask(rules, refs, { caller, here })
          return verdict.verdict === 'release' ? verdict.demand : verdict
        }
        t.strictSame(demand('a/a'), { acr: ['mfa', 'hwk'] })
        t.strictSame(demand('c/a', 'a/a', 'b/b'), { acr: ['mfa'], maxAgeSeconds: 900 })
        t.equal(demand('c/a'), undefined)
      }
    const unlisted = ask(rule('a/**', 'acr = "mfa"', '[]'), ['a/a'], { caller: human, here: true })
    t.match(
      unlisted,
      { verdict: 'release', demand: { acr: ['mfa'] } },
      'a proof gives the rest, and not this',
    )
    t.match(ask(rules, ['a/a'], { use: { purpose: 'run', masked: true, line } }), {
      demand: { acr: ['mfa', 'hwk'] },
    })
    t.match(
      ask(rules, ['a/a'], { use: write }),
      { verdict: 'release', demand: undefined },
      'what is put in does not leave',
    )
    t.end()
  },
)

t.test('no value leaves where demands exclude each other, and who would not get it is not told', (t) => {
  const rules = rule('a/**', 'acr = "mfa"') + rule('b/**', 'acr = "hwk"') + rule('c/**', '', '["run"]')
  const refused = { verdict: 'refuse', code: 'sign-ins-differ', rule: 'rule 1, rule 2', alarm: false }
  for (const caller of [agent, human, detached])
    for (const here of [false, true]) t.match(ask(rules, ['a/a', 'b/b', 'a/c'], { caller, here }), refused)
  t.match(ask(rules, ['c/c', 'a/a', 'b/b']), { code: 'run-only', rule: 'rule 3' })
  t.match(ask(rules, ['a/a', 'b/b'], { use: write }), { verdict: 'release' })
  const narrowed = rules + rule('**', 'agent = "/x"\nacr = "hwk"') + rule('**', 'agent = "/y"\nacr = "mfa"')
  t.match(ask(narrowed, ['a/a'], { caller: detached }), { code: 'sign-ins-differ' }, 'who may be any agent')
  t.end()
})

t.test('a grant demands the same of the sign-in, when it is asked for and when it is used', (t) => {
  const rules = rule('a/**', 'amr = "otp"') + rule('b/**', 'acr = "mfa"') + rule('c/**', 'acr = "hwk"')
  const grantFor = (...refs: string[]): unknown => {
    const items = refs.map((ref) => ({ ref, field: 'password' }))
    const asking = { labels: ['/x'], session: 's', items, reasonGiven: true, approved: new Set<string>() }
    return decideGrant(rulesOf(rules), [], asking, now)
  }
  t.match(grantFor('a/a', 'b/b'), { verdict: 'grant', demand: { acr: ['mfa'], amr: ['otp'] } })
  t.match(grantFor('d/d'), { verdict: 'grant', demand: undefined })
  t.match(grantFor('b/b', 'a/a', 'c/c'), {
    ...{ verdict: 'refuse', code: 'sign-ins-differ', rule: 'rule 2, rule 1, rule 3' },
  })
  const grant = askFor(
    {
      ...{
        id: 'g',
        secretHash: new Uint8Array(16),
        session: 's',
        root: { pid: 1, startTicks: 1 },
        freshPath: false,
      },
      ...{
        fields: [{ ref: 'a/a', field: 'password', variable: 'X' }],
        level: 'none',
        ttlMs: 60_000,
        uses: 1,
      },
    },
    now,
  )
  const claim = {
    id: 'g',
    secretHash: new Uint8Array(16),
    chain: [{ pid: 1, startTicks: 1 }],
    oldestTicks: 1,
  }
  const items = [{ ref: 'a/a', field: 'password' }]
  const proof = { here: false, remembered: false }
  const request = { caller: agent, attested: false, attestable: false, use: print, items, proof, claim }
  t.match(decide(rulesOf(rules), new Map([['g', grant]]), request, now), {
    verdict: 'release',
    grant: { state: 'spent' },
    demand: { amr: ['otp'] },
  })
  t.end()
})

t.test('a demand is told in the words of its rule', (t) => {
  t.equal(describeDemand(undefined), '')
  const more = 'max_age = "90s"\namr = ["pwd", "otp"]\nacr = ["mfa", "hwk"]'
  t.equal(describeDemand(demandOf(more)), 'acr mfa or hwk, amr otp and pwd, max_age 90s')
  t.equal(describeDemand({ maxAgeSeconds: 86_400 }), 'max_age 1d')
  t.end()
})

t.test('a rule with a demand gives nothing where the config names no place to sign in', (t) => {
  const rules = rulesOf(rule('c/**') + rule('a/**', 'acr = "mfa"') + rule('b/**', 'max_age = "1h"'))
  t.match(unanswerable(rules, undefined), [
    { line: 6, message: 'rule 2 demands a sign-in at 6:1: the config has no [sso], so nobody can sign in' },
    { message: /^rule 3 demands/ },
  ])
  const sso = {
    issuer: 'https://i',
    clientId: 'c',
    scopes: [],
    asksConsent: false,
    dpop: true,
    remember: false,
  }
  t.strictSame(unanswerable(rules, sso), [])
  t.strictSame(unanswerable(rulesOf(rule('c/**')), undefined), [])
  t.end()
})
