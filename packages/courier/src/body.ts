// The body of an answer, gathered into one buffer that is wiped, since it may hold values.
import { wipe } from '@sget/memory'
import { bodyBytesMax } from './limits.ts'

const firstBytes = 16 * 1024

/** Grows by doubling; each buffer that it leaves behind is wiped, and so is each piece that it was given. */
export class Body implements Disposable {
  #room = Buffer.alloc(firstBytes)
  #length = 0

  get bytes(): Buffer {
    return this.#room.subarray(0, this.#length)
  }

  /** Takes a piece and wipes it. Returns false, and takes nothing, where the body would be larger than it may be. */
  add(piece: Buffer): boolean {
    const length = this.#length + piece.length
    const fits = length <= bodyBytesMax
    if (fits && length > this.#room.length) this.#grow(length)
    if (fits) this.#length += piece.copy(this.#room, this.#length)
    wipe(piece)
    return fits
  }

  [Symbol.dispose](): void {
    wipe(this.#room)
    this.#length = 0
  }

  #grow(length: number): void {
    const larger = Buffer.alloc(Math.min(bodyBytesMax, Math.max(length, 2 * this.#room.length)))
    this.#room.copy(larger, 0, 0, this.#length)
    wipe(this.#room)
    this.#room = larger
  }
}
