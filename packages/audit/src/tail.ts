// The newest records of a log, read from its end, for a human to look at: nothing is checked here.
import { closeSync, fstatSync } from 'node:fs'
import { openToRead } from './file.ts'
import { parseLine } from './line.ts'
import { endingOf } from './reader.ts'
import { type StoredRecord } from './record.ts'

/** However many records are asked for, no more of the file than this is read. */
const tailBytesMax = 16 * 1024 * 1024

/** A line that is no record is shown as its bytes would be in JSON. */
export type TailEntry = { readonly record: StoredRecord } | { readonly unreadable: string }

/** The last `count` records, oldest first; none where there is no log. Throws AuditFailure when it is not ours alone. */
export function tail(directory: string, count: number): readonly TailEntry[] {
  const fd = openToRead(directory)
  if (fd === undefined) return []
  try {
    const { lines, torn } = endingOf(fd, fstatSync(fd).size, count, tailBytesMax)
    return [...lines, ...(torn.length > 0 ? [torn] : [])].map(entryOf)
  } finally {
    closeSync(fd)
  }
}

function entryOf(bytes: Buffer): TailEntry {
  const record = parseLine(bytes)?.record
  return record ? { record } : { unreadable: JSON.stringify(bytes.toString('latin1')) }
}
