// What is ours alone: a directory and plain files that nobody else owns, reads, or has another name for.
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  type Stats,
} from 'node:fs'
import { AuditFailure, codeOf, failureOf } from './failure.ts'

const directoryMode = 0o700
const fileMode = 0o600
const othersMode = 0o077

/** What lies there itself, not behind a link; nothing where nothing does. */
export function statOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false })
}

/** Makes the directory where it is missing. Throws AuditFailure. */
export function ownDirectory(directory: string): void {
  try {
    if (!statOf(directory)) mkdirSync(directory, directoryMode)
  } catch (error) {
    throw failureOf(`cannot make ${directory}`, error)
  }
  const stats = statOf(directory)
  if (!stats?.isDirectory()) throw new AuditFailure('unsafe', `${directory} is no directory`)
  assertOurs(directory, stats)
}

/** Opens a plain file of ours, with the flags of open(2). Throws AuditFailure. */
export function openOwn(path: string, flags: number): number {
  try {
    const fd = openSync(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, fileMode)
    assertPlain(path, fd)
    return fd
  } catch (error) {
    if (codeOf(error) === 'ELOOP') throw new AuditFailure('unsafe', `${path} is a symbolic link`)
    throw failureOf(`cannot open ${path}`, error)
  }
}

/** Puts names that were made or changed in a directory on the disk. */
export function syncDirectory(directory: string): void {
  const fd = openSync(directory, constants.O_RDONLY)
  fsyncSync(fd)
  closeSync(fd)
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
