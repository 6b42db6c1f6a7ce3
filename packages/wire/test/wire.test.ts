// The protocol's bytes: vectors, properties, limits, and the tables that PROTOCOL.md repeats.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { test } from 'tap'
import {
  carriesSecret,
  defaultVariable,
  encode,
  encodeAround,
  failureHint,
  failureOfNumber,
  failures,
  failureText,
  formatRef,
  headBytes,
  Inbox,
  instancePaths,
  isField,
  isMalformed,
  isPath,
  isSafeVariable,
  isSocketPath,
  level,
  messageOfType,
  messages,
  obeyedNames,
  parseRef,
  readBody,
  Refusal,
  role,
  vaultName,
  type MessageName,
  type Received,
  type Ref,
} from '@sget/wire/broker'
import * as limits from '../src/limits.ts'
import type { Schema } from '../src/schema.ts'
import { anyMessage, frameOf } from './fixtures/encoder.ts'
import { bytewise, decodeStream, encodeAny, feed, outcome, withLength, type Fed } from './fixtures/stream.ts'
import { quote, show, textOf, vectorsOf, type Vector } from './fixtures/vectors.ts'

const names = Object.keys(messages) as MessageName[]
const malformations =
  'short oversize unknown-type truncated trailing bad-flag bad-text bad-time too-long'.split(' ')
const schemaOf = (name: MessageName): Schema => messages[name].fields

/* The vectors. */

const frames = vectorsOf('frames')
const accepted = frames.filter((vector) => !vector.expect.startsWith('refuse '))
const refused = frames.filter((vector) => vector.expect.startsWith('refuse '))

test('every frame of the vectors decodes, or is refused, as it says', (t) => {
  for (const { comment, expect, bytes } of frames) t.equal(outcome(bytes), expect, comment)
  t.end()
})

test('there are vectors for every message and every way to be wrong', (t) => {
  const seen = new Set(accepted.map(({ expect }) => expect.split(' ')[0]))
  for (const name of names) t.ok(seen.has(name), name)
  for (const why of malformations)
    t.ok(
      refused.some((vector) => vector.expect === `refuse ${why}`),
      why,
    )
  t.ok(refused.length / frames.length >= 0.7, 'at least 70 % must be refused')
  t.end()
})

test('what is accepted re-encodes to itself', (t) => {
  for (const { comment, bytes } of accepted)
    t.ok(bytes.equals(encodeAny(decodeStream(bytes) as Received)), comment)
  t.end()
})

test('a good frame that is cut is never accepted', (t) => {
  for (const { comment, bytes } of accepted) {
    const outcomes = new Set<string>()
    for (let end = 0; end < bytes.length; end++) {
      outcomes.add(outcome(bytes.subarray(0, end)))
      if (end >= headBytes) outcomes.add(outcome(withLength(bytes.subarray(0, end))))
    }
    t.same([...outcomes], ['refuse truncated'], comment)
  }
  t.end()
})

test('a bug is thrown, and not taken for a bad message', (t) => {
  const noBuffer = new Uint8Array(2) as Buffer
  t.throws(() => readBody({ name: 'prove', id: 1, bodyBytes: 2 }, noBuffer), /readUInt16BE/)
  t.end()
})

/* Streams. */

/** What an inbox makes of a vector: a stream that only ends too early is no fault, there may be more to come. */
function fedAs({ expect, bytes }: Vector): Fed {
  const why = /^refuse (.*)$/.exec(expect)?.[1]
  if (why === undefined) return { delivered: [expect], fault: undefined }
  const incomplete = bytes.length < headBytes || bytes.readUInt32BE() > bytes.length - 4
  return { delivered: [], fault: why === 'truncated' && incomplete ? undefined : why }
}

test('a stream means the same in one piece, byte by byte, and in two pieces', (t) => {
  for (const vector of frames) {
    const { comment, bytes } = vector
    const expected = fedAs(vector)
    t.same(feed([bytes]), expected, comment)
    t.same(feed(bytewise(bytes)), expected, `byte by byte: ${comment}`)
    for (let at = 1; at < Math.min(bytes.length, 64); at++) {
      const { delivered, fault } = feed([bytes.subarray(0, at), bytes.subarray(at)])
      if (delivered[0] !== expected.delivered[0] || fault !== expected.fault)
        t.fail(`split at ${at}: ${comment}`)
    }
  }
  t.end()
})

