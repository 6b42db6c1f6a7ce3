// Frames of two sizes, so that short values never wait for long ones.
import { Pool, type Borrower, type Loan, type PoolOptions } from './pool.ts'

/** What lends frames: a pool, or several. */
export type Lender = Pick<Pool, 'frameBytes' | 'loan' | 'tryLoan'>

/** Lends from the pool of short frames whatever fits there, and all else from the other. */
export class Pools implements Lender {
  readonly #short: Pool
  readonly #long: Pool

  /** Allocates and locks both at once; throws MemoryFailure `unlockable` where that cannot be had. */
  constructor(short: PoolOptions, long: PoolOptions) {
    this.#short = new Pool(short)
    this.#long = new Pool(long)
  }

  /** The length of the longest frame. */
  get frameBytes(): number {
    return this.#long.frameBytes
  }

  /** As a pool does. */
  loan(bytes: number = this.frameBytes, borrower: Borrower = {}): Promise<Loan> {
    return this.#poolFor(bytes).loan(bytes, borrower)
  }

  /** As a pool does. */
  tryLoan(bytes: number = this.frameBytes): Loan | undefined {
    return this.#poolFor(bytes).tryLoan(bytes)
  }

  #poolFor(bytes: number): Pool {
    return bytes <= this.#short.frameBytes ? this.#short : this.#long
  }
}
