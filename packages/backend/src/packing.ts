// All fields of one secret as one run of bytes, so that they are fetched, sealed and grow old together.
import assert from 'node:assert/strict'

/** Before each field: the length of its name, the name, the length of its value. */
const nameLengthBytes = 1
const valueLengthBytes = 4

/** Writes fields one behind the other into locked memory. */
export class Packing {
  readonly #into: Buffer
  #length = 0

  constructor(into: Buffer) {
    this.#into = into
  }

  /** How many bytes were written. */
  get length(): number {
    return this.#length
  }

  /**
   * Adds a field. `fill` writes the value to the beginning of the room that it is given and returns its length.
   *
   * @returns whether it fit: where it does not, `fill` returns undefined or is not called, and nothing is added
   */
  add(name: string, fill: (room: Buffer) => number | undefined): boolean {
    const room = this.roomFor(name)
    const length = room && fill(room)
    if (length !== undefined) this.keep(name, length)
    return length !== undefined
  }

  /** All the room that the value of the next field may have; undefined where not even its name fits. */
  roomFor(name: string): Buffer | undefined {
    const valueAt = this.#valueAt(name)
    return valueAt > this.#into.length ? undefined : this.#into.subarray(valueAt)
  }

  /** The next field is that one, and its value the beginning of the room that there was for it. */
  keep(name: string, length: number): void {
    const valueAt = this.#valueAt(name)
    assert(length <= this.#into.length - valueAt, 'it cannot have written so much')
    const nameAt = this.#length + nameLengthBytes
    this.#into.writeUInt8(valueAt - valueLengthBytes - nameAt, this.#length)
    this.#into.write(name, nameAt)
    this.#into.writeUInt32BE(length, valueAt - valueLengthBytes)
    this.#length = valueAt + length
  }

  #valueAt(name: string): number {
    const nameBytes = Buffer.byteLength(name)
    assert(nameBytes <= 0xff, 'no field has so long a name')
    return this.#length + nameLengthBytes + nameBytes + valueLengthBytes
  }
}

/** The value of one field in what was packed: a view; undefined where there is none of that name. */
export function packedField(packed: Buffer, name: string): Buffer | undefined {
  const wanted = Buffer.from(name)
  for (let at = 0; at < packed.length;) {
    const nameAt = at + nameLengthBytes
    const lengthAt = nameAt + packed.readUInt8(at)
    const valueAt = lengthAt + valueLengthBytes
    const end = valueAt + packed.readUInt32BE(lengthAt)
    if (wanted.equals(packed.subarray(nameAt, lengthAt))) return packed.subarray(valueAt, end)
    at = end
  }
  return undefined
}
