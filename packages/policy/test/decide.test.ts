// Who is given what: the tables of the design row by row, and what must hold for all rules and all requests.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import {
  type Caller,
  type CommandLine,
  type Exposure,
  type Grant,
  type Instant,
  type Permission,
  type Proof,
  type Rule,
  type Sink,
  type Use,
  type Verdict,
  type Demand,
  appliedTo,
  askFor,
  check,
  decide,
  decideGrant,
  firstPolicy,
  itemKey,
  needsProof,
  operations,
  parseRules,
  readPolicy,
  refusals,
} from '../src/index.ts'
import { type Glob, covers, matches, overlaps, parseGlob } from '../src/glob.ts'
import { type Pin, allPins, implies, isPinned, parseCommand, pinOf } from '../src/command.ts'
import { isMeetable, shortfalls } from '../src/demand.ts'
import { approvals, excess, exposures, meet, withoutRule } from '../src/permission.ts'
import { higher, levelOf } from '../src/proof.ts'
import { wantedFor } from '../src/sink.ts'

const now: Instant = { bootMs: 1000, wallMs: 1_000_000, ticks: 100 }
const unproved: Proof = { here: false, remembered: false }
const agent: Caller = { class: 'agent', labels: ['/usr/bin/claude'] }
const human: Caller = { class: 'human' }
const detached: Caller = { class: 'unattributed', path: '/usr/bin/node' }
const callers = { agent, human, detached }
const psql = '/usr/bin/psql'
const lineOf = (program: string, ...words: string[]): CommandLine => ({ program, trusted: true, words })
const run: Use = { purpose: 'run', masked: true, line: lineOf(psql, 'psql', '-c', 'select 1') }
const unmasked: Use = { ...run, masked: false }
const running = (line: CommandLine): Use => ({ purpose: 'run', masked: true, line })
const print = (sink: Sink, reveal = false): Use => ({ purpose: 'print', sink, reveal })
const glob = (text: string): Glob => {
  const parsed = parseGlob(text)
  if ('fault' in parsed) throw new Error(parsed.fault)
  return parsed.value
}
const rulesOf = (document: string): readonly Rule[] => {
  const reading = parseRules(document)
  if (!reading.ok) throw new Error(reading.errors[0]?.message)
  return reading.value
}
/** One rule for everyone about a/**, and others by their lines. */
const rule = (exposure: readonly Exposure[], approval: string, more = '', secrets = 'a/**') =>
  `[[rule]]\nsecrets = ["${secrets}"]\nexposure = ${JSON.stringify(exposure)}\napproval = "${approval}"\n${more}\n`

/** The verdict in a word: `release`, `ask`, or the code of the refusal. */
const wordOf = (verdict: Verdict): string => (verdict.verdict === 'refuse' ? verdict.code : verdict.verdict)
const ask = (rules: readonly Rule[], caller: Caller, use: Use, proof = unproved, ref = 'a/b'): string =>
  wordOf(decide(rules, new Map(), requestOf(caller, use, proof, ref), now))
const requestOf = (caller: Caller, use: Use, proof = unproved, ref = 'a/b') => ({
  ...{ caller, attested: false, attestable: false, use, items: [{ ref, field: 'password' }], proof },
})

t.test('the sink table: what each caller is told where every exposure is allowed, and where none is', (t) => {
  const all = rulesOf(rule(exposures, 'never'))
  const none = rulesOf(rule([], 'never'))
  const sinks: readonly [Use, agent: string, human: string, detached: string, agentOfNone: string][] = [
    [print('shell'), 'release', 'release', 'release', 'denied'],
    [print('null'), 'release', 'release', 'release', 'denied'],
    [print('pipe'), 'release', 'release', 'release', 'sink-pipe'],
    [print('helper'), 'release', 'release', 'release', 'sink-helper'],
    [print('agent'), 'sink-agent', 'sink-agent', 'sink-agent', 'sink-agent'],
    [print('file'), 'sink-file', 'sink-file', 'sink-file', 'sink-file'],
    [print('socket'), 'sink-agent', 'sink-unknown', 'sink-unknown', 'sink-agent'],
    [print('unknown'), 'sink-unknown', 'sink-unknown', 'sink-unknown', 'sink-unknown'],
    [print('terminal'), 'sink-terminal', 'sink-terminal', 'sink-terminal', 'sink-terminal'],
    [print('terminal', true), 'sink-terminal', 'ask', 'ask', 'sink-terminal'],
    [print('file', true), 'sink-file', 'sink-file', 'sink-file', 'sink-file'],
    [run, 'release', 'release', 'release', 'denied'],
    [{ purpose: 'write' }, 'release', 'release', 'release', 'agent-forbidden'],
  ]
  for (const [use, ...words] of sinks) {
    const found = [ask(all, agent, use), ask(all, human, use), ask(all, detached, use), ask(none, agent, use)]
    t.strictSame(found, words, JSON.stringify(use))
    const proved = { here: true, remembered: true }
    const others = [human, detached].map((caller) => ask(none, caller, use, proved))
    t.strictSame(
      others,
      words.slice(1, 3).map((word) => (word === 'ask' ? 'release' : word)),
      'a proof opens no sink',
    )
  }
  t.end()
})

t.test('an exposure is asked of the rule for exactly its sink', (t) => {
  const needed: readonly [Use, agent: Exposure, human: Exposure][] = [
    [print('shell'), 'read', 'read'],
    [print('null'), 'read', 'read'],
    [print('pipe'), 'pipe', 'read'],
    [print('helper'), 'helper', 'helper'],
    [run, 'run', 'run'],
    [{ purpose: 'write' }, 'write', 'write'],
  ]
  const words = {
    run: ['read-only', 'denied'],
    read: ['run-only', 'denied'],
    pipe: ['sink-pipe', 'sink-pipe'],
    helper: ['sink-helper', 'sink-helper'],
    write: ['agent-forbidden', 'agent-forbidden'],
    reveal: ['denied', 'denied'],
  }
  for (const [use, forAgent, forHuman] of needed) {
    const without = (exposure: Exposure) =>
      rulesOf(
        rule(
          exposures.filter((other) => other !== exposure),
          'never',
        ),
      )
    t.equal(ask(rulesOf(rule([forAgent], 'never')), agent, use), 'release')
    t.equal(ask(without(forAgent), agent, use), words[forAgent][0], `${forAgent} is missing`)
    t.equal(ask(rulesOf(rule(['reveal'], 'never')), agent, use), words[forAgent][1])
    t.equal(ask(without(forAgent), detached, use), 'ask')
    t.equal(ask(without(forHuman), human, use), use.purpose === 'write' ? 'release' : 'ask')
    t.equal(ask(rulesOf(rule([forHuman], 'never')), human, use), 'release')
  }
  t.strictSame(wantedFor(print('terminal', true), 'human'), { exposure: 'reveal' })
  t.end()
})

