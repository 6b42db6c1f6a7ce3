// Where a value may be: locked buffers that are lent, and ciphertext whose key is locked, kept for a while or for good.
export { type Borrower, type Loan, Pool, type PoolOptions } from './pool.ts'
export { type Lender, Pools } from './pools.ts'
export { Enclave, sealBytes, wrappedKeyBytes } from './enclave.ts'
export {
  type CacheOptions,
  type Fetch,
  type Keep,
  SealedCache,
  type SealedSecret,
  cacheBytesMax,
  cacheEntriesMax,
} from './cache.ts'
export { entryBytes } from './entries.ts'
export { type Instant, isOver } from './lifetime.ts'
export { passphraseBytesMax } from './passphrase.ts'
export { Receiver, descriptor, receiveBytes, sendLoan } from './receiver.ts'
export { MemoryFailure, type MemoryCode } from './failure.ts'
export { lockedBuffer, lockedBytes } from './locked.ts'
export {
  type Cost,
  moderateMemoryBytes,
  moderatePasses,
  nonceBytes,
  randomFill,
  saltBytes,
  wipe,
} from './sodium.ts'
