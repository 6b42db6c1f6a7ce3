// What a journal that its writers can add to but not take from knows of a log: numbers and tags of records.
import { type BadPlace } from './harm.ts'
import { identityOf } from './identity.ts'
import { parseLine } from './line.ts'
import { type Placed, linesOfLog } from './reading.ts'

/** A record as a journal names it: of which log, its number, its MAC in hex. */
export type Anchor = { readonly log: string; readonly sequence: number; readonly tag: string }

/** What came of holding a log to the anchors of a journal. */
export type Comparison = {
  /** anchors whose record is in the log as they say */
  readonly held: number
  /** anchors of records that are older than the log's oldest file */
  readonly older: number
  /** anchors of other logs */
  readonly others: number
  /** the newest record that an anchor names; 0 where none names this log */
  readonly newest: number
  readonly bad?: BadPlace
}

/** So many anchors are in memory at a time; the log is read once for each such heap. */
const heapMax = 65_536

const anchorPattern = /\baudit log=([0-9a-f]{16}) seq=([1-9]\d{0,15}) mac=([0-9a-f]{64})$/

/** The words that stand in a journal. */
export function formatAnchor({ log, sequence, tag }: Anchor): string {
  return `audit log=${log} seq=${String(sequence)} mac=${tag}`
}

/** Finds an anchor at the end of a journal's line, whatever stands before it. */
export function parseAnchor(text: string): Anchor | undefined {
  const [, log, digits, tag] = anchorPattern.exec(text.trimEnd()) ?? []
  if (log === undefined || tag === undefined) return undefined
  return { log, sequence: Number(digits), tag }
}

/**
 * Holds a log to the lines of a journal, in any order and however many, in bounded memory. The log may grow meanwhile,
 * since a record is in it before the journal is told. Throws AuditFailure where the log cannot be read.
 */
export async function compareAnchors(directory: string, lines: AsyncIterable<string>): Promise<Comparison> {
  const identity = await identityIn(directory)
  let counts = { held: 0, older: 0, others: 0, newest: 0 }
  let heap = new Heap()
  const settle = async (): Promise<BadPlace | undefined> => {
    const { held, older, bad } = await heap.compare(directory)
    counts = { ...counts, held: counts.held + held, older: counts.older + older }
    heap = new Heap()
    return bad
  }
  for await (const line of lines) {
    const anchor = parseAnchor(line)
    if (!anchor) continue
    if (anchor.log !== identity) {
      counts = { ...counts, others: counts.others + 1 }
      continue
    }
    const bad = heap.isFull || heap.contradicts(anchor) ? await settle() : undefined
    if (bad) return { ...counts, bad }
    heap.add(anchor)
    counts = { ...counts, newest: Math.max(counts.newest, anchor.sequence) }
  }
  const bad = await settle()
  return { ...counts, ...(bad && { bad }) }
}

/** Anchors to be looked up in one passage through the log. */
class Heap {
  readonly #tags = new Map<number, string>()

  get isFull(): boolean {
    return this.#tags.size >= heapMax
  }

  /** Two anchors of one record cannot both hold, and each is to be told. */
  contradicts({ sequence, tag }: Anchor): boolean {
    const other = this.#tags.get(sequence)
    return other !== undefined && other !== tag
  }

  add({ sequence, tag }: Anchor): void {
    this.#tags.set(sequence, tag)
  }

  async compare(directory: string): Promise<{ held: number; older: number; bad?: BadPlace }> {
    const wanted = new Map(this.#tags)
    let first = 0
    let last: { readonly placed: Placed; readonly sequence: number } | undefined
    for await (const placed of linesOfLog(directory)) {
      const line = parseLine(placed.bytes)
      if (!line) continue
      const sequence = line.record.seq
      first ||= sequence
      last = { placed, sequence }
      const tag = wanted.get(sequence)
      if (tag !== undefined && tag !== line.tag.toString('hex'))
        return { held: 0, older: 0, bad: placeOf('replaced', sequence, placed) }
      wanted.delete(sequence)
    }
    const older = [...wanted.keys()].filter((sequence) => sequence < first)
    const [absent] = [...wanted.keys()].filter((sequence) => sequence >= first).sort((a, b) => a - b)
    const held = this.#tags.size - wanted.size
    if (absent === undefined) return { held, older: older.length }
    const harm = absent > (last?.sequence ?? 0) ? 'truncated' : 'dropped'
    return { held, older: older.length, bad: placeOf(harm, absent, last?.placed) }
  }
}

function placeOf(harm: BadPlace['harm'], sequence: number, placed: Placed | undefined): BadPlace {
  const found = harm === 'replaced' ? 'the journal knows another record' : 'the journal knows this record'
  return { harm, sequence, file: placed?.file ?? '', line: placed?.line ?? 0, found }
}

async function identityIn(directory: string): Promise<string | undefined> {
  for await (const { bytes } of linesOfLog(directory)) {
    const line = parseLine(bytes)
    return line && identityOf(line)
  }
  return undefined
}
