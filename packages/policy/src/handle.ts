// The text of a handle: `sget_ID_SECRET`, in base32 (RFC 4648, lower case, no padding).

/** 8 characters: public, as audit and lists show it. 26 characters: worth the grant, kept nowhere but as a hash. */
export type Handle = { readonly id: string; readonly secret: string }

export const idBytes = 5
export const secretBytes = 16

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
// 128 bits are 25 characters and 3 bits: of the last one only every fourth is ever written.
const form = /^sget_([a-z2-7]{8})_([a-z2-7]{25}[aeimquy4])$/

/** A handle from random bytes, `idBytes` and `secretBytes` of them. */
export function newHandle(id: Uint8Array, secret: Uint8Array): Handle {
  if (id.length !== idBytes || secret.length !== secretBytes)
    throw new RangeError('a handle of other lengths')
  return { id: base32(id), secret: base32(secret) }
}

export function formatHandle({ id, secret }: Handle): string {
  return `sget_${id}_${secret}`
}

/** Takes a handle apart; nothing where the text is none. */
export function parseHandle(text: string): Handle | undefined {
  const [, id, secret] = form.exec(text) ?? []
  return id !== undefined && secret !== undefined ? { id, secret } : undefined
}

/** Compares in a time that tells only the lengths. */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  let different = one.length ^ other.length
  for (let at = 0; at < one.length; at += 1) different |= (one[at] ?? 0) ^ (other[at] ?? 0)
  return different === 0
}

function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet[(held >>> (bits - 5)) & 31] ?? ''
  }
  return bits > 0 ? text + (alphabet[(held << (5 - bits)) & 31] ?? '') : text
}
