// The one failure that many places find: the file is not as it was written.
import { BackendFailure } from '@sget/backend'
import { type Enclave, MemoryFailure } from '@sget/memory'

/** A BackendFailure `damaged`; `how` completes "the vault is damaged: ". */
export function damaged(how: string): BackendFailure {
  return new BackendFailure('damaged', `the vault is damaged: ${how}`)
}

/** A ciphertext, what it was bound to, and where the value goes. */
export interface Opening {
  readonly sealed: Buffer
  readonly purpose: Buffer
  readonly into: Buffer
}

/** Opens what the vault itself sealed, and returns the length. Throws BackendFailure `damaged`, `no-room`. */
export function unseal(enclave: Enclave, { sealed, purpose, into }: Opening): number {
  try {
    return enclave.open(sealed, purpose, into)
  } catch (failure) {
    if (!(failure instanceof MemoryFailure)) throw failure
    if (failure.code === 'no-room') throw new BackendFailure('no-room', failure.message)
    throw failure.code === 'forged' ? damaged('something in it was changed') : failure
  }
}
