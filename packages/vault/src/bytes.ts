// Big-endian fields, one after the other. A reader that runs out of bytes refuses; it never guesses.
import assert from 'node:assert/strict'
import { damaged } from './unseal.ts'

/** Lengths of the fields below. */
export const u8Bytes = 1
export const u32Bytes = 4
export const u48Bytes = 6

/** The length of a text: a 16-bit length and UTF-8. */
export function textBytes(text: string): number {
  return 2 + Buffer.byteLength(text)
}

/** Fills a buffer of known length from its beginning. */
export class ByteWriter {
  readonly bytes: Buffer
  #at = 0

  constructor(length: number) {
    this.bytes = Buffer.alloc(length)
  }

  u8(value: number): this {
    this.#at = this.bytes.writeUInt8(value, this.#at)
    return this
  }

  u16(value: number): this {
    this.#at = this.bytes.writeUInt16BE(value, this.#at)
    return this
  }

  u32(value: number): this {
    this.#at = this.bytes.writeUInt32BE(value, this.#at)
    return this
  }

  u48(value: number): this {
    this.#at = this.bytes.writeUIntBE(value, this.#at, u48Bytes)
    return this
  }

  raw(value: Buffer): this {
    assert(this.#at + value.length <= this.bytes.length)
    this.#at += value.copy(this.bytes, this.#at)
    return this
  }

  text(value: string): this {
    assert(value.isWellFormed(), 'a name is Unicode')
    const encoded = Buffer.from(value)
    return this.u16(encoded.length).raw(encoded)
  }

  /** Everything, once it is full. */
  finish(): Buffer {
    assert.equal(this.#at, this.bytes.length)
    return this.bytes
  }
}

/** Takes fields off a buffer. Throws BackendFailure `damaged` where it ends too soon. */
export class ByteReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  u8(): number {
    return this.raw(u8Bytes).readUInt8()
  }

  u16(): number {
    return this.raw(2).readUInt16BE()
  }

  u32(): number {
    return this.raw(u32Bytes).readUInt32BE()
  }

  u48(): number {
    return this.raw(u48Bytes).readUIntBE(0, u48Bytes)
  }

  text(): string {
    return this.raw(this.u16()).toString()
  }

  raw(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw damaged('it ends too soon')
    return this.#bytes.subarray(this.#at, (this.#at += length))
  }

  /** Refuses what is left over. */
  finish(): void {
    if (this.#at !== this.#bytes.length) throw damaged('something follows its end')
  }
}
