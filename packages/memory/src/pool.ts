// A fixed number of locked frames, lent one at a time and for a short time: what is locked never grows.
import assert from 'node:assert/strict'
import { MemoryFailure } from './failure.ts'
import { lockedBuffer } from './locked.ts'
import { wipe } from './sodium.ts'

/** The sizes and times of a pool. */
export interface PoolOptions {
  /** How many frames there are. */
  readonly frames?: number
  /** The length of each. */
  readonly frameBytes: number
  /** After this a loan ends by itself: else a few slow peers would stop everyone. */
  readonly loanMs?: number
  /** So many callers may wait for a frame. */
  readonly waitingMax?: number
}

/** Who asks for a frame. */
export interface Borrower {
  /** Fires when the caller no longer wants it. */
  readonly signal?: AbortSignal | undefined
  /** Who may have one frame at a time while others wait: else one peer with many requests would make all others wait. */
  readonly holder?: unknown
}

/** Bytes of locked memory, for the holder alone until the loan ends. */
export interface Loan extends Disposable {
  /** As many as were asked for, zeroed. Throws MemoryFailure `ended` after the end. */
  readonly bytes: Buffer
  /** Fires when the time is up, before the bytes are wiped; not when the holder ends the loan. */
  readonly expired: AbortSignal
}

interface Waiting {
  readonly bytes: number
  readonly holder: unknown
  readonly grant: (loan: Loan) => void
}

/** Allocated and locked at once; throws MemoryFailure `unlockable` where that cannot be had. */
export class Pool {
  readonly frameBytes: number
  readonly #loanMs: number
  readonly #waitingMax: number
  readonly #idle: ArrayBufferLike[]
  readonly #holders = new Set<unknown>()
  readonly #waiting: Waiting[] = []

  constructor({ frames = 4, frameBytes, loanMs = 2000, waitingMax = 2048 }: PoolOptions) {
    this.frameBytes = frameBytes
    this.#loanMs = loanMs
    this.#waitingMax = waitingMax
    this.#idle = Array.from({ length: frames }, () => lockedBuffer(frameBytes).buffer)
  }

  /**
   * Lends `bytes` of a frame as soon as one is free and its holder has none: in the order of asking, but for those whose
   * holder has to wait for itself.
   *
   * @throws MemoryFailure `crowded` when too many wait; the reason of `signal` when it fires first
   */
  async loan(bytes: number = this.frameBytes, { signal, holder }: Borrower = {}): Promise<Loan> {
    signal?.throwIfAborted()
    return this.tryLoan(bytes, holder) ?? (await this.#wait(bytes, holder, signal))
  }

  /** Lends `bytes` of a frame if one is free and the holder has none. */
  tryLoan(bytes: number = this.frameBytes, holder?: unknown): Loan | undefined {
    assert(bytes <= this.frameBytes, 'no frame is that large')
    const frame = this.#holders.has(holder) ? undefined : this.#idle.pop()
    return frame && this.#lend(frame, bytes, holder)
  }

  #wait(bytes: number, holder: unknown, signal: AbortSignal | undefined): Promise<Loan> {
    if (this.#waiting.length >= this.#waitingMax)
      throw new MemoryFailure('crowded', 'too many wait for memory')
    const { promise, resolve, reject } = Promise.withResolvers<Loan>()
    const leave = (): void => {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
      reject(signal?.reason as Error)
    }
    const grant = (loan: Loan): void => {
      signal?.removeEventListener('abort', leave)
      resolve(loan)
    }
    const waiting = { bytes, holder, grant }
    this.#waiting.push(waiting)
    signal?.addEventListener('abort', leave, { once: true })
    return promise
  }

  #lend(frame: ArrayBufferLike, bytes: number, holder: unknown): Loan {
    if (holder !== undefined) this.#holders.add(holder)
    return new FrameLoan(Buffer.from(frame, 0, bytes), this.#loanMs, (returned) => {
      this.#holders.delete(holder)
      this.#idle.push(returned)
      this.#serve()
    })
  }

  /** Gives what is idle to the first who may have it. */
  #serve(): void {
    const at = this.#waiting.findIndex(({ holder }) => !this.#holders.has(holder))
    const frame = at < 0 ? undefined : this.#idle.pop()
    if (frame === undefined) return
    const [next] = this.#waiting.splice(at, 1)
    if (next) next.grant(this.#lend(frame, next.bytes, next.holder))
  }
}

class FrameLoan implements Loan {
  readonly #bytes: Buffer
  readonly #timer: NodeJS.Timeout
  readonly #giveBack: (frame: ArrayBufferLike) => void
  readonly #expiry = new AbortController()
  #ended = false

  constructor(bytes: Buffer, loanMs: number, giveBack: (frame: ArrayBufferLike) => void) {
    this.#bytes = bytes
    this.#giveBack = giveBack
    this.#timer = setTimeout(() => {
      this.#expiry.abort(new MemoryFailure('ended', 'the loan took too long'))
      this[Symbol.dispose]()
    }, loanMs)
  }

  get bytes(): Buffer {
    if (this.#ended) throw new MemoryFailure('ended', 'the loan is over')
    return this.#bytes
  }

  get expired(): AbortSignal {
    return this.#expiry.signal
  }

  /** Moving the memory to a new ArrayBuffer empties every view that a holder may have kept. */
  [Symbol.dispose](): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#timer)
    wipe(this.#bytes)
    this.#giveBack((this.#bytes.buffer as ArrayBuffer).transfer())
  }
}
