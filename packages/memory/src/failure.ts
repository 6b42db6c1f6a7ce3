// What can be refused here, and by which name a caller branches on it.

/**
 * - `unlockable`: the system does not lock the memory that was asked for (RLIMIT_MEMLOCK)
 * - `crowded`: too many wait already
 * - `ended`: the loan is over, its bytes are wiped and lent to others; or the value is too old
 * - `destroyed`: the enclave has no key any more
 * - `forged`: not sealed by this key with this associated data
 * - `no-room`: the buffer that was given is too small
 * - `no-memory`: Argon2 did not get the memory that it was told to use
 */
export type MemoryCode = 'unlockable' | 'crowded' | 'ended' | 'destroyed' | 'forged' | 'no-room' | 'no-memory'

/** The expected failures of this package. */
export class MemoryFailure extends Error {
  override readonly name = 'MemoryFailure'
  readonly code: MemoryCode

  constructor(code: MemoryCode, message: string) {
    super(message)
    this.code = code
  }
}
