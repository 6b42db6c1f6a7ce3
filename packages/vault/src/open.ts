// From a passphrase to an open vault: a new one, or the one that is there.
import { type Cost, Enclave, wipe } from '@sget/memory'
import { type Snapshot, decodeVault, encodeVault } from './body.ts'
import { type Place, createFile, readFile, sweep } from './file.ts'
import { decodeHeader, markBytes } from './header.ts'
import { makeSlot, openSlot, usualCost } from './slot.ts'
import { Vault } from './vault.ts'

/** What it takes to open a vault. */
export interface OpenOptions extends Place {
  /** Consumed: wiped, whatever comes of it. Must stay lent until then. */
  readonly passphrase: Buffer
  /** Milliseconds of the wall clock. */
  readonly now?: () => number
}

/** What it takes to make one. */
export interface CreateOptions extends OpenOptions {
  /** What Argon2id shall cost whoever guesses; by default what libsodium calls moderate. */
  readonly cost?: Cost
}

/**
 * Makes an empty vault, and the directory for it.
 *
 * @throws BackendFailure `exists` (also where only a previous generation is), `unsafe`, `full`, `busy`,
 *   `unwritable`; MemoryFailure
 */
export async function createVault({ cost = usualCost, ...options }: CreateOptions): Promise<Vault> {
  return await consuming(options.passphrase, async () => {
    const enclave = Enclave.random()
    return await orDestroy(enclave, async () => {
      const slot = await makeSlot(enclave, options.passphrase, cost)
      const snapshot = { slot, generation: 1, nextId: 1, secrets: new Map(), documents: new Map() }
      const file = encodeVault(snapshot, enclave)
      await createFile(options, file)
      return vaultFrom(options, enclave, snapshot, file)
    })
  })
}

/**
 * Opens the vault that is there.
 *
 * @throws BackendFailure `absent`, `wrong-passphrase`, `damaged`, `newer`, `unsafe`, `unreadable`; MemoryFailure
 */
export async function openVault(options: OpenOptions): Promise<Vault> {
  return await consuming(options.passphrase, async () => {
    const file = await readFile(options)
    const header = decodeHeader(file)
    const enclave = await openSlot(header.slot, options.passphrase)
    return await orDestroy(enclave, async () => {
      const snapshot = decodeVault(file, header, enclave)
      await sweep(options)
      return vaultFrom(options, enclave, snapshot, file)
    })
  })
}

function vaultFrom(options: OpenOptions, enclave: Enclave, snapshot: Snapshot, file: Buffer): Vault {
  const { path, owner, lock, now = Date.now } = options
  const mark = Buffer.from(file.subarray(0, markBytes))
  return new Vault({ place: { path, owner, lock }, now, enclave, snapshot, mark })
}

async function consuming(passphrase: Buffer, work: () => Promise<Vault>): Promise<Vault> {
  try {
    return await work()
  } finally {
    wipe(passphrase)
  }
}

async function orDestroy(enclave: Enclave, work: () => Promise<Vault>): Promise<Vault> {
  try {
    return await work()
  } catch (failure) {
    enclave.destroy()
    throw failure
  }
}
