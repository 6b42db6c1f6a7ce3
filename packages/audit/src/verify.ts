// Reads a whole log and names the first place where it is not what was written.
import { Epochs, type Seeds, type Unclosed } from './epochs.ts'
import { archiveName, logName } from './files.ts'
import { type BadPlace, type Harm, type Suspicion, follows, malformed, reconsider } from './harm.ts'
import { type Line, parseLine } from './line.ts'
import { type Placed, linesOfLog } from './reading.ts'
import { type Start, beginning } from './start.ts'

/** A record that is known from elsewhere; the tag is its MAC in hex. */
export type Reached = { readonly sequence: number; readonly tag?: string | undefined }

/** What is known from elsewhere. */
export type Expectation = {
  /** the head in the daemon's memory */
  readonly newest?: { readonly sequence: number; readonly tag: string }
  /** by epoch, from the vault: the newest of its records that is known there */
  readonly reached?: ReadonlyMap<number, Reached>
  /** from the vault; without it a log begins with its first record */
  readonly start?: Start | undefined
  /** the head at which a vault without the seeds before took the log over: it holds all before it in place */
  readonly adopted?: { readonly sequence: number; readonly tag: string; readonly epoch: number } | undefined
}

/** A file set aside that was followed to its end: the newest time in it, and where a log begins once it is removed. */
export type Followed = { readonly name: string; readonly newestMs: number; readonly end: Start }

/** What was found. Without `bad`, everything that could be checked is as it was written. */
export type Verification = {
  /** records up to the first bad place */
  readonly records: number
  /** of these: proved by a MAC */
  readonly proved: number
  /** sealed, but no seed was given: only chained */
  readonly unproved: number
  /** made while locked: only chained, and held in place by what follows in the next epoch */
  readonly unsealed: number
  /** epochs without a closing record, the newest few: what a crash left, or who cut off an end */
  readonly unclosed: readonly Unclosed[]
  /** the files set aside, oldest first, up to the bad place */
  readonly files: readonly Followed[]
  readonly bad?: BadPlace
}

/** `seeds` is left out while the vault is locked: then sequence and chain are checked, and `unproved` says the rest. */
export type VerifyOptions = {
  readonly directory: string
  readonly seeds?: Seeds
  readonly expectation?: Expectation
}

/**
 * Checks the log as it is at the call; what is appended meanwhile is left out. Streams, in constant memory. Throws
 * AuditFailure where a file is not ours alone or cannot be read.
 */
export async function verify({ directory, seeds, expectation = {} }: VerifyOptions): Promise<Verification> {
  using verifier = new Verifier(seeds, expectation)
  for await (const placed of linesOfLog(directory)) {
    verifier.take(placed)
    if (verifier.settled) break
  }
  return verifier.end()
}

class Verifier {
  readonly #newest: Expectation['newest']
  /** By sequence number: the epoch that is known to have had a record there, and its tag. */
  readonly #known: ReadonlyMap<number, { readonly epoch: number; readonly tag: string | undefined }>
  readonly #epochs: Epochs
  readonly #adopted: Expectation['adopted']
  readonly #counts = { records: 0, proved: 0, unproved: 0, unsealed: 0 }
  readonly #files: Followed[] = []
  readonly #start: Start
  #file = logName
  #lines = 0
  #newestMs = 0
  #tag: Buffer
  #suspicion: Suspicion | undefined

  constructor(
    seeds: Seeds | undefined,
    { newest, reached = new Map(), start = beginning, adopted }: Expectation,
  ) {
    this.#newest = newest
    this.#known = knownAfter(start.sequence, reached)
    this.#adopted = adopted
    this.#epochs = new Epochs(seeds, start, adopted?.epoch ?? 0)
    this.#start = start
    this.#tag = Buffer.from(start.tag, 'hex')
  }

  /** Whether nothing that follows can change the finding: only what is missing may still turn up. */
  get settled(): boolean {
    const place = this.#suspicion?.place
    if (place === undefined || place.harm === 'dropped') return false
    return this.#file !== place.file || this.#lines > place.line
  }