test('frames that share a piece are delivered in their order, up to the first bad one', (t) => {
  const status = encode('status', 1, {})
  const list = encode('list', 2, { pattern: 'dev/**', after: '' })
  const bad = Buffer.from('00000005ff00000003', 'hex')
  t.same(feed([Buffer.concat([status, list, status])]).delivered, [
    'status 1',
    'list 2 "dev/**" ""',
    'status 1',
  ])
  t.same(feed([Buffer.concat([list, bad, status])]), {
    delivered: ['list 2 "dev/**" ""'],
    fault: 'unknown-type',
  })
  t.same(feed(bytewise(Buffer.concat([status, bad, list]))), {
    delivered: ['status 1'],
    fault: 'unknown-type',
  })
  t.same(feed([]), { delivered: [], fault: undefined })
  t.same(feed([Buffer.alloc(0), status.subarray(0, 5), Buffer.alloc(0), status.subarray(5)]).delivered, [
    'status 1',
  ])
  t.end()
})

test('an inbox that met a fault stays at it, whatever is fed', (t) => {
  const status = encode('status', 1, {})
  for (const { comment, expect, bytes } of refused) {
    const first = feed([bytes]).fault
    if (first === undefined) continue
    t.same(feed([bytes, status, status]), { delivered: [], fault: first }, `${expect}: ${comment}`)
  }
  t.end()
})

test('a frame is partial from its first byte on, until it is whole', (t) => {
  const frame = encode('describe', 1, { ref: 'a/b' })
  const inbox = new Inbox()
  for (const round of [1, 2]) {
    t.equal(inbox.isPartial, false, `before frame ${round}`)
    for (let at = 0; at < frame.length; at += 1) {
      inbox.feed(frame.subarray(at, at + 1), () => undefined)
      t.equal(inbox.isPartial, at < frame.length - 1, `${at + 1} of ${frame.length} bytes`)
    }
  }
  t.end()
})

test('a secret that nobody waits for is refused before its bytes come', (t) => {
  const value = Buffer.from('0000001483000000070000000000000000000568656c6c6f', 'hex')
  const supply = Buffer.from('0000000e18000000070000000568656c6c6f', 'hex')
  for (const frame of [value, supply]) {
    const inbox = new Inbox()
    const head = frame.subarray(0, headBytes)
    t.equal(
      inbox.feed(head, () => t.fail('delivered')),
      'unexpected-secret',
    )
    t.equal(
      inbox.feed(frame.subarray(headBytes), () => t.fail('delivered')),
      'unexpected-secret',
    )
    t.equal(
      feed([frame], Buffer.alloc(frame.length - headBytes - 1)).fault,
      'unexpected-secret',
      'room too small',
    )
    t.equal(
      feed([frame], Buffer.alloc(frame.length - headBytes)).fault,
      undefined,
      'room that is just enough',
    )
  }
  t.end()
})

test('a secret is gathered in the room it was given, and only there', (t) => {
  const room = Buffer.alloc(64, 0xee)
  const heads: unknown[] = []
  const inbox = new Inbox((head) => {
    heads.push(head)
    return room
  })
  const into = Buffer.alloc(64)
  const { secretAt, end } = encodeAround(into, 'supply', 9, { secret: Buffer.from('hunter2') })
  into.write('hunter2', secretAt)
  const got: Received[] = []
  const ping = encode('status', 1, {})
  for (const piece of [
    Buffer.concat([ping, into.subarray(0, 15)]),
    Buffer.concat([into.subarray(15, end), ping]),
  ])
    t.equal(
      inbox.feed(piece, (message) => got.push(message)),
      undefined,
    )
  t.same(heads, [{ name: 'supply', id: 9, bodyBytes: 11 }], 'only a secret asks for room')
  t.same(
    got.map(({ name }) => name),
    ['status', 'supply', 'status'],
  )
  const secret = got[1]?.name === 'supply' ? got[1].body.secret : new Uint8Array()
  t.equal(secret.buffer, room.buffer, 'a view, not a copy')
  t.equal(secret.byteOffset, room.byteOffset + 4)
  t.equal(room.toString('latin1', 0, 12), '\0\0\0\x07hunter2\xee')
  t.end()
})

