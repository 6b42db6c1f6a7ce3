// The log: each record is written before anything leaves, in one write(2), and hangs on the one before it.
import { EpochKey, genesis, linkOf } from './chain.ts'
import { AuditFailure } from './failure.ts'
import { LogFile } from './file.ts'
import { formatLine, parseLine } from './line.ts'
import { type AuditRecord, type Told, bodyOf, bounded } from './record.ts'
import { type Clock, type Sync, Syncer, systemClock } from './sync.ts'

/** Where the log stands: what `verify` and the vault can hold it to later. */
export type Head = {
  /** of the newest record; 0 in an empty log */
  readonly sequence: number
  /** of the newest record, in hex: its MAC, or its link while locked */
  readonly tag: string
  /** the newest epoch begun; 0 before the first */
  readonly epoch: number
}

export type Log = {
  /** Writes one record, or throws AuditFailure: then nothing may leave. */
  append(record: AuditRecord): { readonly sequence: number }
  /** From here on records are sealed. The number must grow; the seed, 32 random bytes, stays the caller's to wipe. */
  beginEpoch(epoch: number, seed: Buffer): Head
  /** Writes the closing record and wipes the key, which it does even where it throws AuditFailure. */
  endEpoch(): Head
  head(): Head
  /** How records reach the disk from the next one on. */
  syncBy(sync: Sync): void
  /** Wipes the key, writes no record, syncs. Throws AuditFailure when the last sync fails. */
  close(): Promise<void>
}

/** `sync`: fsync(2) with each record, or at most a second after it. */
export type LogOptions = { readonly directory: string; readonly sync: Sync; readonly clock?: Clock }

/**
 * Opens the log of a directory, making it where it is missing. A torn last line, left by a crash, is cut off, and that
 * is recorded. Throws AuditFailure. That only one process has it open is the caller's care.
 */
export function openLog({ directory, sync, clock = systemClock }: LogOptions): Log {
  return new ChainedLog(new LogFile(directory), sync, clock)
}

class ChainedLog implements Log {
  readonly #file: LogFile
  readonly #clock: Clock
  readonly #syncer: Syncer
  readonly #key = new EpochKey()
  #sequence = 0
  #epoch = 0
  #tag: Buffer = genesis
  #closed = false

  constructor(file: LogFile, sync: Sync, clock: Clock) {
    this.#file = file
    this.#clock = clock
    this.#syncer = new Syncer(file, sync, clock)
    this.#recover()
  }

  append(record: AuditRecord): { readonly sequence: number } {
    return this.#write(bounded(record))
  }

  beginEpoch(epoch: number, seed: Buffer): Head {
    const before = this.#epoch
    if (this.#key.live || !Number.isSafeInteger(epoch) || epoch <= before) {
      throw new AuditFailure('epoch', `cannot begin epoch ${String(epoch)} after epoch ${String(before)}`)
    }
    this.#epoch = epoch
    this.#key.begin(epoch, seed)
    try {
      this.#write({ event: 'epoch-begun' })
    } catch (error) {
      this.#key.end()
      this.#epoch = before
      throw error
    }
    return this.head()
  }

  endEpoch(): Head {
    try {
      if (this.#key.live) this.#write({ event: 'epoch-ended' })
    } finally {
      this.#key.end()
    }
    return this.head()
  }

  head(): Head {
    return { sequence: this.#sequence, tag: this.#tag.toString('hex'), epoch: this.#epoch }
  }

  syncBy(sync: Sync): void {
    this.#syncer.mode = sync
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#key[Symbol.dispose]()
    try {
      await this.#syncer.end()
    } finally {
      this.#file.close()
    }
  }

  /** Picks up the chain where the file ends. */
  #recover(): void {
    const { lines, torn } = this.#file.ending()
    const last = lines[0] && parseLine(lines[0])
    if (!last && torn.length !== this.#file.size) {
      throw new AuditFailure(
        'damaged',
        `the last line of ${this.#file.path} is no record: move the file away`,
      )
    }
    this.#sequence = last?.record.seq ?? 0
    this.#epoch = last?.record.epoch ?? 0
    this.#tag = last?.tag ?? genesis
    if (torn.length > 0) this.#cut(torn.length)
  }

  #cut(droppedBytes: number): void {
    this.#file.cut(droppedBytes)
    this.#write({ event: 'recovered', droppedBytes, keptBytes: this.#file.size })
  }

  /** The chain moves only once the record is in the file: a refused one leaves no gap. */
  #write(told: Told): { readonly sequence: number } {
    if (this.#closed) throw new AuditFailure('closed', 'the audit log is closed')
    if (this.#syncer.failure) throw this.#syncer.failure
    const sequence = this.#sequence + 1
    const sealed = this.#key.live
    const body = bodyOf({ sequence, timeMs: this.#clock.now(), epoch: this.#epoch, sealed }, told)
    const link = linkOf(this.#tag, body)
    const mac = sealed ? this.#key.mac(link) : undefined
    this.#file.append(formatLine(body, link, mac))
    this.#sequence = sequence
    this.#tag = mac ?? link
    if (sealed) this.#key.advance()
    this.#syncer.wrote()
    return { sequence }
  }
}
