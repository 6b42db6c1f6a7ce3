// The head of the file: what must be known before there is a key. It names nothing and counts nothing.
//
//   magic 8 | version u8 | passes u32 | memory KiB u32 | salt 16 | wrapped key 72 | generation u32
//   | length of the sealed index u32 | SHA-256 of all before 32
import { createHash } from 'node:crypto'
import { nonceBytes, saltBytes, wrappedKeyBytes } from '@sget/memory'
import { ByteReader, ByteWriter, u32Bytes, u8Bytes } from './bytes.ts'
import { type KeySlot, isAcceptable } from './slot.ts'
import { damaged } from './unseal.ts'

/** What the head tells. */
export interface Header {
  readonly slot: KeySlot
  /** One more with each write. */
  readonly generation: number
  readonly indexBytes: number
}

const magic = Buffer.from('sgetvlt\n')

/** The version that is written; `format.ts` knows which ones are read. */
export const newestVersion = 1

const checksumBytes = 32
const checkedBytes = magic.length + u8Bytes + 2 * u32Bytes + saltBytes + wrappedKeyBytes + 2 * u32Bytes

/** The length of the head. */
export const headerBytes = checkedBytes + checksumBytes

/** So many bytes tell one write from every other: the head and the random nonce of the index. */
export const markBytes = headerBytes + nonceBytes

export function encodeHeader({ slot, generation, indexBytes }: Header): Buffer {
  const { cost, salt, wrapped } = slot
  const writer = new ByteWriter(headerBytes).raw(magic).u8(newestVersion)
  writer.u32(cost.passes).u32(cost.memoryBytes / 1024)
  writer.raw(salt).raw(wrapped).u32(generation).u32(indexBytes)
  return writer.raw(checksum(writer.bytes)).finish()
}

/**
 * The checksum is no protection: it tells bad luck from a wrong passphrase. The index is sealed with the head as
 * associated data, which does protect it.
 *
 * @throws BackendFailure `damaged`
 */
export function decodeHeader(file: Buffer): Header {
  const reader = new ByteReader(file)
  reader.raw(magic.length + u8Bytes)
  const cost = { passes: reader.u32(), memoryBytes: reader.u32() * 1024 }
  const slot = { cost, salt: reader.raw(saltBytes), wrapped: reader.raw(wrappedKeyBytes) }
  const header = { slot, generation: reader.u32(), indexBytes: reader.u32() }
  if (!reader.raw(checksumBytes).equals(checksum(file))) throw damaged('its head was changed')
  if (!isAcceptable(cost)) throw damaged('its head makes no sense')
  return header
}

/** The version of a file: the one thing that every version has in the same place. Throws BackendFailure `damaged`. */
export function versionAt(file: Buffer): number {
  const reader = new ByteReader(file)
  if (!reader.raw(magic.length).equals(magic)) throw damaged('it does not begin like one')
  return reader.u8()
}

function checksum(header: Buffer): Buffer {
  return createHash('sha256').update(header.subarray(0, checkedBytes)).digest()
}