t.test('who may read without a handle, by approval and proof', (t) => {
  const [no, remembered, here] = [
    unproved,
    { here: false, remembered: true },
    { here: true, remembered: false },
  ]
  const rows: readonly [approval: string, agent: string, human: string, detached: string][] = [
    ['never', 'release', 'release', 'release'],
    ['once', 'handle-needed', 'release', 'ask'],
    ['always', 'handle-needed', 'release', 'ask'],
    ['proof', 'handle-needed', 'ask', 'ask'],
  ]
  for (const [approval, ...words] of rows) {
    for (const use of [run, print('shell')]) {
      const rules = rulesOf(rule(['run', 'read'], approval))
      const found = (proof: Proof) => Object.values(callers).map((caller) => ask(rules, caller, use, proof))
      t.strictSame(found(no), words, approval)
      const proved = [words[0], 'release', 'release']
      t.strictSame(
        [found(remembered), found(here)],
        [proved, proved],
        `${approval}: a proof serves all but agents`,
      )
    }
  }
  t.end()
})

t.test('what the rules do not list, only a proof on the same connection gives', (t) => {
  const runOnly = rulesOf(rule(['run'], 'never'))
  const [remembered, here] = [
    { here: false, remembered: true },
    { here: true, remembered: false },
  ]
  for (const caller of [human, detached]) {
    for (const use of [print('shell'), print('terminal', true)]) {
      t.equal(ask(runOnly, caller, use), 'ask')
      t.equal(ask(runOnly, caller, use, remembered), 'ask', 'a proof of late does not')
      t.equal(ask(runOnly, caller, use, here), 'release')
    }
    const reveal = rulesOf(rule(['run', 'reveal'], 'never'))
    t.equal(ask(reveal, caller, print('terminal', true)), 'ask', 'to reveal is always proved')
    t.equal(ask(reveal, caller, print('terminal', true), remembered), 'release')
  }
  t.equal(ask(runOnly, agent, print('shell'), here), 'run-only', 'never to an agent')
  t.end()
})

t.test('a reason that is wanted keeps out who cannot give one', (t) => {
  const rules = rulesOf(rule(['run'], 'never', 'reason = "required"'))
  t.strictSame(
    Object.values(callers).map((caller) => ask(rules, caller, run)),
    ['handle-needed', 'release', 'ask'],
  )
  t.end()
})

t.test('the first rule that matches counts, and where none does everyone is asked each time', (t) => {
  const rules = rulesOf(rule(['run'], 'never', '', 'prod/**') + rule(['run', 'read'], 'never', '', '**'))
  t.equal(ask(rules, agent, print('shell'), unproved, 'prod/db'), 'run-only', 'nothing falls through')
  t.equal(ask(rules, agent, print('shell'), unproved, 'dev/db'), 'release')
  t.strictSame(appliedTo(rules, human, 'prod/db').rule, 'rule 1')
  t.strictSame(appliedTo([], agent, 'a/b'), {
    rule: 'no rule',
    permission: {
      exposures: ['run', 'read'],
      approval: 'always',
      uses: 1,
      ttlMs: 300_000,
      reasonRequired: false,
      attestedOnly: false,
      commands: [],
      demand: undefined,
    },
  })
  t.strictSame(
    Object.values(callers).map((caller) => ask([], caller, run)),
    ['handle-needed', 'release', 'ask'],
  )
  t.end()
})

t.test('a rule for an agent narrows that agent, wherever it stands, and all who may be one', (t) => {
  const narrow = (pattern: string, approval = 'proof') => rule(['run'], approval, `agent = "${pattern}"`)
  const wide = rule(['run', 'read'], 'never')
  for (const rules of [rulesOf(narrow('**/claude') + wide), rulesOf(wide + narrow('**/claude'))]) {
    t.equal(ask(rules, agent, run), 'handle-needed')
    t.equal(ask(rules, agent, print('shell')), 'run-only')
    t.equal(
      ask(rules, { class: 'agent', labels: ['/usr/bin/other', '/x/claude'] }, run),
      'handle-needed',
      'any label',
    )
    t.equal(ask(rules, { class: 'agent', labels: ['/usr/bin/claude2'] }, run), 'release', 'another agent')
    t.equal(ask(rules, { class: 'agent', labels: [] }, run), 'release')
    t.equal(ask(rules, human, print('shell')), 'release')
    t.strictSame([ask(rules, detached, run), ask(rules, detached, print('shell'))], ['ask', 'ask'])
  }
  const first = rulesOf(narrow('**/claude', 'once') + narrow('**/*', 'proof') + wide)
  t.equal(appliedTo(first, agent, 'a/b').permission.approval, 'once', 'the first that names the agent')
  t.equal(appliedTo(first, agent, 'a/b').rule, 'rule 3, rule 1')
  t.equal(appliedTo(first, detached, 'a/b').permission.approval, 'proof', 'the strictest of all')
  t.equal(appliedTo(first, detached, 'b/b').permission.approval, 'always', 'but not of other secrets')
  t.end()
})

