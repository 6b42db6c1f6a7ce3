// The fields of one secret, each sealed on its own, as one run of bytes: they were fetched together and grow old together.
import assert from 'node:assert/strict'

/** Before each field: the length of its name, the name, the length of its ciphertext. */
const nameLengthBytes = 1
const sealedLengthBytes = 4

/** How much longer a bundle is for a field with a name of so many bytes, besides its ciphertext. */
export function besidesSealedBytes(nameBytes: number): number {
  return nameLengthBytes + nameBytes + sealedLengthBytes
}

/** One behind the other, in that order. No name is longer than 255 bytes. */
export function bundle(fields: ReadonlyMap<string, Buffer>): Buffer {
  const parts: Buffer[] = []
  for (const [name, sealed] of fields) {
    const nameBytes = Buffer.from(name)
    assert(nameBytes.length <= 0xff, 'no field has so long a name')
    const length = Buffer.alloc(sealedLengthBytes)
    length.writeUInt32BE(sealed.length)
    parts.push(Buffer.of(nameBytes.length), nameBytes, length, sealed)
  }
  return Buffer.concat(parts)
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
