// How others write a value: encoders that share no code with the mask, among them real shells and Python.
import { run } from './program.ts'
import type { Chance } from './chance.ts'

/** A value as an encoder wrote it, between what that put around it (quotes, and neighbours in the same characters). */
export interface Spelling {
  readonly by: string
  readonly before?: string
  readonly spelled: Buffer
  readonly after?: string
}

/** What the programs make of a value. */
export interface Foreign {
  readonly python: Readonly<Record<string, string>>
  /** Where it can be a word of a shell. */
  readonly bash?: readonly [quoted: string, transformed: string]
}

type Encoder = (value: Buffer, chance: Chance) => string

const hexOf = (byte: number, width = 2): string => byte.toString(16).padStart(width, '0')

/** Each byte by itself. */
const bytewise =
  (spell: (byte: number) => string): Encoder =>
  (value) =>
    Array.from(value, spell).join('')

/** Each byte in one way or the other. */
const mixed =
  (...spells: ((byte: number) => string)[]): Encoder =>
  (value, chance) =>
    Array.from(value, (byte) => chance.pick(spells)(byte)).join('')

/** Each code point by itself. */
const pointwise =
  (spell: (point: number) => string): Encoder =>
  (value) =>
    Array.from(value.toString(), (character) => spell(character.codePointAt(0) ?? 0)).join('')

/** Each unit of UTF-16 by itself. */
const unitwise =
  (spell: (unit: number) => string): Encoder =>
  (value) => {
    const units = value.toString()
    return Array.from({ length: units.length }, (_, at) => spell(units.charCodeAt(at))).join('')
  }

const anyCase: Encoder = (text, chance) =>
  Array.from(text.toString('latin1'), (letter) => (chance.below(2) ? letter.toUpperCase() : letter)).join('')

const wrapped = (text: string, columns: number, end: string): string =>
  text.replace(new RegExp(`.{${columns}}(?=.)`, 'g'), `$&${end}`)

const isPlain = (byte: number): boolean =>
  byte > 0x20 && byte < 0x7f && !'%\\&\'"+'.includes(String.fromCharCode(byte))

/** The byte itself where every encoder would leave it, else escaped. */
const onlyOdd =
  (spell: (byte: number) => string) =>
  (byte: number): string =>
    isPlain(byte) ? String.fromCharCode(byte) : spell(byte)

const percent = (byte: number): string => `%${hexOf(byte)}`

/** For every value. */
const ofBytes: Readonly<Record<string, Encoder>> = {
  hex: (value) => value.toString('hex'),
  HEX: (value) => value.toString('hex').toUpperCase(),
  HeX: (value, chance) => anyCase(Buffer.from(value.toString('hex')), chance),
  'hex in lines': (value) => wrapped(value.toString('hex'), 60, '\n'),
  'hex in CRLF lines': (value) => wrapped(value.toString('hex'), 32, '\r\n'),
  'hex with blanks': (value) => wrapped(value.toString('hex'), 2, ' '),
  'hex with colons': (value) => wrapped(value.toString('hex'), 2, ':'),
  'hex in groups': (value) => wrapped(value.toString('hex'), 4, ' '),
  'hex as in C': (value) => Array.from(value, (byte) => hexOf(byte)).join(', 0x'),
  'hex as xxd -i': (value) =>
    wrapped(Array.from(value, (byte) => `0x${hexOf(byte)}`).join(','), 60, '\n  ')
      .replaceAll(',0', ', 0')
      .slice(2),
  'percent, all': bytewise(percent),
  'PERCENT, all': bytewise((byte) => percent(byte).toUpperCase()),
  'percent, odd': bytewise(onlyOdd(percent)),
  'percent, some': mixed(onlyOdd(percent), percent, (byte) => percent(byte).toUpperCase()),
  '\\x, all': bytewise((byte) => `\\x${hexOf(byte)}`),
  '\\x, odd': bytewise(onlyOdd((byte) => `\\x${hexOf(byte).toUpperCase()}`)),
  'octal, all': bytewise((byte) => `\\${byte.toString(8).padStart(3, '0')}`),
  'octal, odd': bytewise(onlyOdd((byte) => `\\${byte.toString(8).padStart(3, '0')}`)),
}