t.test('a rule for the path of a service is for that path alone, and for no agent and no human', (t) => {
  const rules = rulesOf(
    rule(['run', 'pipe'], 'never', 'caller = "/usr/bin/backup"') +
      rule(['read'], 'once') +
      rule(['read'], 'proof', 'agent = "**/x"'),
  )
  const at = (path: string | undefined): Caller => ({ class: 'unattributed', path })
  t.strictSame(
    [run, print('pipe'), print('shell')].map((use) => ask(rules, at('/usr/bin/backup'), use)),
    ['release', 'release', 'ask'],
  )
  for (const path of ['/usr/bin/backup2', '/usr/bin', undefined]) t.equal(ask(rules, at(path), run), 'ask')
  t.equal(ask(rules, { class: 'agent', labels: ['/usr/bin/backup'] }, run), 'read-only')
  t.equal(ask(rules, human, run), 'ask')
  t.equal(appliedTo(rules, at('/usr/bin/backup'), 'a/b').rule, 'rule 1')
  t.equal(ask(rules, at('/usr/bin/backup'), run, unproved, 'b/b'), 'ask', 'for its own secrets')
  const two = rulesOf(
    rule(['run'], 'never', 'caller = "/bin/x"') + rule(['read'], 'never', 'caller = "/bin/x"'),
  )
  t.equal(ask(two, at('/bin/x'), run), 'release', 'the first of two')
  t.end()
})

t.test('a rule that wants the attested sget gives to no other, whoever asks and whatever they prove', (t) => {
  const rules = rulesOf(rule(['run', 'read', 'reveal', 'write'], 'never', 'attested = true'))
  const proofs = [unproved, { here: true, remembered: false }, { here: false, remembered: true }]
  for (const caller of Object.values(callers))
    for (const proof of proofs) {
      t.equal(ask(rules, caller, run, proof), 'not-attested')
      t.equal(ask(rules, caller, print('shell'), proof), 'not-attested')
    }
  t.equal(ask(rules, human, print('terminal', true), { here: true, remembered: true }), 'not-attested')
  t.equal(
    ask(rules, human, print('helper'), { here: true, remembered: true }),
    'not-attested',
    'nor what it does not list',
  )
  const attested = { ...requestOf(agent, run), attested: true }
  t.equal(wordOf(decide(rules, new Map(), attested, now)), 'release')
  t.match(decide(rules, new Map(), requestOf(agent, run), now), {
    rule: 'rule 1',
    alarm: false,
    grant: undefined,
  })
  t.equal(ask(rules, agent, { purpose: 'write' }), 'release', 'what is put in does not leave')
  t.equal(
    ask(rules, agent, print('pipe')),
    'sink-pipe',
    'an agent learns no more of what it would not get anyway',
  )
  t.end()
})

t.test('a rule that names an agent cannot take the demand for the attested sget away', (t) => {
  const everyone = rule(['run'], 'never', 'attested = true')
  const named = rule(['run'], 'never', 'agent = "/usr/bin/claude"')
  t.match(check(rulesOf(named + everyone)), [{ message: /more than rule 2 gives everyone/ }])
  t.equal(ask(rulesOf(named + everyone), agent, run), 'not-attested')
  t.strictSame(check(rulesOf(named.replace('agent', 'attested = true\nagent') + rule(['run'], 'never'))), [])
  t.end()
})

t.test('of several items all are given or none, and the refusal names the rule', (t) => {
  const rules = rulesOf(
    rule(['run', 'read'], 'never') +
      rule(['run'], 'never', '', 'b/**') +
      rule(['run', 'read'], 'once', '', 'c/**') +
      rule(['run', 'read'], 'proof', '', 'p/**') +
      rule([], 'never', '', 'w/**'),
  )
  const of = (caller: Caller, use: Use, ...refs: string[]) =>
    decide(
      rules,
      new Map(),
      {
        caller,
        attested: false,
        attestable: false,
        use,
        items: refs.map((ref) => ({ ref, field: 'f' })),
        proof: unproved,
      },
      now,
    )
  t.match(of(agent, print('shell'), 'a/a', 'b/b'), {
    verdict: 'refuse',
    code: 'run-only',
    rule: 'rule 2',
    alarm: false,
    grant: undefined,
  })
  t.match(of(agent, run, 'a/a', 'c/c', 'b/b'), { verdict: 'refuse', code: 'handle-needed', rule: 'rule 3' })
  t.match(of(human, run, 'a/a', 'p/p', 'c/c'), {
    verdict: 'ask',
    level: 'proof',
    items: [{ ref: 'p/p', field: 'f', rule: 'rule 4', exposure: 'run' }],
  })
  t.match(of(agent, run, 'a/a', 'b/b'), {
    verdict: 'release',
    grant: undefined,
    items: [
      { ref: 'a/a', rule: 'rule 1', exposure: 'run' },
      { ref: 'b/b', rule: 'rule 2' },
    ],
  })
  t.match(of(agent, run, 'c/c', 'a/a', 'p/p'), { code: 'handle-needed', rule: 'rule 3' }, 'the first of them')
  t.match(of(agent, print('shell'), 'b/b', 'x/x', 'w/w'), { code: 'run-only', rule: 'rule 2' })
  t.match(of(agent, print('file'), 'a/a'), { verdict: 'refuse', code: 'sink-file', rule: undefined })
  t.end()
})

t.test('the first policy gives a developer what the papers promise', (t) => {
  const reading = readPolicy(firstPolicy)
  const rules = reading.ok ? reading.value : []
  const rows: readonly [ref: string, use: Use, agent: string, human: string, detached: string][] = [
    ['dev/db', run, 'release', 'release', 'release'],
    ['test/a/b', print('shell'), 'release', 'release', 'release'],
    ['dev/db', print('pipe'), 'sink-pipe', 'release', 'ask'],
    ['dev/db', print('terminal', true), 'sink-terminal', 'ask', 'ask'],
    ['dev/db', { purpose: 'write' }, 'agent-forbidden', 'release', 'ask'],
    ['prod/db', run, 'handle-needed', 'ask', 'ask'],
    ['prod/db', print('shell'), 'run-only', 'ask', 'ask'],
    ['me/mail', run, 'handle-needed', 'release', 'ask'],
  ]
  for (const [ref, use, ...words] of rows) {
    t.strictSame(
      Object.values(callers).map((caller) => ask(rules, caller, use, unproved, ref)),
      words,
      `${ref} ${use.purpose}`,
    )
  }
  t.end()
})

