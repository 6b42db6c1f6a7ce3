// What the vault knows of the audit log: where it begins, and records that it had. A log that is cut, or put back from
// a backup, has them no more.
import type { Log, Reached, Start } from '@sget/audit'
import { BackendFailure } from '@sget/backend'
import type { Vault } from '@sget/vault'
import type { Adopted } from './adoption.ts'
import type { Clock } from './clock.ts'
import { recordsPerAnchor, anchoredEpochsMax } from './limits.ts'
import type { Logger } from './log.ts'
import { readStart, writeStart } from './start.ts'

const reachedName = 'audit/reached'

/** How an anchor stands: the newest record that it holds, and when it was told of it; 0 where there is none. */
export interface Anchored {
  readonly state: 'kept' | 'failed' | 'none'
  readonly sequence: number
  /** Wall clock, milliseconds. */
  readonly time: number
}

/** What the anchors need. */
export interface AnchorsOptions {
  readonly vault: Vault
  readonly audit: Log
  readonly clock: Clock
  readonly log: Logger
  /** Where the vault took the log over: what it knew before may be of another one. */
  readonly adopted: Adopted | undefined
}

/** The anchors of one opening of the vault. One that cannot be written is owed, and stops nothing. */
export class Anchors {
  readonly #options: AnchorsOptions
  readonly #reached: Map<number, Reached>
  #start: Start | undefined
  #anchored: Anchored = { state: 'none', sequence: 0, time: 0 }
  #writing: Promise<void> | undefined
  #tried = 0

  constructor(options: AnchorsOptions) {
    this.#options = options
    this.#reached = readReached(options.vault, options.adopted)
    this.#start = readStart(options.vault, options.adopted)
  }

  /** By epoch, the newest record that is known of it. */
  get reached(): ReadonlyMap<number, Reached> {
    return this.#reached
  }

  /** Where the log begins, once files were removed. */
  get start(): Start | undefined {
    return this.#start
  }

  get anchored(): Anchored {
    return this.#anchored
  }

  /** To be called after each record: now and then its number and MAC are put into the vault, which nobody waits for. */
  recorded(): void {
    if (this.#options.audit.head().sequence - this.#tried >= recordsPerAnchor) void this.keep()
  }

  /** Tries again what could not be written. Called now and then. */
  retry(): void {
    if (this.#anchored.state === 'failed') void this.keep()
  }

  /** Puts the newest record into the vault. Several at once are one, and then another for what came meanwhile. */
  async keep(): Promise<void> {
    const { sequence, tag, epoch } = this.#options.audit.head()
    this.#tried = sequence
    this.#reached.set(epoch, { sequence, tag })
    await this.#writing
    this.#writing ??= this.#write(sequence).finally(() => {
      this.#writing = undefined
    })
    await this.#writing
  }

  /** From here on the log begins behind this record. Throws BackendFailure: then nothing may be removed. */
  async begin(start: Start): Promise<void> {
    await writeStart(this.#options.vault, start, this.#options.adopted)
    this.#start = start
  }

  async #write(sequence: number): Promise<void> {
    const { vault, clock, log } = this.#options
    const rows = [...this.#reached].slice(-anchoredEpochsMax)
    try {
      await vault.setDocument(reachedName, Buffer.from(JSON.stringify(rows)))
      this.#anchored = { state: 'kept', sequence, time: clock.wallMs() }
    } catch (error) {
      if (!(error instanceof BackendFailure)) throw error
      if (this.#anchored.state !== 'failed')
        log.error({ code: error.code, sequence }, 'cannot anchor the audit log in the vault')
      this.#anchored = { ...this.#anchored, state: 'failed' }
    }
  }
}

/** How far the epochs of this log had come. */
function readReached(vault: Vault, adopted: Adopted | undefined): Map<number, Reached> {
  const document = vault.document(reachedName)
  const rows = document === undefined ? [] : (JSON.parse(document.bytes.toString()) as [number, Reached][])
  return new Map(rows.filter(([epoch]) => epoch > (adopted?.foreignUpTo ?? 0)))
}
