// Numbers, `true`, `false` and `null` of JSON as bytes (RFC 8259, sections 3 and 6).
import { Unreadable } from './json-text.ts'

const literals = ['true', 'false', 'null'].map((literal) => Buffer.from(literal))

const minus = 0x2d
const plus = 0x2b
const point = 0x2e
const zero = 0x30
const nine = 0x39
const letterE = 0x65
const lowerCase = 0x20

/** Checks the word that begins at `start`, and returns where it ends. */
export function endOfWord(bytes: Buffer, start: number): number {
  const literal = literals.find((each) => each.equals(bytes.subarray(start, start + each.length)))
  return literal === undefined ? endOfNumber(bytes, start) : start + literal.length
}

function endOfNumber(bytes: Buffer, start: number): number {
  let at = bytes[start] === minus ? start + 1 : start
  at = bytes[at] === zero ? at + 1 : endOfDigits(bytes, at)
  if (bytes[at] === point) at = endOfDigits(bytes, at + 1)
  if (((bytes[at] ?? 0) | lowerCase) !== letterE) return at
  const sign = bytes[at + 1]
  return endOfDigits(bytes, sign === plus || sign === minus ? at + 2 : at + 1)
}

/** Behind at least one digit. */
function endOfDigits(bytes: Buffer, start: number): number {
  let at = start
  while (isDigit(bytes[at])) at += 1
  if (at === start) throw new Unreadable('something that is no value stands where one should')
  return at
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= zero && byte <= nine
