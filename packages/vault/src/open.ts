// From a passphrase to an open vault: a new one, or the one that is there.
import { BackendFailure } from '@sget/backend'
import { type Cost, Enclave, wipe } from '@sget/memory'
import { type Snapshot, encodeVault } from './body.ts'
import { wasRestored } from './aside.ts'
import { type Place, createFile, previousPath, readFile, sweep } from './file.ts'
import { formatOf } from './format.ts'
import { type Header, markBytes, newestVersion } from './header.ts'
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
      return vaultFrom(options, { enclave, snapshot, file, version: newestVersion, isRestored: false })
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
    const format = formatOf(file)
    const header = format.header(file)
    const isRestored = await wasRestored(options, file)
    const enclave = await openSlot(header.slot, options.passphrase)
    return await orDestroy(enclave, async () => {
      const snapshot = format.body(file, header, enclave)
      await sweep(options)
      const { version } = format
      const vault = vaultFrom(options, { enclave, snapshot, file, version, isRestored })
      if (await isUnderAnother(options, header)) await vault.rewrite()
      return vault
    })
  })
}

interface Found {
  readonly enclave: Enclave
  readonly snapshot: Snapshot
  readonly file: Buffer
  readonly version: number
  readonly isRestored: boolean
}

function vaultFrom(options: OpenOptions, { file, ...found }: Found): Vault {
  const { path, owner, lock, now = Date.now } = options
  const mark = Buffer.from(file.subarray(0, markBytes))
  return new Vault({ ...found, place: { path, owner, lock }, now, mark })
}

/**
 * Whether the generation before is under another passphrase: then a change of the passphrase was cut off before that
 * one had gone. What cannot be read opens for nobody.
 */
async function isUnderAnother(options: OpenOptions, { slot }: Header): Promise<boolean> {
  try {
    const previous = await readFile({ ...options, path: previousPath(options.path) })
    return !formatOf(previous).header(previous).slot.salt.equals(slot.salt)
  } catch (failure) {
    if (failure instanceof BackendFailure) return false
    throw failure
  }
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
