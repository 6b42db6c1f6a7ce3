// The epochs of the audit log: their seeds lie in the vault, so that only the unlocked daemon can check the log.
import { verify, type Verification } from '@sget/audit'
import { lockedBuffer, randomFill, wipe } from '@sget/memory'
import type { Vault } from '@sget/vault'
import { Anchors, type AnchorsOptions } from './anchors.ts'

const seedBytes = 32
const seedPrefix = 'audit/seed/'

/** Locked memory for whichever seed is in use, and for the copy that the vault consumes. */
let room: Buffer | undefined

/** The epoch that the vault's opening began. */
export class Epochs {
  readonly anchors: Anchors
  readonly #options: AnchorsOptions
  #checking: Promise<unknown> = Promise.resolve()

  private constructor(options: AnchorsOptions) {
    this.#options = options
    this.anchors = new Anchors(options)
  }

  /** Begins the next epoch under a new seed, which is in the vault before a record hangs on it. */
  static async begin(options: AnchorsOptions): Promise<Epochs> {
    const { vault, audit } = options
    const epochs = new Epochs(options)
    const epoch = Math.max(audit.head().epoch, ...knownEpochs(vault)) + 1
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

  /** Ends the epoch, and keeps in the vault how far the log had come: a shorter one was cut. */
  async end(): Promise<void> {
    this.#options.audit.endEpoch()
    await this.anchors.keep()
  }

  /** Checks the whole log against the seeds and anchors in the vault and the head in memory. */
  verify(directory: string): Promise<Verification> {
    return this.alone(() => this.check(directory))
  }

  /** As `verify`, for who has the log alone already. */
  check(directory: string): Promise<Verification> {
    const { vault, audit } = this.#options
    const { reached, start } = this.anchors
    return verify({
      directory,
      seeds: (epoch) => readSeed(vault, epoch),
      expectation: { newest: audit.head(), reached, start },
    })
  }

  /** Runs what reads the files of the log, or removes some, one after the other. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#checking.then(work)
    this.#checking = done.catch(() => undefined)
    return done
  }
}

function seedRoom(): { seed: Buffer; copy: Buffer } {
  room ??= lockedBuffer(2 * seedBytes)
  return { seed: room.subarray(0, seedBytes), copy: room.subarray(seedBytes) }
}

function readSeed(vault: Vault, epoch: number): Buffer | undefined {
  return vault.document(`${seedPrefix}${epoch}`, seedRoom().seed)?.bytes
}

function knownEpochs(vault: Vault): number[] {
  return vault.documents(seedPrefix).map((name) => Number(name.slice(seedPrefix.length)))
}
