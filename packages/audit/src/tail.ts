// The newest records of a log, read from its end, for a human to look at: nothing is checked here.
import { closeSync, fstatSync } from 'node:fs'
import { join } from 'node:path'
import { archivesIn, logName } from './files.ts'
import { parseLine } from './line.ts'
import { endingOf } from './reader.ts'
import { openToRead } from './reading.ts'
import { type StoredRecord } from './record.ts'

/** However many records are asked for, no more of the log than this is read. */
const tailBytesMax = 16 * 1024 * 1024

/** A line that is no record is shown as its bytes would be in JSON. */
export type TailEntry = { readonly record: StoredRecord } | { readonly unreadable: string }

/** The last `count` records, oldest first; none where there is no log. Throws AuditFailure when it is not ours alone. */
export function tail(directory: string, count: number): readonly TailEntry[] {
  const names = [...archivesIn(directory).map(({ name }) => name), logName]
  let lines: readonly Buffer[] = []
  let readBytes = 0
  for (const name of names.reverse()) {
    if (lines.length >= count || readBytes >= tailBytesMax) break
    const earlier = endOf(join(directory, name), count - lines.length, tailBytesMax - readBytes)
    readBytes += earlier.reduce((sum, { length }) => sum + length, 0)
    lines = [...earlier, ...lines]
  }
  return lines.map(entryOf)
}

/** A line as a human may see it. */
export function entryOf(bytes: Buffer): TailEntry {
  const record = parseLine(bytes)?.record
  return record ? { record } : { unreadable: JSON.stringify(bytes.toString('latin1')) }
}

/** The last lines of one file, with what a crash left after them. */
function endOf(path: string, count: number, bytesMax: number): readonly Buffer[] {
  const fd = openToRead(path)
  if (fd === undefined) return []
  try {
    const { lines, torn } = endingOf(fd, fstatSync(fd).size, count, bytesMax)
    return torn.length > 0 ? [...lines, torn] : lines
  } finally {
    closeSync(fd)
  }
}
