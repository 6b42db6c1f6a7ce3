// Fields to bytes and back, driven by a message's row in the table.
import { documentBytesMax, rowsMax, textBytesMax, valueBytesMax } from './limits.ts'
import type { Fields, Kind, Schema } from './schema.ts'

/** Why bytes are no message. The vectors name these. */
export type Malformation =
  | 'short'
  | 'oversize'
  | 'unknown-type'
  | 'truncated'
  | 'trailing'
  | 'bad-flag'
  | 'bad-text'
  | 'bad-time'
  | 'too-long'

/** Thrown by a getter that fails; `decodeFields` turns it into a result. */
class Malformed extends Error {
  readonly why: Malformation
  constructor(why: Malformation) {
    super(why)
    this.why = why
  }
}

/**
 * Reads the fields of a schema, in order, to the last byte.
 *
 * A `secret` is a view of `bytes`, not a copy. Every failure is a result: bytes from a peer are never a bug.
 */
export function decodeFields<S extends Schema>(
  bytes: Buffer,
  schema: S,
): Fields<S> | { malformed: Malformation } {
  const reader = new Reader(bytes)
  try {
    const fields = readFields(reader, schema)
    reader.end()
    return fields as Fields<S>
  } catch (error) {
    if (error instanceof Malformed) return { malformed: error.why }
    throw error
  }
}

/** The bytes that `writeFields` will need. A secret counts with its length only: its bytes are not copied. */
export function sizeOf(schema: Schema, fields: Record<string, unknown>): number {
  return Object.entries(schema).reduce((total, [name, kind]) => total + sizeOfField(kind, fields[name]), 0)
}

/** Writes fields in the schema's order. A text beyond its limit is a bug of the caller and throws. */
export function writeFields(
  into: Buffer,
  at: number,
  schema: Schema,
  fields: Record<string, unknown>,
): number {
  return Object.entries(schema).reduce(
    (offset, [name, kind]) => writeField(into, offset, kind, fields[name]),
    at,
  )
}

class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** The next `length` bytes; consumes nothing when there are fewer. */
  take(length: number): Buffer {
    if (this.#bytes.length - this.#at < length) throw new Malformed('truncated')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new Malformed('trailing')
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function readFields(reader: Reader, schema: Schema): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const [name, kind] of Object.entries(schema)) fields[name] = readField(reader, kind)
  return fields
}

function readField(reader: Reader, kind: Kind): unknown {
  switch (kind) {
    case 'u8':
      return reader.take(1).readUInt8()
    case 'u16':
      return reader.take(2).readUInt16BE()
    case 'u32':
      return reader.take(4).readUInt32BE()
    case 'time':
      return readTime(reader)
    case 'flag':
      return readFlag(reader)
    case 'text':
      return readText(reader, reader.take(2).readUInt16BE(), textBytesMax)
    case 'document':
      return readText(reader, reader.take(4).readUInt32BE(), documentBytesMax)
    case 'secret':
      return reader.take(checkedLength(reader.take(4).readUInt32BE(), valueBytesMax))
    default:
      return readRows(reader, kind.rows)
  }
}

function checkedLength(length: number, bytesMax: number): number {
  if (length > bytesMax) throw new Malformed('too-long')
  return length
}

function readTime(reader: Reader): number {
  const time = reader.take(8).readBigUInt64BE()
  if (time > BigInt(Number.MAX_SAFE_INTEGER)) throw new Malformed('bad-time')
  return Number(time)
}

function readFlag(reader: Reader): boolean {
  const flag = reader.take(1).readUInt8()
  if (flag > 1) throw new Malformed('bad-flag')
  return flag === 1
}

function readText(reader: Reader, length: number, bytesMax: number): string {
  const bytes = reader.take(checkedLength(length, bytesMax))
  if (bytes.includes(0)) throw new Malformed('bad-text')
  try {
    return strictUtf8.decode(bytes)
  } catch {
    throw new Malformed('bad-text')
  }
}

function readRows(reader: Reader, schema: Schema): Record<string, unknown>[] {
  const count = checkedLength(reader.take(2).readUInt16BE(), rowsMax)
  return Array.from({ length: count }, () => readFields(reader, schema))
}

function sizeOfField(kind: Kind, value: unknown): number {
  switch (kind) {
    case 'u8':
    case 'flag':
      return 1
    case 'u16':
      return 2
    case 'u32':
    case 'secret':
      return 4
    case 'time':
      return 8
    case 'text':
      return 2 + Buffer.byteLength(value as string)
    case 'document':
      return 4 + Buffer.byteLength(value as string)
    default:
      return (value as Record<string, unknown>[]).reduce((total, row) => total + sizeOf(kind.rows, row), 2)
  }
}

function writeField(into: Buffer, at: number, kind: Kind, value: unknown): number {
  switch (kind) {
    case 'u8':
      return into.writeUInt8(value as number, at)
    case 'flag':
      return into.writeUInt8(value === true ? 1 : 0, at)
    case 'u16':
      return into.writeUInt16BE(value as number, at)
    case 'u32':
      return into.writeUInt32BE(value as number, at)
    case 'time':
      return into.writeBigUInt64BE(BigInt(value as number), at)
    case 'text':
      return writeText(into, into.writeUInt16BE(bounded(value as string, textBytesMax), at), value as string)
    case 'document':
      return writeText(
        into,
        into.writeUInt32BE(bounded(value as string, documentBytesMax), at),
        value as string,
      )
    case 'secret':
      return into.writeUInt32BE((value as Uint8Array).length, at)
    default:
      return writeRows(into, at, kind.rows, value as Record<string, unknown>[])
  }
}

function bounded(text: string, bytesMax: number): number {
  const bytes = Buffer.byteLength(text)
  if (bytes > bytesMax || !text.isWellFormed() || text.includes('\0'))
    throw new RangeError('text does not fit its field')
  return bytes
}

function writeText(into: Buffer, at: number, text: string): number {
  return at + into.write(text, at, 'utf8')
}

function writeRows(into: Buffer, at: number, schema: Schema, list: Record<string, unknown>[]): number {
  if (list.length > rowsMax) throw new RangeError('more rows than one message may hold')
  const start = into.writeUInt16BE(list.length, at)
  return list.reduce((offset, row) => writeFields(into, offset, schema, row), start)
}
