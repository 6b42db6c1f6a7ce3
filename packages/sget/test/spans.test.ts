// Where values stand when there are several, or several in one: beside, inside and across each other.
import t from 'tap'
import { play, type Piece, type Secret } from './masking.ts'

const secretOf = (value: string | Buffer, ref: string): Secret => ({ value: Buffer.from(value), ref })

/** A text of more bytes comes in longer pieces. */
const bytewiseMax = 10_000

/** What becomes of a text, in one piece and in many. */
async function masked(secrets: readonly Secret[], text: string | Buffer): Promise<string> {
  const stream = Buffer.from(text)
  const length = stream.length > bytewiseMax ? 61 : 1
  const count = Math.ceil(stream.length / length)
  const bytes: Piece[] = Array.from({ length: count }, (_, at) => ({
    bytes: stream.subarray(at * length, (at + 1) * length),
  }))
  const played = await play([
    { output: 'whole', secrets, streams: [[{ bytes: stream }], bytes] },
    { output: 'steady', secrets, streams: [bytes] },
    { output: 'prompt', secrets, streams: [bytes] },
  ])
  const texts = played.flat().map((steps) => Buffer.concat(steps).toString('latin1'))
  const [first = ''] = texts
  return texts.every((text) => text === first) ? first : texts.join('\n--\n')
}

t.test('values side by side keep a label each', async (t) => {
  const secrets = [secretOf('first-value', 'a/a'), secretOf('other-value', 'b/b')]
  t.equal(await masked(secrets, 'first-valueother-value'), '[sget:a/a][sget:b/b]')
  t.equal(await masked(secrets, 'first-valuefirst-value'), '[sget:a/a][sget:a/a]')
})

t.test('a value that begins inside another does not leave its tail', async (t) => {
  const secrets = [secretOf('inside-out', 'b/b'), secretOf('first-inside', 'a/a')]
  t.equal(await masked(secrets, '<first-inside-out>'), '<[sget:a/a]>')
  t.equal(await masked(secrets, '<first-inside-ou>'), '<[sget:a/a]-ou>')
})

t.test('a value inside another is part of it, and is found alone', async (t) => {
  const secrets = [secretOf('inner!', 'b/b'), secretOf('outer-inner!-outer', 'a/a')]
  t.equal(await masked(secrets, 'outer-inner!-outer inner!'), '[sget:a/a] [sget:b/b]')
  t.equal(await masked(secrets, 'outer-inner!-oute'), 'outer-[sget:b/b]-oute')
})

t.test('of two that begin alike the longer one is named', async (t) => {
  const secrets = [secretOf('password', 'a/a'), secretOf('password-of-all', 'b/b')]
  t.equal(await masked(secrets, 'password-of-all password-of'), '[sget:b/b] [sget:a/a]-of')
})

t.test('of two that are the same the first is named', async (t) => {
  const secrets = [secretOf('the-same', 'b/b'), secretOf('the-same', 'a/a')]
  t.equal(await masked(secrets, 'the-same'), '[sget:b/b]')
})

t.test('a value that repeats itself is masked as far as it goes on', async (t) => {
  const secrets = [secretOf('abcabcabc', 'a/a')]
  t.equal(await masked(secrets, 'abcabcab'), 'abcabcab')
  t.equal(await masked(secrets, 'abcabcabcabcab'), '[sget:a/a]ab')
  t.equal(await masked(secrets, 'xabcabcabcabcx'), 'x[sget:a/a]x')
  t.equal(await masked([secretOf('a'.repeat(2000), 'a/a')], `${'a'.repeat(70_000)}b`), '[sget:a/a]b')
})

t.test('in base64 half a character of a value is masked as well', async (t) => {
  const secrets = [secretOf('secret', 'a/a')]
  const of = (text: string): string => Buffer.from(text).toString('base64')
  t.equal(await masked(secrets, of('secret')), '[sget:a/a]')
  t.equal(
    await masked(secrets, of('xsecrety')),
    `${of('xsecrety').slice(0, 1)}[sget:a/a]${of('xsecrety').slice(10)}`,
  )
  t.equal(await masked(secrets, of('xxsecret')), `${of('xx').slice(0, 2)}[sget:a/a]=`)
})

t.test('of a value with lines each line is found by itself, without the blanks around it', async (t) => {
  const secrets = [secretOf('{\n    "user": "root",\n    "id": 7\n}\n', 'a/a')]
  t.equal(await masked(secrets, '\t"user": "root", {'), '\t[sget:a/a] {')
  t.equal(await masked(secrets, '  "id": 7}\n{\n}\n'), '  [sget:a/a]}\n{\n}\n')
})

t.test('line ends may be those of another system', async (t) => {
  const unix = [secretOf('ab\ncd\nefg', 'a/a')]
  const dos = [secretOf('ab\r\ncd\r\nefg', 'a/a')]
  const mixed = [secretOf('ab\r\ncd\nefg', 'a/a')]
  for (const secrets of [unix, dos, mixed])
    for (const text of ['ab\ncd\nefg', 'ab\r\ncd\r\nefg', 'ab%0D%0Acd%0d%0aefg', 'ab\\ncd\\nefg'])
      t.equal(await masked(secrets, text), '[sget:a/a]')
  t.equal(await masked(unix, Buffer.from('ab\r\ncd\r\nefgh').toString('base64')), '[sget:a/a]o')
})

t.test('a value over 64 KiB is found raw, in base64 and line by line', async (t) => {
  const lines = Array.from({ length: 3000 }, (_, at) => `${at + 1000}: a line of a long value`)
  const value = lines.join('\n')
  const secrets = [secretOf(value, 'a/a')]
  t.ok(value.length > 64 * 1024)
  t.equal(await masked(secrets, `<${value}>`), '<[sget:a/a]>')
  t.equal(await masked(secrets, `<${Buffer.from(value).toString('base64')}>`), '<[sget:a/a]=>')
  t.equal(await masked(secrets, `<${lines[1234]}>`), '<[sget:a/a]>')
  const hex = Buffer.from(lines[1234] ?? '').toString('hex')
  t.equal(await masked(secrets, hex), hex)
})

t.test('a value of a megabyte in lines is no burden', async (t) => {
  const value = Array.from({ length: 150_000 }, (_, at) => at.toString(36).padStart(6, '=')).join('\n')
  t.equal(await masked([secretOf(value, 'a/a')], 'x===2s9 '), 'x[sget:a/a] ')
})

t.test('nothing is masked for values that are too short, or where there are none', async (t) => {
  t.equal(await masked([secretOf('12345', 'a/a'), secretOf('', 'b/b')], '12345'), '12345')
  t.equal(await masked([], 'anything'), 'anything')
})

t.test('text that is almost a value stays as it is', async (t) => {
  const value = 'p@ss w\'rd/"é🎉'
  const almost = [
    'p@ss w\'rd/"é🎈',
    '70407373207727726',
    'p%40ss%20w%27rd%2F%22%C3%A9%F0%9F%8E%8',
    'p@ss+w%2',
    'p@ss w\\\'rd\\/\\"\\u00e9\\ud83c\\udf8',
    'p@ss w\\\'rd\\/\\"\\u00e9\\ud83c\\ud83c\\udf89',
    "p@ss w''rd",
    'p@ss w&#39rd',
    'p@ss w&apos;rd/&#000000034;',
    'p@ss w&#x;rd',
    '\\p@ss w\\x2\\x27',
  ]
  for (const text of almost)
    t.equal(await masked([secretOf(value, 'a/a')], text), Buffer.from(text).toString('latin1'))
})
