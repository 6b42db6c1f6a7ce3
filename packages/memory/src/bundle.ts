// The fields of one secret, each sealed on its own, as one run of bytes: they were fetched together and grow old together.
import assert from 'node:assert/strict'

/** Before each field: the length of its name, the name, the length of its ciphertext. */
const nameLengthBytes = 1
const sealedLengthBytes = 4

/** How much longer a bundle is for a field with a name of so many bytes, besides its ciphertext. */
export function besidesSealedBytes(nameBytes: number): number {
  return nameLengthBytes + nameBytes + sealedLengthBytes
}

/** A secret without a field. */
export const emptyBundle = Buffer.alloc(0)

/** The bundle with one field more, at its end; of two of one name the later one counts. No name is longer than 255 bytes. */
export function withField(bundled: Buffer, name: string, sealed: Buffer): Buffer {
  const nameBytes = Buffer.byteLength(name)
  assert(nameBytes <= 0xff, 'no field has so long a name')
  const longer = Buffer.allocUnsafe(bundled.length + besidesSealedBytes(nameBytes) + sealed.length)
  let at = bundled.copy(longer)
  at = longer.writeUInt8(nameBytes, at)
  at += longer.write(name, at)
  at = longer.writeUInt32BE(sealed.length, at)
  sealed.copy(longer, at)
  return longer
}

/** The ciphertexts by the names of their fields: views. */
export function unbundle(bundled: Buffer): ReadonlyMap<string, Buffer> {
  const fields = new Map<string, Buffer>()
  for (let at = 0; at < bundled.length;) {
    const nameAt = at + nameLengthBytes
    const lengthAt = nameAt + bundled.readUInt8(at)
    const sealedAt = lengthAt + sealedLengthBytes
    at = sealedAt + bundled.readUInt32BE(lengthAt)
    fields.set(bundled.toString('utf8', nameAt, lengthAt), bundled.subarray(sealedAt, at))
  }
  return fields
}