t.test('a grant is asked for as the strictest of its rules wants', (t) => {
  const rules = rulesOf(
    rule(['run', 'read'], 'never', 'uses = 3\nttl = "9m"', 'n/**') +
      rule(['run'], 'once', 'ttl = "10m"\nuses = 2', 'o/**') +
      rule(['read', 'reveal', 'write'], 'always', '', 'l/**') +
      rule(['run'], 'proof', '', 'p/**') +
      rule(['reveal', 'write'], 'never', '', 'w/**') +
      rule(['run'], 'never', 'reason = "required"', 'r/**') +
      rule(['pipe'], 'never', 'agent = "**/piper"', 'n/**'),
  )
  const of = (refs: readonly string[], more: object = {}) =>
    decideGrant(
      rules,
      [],
      {
        labels: ['/usr/bin/claude'],
        session: 's',
        items: refs.map((ref) => ({ ref, field: 'f' })),
        reasonGiven: false,
        approved: new Set(),
        ...more,
      },
      now,
    )
  t.strictSame(of(['n/a']), {
    verdict: 'grant',
    level: 'none',
    demand: undefined,
    terms: { exposures: ['run', 'read'], uses: 3, ttlMs: 540_000, rules: ['rule 1'], remembered: [] },
  })
  t.strictSame(of(['n/a', 'o/a']), {
    verdict: 'grant',
    level: 'ack',
    demand: undefined,
    terms: {
      exposures: ['run'],
      uses: 2,
      ttlMs: 540_000,
      rules: ['rule 1', 'rule 2'],
      remembered: ['o/a\0f'],
    },
  })
  t.match(of(['l/a']), { level: 'proof', terms: { exposures: ['read'], remembered: [] } })
  t.match(of(['o/a', 'p/a', 'n/a']), { level: 'proof', terms: { remembered: ['o/a\0f'] } })
  t.match(of(['x/x']), { level: 'proof', terms: { exposures: ['run', 'read'], rules: ['no rule'] } })
  t.match(
    of(['o/a'], { approved: new Set([itemKey({ ref: 'o/a', field: 'f' })]) }),
    { level: 'none' },
    'remembered',
  )
  for (const other of [
    { ref: 'o/a', field: 'g' },
    { ref: 'o/b', field: 'f' },
  ]) {
    t.match(
      of(['o/a'], { approved: new Set([itemKey(other)]) }),
      { level: 'ack' },
      'for that field of that secret only',
    )
  }
  for (const ref of ['p/a', 'l/a']) {
    t.match(
      of([ref], { approved: new Set([itemKey({ ref, field: 'f' })]) }),
      { level: 'proof' },
      'only `once` is remembered',
    )
  }
  t.strictSame(of(['w/a']), { verdict: 'refuse', code: 'denied', rule: 'rule 5' })
  t.strictSame(
    of(['o/a', 'l/a', 'o/b']),
    { verdict: 'refuse', code: 'denied', rule: 'rule 2, rule 3' },
    'nothing is common to both',
  )
  t.strictSame(of(['n/a'], { labels: ['/piper'] }), {
    verdict: 'refuse',
    code: 'denied',
    rule: 'rule 1, rule 7',
  })
  t.strictSame(of(['r/a']), { verdict: 'refuse', code: 'reason-required', rule: 'rule 6' })
  t.match(of(['r/a'], { reasonGiven: true }), { verdict: 'grant', level: 'none' })
  t.end()
})

t.test("a session has 32 live grants at most; what has ended, and others', do not count", (t) => {
  const grant = (session: string, more: object = {}): Grant => ({
    ...askFor(
      {
        id: '',
        secretHash: new Uint8Array(),
        session,
        root: { pid: 1, startTicks: 1 },
        freshPath: true,
        level: 'none',
        ttlMs: 10,
        fields: [],
        uses: 1,
      },
      now,
    ),
    ...more,
  })
  const of = (...grants: Grant[]) =>
    decideGrant(
      [],
      grants,
      {
        labels: [],
        session: 's',
        items: [{ ref: 'a/b', field: 'f' }],
        reasonGiven: true,
        approved: new Set(),
      },
      now,
    )
  const live = (count: number) =>
    Array.from({ length: count }, (_, at) => grant('s', { state: at % 2 ? 'asked' : 'granted' }))
  t.strictSame(of(...live(32)), { verdict: 'refuse', code: 'too-many-grants', rule: undefined })
  t.match(of(...live(31)), { verdict: 'grant' })
  t.match(of(...live(31), grant('other')), { verdict: 'grant' })
  for (const state of ['refused', 'spent', 'expired', 'revoked'])
    t.match(of(...live(31), grant('s', { state })), { verdict: 'grant' }, state)
  t.match(
    of(...live(31), grant('s', { ends: { bootMs: now.bootMs, wallMs: now.wallMs + 9 } })),
    { verdict: 'grant' },
    'its time is over',
  )
  t.match(of(...live(33)), { code: 'too-many-grants' })
  t.end()
})

t.test('a handle serves to run, to read, for a pipe or for a helper, and for nothing else', (t) => {
  const items = [{ ref: 'a/b', field: 'f' }]
  const asking = { labels: ['/x'], session: 's', items, reasonGiven: false, approved: new Set<string>() }
  const of = (listed: readonly Exposure[]) => {
    const verdict = decideGrant(rulesOf(rule(listed, 'never')), [], asking, now)
    return verdict.verdict === 'grant' ? verdict.terms.exposures : verdict.code
  }
  for (const exposure of ['run', 'read', 'pipe', 'helper'] as const) t.strictSame(of([exposure]), [exposure])
  for (const exposure of ['reveal', 'write'] as const) t.equal(of([exposure]), 'denied')
  t.strictSame(of(exposures), ['run', 'read', 'pipe', 'helper'])
  t.end()
})

