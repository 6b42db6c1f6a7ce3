// What can have been done to a log, and how the line after the first bad one tells which.
import { linkOf } from './chain.ts'
import { type Line } from './line.ts'
import { lineBytesMax } from './record.ts'

/**
 * - `changed`: bytes of a record are not those that were written
 * - `dropped`: records are missing; `reordered`: they come later
 * - `inserted`: a record that does not belong there
 * - `replaced`: well chained, but not by this log: the MAC is not of its key, or another record was known
 * - `truncated`: the end is missing
 * - `torn`: the last line has no end, as after a crash; opening the log cuts it off and records that
 */
export type Harm = 'changed' | 'dropped' | 'reordered' | 'inserted' | 'replaced' | 'truncated' | 'torn'

/** A place: the sequence number that belongs there, the file, its line (from 1), and what was found instead. */
export type BadPlace = {
  readonly harm: Harm
  readonly sequence: number
  readonly file: string
  readonly line: number
  readonly found: string
}

/** The first bad line, with what is needed to judge it by those that follow. */
export type Suspicion = {
  readonly place: BadPlace
  /** the tag of the last good record */
  readonly good: Buffer
  /** the bad line, where it has the form of a record */
  readonly suspect: Line | undefined
}

/** The harm in a line that has not the form of a record. */
export function malformed(bytes: Buffer): readonly [Harm, string] {
  if (bytes.length > lineBytesMax) return ['changed', 'a line longer than a record can be']
  const whole = bytes.at(-1) === 0x0a
  return whole ? ['changed', 'no record'] : ['torn', `${String(bytes.length)} bytes without an end`]
}

/** The same place with its harm as the next line shows it. */
export function reconsider({ place, good, suspect }: Suspicion, next: Line): BadPlace {
  const { seq } = next.record
  if (suspect && seq === place.sequence + 1 && follows(next, suspect.tag)) {
    return { ...place, harm: follows(suspect, good) ? 'replaced' : 'changed' }
  }
  if (seq !== place.sequence || !follows(next, good)) return place
  return { ...place, harm: place.harm === 'dropped' ? 'reordered' : 'inserted' }
}

/** Whether a record hangs on the one with this tag. */
export function follows(line: Line, tag: Buffer): boolean {
  return line.link.equals(linkOf(tag, line.body))
}
