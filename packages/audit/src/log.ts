// The log: each record is written before anything leaves, in one write(2), and hangs on the one before it.
import { EpochKey, genesis, linkOf } from './chain.ts'
import { AuditFailure } from './failure.ts'
import { LogFile } from './file.ts'
import { archiveName, archivesIn, logFileBytesMax } from './files.ts'
import { identityBytes, identityOf } from './identity.ts'
import { type Line, formatLine, parseLine } from './line.ts'
import { type Ending } from './reader.ts'
import { readEnds } from './reading.ts'
import { type AuditRecord, type Told, bodyOf, bounded } from './record.ts'
import { join } from 'node:path'
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
  /** The name of this log among others; nothing before its first record. */
  readonly identity: string | undefined
  /** How many files it has set aside since it was opened. */
  readonly setAside: number
  /** How records reach the disk from the next one on. */
  syncBy(sync: Sync): void
  /** Wipes the key, writes no record, syncs. Throws AuditFailure when the last sync fails. */
  close(): Promise<void>
}

/**
 * `sync`: fsync(2) with each record, or at most a second after it. `fileBytesMax`: a file that has grown to this size is
 * set aside, and the chain goes on in a new one.
 */
export type LogOptions = {
  readonly directory: string
  readonly sync: Sync
  readonly clock?: Clock
  readonly fileBytesMax?: number
}

/**
 * Opens the log of a directory, making it where it is missing. A torn last line, left by a crash, is cut off, and that
 * is recorded. Throws AuditFailure. That only one process has it open is the caller's care.
 */
export function openLog(options: LogOptions): Log {
  return new ChainedLog(options)
}

class ChainedLog implements Log {
  readonly #directory: string
  readonly #file: LogFile
  readonly #fileBytesMax: number
  readonly #clock: Clock
  readonly #syncer: Syncer
  readonly #key = new EpochKey()
  #sequence = 0
  #epoch = 0
  #tag: Buffer = genesis
  /** Of the file that grows. */
  #first = 1
  #identity: string | undefined
  #setAside = 0
  #closed = false

  constructor({ directory, sync, clock = systemClock, fileBytesMax = logFileBytesMax }: LogOptions) {
    this.#directory = directory
    this.#file = new LogFile(directory)
    this.#fileBytesMax = fileBytesMax
    this.#clock = clock
    this.#syncer = new Syncer(this.#file, sync, clock)
    this.#recover()
  }

  get identity(): string | undefined {
    return this.#identity
  }

  get setAside(): number {
    return this.#setAside
  }

  append(record: AuditRecord): { readonly sequence: number } {
    return this.#write(bounded(record))
  }

  beginEpoch(epoch: number, seed: Buffer): Head {
    const before = this.#epoch
    if (this.#key.live || !Number.isSafeInteger(epoch) || epoch <= before) {
      throw new AuditFailure('epoch', `cannot begin epoch ${String(epoch)} after epoch ${String(before)}`)
    }
    this.#makeRoom()
    this.#epoch = epoch
    this.#key.begin(epoch, seed)
    try {
      this.#put({ event: 'epoch-begun' })
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

  /** Picks up the chain where the file ends; where it is empty yet, where the newest one set aside does. */
  #recover(): void {
    const { lines, torn } = this.#file.ending()
    if (torn.length === this.#file.size) this.#recoverFromArchive()
    else this.#followOn(this.#file.path, this.#file.beginning(), { lines, torn })
    if (torn.length > 0) this.#cut(torn.length)
  }

  #recoverFromArchive(): void {
    const newest = archivesIn(this.#directory).at(-1)
    if (!newest) return
    const path = join(this.#directory, newest.name)
    const { beginning, ending } = readEnds(path)
    this.#followOn(path, beginning, ending)
    this.#first = this.#sequence + 1
  }

  #followOn(path: string, beginning: Buffer | undefined, { lines }: Ending): void {
    const first = this.#whole(path, beginning)
    const last = this.#whole(path, lines[0])
    this.#first = first.record.seq
    this.#identity = identityOf(first)
    this.#sequence = last.record.seq
    this.#epoch = last.record.epoch
    this.#tag = last.tag
  }

  #whole(path: string, bytes: Buffer | undefined): Line {
    const line = bytes && parseLine(bytes)
    if (line) return line
    throw new AuditFailure('damaged', `the first or last line of ${path} is no record: move the file away`)
  }

  #cut(droppedBytes: number): void {
    this.#file.cut(droppedBytes)
    const keptBytes = this.#file.size
    this.#write({ event: 'recovered', droppedBytes, keptBytes })
  }

  #write(told: Told): { readonly sequence: number } {
    this.#makeRoom()
    return this.#put(told)
  }

  /** What the log says about its files belongs to the epoch before the one that is to begin, so it comes apart. */
  #makeRoom(): void {
    if (this.#closed) throw new AuditFailure('closed', 'the audit log is closed')
    if (this.#syncer.failure) throw this.#syncer.failure
    if (this.#file.size >= this.#fileBytesMax) this.#turn()
    if (this.#file.size === 0 && this.#sequence > 0) this.#carryOn()
  }

  /** A file says what it hangs on, for who takes the log over when those before it are gone. */
  #carryOn(): void {
    this.#put({ event: 'carried-on', log: this.#identity, after: this.#tag.toString('hex') })
  }

  /** From here on records go into a new file. A crash before its first record leaves it empty, as `recover` knows. */
  #turn(): void {
    this.#file.setAside(archiveName(this.#first))
    this.#first = this.#sequence + 1
    this.#setAside += 1
  }

  /** The chain moves only once the record is in the file: a refused one leaves no gap. */
  #put(told: Told): { readonly sequence: number } {
    const sequence = this.#sequence + 1
    const sealed = this.#key.live
    const body = bodyOf({ sequence, timeMs: this.#clock.now(), epoch: this.#epoch, sealed }, told)
    const link = linkOf(this.#tag, body)
    const mac = sealed ? this.#key.mac(link) : undefined
    const line = formatLine(body, link, mac)
    this.#file.append(line)
    this.#sequence = sequence
    this.#tag = mac ?? link
    this.#identity ??= this.#tag.toString('hex', 0, identityBytes)
    if (sealed) this.#key.advance()
    this.#syncer.wrote()
    return { sequence }
  }
}