/** For values that are text. */
const ofText: Readonly<Record<string, Encoder>> = {
  encodeURIComponent: (value) => encodeURIComponent(value.toString()),
  URLSearchParams: (value) => new URLSearchParams({ '': value.toString() }).toString().slice(1),
  '%u': unitwise((unit) => `%u${hexOf(unit, 4)}`),
  'JSON.stringify': (value) => JSON.stringify(value.toString()).slice(1, -1),
  'JSON with \\/': (value) => JSON.stringify(value.toString()).slice(1, -1).replaceAll('/', '\\/'),
  'JSON, all \\u': unitwise((unit) => `\\u${hexOf(unit, 4)}`),
  'JSON, all \\u in upper case': unitwise((unit) => `\\u${hexOf(unit, 4).toUpperCase()}`),
  '\\U': pointwise((point) => `\\U${hexOf(point, 8)}`),
  '\\u{}': pointwise((point) => `\\u{${hexOf(point)}}`),
  '&#;': pointwise((point) => `&#${point};`),
  '&#0;': pointwise((point) => `&#${String(point).padStart(7, '0')};`),
  '&#x;': pointwise((point) => `&#x${hexOf(point)};`),
  '&#X0;': pointwise((point) => `&#X${hexOf(point, 6).toUpperCase()};`),
  'entities in pairs': unitwise((unit) => `&#${unit};`),
}

/** For values that are none: each byte as a code point. */
const ofBinary: Readonly<Record<string, Encoder>> = {
  '\\u00': bytewise((byte) => `\\u${hexOf(byte, 4)}`),
  '&#; of bytes': bytewise((byte) => `&#${byte};`),
}

/** A way to spell a value. */
export type Speller = (chance: Chance) => Spelling

/** Every way to spell a value that there is an encoder for. */
export function spellers(value: Buffer, foreign: Foreign): Speller[] {
  return [
    () => ({ by: 'nobody', spelled: value }),
    ...Object.entries({ ...ofBytes, ...(isText(value) ? ofText : ofBinary) }).map(
      ([by, encode]): Speller =>
        (chance) => ({ by, spelled: Buffer.from(encode(value, chance)) }),
    ),
    ...base64s(value),
    ...utf16s(value),
    ...Object.entries(foreign.python).map(([by, text]) => () => ({
      by: `python ${by}`,
      spelled: Buffer.from(text),
    })),
    ...(foreign.bash ?? []).map((word) => () => unquoted(word)),
  ]
}

/** Alone, and with neighbours on either side, of which half a character may be the value's. */
function base64s(value: Buffer): Speller[] {
  const among =
    (by: string, encoding: 'base64' | 'base64url', columns = 1e9, end = ''): Speller =>
    (chance) => {
      const [before, after] = [ahead(value, chance), behind(value, chance)]
      const text = Buffer.concat([before, value, after]).toString(encoding)
      const first = Math.floor((before.length * 8) / 6)
      const beyond = Math.ceil(((before.length + value.length) * 8) / 6)
      const isPadded = chance.below(2) === 1
      return {
        by: `${by} behind ${before.length} bytes, before ${after.length}`,
        before: text.slice(0, first),
        spelled: Buffer.from(wrapped(text.slice(first, beyond), columns, end)),
        after: isPadded ? text.slice(beyond) : text.slice(beyond).replaceAll('=', ''),
      }
    }
  return [
    among('base64', 'base64'),
    among('base64url', 'base64url'),
    among('base64 in lines', 'base64', 76, '\n'),
    among('base64 in CRLF lines', 'base64', 64, '\r\n'),
  ]
}

/**
 * Bytes with which a value that repeats itself does not go on, not even by half a byte: base64 does not tell where in
 * three bytes a character stands, so that all repetitions count.
 */
function neighbours(value: Buffer, goesOn: (byte: number) => boolean, chance: Chance): Buffer {
  const every = Array.from({ length: 256 }, (_, byte) => byte)
  const free = every.filter((byte) => !value.includes(byte) && !goesOn(byte))
  const length = chance.below(6)
  return Buffer.from(Array.from({ length }, () => chance.pick(free.length > 0 ? free : every)))
}

/** Before the value stands what its first two bits, the next two, or the ones after these would go on from. */
function ahead(value: Buffer, chance: Chance): Buffer {
  const [first = 0] = value
  return neighbours(
    value,
    (byte) => [first >> 6, first >> 4, first >> 2].some((bits) => ((bits ^ byte) & 3) === 0),
    chance,
  )
}

