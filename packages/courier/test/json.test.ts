// The reader of JSON, held to JSON.parse: it accepts no more, and what it copies is what the text means.
import fc from 'fast-check'
import t from 'tap'
import { copyValue, numberOf, placeAt, readJson, textOf } from '../src/json.ts'

const read = (text: string | Buffer): unknown => {
  const bytes = Buffer.from(text)
  return readJson(bytes)
}

/** The value at a pointer, as bytes in a room that is as large as it needs and no larger. */
function valueAt(text: string | Buffer, ...pointer: readonly string[]): Buffer | undefined {
  const bytes = Buffer.from(text)
  const place = placeAt(readJson(bytes), pointer)
  if (place === undefined) return undefined
  const room = Buffer.alloc(bytes.length)
  const length = copyValue(bytes, place, room)
  return length === undefined ? undefined : room.subarray(0, length)
}

t.test('a value is copied as the bytes that it means', (t) => {
  const rows: readonly (readonly [string, string])[] = [
    [String.raw`"plain"`, 'plain'],
    [String.raw`""`, ''],
    [String.raw`"\"\\\/\b\f\n\r\t"`, '"\\/\b\f\n\r\t'],
    [String.raw`"\u0041\u00e9\u20ac\ud83d\ude00"`, 'Aé€😀'],
    [String.raw`"\u0000"`, '\0'],
    ['"é€😀"', 'é€😀'],
    ['-12.50e+3', '-12.50e+3'],
    ['true', 'true'],
    ['[1, {"a": "b"}]', '[1, {"a": "b"}]'],
  ]
  for (const [text, meant] of rows) t.equal(valueAt(`{"v": ${text} }`, 'v')?.toString(), meant, text)
  t.end()
})

t.test('pointers lead through tables and lists, and nowhere else', (t) => {
  const text = '{"data":{"data":{"a":"1","":"2","__proto__":"3"}},"list":["x",["y"]],"0":"z"}'
  t.equal(valueAt(text, 'data', 'data', 'a')?.toString(), '1')
  t.equal(valueAt(text, 'data', 'data', '')?.toString(), '2')
  t.equal(valueAt(text, 'data', 'data', '__proto__')?.toString(), '3')
  t.equal(valueAt(text, 'list', '1', '0')?.toString(), 'y')
  t.equal(valueAt(text, '0')?.toString(), 'z')
  for (const pointer of [
    ['data', 'toString'],
    ['list', '2'],
    ['list', '01'],
    ['list', '-1'],
    ['list', 'length'],
    ['0', '0'],
  ])
    t.equal(valueAt(text, ...pointer), undefined, pointer.join('/'))
  t.end()
})

t.test('what does not fit leaves nothing behind', (t) => {
  const bytes = Buffer.from(String.raw`{"v":"secret\u20ac\ud83d\ude00tail"}`)
  const place = placeAt(readJson(bytes), ['v'])
  if (place === undefined) throw new Error('no value')
  const whole = Buffer.byteLength('secret€😀tail')
  for (let room = 0; room < whole; room++) {
    const into = Buffer.alloc(room)
    t.equal(copyValue(bytes, place, into), undefined, `${room} bytes`)
    t.ok(into.every((byte) => byte === 0))
  }
  t.equal(copyValue(bytes, place, Buffer.alloc(whole)), whole)
  t.end()
})

t.test('what is no JSON is refused, and no piece of it told', (t) => {
  const refused = [
    '',
    ' ',
    '{',
    '}',
    '[',
    ']',
    '[1,]',
    '[,1]',
    '[1 2]',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{a:1}',
    "{'a':1}",
    '{"a":1,"a":2}',
    String.raw`{"a":1,"\u0061":2}`,
    '"',
    '"a',
    '"\n"',
    '"\t"',
    String.raw`"\x41"`,
    String.raw`"\u12"`,
    String.raw`"\u12g4"`,
    String.raw`"\ud83d"`,
    String.raw`"\ude00"`,
    String.raw`"\ud83d\ud83d"`,
    String.raw`"\ud83dx"`,
    String.raw`"\ud83d\n"`,
    '01',
    '-',
    '+1',
    '.5',
    '1.',
    '1e',
    '1e+',
    '0x10',
    'NaN',
    'Infinity',
    'tru',
    'truex',
    'nulls',
    '1a',
    '1 2',
    '{}{}',
    '\ufeff{}',
    '<html><body>secret</body></html>',
    '/* */ {}',
    '"secret" secret',
    Buffer.from([0x22, 0xff, 0x22]),
    Buffer.from([0x22, 0xc0, 0xaf, 0x22]),
    '['.repeat(33) + ']'.repeat(33),
    `[${'1,'.repeat(100_000)}1]`,
  ]
  for (const text of refused)
    t.throws(() => read(text), { name: 'Unreadable', message: /^(?!.*secret)/ }, String(text).slice(0, 40))
  t.doesNotThrow(() => read('['.repeat(32) + ']'.repeat(32)))
  t.end()
})

t.test('a text that is cut anywhere is refused', (t) => {
  const text = Buffer.from(String.raw`{"a":["x\n\ud83d\ude00",-1.5e3,true,null,{}],"b":"é"}`)
  for (let length = 0; length < text.length; length++)
    t.throws(() => readJson(text.subarray(0, length)), { name: 'Unreadable' })
  t.end()
})

t.test('it takes what JSON.parse takes, and means the same', (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), fc.constantFrom(undefined, 1, '\t'), (value, name, space) => {
      const wrapped = { [name]: value }
      const copy = valueAt(JSON.stringify(wrapped, undefined, space), name)
      const meant =
        typeof value === 'string' ? copy?.toString() : (JSON.parse(copy?.toString() ?? '') as unknown)
      t.strictSame(meant, JSON.parse(JSON.stringify(value)))
    }),
  )
  t.end()
})

t.test('it takes nothing that JSON.parse does not take', (t) => {
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '1',
    '-',
    '0',
    '.',
    'e',
    'true',
    'null',
    ' ',
    '\\',
    'u0041',
    '\\ud83d',
  ]
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 9 }), (parts) => {
      const text = parts.join('')
      try {
        read(text)
      } catch {
        return
      }
      t.doesNotThrow(() => JSON.parse(text) as unknown, text)
    }),
    { numRuns: 20_000 },
  )
  t.end()
})

t.test('names and numbers that are no secret can be had as such', (t) => {
  const bytes = Buffer.from(
    String.raw`{"lease_id":"database\/creds\u002f1","lease_duration":3600,"renewable":true,"n":1e999}`,
  )
  const at = (name: string) => placeAt(readJson(bytes), [name])
  const id = at('lease_id')
  const seconds = at('lease_duration')
  t.equal(id && textOf(bytes, id), 'database/creds/1')
  t.equal(seconds && numberOf(bytes, seconds), 3600)
  for (const name of ['renewable', 'n', 'lease_id']) {
    const place = at(name)
    t.equal(place && numberOf(bytes, place), undefined, name)
  }
  t.equal(seconds && textOf(bytes, seconds), undefined)
  t.end()
})
