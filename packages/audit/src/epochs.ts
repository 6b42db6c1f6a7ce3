// Follows epochs through a log: which records a key vouches for, and whether it does.
import { EpochKey } from './chain.ts'
import { type Harm } from './harm.ts'
import { type Line } from './line.ts'

/** The seed of an epoch, which stays the caller's; nothing where there was no such epoch. */
export type Seeds = (epoch: number) => Buffer | undefined

/** An epoch without a closing record: a crash cut it off, or someone did; `sequence` is the last that it has. */
export type Unclosed = { readonly epoch: number; readonly sequence: number }

/** Between two records: the newest epoch begun, and how many records its key has sealed; 0 while no epoch is open. */
export type Standing = { readonly epoch: number; readonly sealed: number }

/** Only the newest few are named. */
const unclosedMax = 16

/** Ask `wrongWith` of each record in order, then tell it to `follow`. */
export class Epochs {
  readonly #seeds: Seeds | undefined
  readonly #key = new EpochKey()
  readonly #adoptedEpoch: number
  #epoch: number
  #sealed: number
  #unclosed: readonly Unclosed[] = []

  /** Without seeds nothing is proved, and up to `adoptedEpoch` not what has none. */
  constructor(seeds: Seeds | undefined, { epoch, sealed }: Standing, adoptedEpoch: number) {
    this.#seeds = seeds
    this.#adoptedEpoch = adoptedEpoch
    this.#epoch = epoch
    this.#sealed = sealed
    if (sealed > 0) this.#begin(epoch)
    for (let at = 0; at < sealed && this.#key.live; at += 1) this.#key.advance()
  }

  get unclosed(): readonly Unclosed[] {
    return this.#unclosed
  }

  get standing(): Standing {
    return { epoch: this.#epoch, sealed: this.#sealed }
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
    if (begins) this.#begin(epoch)
    if (!mac || !this.#seeds) return undefined
    if (!this.#key.live) return this.#unknown(epoch)
    if (this.#key.mac(link).equals(mac)) return undefined
    return ['changed', 'its MAC is not of this log']
  }

  follow({ record }: Line): void {
    const { seq, epoch, sealed, event } = record
    const cutOff = this.#open && (!sealed || epoch !== this.#epoch)
    if (cutOff) this.#leave(seq - 1)
    this.#epoch = epoch
    this.#sealed = sealed && event !== 'epoch-ended' ? (cutOff ? 0 : this.#sealed) + 1 : 0
    if (sealed && this.#key.live) this.#key.advance()
  }

  [Symbol.dispose](): void {
    this.#key[Symbol.dispose]()
  }

  get #open(): boolean {
    return this.#sealed > 0
  }

  /** Only what was adopted may have no seed. */
  #unknown(epoch: number): readonly [Harm, string] | undefined {
    if (epoch <= this.#adoptedEpoch) return undefined
    return ['inserted', `epoch ${String(epoch)} is unknown to the vault`]
  }

  #begin(epoch: number): void {
    const seed = this.#seeds?.(epoch)
    if (seed) this.#key.begin(epoch, seed)
    else this.#key.end()
  }

  #leave(sequence: number): void {
    this.#unclosed = [...this.#unclosed, { epoch: this.#epoch, sequence }].slice(-unclosedMax)
  }
}
