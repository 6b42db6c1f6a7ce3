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
  /** Who has one frame at a time, and then waits for its next turn: else one with many requests would make all wait. */
  readonly holder?: number | undefined
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
  readonly grant: (loan: Loan) => void
}

/** One who said who it is, or a caller who did not and so stands alone. */
type Holder = number | symbol

/** Allocated and locked at once; throws MemoryFailure `unlockable` where that cannot be had. */
export class Pool {
  readonly frameBytes: number
  readonly #loanMs: number
  readonly #waitingMax: number
  readonly #idle: ArrayBufferLike[]
  readonly #holders = new Set<Holder>()
  /** Holders in the order of their turns, each with its calls in the order of asking. */
  readonly #waiting = new Map<Holder, Waiting[]>()
  #waitingCount = 0

  constructor({ frames = 4, frameBytes, loanMs = 2000, waitingMax = 2048 }: PoolOptions) {
    this.frameBytes = frameBytes
    this.#loanMs = loanMs
    this.#waitingMax = waitingMax
    this.#idle = Array.from({ length: frames }, () => lockedBuffer(frameBytes).buffer)
  }

  /**
   * Lends `bytes` of a frame as soon as one is free and its holder has none. Holders take turns; the calls of one are
   * answered in the order of asking.
   *
   * @throws MemoryFailure `crowded` when too many wait; the reason of `signal` when it fires first
   */
  async loan(bytes: number = this.frameBytes, borrower: Borrower = {}): Promise<Loan> {
    borrower.signal?.throwIfAborted()
    const holder = borrower.holder ?? Symbol('a caller')
    return this.#lendIfIdle(bytes, holder) ?? (await this.#wait(bytes, holder, borrower.signal))
  }

  /** Lends `bytes` of a frame if one is free. */
  tryLoan(bytes: number = this.frameBytes): Loan | undefined {
    return this.#lendIfIdle(bytes, Symbol('a caller'))
  }

  #lendIfIdle(bytes: number, holder: Holder): Loan | undefined {
    assert(bytes <= this.frameBytes, 'no frame is that large')
    const frame = this.#holders.has(holder) ? undefined : this.#idle.pop()
    return frame && this.#lend(frame, bytes, holder)
  }

  #wait(bytes: number, holder: Holder, signal: AbortSignal | undefined): Promise<Loan> {
    if (this.#waitingCount >= this.#waitingMax) throw new MemoryFailure('crowded', 'too many wait for memory')
    const { promise, resolve, reject } = Promise.withResolvers<Loan>()
    const leave = (): void => {
      this.#leave(holder, waiting)
      reject(signal?.reason as Error)
    }
    const grant = (loan: Loan): void => {
      signal?.removeEventListener('abort', leave)
      resolve(loan)
    }
    const waiting = { bytes, grant }
    this.#waitingCount += 1
    this.#waiting.set(holder, [...(this.#waiting.get(holder) ?? []), waiting])
    signal?.addEventListener('abort', leave, { once: true })
    return promise
  }

  #leave(holder: Holder, waiting: Waiting): void {
    const rest = this.#waiting.get(holder)?.filter((other) => other !== waiting) ?? []
    this.#waitingCount -= 1
    if (rest.length > 0) this.#waiting.set(holder, rest)
    else this.#waiting.delete(holder)
  }

  #lend(frame: ArrayBufferLike, bytes: number, holder: Holder): Loan {
    this.#holders.add(holder)
    return new FrameLoan(Buffer.from(frame, 0, bytes), this.#loanMs, (returned) => {
      this.#holders.delete(holder)
      this.#idle.push(returned)
      this.#serve()
    })
  }

  /** Gives what is idle to the first whose turn it is, who then goes to the end of the line. */
  #serve(): void {
    for (const [holder, [next, ...rest]] of this.#waiting) {
      if (next === undefined || this.#holders.has(holder)) continue
      const frame = this.#idle.pop()
      if (frame === undefined) return
      this.#waiting.delete(holder)
      if (rest.length > 0) this.#waiting.set(holder, rest)
      this.#waitingCount -= 1
      next.grant(this.#lend(frame, next.bytes, holder))
      return
    }
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
