// The life of a grant: every step from every state, every misuse, and the text of its handle.
import { createHash } from 'node:crypto'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import {
  type Claim,
  type Grant,
  type GrantRequest,
  type GrantState,
  type Instant,
  type Item,
  type Level,
  type Request,
  type Rule,
  type Step,
  approve,
  askFor,
  clear,
  decide,
  deny,
  formatHandle,
  lapse,
  newHandle,
  parseHandle,
  parseRules,
  redeem,
  revoke,
  sameBytes,
} from '../src/index.ts'

const hashOf = (secret: string): Uint8Array => createHash('sha256').update(secret).digest()
const at = (bootMs: number, wallMs = bootMs): Instant => ({ bootMs, wallMs, ticks: 1000 + bootMs / 10 })
const root = { pid: 40, startTicks: 400 }
const password: Item = { ref: 'dev/db', field: 'password' }
const username: Item = { ref: 'dev/db', field: 'username' }
const ask: GrantRequest = {
  id: 'aaaaaaaa',
  secretHash: hashOf('secret'),
  session: 's1',
  root,
  freshPath: true,
  level: 'ack',
  ttlMs: 300_000,
  fields: [
    { ...password, variable: 'DB_PASSWORD' },
    { ...username, variable: 'DB_USERNAME' },
  ],
  uses: 1,
}
const claim: Claim = {
  id: 'aaaaaaaa',
  secretHash: hashOf('secret'),
  chain: [{ pid: 50, startTicks: 1100 }, root, { pid: 1, startTicks: 0 }],
  oldestTicks: 1100,
}
const asked = askFor(ask, at(0))
const grantOf = (step: Step): Grant => {
  if (!step.ok) throw new Error(step.code)
  return step.grant
}
const granted = grantOf(approve(asked, 'ack', at(1000)))
const spent = grantOf(redeem(granted, claim, [password, username], at(2000)))
const all: Record<GrantState, Grant> = {
  asked,
  granted,
  spent,
  refused: grantOf(deny(asked)),
  expired: lapse(granted, at(301_000)),
  revoked: revoke(granted),
}
const codeOf = (step: Step): string => (step.ok ? step.grant.state : step.code)

t.test('each state is reached by its step, and its grant says so', (t) => {
  for (const [state, grant] of Object.entries(all)) t.equal(grant.state, state)
  const { uses, ...terms } = ask
  t.strictSame(asked, {
    ...terms,
    state: 'asked',
    fields: ask.fields.map((field) => ({ ...field, usesLeft: uses })),
    ends: { bootMs: 300_000, wallMs: 300_000 },
    birthTicks: 0,
  })
  t.strictSame(askFor(ask, at(7000, 9000)).ends, { bootMs: 307_000, wallMs: 309_000 })
  t.strictSame(
    [granted.ends, granted.birthTicks],
    [{ bootMs: 301_000, wallMs: 301_000 }, 1100],
    'its time runs from the answer',
  )
  t.match(
    askFor({ ...ask, level: 'none' }, at(5000)),
    { state: 'granted', ends: { bootMs: 305_000 }, birthTicks: 1500 },
    'nobody is asked',
  )
  t.end()
})

t.test('every step from every state: the table', (t) => {
  const steps: Record<string, (grant: Grant) => Step> = {
    approve: (grant) => approve(grant, 'proof', at(2000)),
    deny,
    redeem: (grant) => redeem(grant, claim, [password], at(2000)),
    clear: (grant) => clear(grant, 's1'),
    revoke: (grant) => ({ ok: true, grant: revoke(grant) }),
    lapse: (grant) => ({ ok: true, grant: lapse(grant, at(400_000)) }),
  }
  const table: readonly [GrantState, ...string[]][] = [
    // state      approve      deny         redeem             clear      revoke     lapse
    ['asked', 'granted', 'refused', 'grant-unknown', 'revoked', 'revoked', 'expired'],
    ['granted', 'not-asked', 'not-asked', 'granted', 'revoked', 'revoked', 'expired'],
    ['refused', 'not-asked', 'not-asked', 'approval-denied', 'refused', 'refused', 'refused'],
    ['spent', 'not-asked', 'not-asked', 'grant-spent', 'spent', 'spent', 'spent'],
    ['expired', 'not-asked', 'not-asked', 'grant-expired', 'expired', 'expired', 'expired'],
    ['revoked', 'not-asked', 'not-asked', 'grant-revoked', 'revoked', 'revoked', 'revoked'],
  ]
  for (const [state, ...codes] of table) {
    t.strictSame(
      Object.values(steps).map((step) => codeOf(step(all[state]))),
      codes,
      state,
    )
    for (const [name, step] of Object.entries(steps)) {
      const result = step(all[state])
      if (!result.ok) t.equal(result.grant, all[state], `${name} leaves a grant that it refuses as it is`)
    }
  }
  t.end()
})

