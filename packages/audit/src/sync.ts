// When what was written reaches the disk: with each record, or at most a second later on another thread.
import { type AuditFailure, failureOf } from './failure.ts'
import { type LogFile } from './file.ts'

/** The time of records in ms of the Unix epoch, and a timer that gives back what cancels it. */
export type Clock = {
  now(): number
  later(delayMs: number, work: () => void): () => void
}

export type Sync = 'second' | 'always'

const syncDelayMs = 1000

export const systemClock: Clock = {
  now: Date.now,
  later: (delayMs, work) => {
    const timer = setTimeout(work, delayMs).unref()
    return () => {
      clearTimeout(timer)
    }
  },
}

/** Follows the writes to one file. Once an fsync(2) has failed nothing later can be trusted, so the failure stays. */
export class Syncer {
  readonly #file: LogFile
  #sync: Sync
  readonly #clock: Clock
  #cancel: (() => void) | undefined
  #running: Promise<void> = Promise.resolve()
  #failure: AuditFailure | undefined

  constructor(file: LogFile, sync: Sync, clock: Clock) {
    this.#file = file
    this.#sync = sync
    this.#clock = clock
  }

  /** From the next record on. */
  set mode(sync: Sync) {
    this.#sync = sync
  }

  get failure(): AuditFailure | undefined {
    return this.#failure
  }

  /** A record went into the file. Throws AuditFailure when it had to be on the disk and is not. */
  wrote(): void {
    if (this.#sync === 'second') this.#cancel ??= this.#clock.later(syncDelayMs, this.#syncLater)
    else this.#now()
  }

  /** Waits for what runs, then syncs for the last time. */
  async end(): Promise<void> {
    this.#cancel?.()
    await this.#running
    this.#now()
  }

  readonly #syncLater = (): void => {
    this.#cancel = undefined
    this.#running = this.#file.syncLater().catch((error: unknown) => {
      this.#failure = failureOf(`cannot fsync ${this.#file.path}`, error)
    })
  }

  #now(): void {
    try {
      this.#file.sync()
    } catch (error) {
      this.#failure = failureOf(`cannot fsync ${this.#file.path}`, error)
      throw this.#failure
    }
  }
}
