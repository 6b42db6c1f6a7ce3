// Frames of two sizes, so that short values never wait for long ones.
import { Pool, type Borrower, type Loan, type PoolOptions } from './pool.ts'

/** Lends from the pool of short frames whatever fits there, and all else from the other. */
export class Pools {
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
    return (bytes <= this.#short.frameBytes ? this.#short : this.#long).loan(bytes, borrower)
  }
}
