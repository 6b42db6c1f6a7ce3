// The file under the log: ours alone, grown by whole lines only, and checked to be as it was left.
import {
  closeSync,
  constants,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { AuditFailure, failureOf } from './failure.ts'
import { logName } from './files.ts'
import { openOwn, ownDirectory, statOf, syncDirectory } from './own.ts'
import { type Ending, beginningOf, endingOf } from './reader.ts'
import { lineBytesMax } from './record.ts'

const growing = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT

/** An open log file. Only whole lines stay in it. */
export class LogFile {
  readonly path: string
  readonly #directory: string
  #fd: number
  #inode: number
  #size: number
  #isSetAside = false
  #syncing: Promise<unknown> = Promise.resolve()

  /** Makes directory (0700) and file (0600) where they are missing. Throws AuditFailure. */
  constructor(directory: string) {
    this.path = join(directory, logName)
    this.#directory = directory
    ownDirectory(directory)
    this.#fd = openOwn(this.path, growing)
    const { ino, size } = fstatSync(this.#fd)
    this.#inode = ino
    this.#size = size
    if (size === 0) syncDirectory(directory)
  }

  get size(): number {
    return this.#size
  }

  /** The first whole line, if any. */
  beginning(): Buffer | undefined {
    return beginningOf(this.#fd)
  }

  /** The last whole line, if any, and what a crash left after it. */
  ending(): Ending {
    return endingOf(this.#fd, this.#size, 1, 2 * lineBytesMax)
  }

  /** Takes bytes off the end. */
  cut(bytes: number): void {
    ftruncateSync(this.#fd, this.#size - bytes)
    this.#size -= bytes
  }

  /** One write(2). A line that could not be written whole is taken back. Throws AuditFailure. */
  append(line: Buffer): void {
    try {
      this.#assertUntouched()
      const written = writeSync(this.#fd, line)
      if (written < line.length) this.#takeBack(written)
    } catch (error) {
      throw failureOf(`cannot write to ${this.path}`, error)
    }
    this.#size += line.length
  }

  /**
   * Gives the file another name and begins an empty one. Where that stops half-way nothing can be appended, and calling
   * it once more goes on from there. Throws AuditFailure.
   */
  setAside(name: string): void {
    try {
      if (!this.#isSetAside) this.#rename(join(this.#directory, name))
      const fd = openOwn(this.path, growing | constants.O_EXCL)
      syncDirectory(this.#directory)
      this.#turnTo(fd)
    } catch (error) {
      throw failureOf(`cannot set ${this.path} aside as ${name}`, error)
    }
  }

  /** fsync(2) now. */
  sync(): void {
    fsyncSync(this.#fd)
  }

  /** fsync(2) on another thread. */
  async syncLater(): Promise<void> {
    const synced = promisify(fsync)(this.#fd)
    this.#syncing = synced.catch(() => undefined)
    await synced
  }

  close(): void {
    closeSync(this.#fd)
  }

  #rename(path: string): void {
    this.#assertUntouched()
    if (statOf(path)) throw new AuditFailure('tampered', `${path} is there already`)
    this.sync()
    renameSync(this.path, path)
    this.#isSetAside = true
  }

  /** The old descriptor may still be in the hands of a thread that syncs it. */
  #turnTo(fd: number): void {
    const old = this.#fd
    void this.#syncing.then(() => {
      closeSync(old)
    })
    this.#fd = fd
    this.#inode = fstatSync(fd).ino
    this.#size = 0
    this.#isSetAside = false
  }

  /** Another writer, a truncation or another file under our name: refused before it is written to. */
  #assertUntouched(): void {
    const found = statOf(this.path)
    if (found?.ino === this.#inode && found.size === this.#size) return
    const what = found ? `${String(found.size)} bytes` : 'nothing'
    throw new AuditFailure('tampered', `${this.path} had ${String(this.#size)} bytes, now holds ${what}`)
  }

  #takeBack(written: number): never {
    ftruncateSync(this.#fd, this.#size)
    throw new AuditFailure('full', `cannot write to ${this.path}: only ${String(written)} bytes went in`)
  }
}
