// The key slot: how a passphrase leads to the data key. Each passphrase has a data key of its own.
import assert from 'node:assert/strict'
import { BackendFailure } from '@sget/backend'
import {
  type Cost,
  Enclave,
  MemoryFailure,
  moderateMemoryBytes,
  moderatePasses,
  randomFill,
  saltBytes,
} from '@sget/memory'

/** What the header keeps of it, none of it secret. */
export interface KeySlot {
  readonly cost: Cost
  readonly salt: Buffer
  /** The data key, sealed by the key that Argon2id makes of the passphrase. */
  readonly wrapped: Buffer
}

/** What libsodium calls moderate: 256 MiB, most of a second. */
export const usualCost: Cost = { passes: moderatePasses, memoryBytes: moderateMemoryBytes }

/** A header that asks for more is hostile: opening it would take the machine. */
const passesMax = 10
const memoryBytesMax = 1024 ** 3
/** Argon2id does not work with less. */
const memoryBytesMin = 8192

const purpose = Buffer.from('sget vault data key')

/** Whether a header may ask for this. */
export function isAcceptable({ passes, memoryBytes }: Cost): boolean {
  const whole = Number.isInteger(passes) && Number.isInteger(memoryBytes / 1024)
  return (
    whole &&
    passes >= 1 &&
    passes <= passesMax &&
    memoryBytes >= memoryBytesMin &&
    memoryBytes <= memoryBytesMax
  )
}

/** Wraps the key of `data` for whoever knows `passphrase`, which is consumed. Throws MemoryFailure. */
export async function makeSlot(data: Enclave, passphrase: Buffer, cost: Cost): Promise<KeySlot> {
  assert(isAcceptable(cost), 'nobody could open it')
  const salt = Buffer.alloc(saltBytes)
  randomFill(salt)
  using key = await Enclave.derive(passphrase, salt, cost)
  return { cost, salt, wrapped: key.wrap(data, purpose) }
}

/** The data key. Consumes `passphrase`. Throws BackendFailure `wrong-passphrase`, or MemoryFailure. */
export async function openSlot({ cost, salt, wrapped }: KeySlot, passphrase: Buffer): Promise<Enclave> {
  using key = await Enclave.derive(passphrase, salt, cost)
  try {
    return key.unwrap(wrapped, purpose)
  } catch (failure) {
    if (!(failure instanceof MemoryFailure) || failure.code !== 'forged') throw failure
    throw new BackendFailure('wrong-passphrase', 'this is not the passphrase of the vault')
  }
}
