// Strings of JSON as bytes (RFC 8259, section 7): checked where they stand, and copied without ever being a string.

/** Why a text is no JSON. Never with a piece of it. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

const quote = 0x22
const backslash = 0x5c
const controlMax = 0x1f
const letterU = 0x75
const hexDigits = 4
const escapeBytes = 2 + hexDigits

/** What a letter after a backslash stands for. */
const escapes: ReadonlyMap<number, number> = new Map(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }).map(
    ([letter, meant]) => [letter.charCodeAt(0), meant.charCodeAt(0)],
  ),
)

/**
 * Checks the string that begins behind a quote at `start`, and returns where its closing quote stands. The bytes around it
 * are UTF-8 already.
 */
export function endOfText(bytes: Buffer, start: number): number {
  let at = start
  for (;;) {
    const byte = bytes[at]
    if (byte === undefined) throw new Unreadable('a string does not end')
    if (byte === quote) return at
    if (byte <= controlMax) throw new Unreadable('a control character stands in a string')
    at += byte === backslash ? escapeLength(bytes, at) : 1
  }
}

/** How long the escape at `at` is: two bytes, six, or twelve for a pair of surrogates. */
function escapeLength(bytes: Buffer, at: number): number {
  const letter = bytes[at + 1]
  if (letter === undefined) throw new Unreadable('a string does not end')
  if (escapes.has(letter)) return 2
  if (letter !== letterU) throw new Unreadable('there is no such escape')
  const unit = codeUnit(bytes, at)
  if (!isSurrogate(unit)) return escapeBytes
  if (!isPair(unit, lowUnit(bytes, at))) throw new Unreadable('half a pair of surrogates stands alone')
  return 2 * escapeBytes
}

/** The number in `\uXXXX` at `at`, digit by digit. */
function codeUnit(bytes: Buffer, at: number): number {
  let unit = 0
  for (let digit = at + 2; digit < at + escapeBytes; digit++) unit = unit * 16 + hexDigit(bytes[digit] ?? 0)
  return unit
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = (byte | 0x20) - 0x61
  if (letter < 0 || letter > 5) throw new Unreadable('an escape wants four hexadecimal digits')
  return letter + 10
}

/** The unit of the escape that follows the one at `at`; 0 where none does. */
function lowUnit(bytes: Buffer, at: number): number {
  const next = at + escapeBytes
  return bytes[next] === backslash && bytes[next + 1] === letterU ? codeUnit(bytes, next) : 0
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff
const isPair = (high: number, low: number): boolean =>
  high >= 0xd800 && high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff

/**
 * Copies a checked string, from behind its quote to the closing one, as the bytes that it means.
 *
 * @returns their number; where they do not fit into `into`, which is then wiped as far as it was written, undefined
 */
export function copyText(bytes: Buffer, start: number, end: number, into: Buffer): number | undefined {
  let length = 0
  for (let at = start; at < end;) {
    const isEscape = bytes[at] === backslash
    const read = isEscape ? escapeLength(bytes, at) : plainRun(bytes, at, end)
    const written = isEscape
      ? writeEscape(bytes, at, into, length)
      : writeRun(bytes.subarray(at, at + read), into, length)
    if (written === undefined) {
      into.fill(0, 0, length)
      return undefined
    }
    at += read
    length += written
  }
  return length
}

/** How many bytes stand for themselves from `at` on. */
function plainRun(bytes: Buffer, at: number, end: number): number {
  const next = bytes.subarray(at, end).indexOf(backslash)
  return next === -1 ? end - at : next
}

function writeRun(run: Buffer, into: Buffer, at: number): number | undefined {
  return run.length > into.length - at ? undefined : run.copy(into, at)
}

function writeEscape(bytes: Buffer, at: number, into: Buffer, length: number): number | undefined {
  const letter = escapes.get(bytes[at + 1] ?? 0)
  return writePoint(letter ?? codePoint(bytes, at), into, length)
}

function codePoint(bytes: Buffer, at: number): number {
  const high = codeUnit(bytes, at)
  if (!isSurrogate(high)) return high
  return 0x1_0000 + ((high - 0xd800) << 10) + (lowUnit(bytes, at) - 0xdc00)
}

/** One code point as UTF-8 (RFC 3629), without a string in between. */
function writePoint(point: number, into: Buffer, at: number): number | undefined {
  const length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x1_0000 ? 3 : 4
  if (length > into.length - at) return undefined
  if (length === 1) {
    into[at] = point
    return 1
  }
  let rest = point
  for (let last = at + length - 1; last > at; last--) {
    into[last] = 0x80 | (rest & 0x3f)
    rest >>= 6
  }
  into[at] = ((0xf00 >> length) & 0xff) | rest
  return length
}