t.test('what must be proved is not granted by a click, whoever clicks', (t) => {
  const wanted = askFor({ ...ask, level: 'proof' }, at(0))
  for (const given of ['none', 'ack'] as const)
    t.strictSame(approve(wanted, given, at(1)), { ok: false, code: 'needs-proof', grant: wanted })
  t.match(approve(wanted, 'proof', at(1)), { ok: true, grant: { state: 'granted' } })
  t.match(approve(asked, 'none', at(1)), { ok: false, code: 'needs-proof' })
  t.match(approve(asked, 'proof', at(1)), { ok: true })
  t.end()
})

t.test('a question and a grant end on whichever clock comes first', (t) => {
  const ends: readonly [Instant, string][] = [
    [at(299_999), 'granted'],
    [at(300_000), 'approval-expired'],
    [at(300_000, 0), 'approval-expired'],
    [at(0, 300_000), 'approval-expired'],
    [at(0, -1e12), 'granted'],
  ]
  for (const [now, code] of ends) t.equal(codeOf(approve(asked, 'ack', now)), code, JSON.stringify(now))
  t.match(approve(asked, 'ack', at(300_000)), { grant: { state: 'expired' } })
  const uses: readonly [Instant, string][] = [
    [at(300_999), 'granted'],
    [at(301_000), 'grant-expired'],
    [at(301_000, 0), 'grant-expired'],
    [at(0, 301_000), 'grant-expired'],
    [at(300_999, -1e12), 'granted'],
  ]
  for (const [now, code] of uses)
    t.equal(codeOf(redeem(granted, claim, [password], now)), code, JSON.stringify(now))
  t.match(
    redeem(granted, claim, [password], at(301_000)),
    { grant: { state: 'expired' } },
    'and is kept as expired',
  )
  t.end()
})

t.test('a handle serves the tree, the fresh path and the fields that it was made for', (t) => {
  const misuses: readonly [string, Partial<Claim>, readonly Item[], string][] = [
    ['another secret', { secretHash: hashOf('guess') }, [password], 'grant-forged'],
    ['a part of the secret', { secretHash: hashOf('secret').subarray(1) }, [password], 'grant-forged'],
    [
      'a sibling tree',
      {
        chain: [
          { pid: 50, startTicks: 1100 },
          { pid: 1, startTicks: 0 },
        ],
      },
      [password],
      'grant-foreign',
    ],
    [
      'the pid of the root, used again',
      { chain: [{ pid: root.pid, startTicks: 401 }] },
      [password],
      'grant-foreign',
    ],
    [
      'the start of the root, another pid',
      { chain: [{ pid: 41, startTicks: root.startTicks }] },
      [password],
      'grant-foreign',
    ],
    ['no chain', { chain: [] }, [password], 'grant-foreign'],
    ['an older process', { oldestTicks: 1099 }, [password], 'grant-stale'],
    ['another field', {}, [{ ref: 'dev/db', field: 'token' }], 'grant-field'],
    ["another secret's field", {}, [{ ref: 'dev/x', field: 'password' }], 'grant-field'],
    [
      'one field of another among its own',
      {},
      [password, { ref: 'dev/x', field: 'password' }],
      'grant-field',
    ],
    ['a field twice', {}, [password, password], 'grant-spent'],
  ]
  for (const [name, change, items, code] of misuses) {
    t.strictSame(
      redeem(granted, { ...claim, ...change }, items, at(2000)),
      { ok: false, code, grant: granted },
      name,
    )
  }
  t.strictSame(redeem(undefined, claim, [password], at(2000)), {
    ok: false,
    code: 'grant-unknown',
    grant: undefined,
  })
  t.match(
    redeem(granted, { ...claim, oldestTicks: 1100 }, [password], at(2000)),
    { ok: true },
    'as old as the grant is young enough',
  )
  const persisting = grantOf(approve(askFor({ ...ask, freshPath: false }, at(0)), 'ack', at(1000)))
  t.match(
    redeem(persisting, { ...claim, oldestTicks: 1 }, [password], at(2000)),
    { ok: true },
    'where shells persist',
  )
  t.match(
    redeem(all.spent, { ...claim, secretHash: hashOf('guess') }, [password], at(2000)),
    { code: 'grant-forged' },
    'an end tells a guesser nothing',
  )
  t.end()
})

