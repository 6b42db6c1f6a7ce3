// The fields of one message, ready to be written and read: a schema compiled once.
import { codecs, listOf, type Codec } from './codec.ts'
import { Malformed, Reader, type Malformation } from './reader.ts'
import type { Kind, Schema } from './schema.ts'

/** The values of a message's fields by name, before or after a layout has seen to their kinds. */
export type Values = Readonly<Record<string, unknown>>

/** Fields in the order in which they are sent. A layout is itself the codec of a list's rows. */
export class Layout implements Codec<Values> {
  readonly #fields: readonly { readonly name: string; readonly codec: Codec }[]

  constructor(schema: Schema) {
    this.#fields = Object.entries(schema).map(([name, kind]) => ({ name, codec: codecOf(kind) }))
  }

  size(values: Values): number {
    let total = 0
    for (const { name, codec } of this.#fields) total += codec.size(values[name])
    return total
  }

  write(into: Buffer, at: number, values: Values): number {
    let end = at
    for (const { name, codec } of this.#fields) end = codec.write(into, end, values[name])
    return end
  }

  read(reader: Reader): Values {
    const values: Record<string, unknown> = {}
    for (const { name, codec } of this.#fields) values[name] = codec.read(reader)
    return values
  }
}

/**
 * Reads the fields of a layout to the last byte.
 *
 * A `secret` is a view of `bytes`, not a copy. Every failure is a result: bytes from a peer are never a bug.
 */
export function decode(bytes: Buffer, layout: Layout): Values | { malformed: Malformation } {
  const reader = new Reader(bytes)
  try {
    const values = layout.read(reader)
    reader.end()
    return values
  } catch (error) {
    if (error instanceof Malformed) return { malformed: error.why }
    throw error
  }
}

function codecOf(kind: Kind): Codec {
  return typeof kind === 'string' ? codecs[kind] : listOf(new Layout(kind.rows))
}
