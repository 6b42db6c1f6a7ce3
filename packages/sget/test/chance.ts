// Chance that comes again: the same seed gives the same choices.
import { createCipheriv, createHash, type Cipheriv } from 'node:crypto'

const poolBytes = 64 * 1024

export class Chance {
  readonly #cipher: Cipheriv
  #pool = Buffer.alloc(0)

  constructor(seed: number) {
    const key = createHash('sha256').update(String(seed)).digest()
    this.#cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  }

  bytes(length: number): Buffer {
    while (this.#pool.length < length)
      this.#pool = Buffer.concat([this.#pool, this.#cipher.update(Buffer.alloc(poolBytes))])
    const bytes = this.#pool.subarray(0, length)
    this.#pool = this.#pool.subarray(length)
    return bytes
  }

  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number {
    return this.bytes(4).readUInt32BE() % bound
  }

  /** A whole number between these, both included: short ones as often as long ones. */
  length(least: number, most: number): number {
    const scale = this.below(1000) / 999
    return Math.round(least * (most / least) ** scale)
  }

  pick<T>(list: readonly T[]): T {
    const index = this.below(list.length)
    return list[index] as T
  }
}
