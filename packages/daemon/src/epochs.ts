// The epochs of the audit log: their seeds lie in the vault, so that only the unlocked daemon can check the log.
import { verify, type Log, type Verification } from '@sget/audit'
import { lockedBuffer, randomFill, wipe } from '@sget/memory'
import type { Vault } from '@sget/vault'
import { adopt, readAdopted, type Adopted } from './adoption.ts'
import { Anchors } from './anchors.ts'
import type { Clock } from './clock.ts'
import type { Logger } from './log.ts'

const seedBytes = 32
const seedPrefix = 'audit/seed/'

/** Locked memory for whichever seed is in use, and for the copy that the vault consumes. */
let room: Buffer | undefined

/** What the epochs need: `directory` is where the log is. */
export interface EpochsOptions {
  readonly vault: Vault
  readonly audit: Log
  readonly directory: string
  readonly clock: Clock
  readonly log: Logger
}

/** The epoch that the vault's opening began. */
export class Epochs {
  readonly anchors: Anchors
  /** Where the vault took the log over, if it is not of this vault from its beginning. */
  readonly adopted: Adopted | undefined
  readonly #options: EpochsOptions
  #checking: Promise<unknown> = Promise.resolve()

  private constructor(options: EpochsOptions, adopted: Adopted | undefined) {
    this.adopted = adopted
    this.anchors = new Anchors({ ...options, adopted })
    this.#options = options
  }

  /**
   * Begins the next epoch under a new seed, which is in the vault before a record hangs on it. A vault that does not
   * know the log takes it over first.
   */
  static async begin(options: EpochsOptions): Promise<Epochs> {
    const { vault, audit } = options
    const epochs = new Epochs(options, await adoptedBy(options))
    const epoch = Math.max(audit.head().epoch, newestKnown(vault)) + 1
    const { seed, copy } = seedRoom()
    randomFill(seed)
    seed.copy(copy)
    try {
      await vault.setDocument(`${seedPrefix}${epoch}`, copy)
      audit.beginEpoch(epoch, seed)
    } finally {
      wipe(seed)
    }
    await epochs.anchors.keep()
    return epochs
  }

  /** How the log looks to a vault that were to take it over so. */
  static checkAs(options: EpochsOptions, adopted: Adopted): Promise<Verification> {
    return new Epochs(options, adopted).check()
  }

  /** Ends the epoch, and keeps in the vault how far the log had come: a shorter one was cut. */
  async end(): Promise<void> {
    this.#options.audit.endEpoch()
    await this.anchors.keep()
  }

  /** Checks the whole log against the seeds and anchors in the vault and the head in memory. */
  verify(): Promise<Verification> {
    return this.alone(() => this.check())
  }

  /** As `verify`, for who has the log alone already. */
  check(): Promise<Verification> {
    const { vault, audit, directory } = this.#options
    const { reached, start } = this.anchors
    const { adopted } = this
    const foreignUpTo = adopted?.foreignUpTo ?? 0
    return verify({
      directory,
      seeds: (epoch) => (epoch <= foreignUpTo ? undefined : readSeed(vault, epoch)),
      expectation: { newest: audit.head(), reached, start, adopted },
    })
  }

  /** Runs what reads the files of the log, or removes some, one after the other. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#checking.then(work)
    this.#checking = done.catch(() => undefined)
    return done
  }
}

async function adoptedBy(options: EpochsOptions): Promise<Adopted | undefined> {
  const { vault, audit, directory } = options
  const known = newestKnown(vault)
  const isStrange = vault.isRestored || (known === 0 && audit.head().epoch > 0)
  if (!isStrange) return readAdopted(vault)
  const check = (adopted: Adopted): Promise<Verification> => Epochs.checkAs(options, adopted)
  return await adopt({ vault, audit, directory, newestKnown: known, check })
}

function seedRoom(): { seed: Buffer; copy: Buffer } {
  room ??= lockedBuffer(2 * seedBytes)
  return { seed: room.subarray(0, seedBytes), copy: room.subarray(seedBytes) }
}

function readSeed(vault: Vault, epoch: number): Buffer | undefined {
  return vault.document(`${seedPrefix}${epoch}`, seedRoom().seed)?.bytes
}

/** The newest epoch that the vault has a seed of, 0 for none. */
function newestKnown(vault: Vault): number {
  return Math.max(0, ...vault.documents(seedPrefix).map((name) => Number(name.slice(seedPrefix.length))))
}