/** Behind it stands what goes on from its last two bits, or those before. */
function behind(value: Buffer, chance: Chance): Buffer {
  const last = value.at(-1) ?? 0
  return neighbours(
    value,
    (byte) => [last, last >> 2, last >> 4].some((bits) => ((bits ^ (byte >> 6)) & 3) === 0),
    chance,
  )
}

function utf16s(value: Buffer): Speller[] {
  const little = Buffer.from(isText(value) ? value.toString() : value.toString('latin1'), 'utf16le')
  return [
    () => ({ by: 'UTF-16LE', spelled: little }),
    () => ({ by: 'UTF-16BE', spelled: Buffer.from(little).swap16() }),
  ]
}

/** A word of bash: in '…', in $'…', or with backslashes. */
function unquoted(word: string): Spelling {
  const quotes = /^(\$?')(.*)'$/s.exec(word)
  if (quotes === null) return { by: 'bash', spelled: Buffer.from(word, 'latin1') }
  const [, before = '', inside = ''] = quotes
  return { by: `bash ${before}…'`, before, spelled: Buffer.from(inside, 'latin1'), after: "'" }
}

const script = `
import base64, html, json, shlex, sys, urllib.parse
def spell(value):
    try: text = value.decode()
    except UnicodeDecodeError:
        return {'bytes': repr(value)[2:-1], 'encodebytes': base64.encodebytes(value).decode().rstrip('=\\n')}
    said = {
        'bytes': repr(value)[2:-1], 'repr': repr(text)[1:-1], 'ascii': ascii(text)[1:-1],
        'json': json.dumps(text)[1:-1], 'json unicode': json.dumps(text, ensure_ascii=False)[1:-1],
        'html': html.escape(text), 'xml': text.replace('&', '&#38;').encode('ascii', 'xmlcharrefreplace').decode(),
        'quote': urllib.parse.quote(text), 'quote_plus': urllib.parse.quote_plus(text),
        'encodebytes': base64.encodebytes(value).decode().rstrip('=\\n'),
    }
    quoted = shlex.quote(text)
    if quoted != text: said['shlex'] = quoted[1:-1]
    return said
for line in sys.stdin: print(json.dumps(spell(base64.b64decode(line))))
`

const isText = (value: Buffer): boolean => Buffer.from(value.toString()).equals(value)

/** What Python and, of the first so many, bash make of values. */
export async function foreigners(values: readonly Buffer[], shells: number): Promise<Foreign[]> {
  const words = values.slice(0, shells).filter((value) => !value.includes(0))
  // Of bytes that are no UTF-8 it would not know where they end.
  const inUtf8 = words.filter((word, at) => at % 2 === 1 && isText(word))
  const inAscii = words.filter((word) => !inUtf8.includes(word))
  const [python, ...bash] = await Promise.all([
    pythons(values),
    bashes(inUtf8, 'C.UTF-8'),
    bashes(inAscii, 'C'),
  ])
  const spoken = new Map(bash.flatMap((said) => [...said]))
  return values.map((value, at) => {
    const said = spoken.get(value)
    return { python: python[at] ?? {}, ...(said === undefined ? {} : { bash: said }) }
  })
}

async function pythons(values: readonly Buffer[]): Promise<Foreign['python'][]> {
  const input = values.map((value) => `${value.toString('base64')}\n`).join('')
  const { code, stdout, stderr } = await run('/usr/bin/python3', ['-c', script], { input })
  if (code !== 0) throw new Error(stderr)
  const lines = stdout.toString().trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as Foreign['python'])
}

async function bashes(words: readonly Buffer[], locale: string): Promise<Map<Buffer, [string, string]>> {
  const loop = `while IFS= read -r -d '' word; do printf '%q\\0%s\\0' "$word" "\${word@Q}"; done`
  const { stdout, stderr } = await run('bash', ['--norc', '-c', loop], {
    input: Buffer.concat(words.flatMap((word) => [word, Buffer.of(0)])),
    env: { PATH: '/usr/bin:/bin', LC_ALL: locale },
  })
  const said = stdout.toString('latin1').split('\0')
  if (stderr !== '' || said.length !== 2 * words.length + 1) throw new Error(`bash: ${stderr}`)
  return new Map(words.map((word, at) => [word, [said[2 * at] ?? '', said[2 * at + 1] ?? '']]))
}