t.test('each field has its own uses, and the last of them ends the grant', (t) => {
  const once = grantOf(redeem(granted, claim, [password], at(2000)))
  t.match([once.state, once.fields], ['granted', [{ usesLeft: 0 }, { usesLeft: 1 }]])
  t.equal(codeOf(redeem(once, claim, [password], at(2000))), 'grant-spent')
  t.equal(codeOf(redeem(once, claim, [username, password], at(2000))), 'grant-spent', 'all or none')
  t.match(grantOf(redeem(once, claim, [username], at(2000))), {
    state: 'spent',
    fields: [{ usesLeft: 0 }, { usesLeft: 0 }],
  })
  t.strictSame(
    granted.fields.map(({ usesLeft }) => usesLeft),
    [1, 1],
    'a grant is a value: the old one is as it was',
  )
  const twice = grantOf(approve(askFor({ ...ask, uses: 2 }, at(0)), 'ack', at(1000)))
  t.match(grantOf(redeem(twice, claim, [password, password], at(2000))), {
    state: 'granted',
    fields: [{ usesLeft: 0 }, { usesLeft: 2 }],
  })
  t.end()
})

t.test('only the session that has a grant clears it', (t) => {
  t.strictSame(clear(granted, 's2'), { ok: false, code: 'grant-foreign', grant: granted })
  t.match(clear(granted, 's1'), { ok: true, grant: { state: 'revoked' } })
  t.end()
})

t.test('whatever happens to a grant, an end is an end and no field is used more than was allowed', (t) => {
  const anyStep = fc.oneof(
    fc
      .constantFrom('none', 'ack', 'proof')
      .map((level) => (grant: Grant, now: Instant) => approve(grant, level, now)),
    fc.constant(deny),
    fc.constantFrom('s1', 's2').map((session) => (grant: Grant) => clear(grant, session)),
    fc.constant((grant: Grant): Step => ({ ok: true, grant: revoke(grant) })),
    fc.constant((grant: Grant, now: Instant): Step => ({ ok: true, grant: lapse(grant, now) })),
    ...Array.from({ length: 4 }, () =>
      fc
        .subarray([password, username], { minLength: 1 })
        .map((items) => (grant: Grant, now: Instant) => redeem(grant, claim, items, now)),
    ),
  )
  const life = fc.property(
    fc.constantFrom<Level>('none', 'ack', 'proof'),
    fc.nat(3),
    fc.array(fc.tuple(anyStep, fc.nat(60_000)), { maxLength: 20 }),
    (level, uses, steps) => {
      let grant = askFor({ ...ask, level, uses: uses + 1 }, at(0))
      let [elapsedMs, used] = [0, 0]
      for (const [step, laterMs] of steps) {
        elapsedMs += laterMs
        const before = grant
        const result = step(grant, at(elapsedMs))
        grant = result.grant ?? grant
        const left = ({ fields }: Grant) => fields.reduce((sum, { usesLeft }) => sum + usesLeft, 0)
        used += left(before) - left(grant)
        if (before.state !== 'asked' && before.state !== 'granted') assert.equal(grant.state, before.state)
        if (left(grant) < left(before)) assert.ok(before.state === 'granted' && result.ok)
        assert.ok(grant.fields.every(({ usesLeft }) => usesLeft >= 0))
        assert.equal(grant.state === 'spent', left(grant) === 0)
      }
      assert.ok(used <= 2 * (uses + 1))
    },
  )
  t.doesNotThrow(() => {
    fc.assert(life, { numRuns: 1000 })
  })
  t.end()
})