t.test('one table says what must be proved', (t) => {
  const proved = Object.keys(operations).filter((operation) =>
    needsProof(operation as keyof typeof operations),
  )
  t.strictSame(proved, [
    'approve-always',
    'approve-proof',
    'reveal',
    'replace',
    'remove',
    'policy-apply',
    'config-apply',
    'mount-add',
    'agents-install',
    'service-install',
    'audit-key',
    'passphrase-change',
  ])
  t.strictSame(approvals.map(levelOf), ['none', 'ack', 'proof', 'proof'])
  t.strictSame(
    [higher('none', 'ack'), higher('proof', 'ack'), higher('ack', 'ack'), higher('ack', 'proof')],
    ['ack', 'proof', 'ack', 'proof'],
  )
  const alarming = Object.entries(refusals)
    .filter(([, { alarm }]) => alarm)
    .map(([code]) => code)
  t.strictSame(alarming, [
    'grant-forged',
    'grant-foreign',
    'grant-stale',
    'grant-field',
    'grant-spent',
    'grant-expired',
    'grant-revoked',
  ])
  t.end()
})

// From here on: what must hold for all rules and all requests.

const words = ['a', 'b', 'ab', '*', '?', 'a*', '*b', 'a?', '**']
const globOf = (segmentsMax: number) =>
  fc
    .array(fc.constantFrom(...words), { minLength: 1, maxLength: segmentsMax })
    .map((segments) => segments.join('/'))
const anyName = fc
  .array(fc.constantFrom('', 'a', 'b', 'ab', 'ba', 'abb', '*', '?', 'é🎉'), { minLength: 1, maxLength: 4 })
  .map((segments) => segments.join('/'))
/** All names of up to four short segments: enough that two patterns of two segments share one of them, if any at all. */
const allNames = (() => {
  const segments = ['', 'a', 'b', 'ab', 'aa']
  let names = segments
  for (let depth = 1; depth < 4; depth += 1)
    names = [...new Set([...names, ...names.flatMap((name) => segments.map((last) => `${name}/${last}`))])]
  return names
})()

/** What a pattern means, said another way. */
const means = (pattern: readonly string[], name: readonly string[]): boolean => {
  const [first, ...rest] = pattern
  const [word, ...others] = name
  if (first === undefined) return name.length === 0
  if (first === '**') return means(rest, name) || (name.length > 0 && means(pattern, others))
  const wild = new RegExp(`^${first.replaceAll('?', '.').replaceAll('*', '.*')}$`, 'u')
  return word !== undefined && wild.test(word) && means(rest, others)
}
const holds = <T extends unknown[]>(
  t: Test,
  told: string,
  property: fc.IProperty<T>,
  numRuns = 500,
): void => {
  t.doesNotThrow(() => {
    fc.assert(property, { numRuns })
  }, told)
}

t.test('a pattern matches what it says', (t) => {
  const asMeant = fc.property(globOf(4), anyName, (pattern, name) => {
    assert.equal(matches(glob(pattern), name), means(pattern.split('/'), name.split('/')))
  })
  holds(t, 'as said another way', asMeant, 2000)
  const rows: readonly [string, string, boolean][] = [
    ['dev/**', 'dev/a', true],
    ['dev/**', 'dev/.hidden/b', true],
    ['dev/**', 'develop/a', false],
    ['**/x', 'x', true],
    ['a/**/b', 'a/b', true],
    ['a/*', 'a/b/c', false],
    ['a/?', 'a/🎉', true],
    ['a/b', 'a/B', false],
    ['a/b.c', 'a/bxc', false],
    ['a/b', 'a/*', false],
    ['/usr/bin/*', '/usr/bin/claude', true],
    ['**/claude', '/usr/bin/claude', true],
  ]
  for (const [pattern, name, yes] of rows) t.equal(matches(glob(pattern), name), yes, `${pattern} ${name}`)
  t.ok(matches(glob(`${'*a'.repeat(100)}b/x`), `${'a'.repeat(400)}b/x`), 'without trying every way')
  t.end()
})

t.test(
  'two patterns overlap where a name matches both, and one covers another only where it matches all',
  (t) => {
    const sharing = fc.property(globOf(2).map(glob), globOf(2).map(glob), (one, other) => {
      const shared = allNames.some((name) => matches(one, name) && matches(other, name))
      assert.equal(overlaps(one, other), shared)
    })
    holds(t, 'overlap', sharing, 200)
    const covering = fc.property(globOf(4).map(glob), globOf(4).map(glob), anyName, (one, other, name) => {
      const [inOne, inOther] = [matches(one, name), matches(other, name)]
      assert.ok(!(inOne && inOther) || overlaps(one, other))
      assert.ok(!covers(one, other) || inOne || !inOther)
    })
    holds(t, 'cover', covering, 2000)
    const rows: readonly [string, string, boolean][] = [
      ['**', 'a/**', true],
      ['**', '**', true],
      ['a/**', 'a/b/*', true],
      ['a/*', 'a/b', true],
      ['a/*', 'a/?x*', true],
      ['a/?', 'a/?', true],
      ['a/b*', 'a/b', true],
      ['**/x', 'a/**/x', true],
      ['a/b', 'a/?', false],
      ['a/?', 'a/*', false],
      ['a/*', 'a/**', false],
      ['a/**', '**', false],
      ['a/*/c', 'a/b/d', false],
    ]
    for (const [wide, narrow, yes] of rows)
      t.equal(covers(glob(wide), glob(narrow)), yes, `${wide} ${narrow}`)
    t.end()
  },
)

const plain = { noNullPrototype: true }
const anyUnpinned = fc.record(
  {
    exposures: fc.subarray([...exposures]),
    approval: fc.constantFrom(...approvals),
    uses: fc.integer({ min: 1, max: 3 }),
    ttlMs: fc.integer({ min: 1, max: 3 }),
    reasonRequired: fc.boolean(),
    attestedOnly: fc.boolean(),
  },
  plain,
)
const anyDemand: fc.Arbitrary<Demand | undefined> = fc.oneof(
  fc.constant(undefined),
  fc
    .record(
      {
        acr: fc.subarray(['mfa', 'hwk', 'pwd']),
        amr: fc.subarray(['hwk', 'otp', 'pwd'], { minLength: 1 }),
        maxAgeSeconds: fc.integer({ min: 1, max: 3 }),
      },
      { ...plain, requiredKeys: [] },
    )
    .filter((demand) => Object.keys(demand).length > 0),
)
const pin = (...lines: string[]): Pin =>
  pinOf(
    lines.map((line) => {
      const parsed = parseCommand(line)
      if ('fault' in parsed) throw new Error(parsed.fault)
      return parsed.value
    }),
  )
