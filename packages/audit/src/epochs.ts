// Follows epochs through a log: which records a key vouches for, and whether it does.
import { EpochKey } from './chain.ts'
import { type Harm } from './harm.ts'
import { type Line } from './line.ts'

/** The seed of an epoch, which stays the caller's; nothing where there was no such epoch. */
export type Seeds = (epoch: number) => Buffer | undefined

/** An epoch without a closing record: a crash cut it off, or someone did; `sequence` is the last that it has. */
export type Unclosed = { readonly epoch: number; readonly sequence: number }

/** Only the newest few are named. */
const unclosedMax = 16

/** Ask `wrongWith` of each record in order, then tell it to `follow`. */
export class Epochs {
  readonly #seeds: Seeds | undefined
  readonly #key = new EpochKey()
  readonly #adoptedEpoch: number
  #epoch = 0
  #open = false
  #unclosed: readonly Unclosed[] = []

  /** Without seeds nothing is proved, and up to `adoptedEpoch` not what has none. */
  constructor(seeds: Seeds | undefined, adoptedEpoch: number) {
    this.#seeds = seeds
    this.#adoptedEpoch = adoptedEpoch
  }

  get unclosed(): readonly Unclosed[] {
    return this.#unclosed
  }

  /** Whether the record that was followed last is held by a key, where it is sealed. */
  get proving(): boolean {
    return this.#key.live
  }

  wrongWith({ record, link, mac }: Line): readonly [Harm, string] | undefined {
    const { epoch, sealed, event } = record
    const begins = sealed && event === 'epoch-begun'
    const fits = begins ? epoch > this.#epoch : epoch === this.#epoch && (this.#open || !sealed)
    if (!fits) return ['inserted', `epoch ${String(epoch)} does not belong here`]
    if (begins && !this.#begin(epoch)) return ['inserted', `epoch ${String(epoch)} is unknown to the vault`]
    if (!mac || !this.#key.live || this.#key.mac(link).equals(mac)) return undefined
    return ['changed', 'its MAC is not of this log']
  }

  follow({ record }: Line): void {
    const { seq, epoch, sealed, event } = record
    const cutOff = this.#open && (!sealed || epoch !== this.#epoch)
    if (cutOff) this.#leave(seq - 1)
    this.#epoch = epoch
    this.#open = sealed && event !== 'epoch-ended'
    if (sealed && this.#key.live) this.#key.advance()
  }

  [Symbol.dispose](): void {
    this.#key[Symbol.dispose]()
  }

  #begin(epoch: number): boolean {
    if (!this.#seeds) return true
    const seed = this.#seeds(epoch)
    if (seed) this.#key.begin(epoch, seed)
    else this.#key.end()
    return seed !== undefined || epoch <= this.#adoptedEpoch
  }

  #leave(sequence: number): void {
    this.#unclosed = [...this.#unclosed, { epoch: this.#epoch, sequence }].slice(-unclosedMax)
  }
}