/* Properties. */

test('any message goes to the bytes of an independent encoder, and back', (t) => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const frame = frameOf(message)
      return frame.equals(encodeAny(message)) && outcome(frame) === show(message as Received)
    }),
    { numRuns: 500 },
  )
  t.pass()
  t.end()
})

test('no bytes make the decoder throw, and what it accepts re-encodes to itself', (t) => {
  const survives = (bytes: Buffer): boolean => {
    const result = decodeStream(bytes)
    feed([bytes])
    if (isMalformed(result)) return true
    const again = encodeAny(result)
    return again.equals(bytes.subarray(0, again.length))
  }
  const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
  const framed = fc
    .tuple(fc.constantFrom(...names), noise)
    .map(([name, body]) =>
      withLength(Buffer.concat([Buffer.of(0, 0, 0, 0, messages[name].type, 0, 0, 0, 0), body])),
    )
  const flipped = fc.tuple(anyMessage, fc.nat(), fc.nat(7)).map(([message, at, bit]) => {
    const frame = frameOf(message)
    const index = at % frame.length
    frame.writeUInt8(frame.readUInt8(index) ^ (1 << bit), index)
    return index < 4 ? frame : withLength(frame)
  })
  for (const arbitrary of [noise, framed, flipped]) {
    fc.assert(fc.property(arbitrary, survives), { numRuns: 700 })
    t.pass()
  }
  t.end()
})

test('any message that is cut anywhere waits for the rest, and with its length made to fit is refused', (t) => {
  const cut = fc.tuple(anyMessage, fc.nat()).map(([message, at]) => {
    const frame = frameOf(message)
    return { frame, end: at % frame.length }
  })
  const partial = fc.property(cut, ({ frame, end }) => {
    const { delivered, fault } = feed([frame.subarray(0, end)])
    const whole = feed([frame.subarray(0, end), frame.subarray(end)])
    return delivered.length === 0 && fault === undefined && whole.delivered.length === 1
  })
  const refitted = fc.property(cut, ({ frame, end }) => {
    const told = outcome(withLength(frame.subarray(0, Math.max(end, headBytes))))
    return end < headBytes || told === 'refuse truncated'
  })
  fc.assert(partial, { numRuns: 500 })
  fc.assert(refitted, { numRuns: 500 })
  t.pass()
  t.end()
})

test('messages and noise in any pieces: what is delivered and refused does not depend on the pieces', (t) => {
  const noise = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))
  const stream = fc.array(
    fc.oneof({ arbitrary: anyMessage.map(frameOf), weight: 4 }, { arbitrary: noise, weight: 1 }),
  )
  const cuts = fc.array(fc.nat(), { maxLength: 12 })
  const alike = fc.property(
    stream.map((frames) => Buffer.concat(frames)),
    cuts,
    (bytes, places) => {
      const ends = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort(
        (a, b) => a - b,
      )
      const pieces = ends.slice(1).map((end, index) => bytes.subarray(ends[index], end))
      return JSON.stringify(feed(pieces)) === JSON.stringify(feed([bytes]))
    },
  )
  fc.assert(alike, { numRuns: 300 })
  t.pass()
  t.end()
})

test('the vault of an instance is called as its folder, and the own one default', (t) => {
  const nameOf = (home: string, instance?: string): string => vaultName(instancePaths(home, instance))
  t.equal(nameOf('/home/ann'), 'default')
  t.equal(nameOf('/root'), 'default')
  t.equal(nameOf('/home/ann', '/tmp/try'), 'try')
  t.equal(nameOf('/home/ann', '/tmp/a/b c/'), 'b c')
  t.equal(nameOf('/home/ann', '/'), 'default')
  t.end()
})

/* What may not be sent. */