const anyPin = fc
  .subarray([`${psql} *`, `${psql} -c *`, `${psql} -?`, psql, `${psql} -c 'a b'`, '/bin/x *'], {
    minLength: 1,
  })
  .map((lines) => pin(...lines))
const anyLine: fc.Arbitrary<CommandLine> = fc.record({
  program: fc.constantFrom(psql, '/bin/x'),
  trusted: fc.boolean(),
  words: fc.array(fc.constantFrom('-c', 'a b', '', '*', '-x'), { maxLength: 4 }),
})
const anyPermission: fc.Arbitrary<Permission> = fc
  .tuple(fc.array(anyPin, { maxLength: 2 }), anyUnpinned, anyDemand)
  .map(([pins, permission, demand]) => ({
    ...permission,
    demand,
    commands: permission.exposures.includes('run') ? allPins(pins, []) : [],
  }))
const anyFor = fc.constantFrom<Pick<Rule, 'agent' | 'caller'>>(
  ...[undefined, '/**', '/usr/bin/*', '/x'].map((agent) => ({
    agent: agent === undefined ? agent : glob(agent),
    caller: undefined,
  })),
  { agent: undefined, caller: '/usr/bin/backup' },
)
const anyRule = fc.tuple(globOf(2), anyFor, anyPermission).map(([secrets, who, permission]): Rule => ({
  ...{ name: 'rule', at: { line: 1, column: 1 }, secrets: [glob(secrets)], ...who, permission },
}))
const anyRules = fc.array(anyRule, { maxLength: 5 })
const anyRef = fc.constantFrom('a/a', 'a/b', 'b/a', 'b/b', 'ab/a')
const anyLabels = fc.subarray(['/usr/bin/claude', '/x', '/y'])
const anyCaller: fc.Arbitrary<Caller> = fc.oneof(
  anyLabels.map((labels): Caller => ({ class: 'agent', labels })),
  fc.constant(human),
  fc
    .constantFrom('/usr/bin/backup', '/usr/bin/claude', undefined)
    .map((path): Caller => ({ class: 'unattributed', path })),
)
const sinks: readonly Sink[] = [
  'shell',
  'pipe',
  'helper',
  'null',
  'agent',
  'file',
  'terminal',
  'socket',
  'unknown',
]
const anyUse: fc.Arbitrary<Use> = fc.oneof(
  fc.constantFrom<Use>(run, unmasked, { purpose: 'write' }),
  anyLine.map(running),
  fc.tuple(fc.constantFrom(...sinks), fc.boolean()).map(([sink, reveal]) => print(sink, reveal)),
)
const anyProof: fc.Arbitrary<Proof> = fc.record({ here: fc.boolean(), remembered: fc.boolean() })
/** Of exposures and contexts only the preference of who names them tells the order. */
const sorted = ({ demand, ...permission }: Permission) => ({
  ...permission,
  exposures: permission.exposures.toSorted(),
  demand: demand && { ...demand, ...(demand.acr && { acr: demand.acr.toSorted() }) },
})

t.test('permissions are a lattice: the meet of two is the most that is no more than either', (t) => {
  const laws = fc.property(anyPermission, anyPermission, anyPermission, (a, b, c) => {
    assert.deepEqual(meet(a, a), a)
    assert.deepEqual(sorted(meet(a, b)), sorted(meet(b, a)))
    assert.deepEqual(meet(meet(a, b), c), meet(a, meet(b, c)))
    assert.deepEqual([excess(meet(a, b), a), excess(meet(a, b), b)], [[], []])
    const below = excess(c, a).length === 0 && excess(c, b).length === 0
    assert.equal(below, excess(c, meet(a, b)).length === 0)
  })
  holds(t, 'the laws', laws)
  t.end()
})

t.test('naming an agent never widens, for that agent or anyone else', (t) => {
  const narrows = fc.property(anyRules, anyRule, anyCaller, anyRef, (rules, added, caller, ref) => {
    const naming: Rule = { ...added, agent: added.agent ?? glob('/**'), caller: undefined }
    const before = appliedTo(rules, caller, ref).permission
    const everyone = appliedTo(rules, human, ref).permission
    const last = appliedTo([...rules, naming], caller, ref).permission
    assert.deepEqual(excess(last, before), [])
    // Of the rules that name an agent the first counts: one before the others can lift them, never above everyone.
    const first = appliedTo([naming, ...rules], caller, ref).permission
    assert.deepEqual(excess(first, caller.class === 'agent' ? everyone : before), [])
  })
  holds(t, 'in any place', narrows, 1000)
  t.end()
})

t.test('detaching never widens: what the unattributed are given, every agent is given', (t) => {
  const detaching = fc.property(anyRules, anyLabels, anyRef, anyUse, (rules, labels, ref, use) => {
    const attached: Caller = { class: 'agent', labels }
    const released = ask(rules, detached, use, unproved, ref) === 'release'
    assert.ok(!released || ask(rules, attached, use, unproved, ref) === 'release')
    assert.deepEqual(
      excess(appliedTo(rules, detached, ref).permission, appliedTo(rules, attached, ref).permission),
      [],
    )
  })
  holds(t, 'for any use', detaching, 2000)
  t.end()
})

