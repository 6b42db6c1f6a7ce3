// The two kinds of entries, and what each takes in the file.
import { textBytes, u32Bytes, u48Bytes, u8Bytes } from './bytes.ts'

/** One ciphertext; `id` is never used twice by one vault, and bound into what it seals. */
export interface Sealed {
  readonly id: number
  readonly bytes: Buffer
}

/** Times are milliseconds of the wall clock. */
export interface Secret {
  readonly created: number
  readonly changed: number
  readonly fields: ReadonlyMap<string, Sealed>
}

/** A text or key of the program itself, out of reach of any reference. */
export interface Document {
  /** One more with each setting, from 1. */
  readonly generation: number
  readonly sealed: Sealed
}

/** A ciphertext's id and length in the index, and the ciphertext itself. */
function sealedBytes({ bytes }: Sealed): number {
  return u48Bytes + u32Bytes + bytes.length
}

export function secretBytes(path: string, { fields }: Secret): number {
  let bytes = textBytes(path) + 2 * u48Bytes + u8Bytes
  for (const [name, sealed] of fields) bytes += textBytes(name) + sealedBytes(sealed)
  return bytes
}

export function documentBytes(name: string, { sealed }: Document): number {
  return textBytes(name) + u32Bytes + sealedBytes(sealed)
}
