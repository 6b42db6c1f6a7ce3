// The secrets of a session as bytes in one buffer, as sgetd seals and lends them: four parts, each behind its length in four
// bytes, the highest first. Who is not given one has a part of no length.
import assert from 'node:assert/strict'
import { wipe } from '@sget/memory'
import { SsoFailure } from './failure.ts'
import { tokenBytesMax } from './limits.ts'

/** In the order in which they are packed. `key` is there where the access token is bound to it. */
const parts = ['access', 'refresh', 'id', 'key'] as const

/** The parts, each empty where there is none. */
export type Tokens = Readonly<Record<(typeof parts)[number], Buffer>>

const lengthBytes = 4

/** A new buffer, which whoever takes it wipes. The parts are wiped. */
export function pack(tokens: Tokens): Buffer {
  const packed = Buffer.alloc(parts.reduce((sum, name) => sum + lengthBytes + tokens[name].length, 0))
  let at = 0
  for (const name of parts) {
    const part = tokens[name]
    assert(part.length <= tokenBytesMax)
    at = packed.writeUInt32BE(part.length, at)
    at += part.copy(packed, at)
    wipe(part)
  }
  return packed
}

/** The parts where they lie: nothing is copied. What `pack` did not make is a bug of ours. */
export function unpack(packed: Buffer): Tokens {
  let at = 0
  const next = (): Buffer => {
    assert(packed.length - at >= lengthBytes)
    const start = at + lengthBytes
    const length = packed.readUInt32BE(at)
    assert(length <= tokenBytesMax && length <= packed.length - start)
    at = start + length
    return packed.subarray(start, at)
  }
  const tokens = { access: next(), refresh: next(), id: next(), key: next() }
  assert(at === packed.length)
  return tokens
}

/**
 * A token as bytes; it is of printable ASCII (RFC 6749, appendix A).
 *
 * @throws SsoFailure `unreadable`
 */
export function tokenBytes(token: string | undefined): Buffer {
  if (token === undefined) return Buffer.alloc(0)
  if (token.length > tokenBytesMax || !/^[\x20-\x7e]*$/.test(token)) throw new SsoFailure('unreadable')
  return Buffer.from(token, 'latin1')
}

/** A token as openid-client wants it. The string stays in the heap until it is collected: why the courier ends when idle. */
export function tokenText(token: Buffer): string {
  return token.toString('latin1')
}