t.test('a stricter rule never gives more, and a proof never gives less, nor anything to an agent', (t) => {
  const stricter = fc.property(
    anyRules,
    anyPermission,
    anyCaller,
    anyRef,
    anyUse,
    anyProof,
    (rules, by, caller, ref, use, proof) => {
      const given = ask(rules, caller, use, proof, ref)
      for (const at of rules.keys()) {
        const narrowed = rules.map((rule, index) =>
          index === at ? { ...rule, permission: meet(rule.permission, by) } : rule,
        )
        assert.ok(given === 'release' || ask(narrowed, caller, use, proof, ref) !== 'release')
      }
      const without = ask(rules, caller, use, unproved, ref)
      assert.ok(given === without || (without === 'ask' && given === 'release' && caller.class !== 'agent'))
      assert.ok(!(proof.here && given === 'ask'))
    },
  )
  holds(t, 'for any rules', stricter, 2000)
  t.end()
})

t.test('what is released demands of the sign-in what the rules for each item do, whoever asks', (t) => {
  const demanded = fc.property(
    ...[anyRules, anyCaller, fc.uniqueArray(anyRef, { minLength: 1 }), anyUse, anyProof],
    (rules: readonly Rule[], caller: Caller, refs: readonly string[], use: Use, proof: Proof) => {
      const items = refs.map((ref) => ({ ref, field: 'password' }))
      const verdict = decide(rules, new Map(), { ...requestOf(caller, use, proof), items }, now)
      const demands = refs.map((ref) => appliedTo(rules, caller, ref).permission.demand)
      if (verdict.verdict !== 'release') return
      for (const { permission, freshMs } of verdict.items) assert.equal(freshMs, permission.ttlMs)
      if (use.purpose === 'write') assert.equal(verdict.demand, undefined)
      else for (const demand of demands) assert.deepEqual(shortfalls(verdict.demand, demand), [])
      assert.ok(isMeetable(verdict.demand))
      const own = refs.flatMap((ref) =>
        shortfalls(appliedTo(rules, human, ref).permission.demand, verdict.demand),
      )
      assert.ok(caller.class !== 'human' || refs.length > 1 || use.purpose === 'write' || own.length === 0)
    },
  )
  holds(t, 'for any rules', demanded, 3000)
  t.end()
})

t.test('detaching takes no demand away', (t) => {
  const detaching = fc.property(anyRules, anyLabels, anyRef, (rules, labels, ref) => {
    const attached = appliedTo(rules, { class: 'agent', labels }, ref).permission.demand
    assert.deepEqual(shortfalls(appliedTo(rules, detached, ref).permission.demand, attached), [])
  })
  holds(t, 'for any rules', detaching, 2000)
  t.end()
})

t.test('where no rule matches nothing goes out unasked, but to the human who could say so', (t) => {
  const elsewhere = anyRules.map((rules) =>
    rules.map((rule) => ({ ...rule, secrets: [glob('elsewhere/**')] })),
  )
  const asked = fc.property(elsewhere, anyCaller, anyRef, anyUse, (rules, caller, ref, use) => {
    const word = ask(rules, caller, use, unproved, ref)
    assert.ok(word !== 'release' || caller.class === 'human', word)
    const items = [{ ref, field: 'password' }]
    const asking = { labels: ['/x'], session: 's', items, reasonGiven: true, approved: new Set<string>() }
    const verdict = decideGrant(rules, [], asking, now)
    assert.ok(verdict.verdict === 'grant' && verdict.level === 'proof')
  })
  holds(t, 'whatever the rules are for', asked)
  t.end()
})

t.test('no rule, caller or proof sends a value to a file, a socket, the unknown or the agent itself', (t) => {
  const barred = fc.constantFrom<Sink>('file', 'socket', 'unknown', 'agent')
  const never = fc.property(
    anyRules,
    anyCaller,
    barred,
    fc.boolean(),
    anyProof,
    (rules, caller, sink, reveal, proof) => {
      assert.match(ask(rules, caller, print(sink, reveal), proof), /^sink-/)
      assert.equal(ask(rules, agent, print('terminal', reveal), proof), 'sink-terminal')
    },
  )
  holds(t, 'never', never)
  t.end()
})

t.test('what check lets pass gives no agent more than everyone, for any secret', (t) => {
  let passed = 0
  const shortNames = allNames.filter((name) => name.split('/').length < 4)
  const most: Permission = {
    exposures,
    approval: 'never',
    uses: 3,
    ttlMs: 3,
    reasonRequired: false,
    attestedOnly: false,
    commands: [],
    demand: undefined,
  }
  const ladder = [
    most,
    meet(most, withoutRule),
    { ...most, exposures: [], approval: 'proof' as const, uses: 1 },
    { ...most, demand: { acr: ['mfa'], maxAgeSeconds: 60 } },
  ]
  const onLadder = fc
    .tuple(anyRule, fc.constantFrom(...ladder))
    .map(([rule, permission]) => ({ ...rule, permission }))
  const sound = fc.property(fc.array(onLadder, { minLength: 1, maxLength: 5 }), (rules) => {
    if (check(rules).length > 0) return
    for (const rule of rules.filter((each) => each.agent)) {
      passed += 1
      for (const name of shortNames.filter((each) =>
        rule.secrets.some((pattern) => matches(pattern, each)),
      )) {
        assert.deepEqual(excess(rule.permission, appliedTo(rules, human, name).permission), [])
      }
    }
  })
  holds(t, 'nobody', sound, 500)
  t.ok(passed > 50, `some passed: ${String(passed)}`)
  t.end()
})

t.test('a pin that implies another lets nothing run that the other does not', (t) => {
  const implied = fc.property(anyPin, anyPin, anyLine, (narrow, wide, line) => {
    if (implies(narrow, wide) && isPinned(narrow, line)) assert.ok(isPinned(wide, line))
    assert.ok(implies(narrow, narrow))
    assert.ok(!isPinned(narrow, { ...line, trusted: false }) && !isPinned(narrow, { ...line, words: [] }))
  })
  holds(t, 'for any line', implied, 3000)
  t.end()
})