test('the encoder refuses what a decoder would', (t) => {
  const text = (request: string) => () => encode('prove', 1, { request })
  t.throws(text('x'.repeat(limits.textBytesMax + 1)), RangeError, 'a text too long')
  t.throws(text('é'.repeat(limits.textBytesMax / 2) + 'x'), RangeError, 'bytes count, not letters')
  t.throws(text('\ud800'), RangeError, 'a lone surrogate')
  t.throws(text('a\0'), RangeError, 'NUL')
  t.equal(text('x'.repeat(limits.textBytesMax))().length, headBytes + 2 + limits.textBytesMax)

  const stage = (content: string) => () => encode('stage', 1, { name: 'policy', content })
  t.throws(stage('x'.repeat(limits.documentBytesMax + 1)), RangeError, 'a document too long')
  t.throws(stage('\udc00'), RangeError, 'a lone surrogate in a document')
  const largest = stage('x'.repeat(limits.documentBytesMax))()
  t.equal(outcome(largest), `stage 1 "policy" "${'x'.repeat(limits.documentBytesMax)}"`)

  t.throws(() => encode('ready', 1, { values: 0x10000 }), RangeError, 'more than a u16')
  t.throws(() => encode('ready', 1, { values: -1 }), RangeError, 'a negative number')
  t.throws(() => encode('ready', 0x1_0000_0000, { values: 0 }), RangeError, 'an id of more than 32 bits')
  const granted = (expires: number) => () =>
    encode('granted', 1, { handle: '', exposures: '', expires, wanted: [] })
  t.throws(granted(2 ** 53), RangeError, 'a time beyond the largest')
  t.throws(granted(-1), RangeError, 'a time before 1970')
  t.throws(granted(0.5), RangeError, 'half a millisecond')
  t.throws(granted(NaN), RangeError, 'no time')
  t.end()
})

test('the encoder refuses lists and frames that are too large', (t) => {
  const row = { kind: '', place: '', sequence: 0 }
  const verified = (findings: readonly (typeof row)[]) => () =>
    encode('verified', 1, { sound: true, records: 0, unsealed: 0, findings })
  t.throws(verified(Array(limits.rowsMax + 1).fill(row)), RangeError, '257 rows')
  t.doesNotThrow(verified(Array(limits.rowsMax).fill(row)), '256 rows')
  // Nine bytes of fields and count before the list, five of type and id: 17 rows fill a plain frame to the byte.
  const full = limits.plainFrameBytesMax - 5 - 11 - 8 * 17
  const filling = (bytes: number) =>
    Array.from({ length: 17 }, (_, n) => ({ ...row, kind: 'x'.repeat(n < 16 ? 4096 : bytes - 16 * 4096) }))
  t.equal(verified(filling(full))().length, limits.plainFrameBytesMax + 4, 'the largest plain frame')
  t.throws(verified(filling(full + 1)), RangeError, 'one byte more')
  t.end()
})

test('a secret is framed where it stands, up to 1 MiB', (t) => {
  const into = Buffer.alloc(limits.frameBytesMax + 4)
  const around =
    (secret: Uint8Array, room = into) =>
    () =>
      encodeAround(room, 'supply', 1, { secret })
  const largest = Buffer.alloc(limits.valueBytesMax, 0x61)
  t.same(around(largest)(), { secretAt: 13, end: 13 + limits.valueBytesMax })
  t.throws(around(Buffer.alloc(limits.valueBytesMax + 1)), RangeError, 'a byte more than 1 MiB')
  t.throws(around(Buffer.alloc(limits.frameBytesMax)), RangeError, 'more than a frame')
  t.same(around(Buffer.alloc(3), Buffer.alloc(16))(), { secretAt: 13, end: 16 }, 'a room that is just enough')
  t.throws(around(Buffer.alloc(3), Buffer.alloc(15)), RangeError, 'a room too small')
  const far = { index: 0, variable: 'x'.repeat(4000), ref: 'y'.repeat(82), secret: largest }
  t.throws(() => encodeAround(Buffer.alloc(2 ** 21), 'value', 1, far), RangeError, 'over the largest frame')
  const near = { ...far, ref: 'y'.repeat(81) }
  t.equal(
    encodeAround(Buffer.alloc(2 ** 21), 'value', 1, near).end,
    limits.frameBytesMax + 4,
    'the largest frame',
  )
  into.fill(0xee)
  around(Buffer.from('abc'))()
  t.equal(
    into.toString('hex', 0, 18),
    '0000000c180000000100000003eeeeeeeeee',
    'the secret itself is not written',
  )
  t.end()
})

