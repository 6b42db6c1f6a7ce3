// Reads the files of a log as one, in order, or from their ends.
import { closeSync, constants, fstatSync } from 'node:fs'
import { join } from 'node:path'
import { archivesIn, logName } from './files.ts'
import { openOwn, statOf } from './own.ts'
import { type Ending, beginningOf, endingOf, linesOf } from './reader.ts'
import { lineBytesMax } from './record.ts'

/** A line with its newline, where it has one, and where it stands: the name of its file and its number there, from 1. */
export type Placed = { readonly file: string; readonly line: number; readonly bytes: Buffer }

/**
 * Every line of a log as it is at the call, oldest first; what is appended meanwhile is left out. In constant memory.
 * Throws AuditFailure where a file is not ours alone or cannot be read.
 */
export async function* linesOfLog(directory: string): AsyncGenerator<Placed, void> {
  const growing = openToRead(join(directory, logName))
  try {
    const inode = growing === undefined ? undefined : fstatSync(growing).ino
    const size = growing === undefined ? 0 : fstatSync(growing).size
    for (const { name } of archivesIn(directory)) yield* linesOfArchive(directory, name, inode)
    if (growing !== undefined) yield* numbered(logName, linesOf(growing, size))
  } finally {
    if (growing !== undefined) closeSync(growing)
  }
}

/** The first and last whole lines of one file. Throws AuditFailure. */
export function readEnds(path: string): { beginning: Buffer | undefined; ending: Ending } {
  const fd = openOwn(path, constants.O_RDONLY)
  try {
    return {
      beginning: beginningOf(fd),
      ending: endingOf(fd, fstatSync(fd).size, 1, 2 * lineBytesMax),
    }
  } finally {
    closeSync(fd)
  }
}

/** Opens a file of the log to read it; nothing where there is none. Throws AuditFailure when it is not ours alone. */
export function openToRead(path: string): number | undefined {
  return statOf(path) ? openOwn(path, constants.O_RDONLY) : undefined
}

/** @param growing the inode of the file that was open before the directory was listed: it may have been set aside since */
async function* linesOfArchive(
  directory: string,
  name: string,
  growing: number | undefined,
): AsyncGenerator<Placed, void> {
  const fd = openOwn(join(directory, name), constants.O_RDONLY)
  try {
    const { ino, size } = fstatSync(fd)
    if (ino !== growing) yield* numbered(name, linesOf(fd, size))
  } finally {
    closeSync(fd)
  }
}

async function* numbered(file: string, lines: AsyncIterable<Buffer>): AsyncGenerator<Placed, void> {
  let line = 0
  for await (const bytes of lines) yield { file, line: (line += 1), bytes }
}
