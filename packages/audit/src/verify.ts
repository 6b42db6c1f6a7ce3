// Reads a whole log and names the first place where it is not what was written.
import { closeSync, fstatSync } from 'node:fs'
import { genesis } from './chain.ts'
import { Epochs, type Seeds, type Unclosed } from './epochs.ts'
import { openToRead } from './file.ts'
import { type BadPlace, type Harm, type Suspicion, follows, malformed, reconsider } from './harm.ts'
import { type Line, parseLine } from './line.ts'
import { linesOf } from './reader.ts'

/** What is known from elsewhere. */
export type Expectation = {
  /** the head in the daemon's memory */
  readonly newest?: { readonly sequence: number; readonly tag: string }
  /** by epoch, from the vault: the sequence that its head had at its beginning or, better, at its end */
  readonly reached?: ReadonlyMap<number, number>
  /** the head at which a vault without the seeds before took the log over: it holds all before it in place */
  readonly adopted?: { readonly sequence: number; readonly tag: string; readonly epoch: number } | undefined
}

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
 * AuditFailure where the file is not ours alone or cannot be read.
 */
export async function verify({ directory, seeds, expectation = {} }: VerifyOptions): Promise<Verification> {
  using verifier = new Verifier(seeds, expectation)
  const fd = openToRead(directory)
  if (fd === undefined) return verifier.end()
  try {
    for await (const bytes of linesOf(fd, fstatSync(fd).size)) {
      verifier.take(bytes)
      if (verifier.settled) break
    }
    return verifier.end()
  } finally {
    closeSync(fd)
  }
}

class Verifier {
  readonly #newest: Expectation['newest']
  readonly #epochAt: ReadonlyMap<number, number>
  readonly #epochs: Epochs
  readonly #adopted: Expectation['adopted']
  readonly #counts = { records: 0, proved: 0, unproved: 0, unsealed: 0 }
  #lines = 0
  #tag: Buffer = genesis
  #suspicion: Suspicion | undefined

  constructor(seeds: Seeds | undefined, { newest, reached = new Map(), adopted }: Expectation) {
    this.#newest = newest
    this.#epochAt = new Map([...reached].map(([epoch, sequence]) => [sequence, epoch]))
    this.#adopted = adopted
    this.#epochs = new Epochs(seeds, adopted?.epoch ?? 0)
  }

  /** Whether nothing that follows can change the finding: only what is missing may still turn up. */
  get settled(): boolean {
    const place = this.#suspicion?.place
    return place !== undefined && place.harm !== 'dropped' && this.#lines > place.line
  }

  take(bytes: Buffer): void {
    this.#lines += 1
    const line = parseLine(bytes)
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
    return { ...this.#counts, unclosed: this.#epochs.unclosed, ...(bad && { bad }) }
  }

  [Symbol.dispose](): void {
    this.#epochs[Symbol.dispose]()
  }

  #wrongWith(line: Line): readonly [Harm, string] | undefined {
    const { seq } = line.record
    const expected = this.#counts.records + 1
    if (seq > expected) return ['dropped', `the next record is ${String(seq)}`]
    if (seq < expected) return ['inserted', `record ${String(seq)} again`]
    if (!follows(line, this.#tag)) return ['changed', 'it does not follow on the record before']
    return this.#epochs.wrongWith(line) ?? this.#otherThanKnown(line)
  }

  #otherThanKnown({ record, tag }: Line): readonly [Harm, string] | undefined {
    const { seq, sealed, epoch } = record
    const known = this.#epochAt.get(seq)
    if (known !== undefined && !(sealed && epoch === known)) {
      return ['replaced', `epoch ${String(known)} had a record here`]
    }
    const hex = tag.toString('hex')
    if (this.#adopted?.sequence === seq && this.#adopted.tag !== hex)
      return ['replaced', 'another record than the vault took the log over at']
    if (this.#newest?.sequence !== seq || this.#newest.tag === hex) return undefined
    return ['replaced', 'another record than the newest that was written']
  }

  #follow(line: Line): void {
    this.#epochs.follow(line)
    this.#tag = line.tag
    this.#counts.records += 1
    this.#counts[line.mac ? (this.#epochs.proving ? 'proved' : 'unproved') : 'unsealed'] += 1
  }

  #missing(): BadPlace | undefined {
    const known = Math.max(this.#newest?.sequence ?? 0, this.#adopted?.sequence ?? 0, ...this.#epochAt.keys())
    if (known <= this.#counts.records) return undefined
    return this.#placeOf(['truncated', `the log had reached ${String(known)}`])
  }

  #placeOf([harm, found]: readonly [Harm, string]): BadPlace {
    return { harm, sequence: this.#counts.records + 1, line: this.#lines, found }
  }
}
