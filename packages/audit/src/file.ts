// The file under the log: ours alone, grown by whole lines only, and checked to be as it was left.
import {
  closeSync,
  constants,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  type Stats,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { AuditFailure, codeOf, failureOf } from './failure.ts'
import { type Ending, endingOf } from './reader.ts'
import { lineBytesMax } from './record.ts'

/** The name of the log in its directory. */
export const logName = 'audit.log'

const directoryMode = 0o700
const fileMode = 0o600
const othersMode = 0o077

/** An open log file. Only whole lines stay in it. */
export class LogFile {
  readonly path: string
  readonly #fd: number
  readonly #inode: number
  #size: number

  /** Makes directory (0700) and file (0600) where they are missing. Throws AuditFailure. */
  constructor(directory: string) {
    this.path = join(directory, logName)
    ownDirectory(directory)
    this.#fd = openOwn(this.path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT)
    const { ino, size } = fstatSync(this.#fd)
    this.#inode = ino
    this.#size = size
    if (size === 0) syncDirectory(directory)
  }

  get size(): number {
    return this.#size
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

  /** fsync(2) now. */
  sync(): void {
    fsyncSync(this.#fd)
  }

  /** fsync(2) on another thread. */
  async syncLater(): Promise<void> {
    await promisify(fsync)(this.#fd)
  }

  close(): void {
    closeSync(this.#fd)
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

/** Opens the log to read it; nothing where there is none. Throws AuditFailure when it is not ours alone. */
export function openToRead(directory: string): number | undefined {
  const path = join(directory, logName)
  if (!statOf(path)) return undefined
  return openOwn(path, constants.O_RDONLY)
}

function statOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false })
}

function ownDirectory(directory: string): void {
  try {
    if (!statOf(directory)) mkdirSync(directory, directoryMode)
  } catch (error) {
    throw failureOf(`cannot make ${directory}`, error)
  }
  const stats = statOf(directory)
  if (!stats?.isDirectory()) throw new AuditFailure('unsafe', `${directory} is no directory`)
  assertOurs(directory, stats)
}

function openOwn(path: string, flags: number): number {
  try {
    const fd = openSync(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, fileMode)
    assertPlain(path, fd)
    return fd
  } catch (error) {
    if (codeOf(error) === 'ELOOP') throw new AuditFailure('unsafe', `${path} is a symbolic link`)
    throw failureOf(`cannot open ${path}`, error)
  }
}

function assertPlain(path: string, fd: number): void {
  try {
    const stats = fstatSync(fd)
    if (!stats.isFile()) throw new AuditFailure('unsafe', `${path} is no plain file`)
    if (stats.nlink !== 1) throw new AuditFailure('unsafe', `${path} has another name`)
    assertOurs(path, stats)
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function assertOurs(path: string, { uid, mode }: Stats): void {
  if (uid !== process.geteuid?.()) throw new AuditFailure('unsafe', `${path} belongs to uid ${String(uid)}`)
  if ((mode & othersMode) === 0) return
  throw new AuditFailure('unsafe', `${path} is open to others: mode ${(mode & 0o777).toString(8)}`)
}

function syncDirectory(directory: string): void {
  const fd = openSync(directory, constants.O_RDONLY)
  fsyncSync(fd)
  closeSync(fd)
}
