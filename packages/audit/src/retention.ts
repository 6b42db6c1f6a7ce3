// Which files may go: the oldest, once their newest record is old enough, and never one behind which an older one stays.
import { join } from 'node:path'
import { archivesIn } from './files.ts'
import { parseLine } from './line.ts'
import { readEnds } from './reading.ts'
import { type Followed } from './verify.ts'

const dayMs = 24 * 60 * 60_000

/** Every record is kept for at least this long. */
export const keptMs = 90 * dayMs

/** The files whose every record is old enough, of a log that was verified. */
export function expiredOf(files: readonly Followed[], nowMs: number): readonly Followed[] {
  const young = files.findIndex(({ newestMs }) => newestMs > nowMs - keptMs)
  return young < 0 ? files : files.slice(0, young)
}

/** A quick look, without any check, at whether verifying could find an expired file. Throws AuditFailure. */
export function mayHaveExpired(directory: string, nowMs: number): boolean {
  const [oldest] = archivesIn(directory)
  const [last] = oldest ? readEnds(join(directory, oldest.name)).ending.lines : []
  const record = last && parseLine(last)?.record
  return record !== undefined && Date.parse(record.time) <= nowMs - keptMs
}