/* Refs, variables, paths. */

test('every ref of the vectors is read, or refused, as it says', (t) => {
  for (const { comment, expect, bytes } of vectorsOf('refs')) {
    const text = textOf(bytes)
    const ref = text === undefined ? undefined : parseRef(text)
    const field = ref?.field === undefined ? '-' : quote(ref.field)
    t.equal(ref === undefined ? 'refuse bad-ref' : `ref ${quote(ref.path)} ${field}`, expect, comment)
    if (ref !== undefined) t.equal(formatRef(ref), text, 'formats to what was read')
  }
  t.equal(parseRef('a/\ud800'), undefined, 'a lone surrogate')
  t.equal(parseRef('a/b#\udc00'), undefined, 'a lone surrogate in the field')
  t.notOk(isPath('a/b#c'), 'a path alone holds no field')
  t.notOk(isField('a#b'), 'nor does a field alone')
  t.end()
})

test('every variable of the vectors is safe, or refused, as it says', (t) => {
  for (const { comment, expect, bytes } of vectorsOf('variables'))
    t.equal(isSafeVariable(textOf(bytes) ?? '') ? 'safe' : 'refuse bad-variable', expect, comment)
  for (const name of obeyedNames) t.notOk(isSafeVariable(name.toLowerCase()), `${name} in small letters`)
  t.end()
})

test('a default variable is a safe one, unless the ref is too long for any', (t) => {
  const named = (path: string, field?: string): string => defaultVariable({ path, field })
  t.equal(named('db/prod'), 'DB_PROD_PASSWORD')
  t.equal(named('db9/prod0', 'user name'), 'DB9_PROD0_USER_NAME')
  t.equal(named('_x/Über-y', 'z!'), 'X_BER_Y_Z')
  t.equal(named('1password/x'), 'SECRET_1PASSWORD_X_PASSWORD', 'no digit first')
  t.equal(named('git/ssh', 'command'), 'SECRET_GIT_SSH_COMMAND', 'none that git obeys')
  t.equal(named('node/options', '~'), 'SECRET_NODE_OPTIONS')
  t.equal(named('秘/密', '鍵'), 'SECRET_', 'nothing that a name may hold')
  const refs = fc.string({ unit: 'binary', minLength: 3, maxLength: 60 }).map((text) => parseRef(`a/${text}`))
  const safe = (ref: Ref | undefined): boolean => ref === undefined || isSafeVariable(defaultVariable(ref))
  fc.assert(fc.property(refs, safe), { numRuns: 300 })
  t.end()
})

test('every socket path of the vectors is as it says, or refused', (t) => {
  for (const { comment, expect, bytes } of vectorsOf('paths')) {
    const [home = '', instance = ''] = bytes.toString().split('\0')
    const { socket } = instancePaths(home, instance === '' ? undefined : instance)
    t.equal(isSocketPath(socket) ? `socket ${quote(socket)}` : 'refuse socket-path-too-long', expect, comment)
  }
  t.notOk(isSocketPath('run/socket'), 'a relative path')
  t.notOk(isSocketPath('\0abstract'), 'an abstract name, which any user may take')
  t.notOk(isSocketPath(''), 'nothing')
  const own = Object.values(instancePaths('/home/ann', undefined)) as string[]
  const apart = Object.values(instancePaths('/home/ann', '/tmp/try')) as string[]
  t.notOk(
    own.some((path) => !path.startsWith('/home/ann/.')),
    'the own instance is under hidden folders',
  )
  t.notOk(
    apart.some((path) => !path.startsWith('/tmp/try/')),
    'an instance is all under its folder',
  )
  t.end()
})

/* The tables. */

