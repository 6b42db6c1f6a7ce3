// The seeds of the audit log's epochs, kept in the vault, so that only the unlocked daemon can check the log.
import { verify, type Log, type Verification } from '@sget/audit'
import { adopt, readAdopted, type Adopted } from './adoption.ts'
import { lockedBuffer, randomFill, wipe } from '@sget/memory'
import type { Vault } from '@sget/vault'

const seedBytes = 32
const seedPrefix = 'audit/seed/'
const reachedName = 'audit/reached'

/** Locked memory for whichever seed is in use, and for the copy that the vault consumes. */
let room: Buffer | undefined

/** The epoch that the vault's opening began. */
export class Epochs {
  readonly #log: Log
  readonly #reached: Map<number, number>
  readonly #adopted: Adopted | undefined

  private constructor(log: Log, reached: Map<number, number>, adopted: Adopted | undefined) {
    this.#log = log
    this.#reached = reached
    this.#adopted = adopted
  }

  /**
   * Begins the next epoch under a new seed, which is in the vault before a record hangs on it. A vault that does not
   * know the log takes it over first.
   */
  static async begin(vault: Vault, log: Log, directory: string): Promise<Epochs> {
    const known = Math.max(0, ...knownEpochs(vault))
    const epoch = Math.max(log.head().epoch, known) + 1
    const isStrange = vault.isRestored || (known === 0 && log.head().epoch > 0)
    const adopted = isStrange
      ? await adopt(vault, log, known, (adopted) =>
          new Epochs(log, readReached(vault), adopted).verify(vault, directory),
        )
      : readAdopted(vault)
    const reached = ownReached(vault, adopted)
    const { seed, copy } = seedRoom()
    randomFill(seed)
    seed.copy(copy)
    try {
      await vault.setDocument(`${seedPrefix}${epoch}`, copy)
      reached.set(epoch, log.beginEpoch(epoch, seed).sequence)
    } finally {
      wipe(seed)
    }
    await writeReached(vault, reached)
    return new Epochs(log, reached, adopted)
  }

  /** Ends the epoch, and keeps in the vault how far the log had come: a shorter one was cut. */
  async end(vault: Vault): Promise<void> {
    const { epoch, sequence } = this.#log.endEpoch()
    this.#reached.set(epoch, sequence)
    await writeReached(vault, this.#reached)
  }

  /** Checks the whole log against the seeds in the vault and the head in memory. */
  verify(vault: Vault, directory: string): Promise<Verification> {
    const foreignUpTo = this.#adopted?.foreignUpTo ?? 0
    const seeds = (epoch: number): Buffer | undefined =>
      epoch <= foreignUpTo ? undefined : readSeed(vault, epoch)
    const expectation = { newest: this.#log.head(), reached: this.#reached, adopted: this.#adopted }
    return verify({ directory, seeds, expectation })
  }

  /** Where the vault took the log over, if it is not of this vault from its beginning. */
  get adopted(): Adopted | undefined {
    return this.#adopted
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

function readReached(vault: Vault): Map<number, number> {
  const document = vault.document(reachedName)
  return new Map(document === undefined ? [] : (JSON.parse(document.bytes.toString()) as [number, number][]))
}

/** How far the epochs of this log had come. */
function ownReached(vault: Vault, adopted: Adopted | undefined): Map<number, number> {
  const foreignUpTo = adopted?.foreignUpTo ?? 0
  return new Map([...readReached(vault)].filter(([epoch]) => epoch > foreignUpTo))
}

async function writeReached(vault: Vault, reached: ReadonlyMap<number, number>): Promise<void> {
  await vault.setDocument(reachedName, Buffer.from(JSON.stringify([...reached])))
}
