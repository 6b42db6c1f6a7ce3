// What the cache keeps: ciphertexts by key, held to a number, to bytes and to an age.
import assert from 'node:assert/strict'
import { Blocks, bytesTaken } from './blocks.ts'
import { besidesSealedBytes } from './bundle.ts'
import { sealBytes } from './enclave.ts'
import { type Instant, isOver } from './lifetime.ts'

/** What is sealed of a secret, and since when it counts. */
export interface Kept {
  readonly sealed: Buffer
  readonly since: Instant
}

/** What is held to what. */
export interface EntryLimits {
  readonly entriesMax: number
  readonly bytesMax: number
  readonly lifetimeMs: number
}

/**
 * Before each ciphertext stands since when it counts, on both clocks, and its length: all that is known of it lies in
 * its blocks, and JavaScript's heap holds a key and one small number.
 */
const head = { bootMs: 0, wallMs: 8, length: 16, bytes: 24 } as const

/** How much room a secret with one field takes, of the bytes that a cache may have. */
export function entryBytes(nameBytes: number, valueBytes: number): number {
  return bytesTaken(head.bytes + besidesSealedBytes(nameBytes) + sealBytes + valueBytes)
}

/** Those that were used least recently make room for others. */
export class Entries {
  readonly #limits: EntryLimits
  readonly #blocks: Blocks
  /** The first block of each, the least recently used first. */
  readonly #firsts = new Map<string, number>()

  constructor(limits: EntryLimits) {
    this.#limits = limits
    this.#blocks = new Blocks(limits.bytesMax)
  }

  get size(): number {
    return this.#firsts.size
  }

  get bytes(): number {
    return this.#blocks.bytesUsed
  }

  /** A copy of what is kept under a key and not too old; finding it counts as use. */
  find(key: string, now: Instant): Kept | undefined {
    const first = this.#firsts.get(key)
    if (first === undefined) return undefined
    if (this.#isOver(first, now)) {
      this.#drop(key, first)
      return undefined
    }
    this.#firsts.delete(key)
    this.#firsts.set(key, first)
    const record = this.#blocks.read(first, head.bytes + this.#blocks.number(first, head.length))
    return { sealed: record.subarray(head.bytes), since: this.#since(first) }
  }

  /** Under a key that has nothing yet. What is larger than all the room there is, is not kept. */
  keep(key: string, { sealed, since }: Kept): void {
    assert(!this.#firsts.has(key), 'it was fetched though it was there')
    const bytes = bytesTaken(head.bytes + sealed.length)
    if (bytes > this.#blocks.bytesMax || this.#limits.entriesMax === 0) return
    this.#makeRoom(bytes)
    this.#firsts.set(key, this.#blocks.write(recordOf(sealed, since)))
  }

  remove(key: string): void {
    const first = this.#firsts.get(key)
    if (first !== undefined) this.#drop(key, first)
  }

  /** Removes all whose key begins so. */
  removeUnder(prefix: string): void {
    for (const [key, first] of this.#firsts) if (key.startsWith(prefix)) this.#drop(key, first)
  }

  /** Removes all that are too old. */
  sweep(now: Instant): void {
    for (const [key, first] of this.#firsts) if (this.#isOver(first, now)) this.#drop(key, first)
  }

  /** Nothing can be kept from then on. */
  end(): void {
    this.#firsts.clear()
    this.#blocks.end()
  }

  #makeRoom(bytes: number): void {
    for (const [key, first] of this.#firsts) {
      const fits = this.#blocks.bytesUsed + bytes <= this.#blocks.bytesMax
      if (fits && this.#firsts.size < this.#limits.entriesMax) return
      this.#drop(key, first)
    }
  }

  #drop(key: string, first: number): void {
    this.#firsts.delete(key)
    this.#blocks.release(first)
  }

  #isOver(first: number, now: Instant): boolean {
    return isOver(this.#since(first), now, this.#limits.lifetimeMs)
  }

  #since(first: number): Instant {
    return {
      bootMs: this.#blocks.number(first, head.bootMs),
      wallMs: this.#blocks.number(first, head.wallMs),
    }
  }
}

function recordOf(sealed: Buffer, { bootMs, wallMs }: Instant): Buffer {
  const record = Buffer.allocUnsafe(head.bytes + sealed.length)
  record.writeDoubleLE(bootMs, head.bootMs)
  record.writeDoubleLE(wallMs, head.wallMs)
  record.writeDoubleLE(sealed.length, head.length)
  sealed.copy(record, head.bytes)
  return record
}
