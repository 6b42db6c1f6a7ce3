// How each kind of field goes to bytes and back: one entry a kind.
import { isUtf8 } from 'node:buffer'
import { documentBytesMax, rowsMax, textBytesMax, valueBytesMax } from './limits.ts'
import { Malformed, type Reader } from './reader.ts'
import type { Kind, Rows } from './schema.ts'

/** One kind of field. What a peer sent wrongly is Malformed; what a caller asks to write wrongly is a RangeError. */
export interface Codec<T = unknown> {
  /** Bytes that `write` will take. */
  size(value: T): number
  /** Writes at `at` and returns where the field ends. */
  write(into: Buffer, at: number, value: T): number
  read(reader: Reader): T
}

const u8: Codec<number> = {
  size: () => 1,
  write: (into, at, value) => into.writeUInt8(value, at),
  read: (reader) => reader.u8(),
}

const u16: Codec<number> = {
  size: () => 2,
  write: (into, at, value) => into.writeUInt16BE(value, at),
  read: (reader) => reader.u16(),
}

const u32: Codec<number> = {
  size: () => 4,
  write: (into, at, value) => into.writeUInt32BE(value, at),
  read: (reader) => reader.u32(),
}

/** 2³²: what the upper half of a time counts. */
const upperHalf = 0x1_0000_0000

const time: Codec<number> = {
  size: () => 8,
  write(into, at, value) {
    if (!Number.isSafeInteger(value)) throw new RangeError('no time in whole milliseconds')
    return into.writeUInt32BE(value % upperHalf, into.writeUInt32BE(Math.floor(value / upperHalf), at))
  },
  read(reader) {
    const value = reader.u32() * upperHalf + reader.u32()
    if (!Number.isSafeInteger(value)) throw new Malformed('bad-time')
    return value
  },
}

const flag: Codec<boolean> = {
  size: () => 1,
  write: (into, at, value) => into.writeUInt8(value ? 1 : 0, at),
  read(reader) {
    const value = reader.u8()
    if (value > 1) throw new Malformed('bad-flag')
    return value === 1
  },
}

const text: Codec<string> = {
  size: (value) => 2 + Buffer.byteLength(value),
  write: (into, at, value) => writeText(into, into.writeUInt16BE(checked(value, textBytesMax), at), value),
  read: (reader) => readText(reader.bytes(reader.u16(), textBytesMax)),
}

const document: Codec<string> = {
  size: (value) => 4 + Buffer.byteLength(value),
  write: (into, at, value) =>
    writeText(into, into.writeUInt32BE(checked(value, documentBytesMax), at), value),
  read: (reader) => readText(reader.bytes(reader.u32(), documentBytesMax)),
}

/** Only the length is written: the bytes stand in locked memory already, and are read as a view of it. */
const secret: Codec<Uint8Array> = {
  size: () => 4,
  write(into, at, value) {
    if (value.length > valueBytesMax) throw new RangeError('secret does not fit its field')
    return into.writeUInt32BE(value.length, at)
  },
  read: (reader) => reader.bytes(reader.u32(), valueBytesMax),
}

/** What every kind but a list is written with. */
export const codecs: Readonly<Record<Exclude<Kind, Rows>, Codec>> = {
  u8,
  u16,
  u32,
  time,
  flag,
  text,
  document,
  secret,
}

/** A list: the number of its rows, then each. */
export function listOf<R>(row: Codec<R>): Codec<readonly R[]> {
  return {
    size: (list) => list.reduce((total, each) => total + row.size(each), 2),
    write(into, at, list) {
      if (list.length > rowsMax) throw new RangeError('more rows than one message may hold')
      return list.reduce((end, each) => row.write(into, end, each), into.writeUInt16BE(list.length, at))
    },
    read(reader) {
      const count = reader.u16()
      if (count > rowsMax) throw new Malformed('too-long')
      return Array.from({ length: count }, () => row.read(reader))
    },
  }
}

function checked(value: string, bytesMax: number): number {
  const bytes = Buffer.byteLength(value)
  if (bytes > bytesMax || !value.isWellFormed() || value.includes('\0'))
    throw new RangeError('text does not fit its field')
  return bytes
}

function writeText(into: Buffer, at: number, value: string): number {
  return at + into.write(value, at)
}

function readText(bytes: Buffer): string {
  if (!isUtf8(bytes) || bytes.includes(0)) throw new Malformed('bad-text')
  return bytes.toString()
}