t.test('a handle is the approval, and no more than that', (t) => {
  const rulesOf = (exposure: string, approval = 'proof'): readonly Rule[] => {
    const reading = parseRules(
      `[[rule]]\nsecrets = ["dev/**"]\nexposure = [${exposure}]\napproval = "${approval}"`,
    )
    return reading.ok ? reading.value : []
  }
  const grants = new Map([[granted.id, granted]])
  const request: Request = {
    caller: { class: 'agent', labels: ['/usr/bin/claude'] },
    attested: false,
    attestable: false,
    use: { purpose: 'run', masked: true, line: { program: '/bin/x', trusted: false, words: [] } },
    items: [password],
    proof: { here: false, remembered: false },
    claim,
  }
  const of = (change: Partial<Request>, exposure = '"run", "read"') =>
    decide(rulesOf(exposure), grants, { ...request, ...change }, at(2000))
  t.match(of({}), {
    verdict: 'release',
    items: [{ rule: 'rule 1', exposure: 'run' }],
    grant: { state: 'granted', fields: [{ usesLeft: 0 }, { usesLeft: 1 }] },
  })
  t.match(of({ items: [password, username] }), { verdict: 'release', grant: { state: 'spent' } })
  t.match(of({ use: { purpose: 'print', sink: 'shell', reveal: false } }), {
    verdict: 'release',
    items: [{ exposure: 'read' }],
  })
  t.match(of({}, '"read"'), {
    verdict: 'refuse',
    code: 'read-only',
    rule: 'rule 1',
    alarm: false,
    grant: undefined,
  })
  t.match(of({ use: { purpose: 'print', sink: 'shell', reveal: false } }, '"run"'), { code: 'run-only' })
  t.match(
    of({ use: { purpose: 'print', sink: 'agent', reveal: false } }),
    { code: 'sink-agent', alarm: false, grant: undefined },
    'no use is lost',
  )
  t.match(of({ use: { purpose: 'print', sink: 'terminal', reveal: true } }), { code: 'sink-terminal' })
  t.match(
    of({ use: { purpose: 'write' } }, '"write"'),
    { code: 'agent-forbidden' },
    'a grant is not for writing',
  )
  t.match(of({ claim: { ...claim, id: 'bbbbbbbb' } }), {
    code: 'grant-unknown',
    alarm: false,
    rule: undefined,
  })
  const foreign = { ...claim, chain: [] }
  t.match(
    of({ claim: foreign, use: { purpose: 'print', sink: 'file', reveal: false } }),
    { code: 'grant-foreign', alarm: true, grant: { state: 'granted' } },
    'the alarm comes first',
  )
  for (const caller of [{ class: 'human' }, { class: 'unattributed', path: undefined }] as const) {
    t.match(of({ caller, claim: foreign, proof: { here: true, remembered: true } }), {
      code: 'grant-foreign',
      alarm: true,
    })
  }
  t.match(decide(rulesOf('"run"'), new Map([[spent.id, spent]]), request, at(2000)), {
    code: 'grant-spent',
    alarm: true,
    grant: { state: 'spent' },
  })
  t.match(decide(rulesOf('"run"'), grants, request, at(400_000)), {
    code: 'grant-expired',
    alarm: true,
    grant: { state: 'expired' },
  })
  const document = ['dev/db', 'dev/x'].map(
    (ref) => `[[rule]]\nsecrets = ["${ref}"]\nexposure = ["read"]\napproval = "proof"\n`,
  )
  const reading = parseRules(document.join(''))
  const items = [password, { ref: 'dev/x', field: 'f' }]
  const wide = grantOf(
    approve(
      askFor({ ...ask, fields: items.map((item) => ({ ...item, variable: 'X' })) }, at(0)),
      'ack',
      at(1),
    ),
  )
  const verdict = decide(
    reading.ok ? reading.value : [],
    new Map([[wide.id, wide]]),
    { ...request, items },
    at(2000),
  )
  t.match(verdict, { code: 'read-only', rule: 'rule 1' }, 'the first item that the rules refuse is named')
  t.end()
})

t.test('the text of a handle has one form', (t) => {
  const handle = newHandle(new Uint8Array([0, 68, 50, 20, 199]), new Uint8Array(16).fill(255))
  t.strictSame(handle, { id: 'abcdefgh', secret: '77777777777777777777777774' })
  const text = 'sget_abcdefgh_77777777777777777777777774'
  t.equal(formatHandle(handle), text)
  t.strictSame(parseHandle(text), handle)
  const wrong = [
    ...Array.from(text, (_, length) => text.slice(0, length)),
    ...[
      `${text}a`,
      `${text}\n`,
      ` ${text}`,
      text.toUpperCase(),
      text.replace('sget', 'Sget'),
      text.replace('_7', '-7'),
    ],
    ...[
      text.replace(/4$/, '5'),
      text.replace(/4$/, '7'),
      text.replace('abc', 'ab1'),
      text.replace('abc', 'ab8'),
      text.replace('abc', 'ab='),
      '',
    ],
  ]
  t.strictSame(
    wrong.filter((other) => parseHandle(other)),
    [],
  )
  t.throws(() => newHandle(new Uint8Array(4), new Uint8Array(16)), RangeError)
  t.throws(() => newHandle(new Uint8Array(5), new Uint8Array(15)), RangeError)
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  const distinct = fc.property(bytes(5), bytes(16), fc.nat(127), (id, secret, bit) => {
    const made = newHandle(id, secret)
    assert.deepEqual(parseHandle(formatHandle(made)), made)
    const other = secret.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
    assert.notEqual(newHandle(id, other).secret, made.secret)
  })
  t.doesNotThrow(() => {
    fc.assert(distinct)
  })
  t.end()
})

t.test('bytes are the same only when all of them are', (t) => {
  const bytes = Uint8Array.from([1, 2, 3])
  t.ok(sameBytes(bytes, Uint8Array.from([1, 2, 3])))
  t.ok(sameBytes(new Uint8Array(), new Uint8Array()))
  for (const other of [[], [1, 2], [1, 2, 3, 0], [0, 2, 3], [1, 0, 3], [1, 2, 2]]) {
    t.notOk(sameBytes(bytes, Uint8Array.from(other)))
    t.notOk(sameBytes(Uint8Array.from(other), bytes))
  }
  t.end()
})
