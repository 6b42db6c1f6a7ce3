// Takes fields off bytes that a peer sent, from the first to the last.

/** Why bytes are no message. The vectors name these. */
export type Malformation =
  | 'short'
  | 'oversize'
  | 'unknown-type'
  | 'truncated'
  | 'trailing'
  | 'bad-flag'
  | 'bad-text'
  | 'bad-time'
  | 'too-long'

/** Thrown by a getter that fails; `decode` turns it into a result. */
export class Malformed extends Error {
  readonly why: Malformation
  constructor(why: Malformation) {
    super(why)
    this.why = why
  }
}

/** A place in the bytes of one message, and the getters that move it. Numbers are big endian. */
export class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#pass(1))
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#pass(2))
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#pass(4))
  }

  /** A view of the next `length` bytes. The limit is checked before the bytes are looked for. */
  bytes(length: number, bytesMax: number): Buffer {
    if (length > bytesMax) throw new Malformed('too-long')
    const start = this.#pass(length)
    return this.#bytes.subarray(start, this.#at)
  }

  /** Fails unless every byte was read. */
  end(): void {
    if (this.#at !== this.#bytes.length) throw new Malformed('trailing')
  }

  /** Moves on by `length` bytes and returns where they begin; consumes nothing when there are fewer. */
  #pass(length: number): number {
    const start = this.#at
    if (this.#bytes.length - start < length) throw new Malformed('truncated')
    this.#at = start + length
    return start
  }
}
