// The kinds of field that a message is made of, and the TypeScript shapes that follow from a message's row.

/** A list of rows, each with the same fields. */
export interface Rows<S extends Schema = Schema> {
  readonly rows: S
}

/**
 * u8, u16, u32: unsigned, big endian. time: u64, milliseconds since 1970. flag: one byte, 0 or 1.
 * text: u16 length, UTF-8. document: u32 length, UTF-8. secret: u32 length, bytes, always the last field.
 */
export type Kind = 'u8' | 'u16' | 'u32' | 'time' | 'flag' | 'text' | 'document' | 'secret' | Rows

/** The fields of a message in the order in which they are sent. */
export interface Schema {
  readonly [field: string]: Kind
}

type Numeric = 'u8' | 'u16' | 'u32' | 'time'
type Textual = 'text' | 'document'

type Shape<K extends Kind> = K extends Numeric
  ? number
  : K extends Textual
    ? string
    : K extends 'flag'
      ? boolean
      : K extends 'secret'
        ? Uint8Array
        : K extends Rows<infer S>
          ? readonly Fields<S>[]
          : never

/** What a message of this schema holds. */
export type Fields<S extends Schema> = { readonly [F in keyof S]: Shape<S[F]> }

/** A list of rows of these fields. */
export function rows<const S extends Schema>(fields: S): Rows<S> {
  return { rows: fields }
}
