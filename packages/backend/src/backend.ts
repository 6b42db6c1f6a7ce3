// What every vault can do, wherever it is. Values pass in buffers that the caller lends; nothing else holds one.
import { type BackendCode } from './failure.ts'

/** The longest value. */
export const valueBytesMax = 1024 * 1024

/** So many fields may one secret have. */
export const fieldsMax = 64

/** One field of one secret, both parts parsed: not empty, well-formed Unicode. */
export interface FieldRef {
  readonly path: string
  readonly field: string
}

/** What a list shows of a secret. Times are milliseconds of the wall clock. */
export interface Summary {
  readonly path: string
  readonly created: number
  readonly changed: number
}

/** What there is to know about a secret without its values. */
export interface Description extends Summary {
  /** In the order of their making. */
  readonly fields: readonly FieldDescription[]
}

/** `bytes` is the length of the value, where the vault tells. */
export interface FieldDescription {
  readonly name: string
  readonly bytes?: number
}

export interface PutOptions {
  /** Without it a value that is already there stays. */
  readonly replace?: boolean
}

/** Whether a vault can be asked now, and if not, why. */
export type Health = { readonly ready: true } | { readonly ready: false; readonly code: BackendCode }

/**
 * A vault. Each method but `health` rejects with BackendFailure `locked` when the vault is closed, and with the
 * codes about the vault that its kind can have; its own codes are named with it.
 */
export interface Backend {
  /** In no particular order. */
  list(): Promise<readonly Summary[]>

  /** @throws BackendFailure `not-found` */
  describe(path: string): Promise<Description>

  /**
   * Fills the beginning of `into`, which is locked memory. A fetch that fails leaves no part of the value there.
   *
   * @returns the length of the value
   * @throws BackendFailure `not-found`, `no-field`, `no-room`
   */
  fetch(ref: FieldRef, into: Buffer): Promise<number>

  /**
   * Consumes `value`: it is wiped before the first wait, whatever comes of it. Resolves when the value is safe from
   * a power cut.
   *
   * @throws BackendFailure `exists`, `too-large`, `too-many-fields`, `full`, `busy`
   */
  put(ref: FieldRef, value: Buffer, options?: PutOptions): Promise<void>

  /**
   * Removes a field, or the whole secret where none is named; a secret goes with its last field.
   *
   * @throws BackendFailure `not-found`, `no-field`, `busy`
   */
  remove(path: string, field?: string): Promise<void>

  health(): Promise<Health>
}
