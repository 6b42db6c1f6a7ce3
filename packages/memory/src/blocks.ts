// Room for ciphertext of any length: one stretch of memory, cut into small blocks that are chained and used again.
import assert from 'node:assert/strict'

/** A value of 100 bytes takes three; smaller ones would spend more on links than they save. */
const blockBytes = 64

const none = -1

/** How many bytes something of this length takes up. */
export function bytesTaken(length: number): number {
  return Math.max(1, Math.ceil(length / blockBytes)) * blockBytes
}

/**
 * A Buffer object for each value would weigh as much as a small value. All blocks are allocated at once: the system gives
 * pages to what is touched and to nothing else.
 */
export class Blocks {
  readonly #blocksMax: number
  readonly #next: Int32Array
  readonly #bytes: Buffer
  #idle = none
  #fresh = 0
  #used = 0

  constructor(bytesMax: number) {
    this.#blocksMax = Math.floor(bytesMax / blockBytes)
    this.#next = new Int32Array(this.#blocksMax)
    this.#bytes = Buffer.alloc(this.#blocksMax * blockBytes)
  }

  get bytesUsed(): number {
    return this.#used * blockBytes
  }

  get bytesMax(): number {
    return this.#blocksMax * blockBytes
  }

  /** Stores a copy, for which there must be room. Returns the first block of its chain. */
  write(bytes: Buffer): number {
    assert(this.bytesUsed + bytesTaken(bytes.length) <= this.bytesMax, 'there is no room')
    let first = none
    for (let end = bytesTaken(bytes.length); end > 0; end -= blockBytes) {
      const block = this.#take()
      bytes.copy(this.#bytes, block * blockBytes, end - blockBytes, end)
      this.#next[block] = first
      first = block
    }
    return first
  }

  /** A copy of what was written, of which the caller remembers the length. */
  read(first: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    let block = first
    for (let at = 0; at < length; at += blockBytes) {
      this.#bytes.copy(bytes, at, block * blockBytes, (block + 1) * blockBytes)
      block = this.#after(block)
    }
    return bytes
  }

  /** The number that was written at an offset of the first block, without a copy of the rest. */
  number(first: number, offset: number): number {
    return this.#bytes.readDoubleLE(first * blockBytes + offset)
  }

  /** Wipes a chain: what has expired is gone also for somebody who has the key. */
  release(first: number): void {
    for (let block = first; block !== none;) {
      const next = this.#after(block)
      this.#bytes.fill(0, block * blockBytes, (block + 1) * blockBytes)
      this.#next[block] = this.#idle
      this.#idle = block
      this.#used -= 1
      block = next
    }
  }

  /** Gives all memory back to the system now, and not when the collector finds the time. Nothing can be written any more. */
  end(): void {
    ;(this.#bytes.buffer as ArrayBuffer).transfer(0)
    this.#used = this.#blocksMax
  }

  #take(): number {
    this.#used += 1
    if (this.#idle === none) return this.#fresh++
    const block = this.#idle
    this.#idle = this.#after(block)
    return block
  }

  #after(block: number): number {
    const next = this.#next[block]
    assert(next !== undefined, 'no such block')
    return next
  }
}
