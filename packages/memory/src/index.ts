// Where a value may be: locked buffers that are lent, and ciphertext whose key is locked.
export { type Borrower, type Loan, Pool, type PoolOptions } from './pool.ts'
export { Pools } from './pools.ts'
export { Enclave, sealBytes, wrappedKeyBytes } from './enclave.ts'
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