test('the message table is sound', (t) => {
  t.equal(new Set(names.map((name) => messages[name].type)).size, names.length, 'every type once')
  for (const name of names) {
    const { type, sender } = messages[name]
    const kinds = Object.values(schemaOf(name))
    t.equal(messageOfType(type), name)
    t.equal(type >= 0x80, sender === 'daemon', `${name}: replies, and only they, are 0x80 and up`)
    t.equal(kinds.includes('secret'), carriesSecret(name), `${name}: carries a secret or not`)
    t.notOk(kinds.slice(0, -1).includes('secret'), `${name}: a secret is the last field`)
    t.notOk('malformed' in schemaOf(name), `${name}: no field is taken for a malformation`)
  }
  t.same(names.filter(carriesSecret), ['supply', 'value'])
  t.same(role, { plain: 0, mcp: 1 })
  t.same(level, { ack: 0, proof: 1 })
  for (const type of [0x00, 0x19, 0x7f, 0x8f, 0x100, -1]) t.equal(messageOfType(type), undefined)
  t.end()
})

test('the failure table is sound', (t) => {
  const rows = Object.entries(failures)
  const numbers = rows.map(([, { number }]) => number)
  for (const [at, number] of numbers.entries())
    t.ok(number > (numbers[at - 1] ?? 0), `each number once, in their order: ${number}`)
  for (const [name, { exit, text, hint }] of rows) {
    t.match(name, /^[a-z]+(-[a-z]+)*$/)
    t.ok(exit >= 64 && exit <= 113, `${name}: exit ${exit}`)
    for (const sentence of [text, hint]) t.match(sentence, /^(\{\}|[a-z$X])/, `${name}: begins in lower case`)
    t.notMatch(text + hint, /\.$|\{\}.*\{\}|\n/, `${name}: one argument, no full stop, one line`)
  }
  t.end()
})

test('a failure is printed with its argument, whatever that holds', (t) => {
  t.equal(failureText('bad-ref', '$& $1 {}'), 'not a reference to a secret: $& $1 {}')
  t.equal(failureHint('which-field', '$&'), 'name one: $&')
  t.equal(failureText('locked', 'ignored'), 'the vault is locked')
  t.match(new Refusal('sink-file', '/tmp/x'), {
    message: 'would write the value to /tmp/x',
    failure: 'sink-file',
    argument: '/tmp/x',
  })
  t.match(new Refusal('locked'), { failure: 'locked', argument: '' })
  for (const [name, { number }] of Object.entries(failures)) t.equal(failureOfNumber(number), name)
  for (const number of [0, 1000, 65535])
    t.equal(failureOfNumber(number), 'internal', 'a number of a later version')
  t.end()
})

/* PROTOCOL.md. */

const protocol = readFileSync(new URL('../PROTOCOL.md', import.meta.url), 'utf8').replace(/ +/g, ' ')

const fieldsText = (schema: Schema): string =>
  Object.entries(schema)
    .map(
      ([name, kind]) => `${name} ${typeof kind === 'string' ? kind : `list of (${fieldsText(kind.rows)})`}`,
    )
    .join(', ')

test('PROTOCOL.md has the row of every message and no other', (t) => {
  const rows = protocol.split('\n').filter((line) => /^\| 0x/.test(line))
  const expected = names.map((name) => {
    const { type, sender } = messages[name]
    return `| 0x${type.toString(16).padStart(2, '0')} | \`${name}\` | ${sender} | ${fieldsText(schemaOf(name)) || '–'} |`
  })
  t.same(rows, expected)
  for (const name of names) t.ok(protocol.includes(`\n**\`${name}\`** `), `a paragraph for ${name}`)
  t.end()
})

test('PROTOCOL.md has the row of every failure and no other', (t) => {
  const rows = protocol.split('\n').filter((line) => /^\| \d+ \| `/.test(line))
  const expected = Object.entries(failures).map(
    ([name, { number, exit, text }]) => `| ${number} | \`${name}\` | ${exit} | ${text} |`,
  )
  t.same(rows, expected)
  t.end()
})

test('PROTOCOL.md has every limit and every malformation', (t) => {
  for (const [name, value] of Object.entries(limits))
    t.match(protocol, new RegExp(`\\| \`${name}\` \\| ${value} \\|`), name)
  for (const why of malformations) t.ok(protocol.includes(`\`${why}\``), why)
  t.end()
})
