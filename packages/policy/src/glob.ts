// Patterns over names with segments: `*` and `?` within a segment, `**` for any number of whole segments.
import { quoted } from './printable.ts'
import { type Converted } from './reading.ts'

/** A pattern that was understood. `text` is what was written. */
export type Glob = { readonly text: string; readonly segments: readonly Segment[] }

/** Code points, `anyOne` and `anyRun`; `anySegments` itself stands for any number of segments. */
export type Segment = readonly number[]
const anyOne = -1
const anyRun = -2
export const anySegments: Segment = [anyRun, anyRun]

const foreignSyntax = /[[\]{}\\]|[?*+@!]\(|^!/

/** Reads a pattern, or says what is wrong with it. What other tools take for syntax is refused, not taken literally. */
export function parseGlob(text: string): Converted<Glob> {
  const fault = `malformed pattern ${quoted(text)}`
  const foreign = foreignSyntax.exec(text)?.[0]
  if (foreign) return { fault, why: `${quoted(foreign)} means nothing here, only *, ** and ? do` }
  const words = text.split('/')
  const mixed = words.some((word) => word !== '**' && word.includes('**'))
  if (mixed) return { fault, why: '** is a segment of its own' }
  return {
    value: { text, segments: words.map((word) => (word === '**' ? anySegments : wildWord(word))) },
  }
}

/** The pattern that matches one name only: every character stands for itself. */
export function literal(name: string): Glob {
  return { text: name, segments: name.split('/').map(literalWord) }
}

export function matches(glob: Glob, name: string): boolean {
  return covers(glob, literal(name))
}

/** Whether the first matches all that the second does. Where that is hard to tell, no. */
export function covers(wide: Glob, narrow: Glob): boolean {
  return related(wide.segments, narrow.segments, coveredSegments)
}

/** Whether there is a name that both match. */
export function overlaps(one: Glob, other: Glob): boolean {
  return related(one.segments, other.segments, sharedSegments)
}

/** A segment in which `*` and `?` have their meaning. */
export function wildWord(word: string): Segment {
  return Array.from(word, wild)
}

/** A segment in which every character stands for itself. */
export function literalWord(word: string): Segment {
  return Array.from(word, codePoint)
}

function wild(character: string): number {
  return character === '*' ? anyRun : character === '?' ? anyOne : codePoint(character)
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0
}

/** How two sequences are compared: their star, two items that are none, and whether a star of the other may give way. */
type Relation<T> = {
  readonly star: T
  readonly mutual: boolean
  readonly pair: (one: T, other: T) => boolean
}

const coveredCharacters: Relation<number> = {
  star: anyRun,
  mutual: false,
  pair: (wide, narrow) => wide === narrow || wide === anyOne,
}
const coveredSegments: Relation<Segment> = {
  star: anySegments,
  mutual: false,
  pair: (wide, narrow) => related(wide, narrow, coveredCharacters),
}
const sharedCharacters: Relation<number> = {
  star: anyRun,
  mutual: true,
  pair: (one, other) => one === other || one === anyOne || other === anyOne,
}
const sharedSegments: Relation<Segment> = {
  star: anySegments,
  mutual: true,
  pair: (one, other) => related(one, other, sharedCharacters),
}

/** Goes on while neither has a star, which settles most pairs; then fills a table from the ends of both. */
function related<T>(one: readonly T[], other: readonly T[], relation: Relation<T>): boolean {
  const { star, pair } = relation
  let head = 0
  for (; head < one.length && head < other.length; head += 1) {
    const [item, facing] = [one[head] ?? star, other[head] ?? star]
    if (item === star || facing === star) break
    if (!pair(item, facing)) return false
  }
  if (head === one.length && head === other.length) return true
  if (head === one.length - 1 && one[head] === star) return true
  return tabled(one.slice(head), other.slice(head), relation)
}

/** Whether what is left of the one relates to what is left of the other, row by row. */
function tabled<T>(one: readonly T[], other: readonly T[], relation: Relation<T>): boolean {
  let below: readonly boolean[] = []
  for (let at = one.length; at >= 0; at -= 1) below = rowOf(one[at], other, below, relation)
  return below[0] ?? false
}

/** The row of one item (or of the end), given the row below it. */
function rowOf<T>(
  item: T | undefined,
  other: readonly T[],
  below: readonly boolean[],
  { star, mutual, pair }: Relation<T>,
): readonly boolean[] {
  const row: boolean[] = []
  for (let at = other.length; at >= 0; at -= 1) {
    const facing = other[at]
    const ends = item === undefined || facing === undefined
    if (item === star || (mutual && facing === star)) {
      row[at] = (item !== undefined && below[at]) || (facing !== undefined && row[at + 1]) || false
    } else if (ends || facing === star) row[at] = item === facing
    else row[at] = pair(item, facing) && (below[at + 1] ?? false)
  }
  return row
}