  take({ file, line: number, bytes }: Placed): void {
    if (file !== this.#file) this.#turnTo(file)
    this.#lines = number
    const line = parseLine(bytes)
    if (line && this.#isRetired(line)) return
    if (this.#suspicion) {
      if (line) this.#suspicion = { ...this.#suspicion, place: reconsider(this.#suspicion, line) }
      return
    }
    const wrong = line ? this.#wrongWith(line) : malformed(bytes)
    if (wrong) this.#suspicion = { place: this.#placeOf(wrong), good: this.#tag, suspect: line }
    else if (line) this.#follow(line)
  }

  end(): Verification {
    const bad = this.#suspicion?.place ?? this.#missing()
    return { ...this.#counts, unclosed: this.#epochs.unclosed, files: this.#files, ...(bad && { bad }) }
  }

  [Symbol.dispose](): void {
    this.#epochs[Symbol.dispose]()
  }

  get #last(): number {
    return this.#start.sequence + this.#counts.records
  }

  /** What was to be removed when a crash came between: nothing hangs on it any more. */
  #isRetired({ record }: Line): boolean {
    return !this.#suspicion && this.#counts.records === 0 && record.seq <= this.#start.sequence
  }

  #turnTo(file: string): void {
    if (this.#counts.records > 0 && !this.#suspicion) this.#files.push(this.#followed())
    this.#file = file
    this.#newestMs = 0
  }

  #followed(): Followed {
    const end = { sequence: this.#last, tag: this.#tag.toString('hex'), ...this.#epochs.standing }
    return { name: this.#file, newestMs: this.#newestMs, end }
  }

  #wrongWith(line: Line): readonly [Harm, string] | undefined {
    const { seq } = line.record
    const expected = this.#last + 1
    if (seq > expected) return ['dropped', this.#absent(expected, seq)]
    if (seq < expected) return ['inserted', `record ${String(seq)} again`]
    if (!follows(line, this.#tag)) return ['changed', 'it does not follow on the record before']
    return this.#epochs.wrongWith(line) ?? this.#otherThanKnown(line)
  }

  /** A gap before the first line of a file is a file that is missing, or several. */
  #absent(expected: number, found: number): string {
    const next = `the next record is ${String(found)}`
    return this.#lines === 1 ? `${archiveName(expected)} is missing: ${next}` : next
  }

  #otherThanKnown({ record, tag }: Line): readonly [Harm, string] | undefined {
    const { seq, sealed, epoch } = record
    const known = this.#known.get(seq)
    if (known && !(sealed && epoch === known.epoch && isTag(tag, known.tag))) {
      return ['replaced', `epoch ${String(known.epoch)} had another record here`]
    }
    if (this.#adopted?.sequence === seq && !isTag(tag, this.#adopted.tag)) {
      return ['replaced', 'another record than the vault took the log over at']
    }
    if (this.#newest?.sequence !== seq || isTag(tag, this.#newest.tag)) return undefined
    return ['replaced', 'another record than the newest that was written']
  }

  #follow(line: Line): void {
    this.#epochs.follow(line)
    this.#tag = line.tag
    this.#newestMs = Math.max(this.#newestMs, Date.parse(line.record.time))
    this.#counts.records += 1
    this.#counts[line.mac ? (this.#epochs.proving ? 'proved' : 'unproved') : 'unsealed'] += 1
  }

  #missing(): BadPlace | undefined {
    const newest = this.#newest?.sequence ?? this.#last
    const adopted = this.#adopted?.sequence ?? 0
    const known = Math.max(newest, adopted, this.#start.sequence, ...this.#known.keys())
    if (known <= Math.min(this.#last, newest)) return undefined
    return this.#placeOf(['truncated', `the log had reached ${String(known)}`])
  }

  #placeOf([harm, found]: readonly [Harm, string]): BadPlace {
    return { harm, sequence: this.#last + 1, file: this.#file, line: this.#lines, found }
  }
}

function knownAfter(
  sequence: number,
  reached: ReadonlyMap<number, Reached>,
): Map<number, { epoch: number; tag: string | undefined }> {
  const later = [...reached].filter(([, known]) => known.sequence > sequence)
  return new Map(later.map(([epoch, known]) => [known.sequence, { epoch, tag: known.tag }]))
}

function isTag(tag: Buffer, known: string | undefined): boolean {
  return known === undefined || tag.toString('hex') === known
}