t.test(
  'what is pinned by two is given to what both name, and a line that either refuses gets nothing',
  (t) => {
    const both = fc.property(anyPermission, anyPermission, anyLine, (one, other, line) => {
      const of = (permission: Permission): string =>
        ask(
          [{ name: 'rule', at, secrets: [glob('**')], agent: undefined, caller: undefined, permission }],
          agent,
          running(line),
        )
      if (of(meet(one, other)) === 'release') assert.deepEqual([of(one), of(other)], ['release', 'release'])
    })
    const at = { line: 1, column: 1 }
    holds(t, 'for any line', both, 3000)
    t.end()
  },
)

t.test('what is not masked is read, so a rule for run alone does not give it', (t) => {
  const runOnly = rulesOf(rule(['run'], 'never'))
  const here = { here: true, remembered: false }
  const remembered = { here: false, remembered: true }
  t.strictSame(
    Object.values(callers).map((caller) => ask(runOnly, caller, unmasked)),
    ['unmasked-refused', 'ask', 'ask'],
  )
  t.strictSame(
    [human, detached].map((caller) => ask(runOnly, caller, unmasked, remembered)),
    ['ask', 'ask'],
    'a proof of late is for what the rules give',
  )
  t.strictSame(
    Object.values(callers).map((caller) => ask(runOnly, caller, unmasked, here)),
    ['unmasked-refused', 'release', 'release'],
  )
  for (const caller of Object.values(callers)) {
    t.equal(ask(runOnly, caller, run), 'release')
    t.equal(ask(rulesOf(rule(['run', 'read'], 'never')), caller, unmasked), 'release')
  }
  t.equal(ask(rulesOf(rule(['read'], 'never')), agent, unmasked), 'read-only')
  t.equal(ask(rulesOf(rule(['pipe'], 'never')), agent, unmasked), 'denied', 'and nobody learns more')
  t.end()
})

t.test('where an attested sget could be had, another one that runs a command is taken to read', (t) => {
  const word = (rules: readonly Rule[], caller: Caller, attested: boolean, proof = unproved): string =>
    wordOf(decide(rules, new Map(), { ...requestOf(caller, run, proof), attestable: true, attested }, now))
  const runOnly = rulesOf(rule(['run'], 'never'))
  const here = { here: true, remembered: false }
  for (const caller of Object.values(callers)) {
    t.equal(word(runOnly, caller, true), 'release')
    t.equal(word(rulesOf(rule(['run', 'read'], 'never')), caller, false), 'release')
    t.equal(ask(runOnly, caller, run), 'release', 'where none could, the rule stands as it is')
  }
  t.strictSame(
    Object.values(callers).map((caller) => word(runOnly, caller, false)),
    ['not-attested', 'ask', 'ask'],
  )
  t.strictSame(
    Object.values(callers).map((caller) => word(runOnly, caller, false, here)),
    ['not-attested', 'release', 'release'],
    'a proof gives what it gives to read',
  )
  t.equal(word(rulesOf(rule(['read'], 'never')), agent, false), 'read-only')
  t.end()
})

t.test('a rule that names commands gives to those, and cleans what is around them', (t) => {
  const named = rulesOf(rule(['run'], 'never', `command = "${psql} -c *"`))
  const verdictOf = (rules: readonly Rule[], caller: Caller, use: Use, proof = unproved): Verdict =>
    decide(rules, new Map(), requestOf(caller, use, proof), now)
  const other = running(lineOf(psql, 'psql', '-f', 'x'))
  for (const caller of Object.values(callers))
    t.match(verdictOf(named, caller, run), { verdict: 'release', cleaned: true })
  t.strictSame(
    Object.values(callers).map((caller) => ask(named, caller, other)),
    ['command-refused', 'ask', 'ask'],
  )
  t.match(verdictOf(named, agent, other), { rule: 'rule 1', alarm: false })
  const here = { here: true, remembered: false }
  t.match(
    verdictOf(named, human, other, here),
    { verdict: 'release', cleaned: false },
    'what a proof gives is not the command that the rule means',
  )
  t.equal(ask(named, human, other, { here: false, remembered: true }), 'ask')
  t.match(verdictOf(rulesOf(rule(['run'], 'never')), agent, run), { verdict: 'release', cleaned: false })
  t.equal(ask(named, agent, { ...run, masked: false }), 'unmasked-refused')
  t.equal(ask(named, agent, print('shell')), 'run-only')
  const mixed = rulesOf(
    rule(['run'], 'never', `command = "${psql} *"`) + rule(['run', 'read'], 'never', '', 'b/**'),
  )
  const two = { ...requestOf(agent, run), items: ['b/b', 'a/b'].map((ref) => ({ ref, field: 'f' })) }
  t.match(
    decide(mixed, new Map(), two, now),
    { verdict: 'release', cleaned: true },
    'one of several is enough',
  )
  t.end()
})

t.test('a rule for an agent may name fewer commands, and no others', (t) => {
  const everyone = rule(['run'], 'never', `command = "${psql} *"`)
  const naming = (more: string, exposure: readonly Exposure[] = ['run']): string =>
    rule(exposure, 'never', `agent = "/usr/bin/claude"\n${more}`)
  t.strictSame(check(rulesOf(naming(`command = "${psql} -c *"`) + everyone)), [])
  t.strictSame(check(rulesOf(naming('', []) + everyone)), [], 'who gets nothing runs nothing')
  for (const more of ['', 'command = "/bin/sh *"', `command = ["${psql} -c *", "/bin/sh"]`])
    t.match(check(rulesOf(naming(more) + everyone)), [
      { message: /more than rule 2 gives everyone.*: other commands$/ },
    ])
  const both = rulesOf(naming(`command = "${psql} -c *"`) + everyone)
  t.equal(ask(both, agent, run), 'release')
  t.equal(ask(both, agent, running(lineOf(psql, 'psql', '-f'))), 'command-refused')
  t.equal(ask(both, { class: 'agent', labels: [] }, running(lineOf(psql, 'psql', '-f'))), 'release')
  const apart = rulesOf(rule(['run'], 'never', `agent = "**/*"\ncommand = "/bin/x *"`) + everyone)
  t.strictSame(
    [run, running(lineOf('/bin/x', 'x'))].map((use) => ask(apart, agent, use)),
    ['command-refused', 'command-refused'],
    'two rules that name different commands name none',
  )
  t.end()
})
