// Reads the lines of a log with bounded memory: forwards for verify, backwards for the last ones.
import { read, readSync } from 'node:fs'
import { promisify } from 'node:util'
import { lineBytesMax } from './record.ts'

const readAsync = promisify(read)
const newline = 0x0a
const chunkBytes = 64 * 1024

/**
 * Each line with its newline, in order, up to `size` bytes. What has no newline comes last, as it is: a torn line, or
 * the beginning of one that is longer than a record can be.
 */
export async function* linesOf(fd: number, size: number): AsyncGenerator<Buffer, void> {
  let rest: Buffer = Buffer.alloc(0)
  for (let at = 0; at < size && rest.length <= lineBytesMax; at += chunkBytes) {
    const chunk = Buffer.alloc(Math.min(chunkBytes, size - at))
    const { bytesRead } = await readAsync(fd, chunk, 0, chunk.length, at)
    rest = yield* wholeLines(Buffer.concat([rest, chunk.subarray(0, bytesRead)]))
  }
  if (rest.length > 0) yield rest
}

function* wholeLines(bytes: Buffer): Generator<Buffer, Buffer> {
  let start = 0
  for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
    yield bytes.subarray(start, end + 1)
    start = end + 1
  }
  return bytes.subarray(start)
}

/** The first whole line of a file, where it has one that is no longer than a record can be. */
export function beginningOf(fd: number): Buffer | undefined {
  const bytes = Buffer.alloc(lineBytesMax)
  const [first] = wholeLines(bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0)))
  return first
}

/** The end of a file: its last whole lines, oldest first, and the bytes after the last newline. */
export type Ending = { readonly lines: readonly Buffer[]; readonly torn: Buffer }

/** Reads back from the end until `count` whole lines are in hand, or `bytesMax` bytes, or the beginning. */
export function endingOf(fd: number, size: number, count: number, bytesMax: number): Ending {
  let bytes: Buffer = Buffer.alloc(0)
  let at = size
  while (at > 0 && bytes.length < bytesMax && newlines(bytes) <= count) {
    const chunk = Buffer.alloc(Math.min(at, Math.max(chunkBytes, bytes.length)))
    at -= chunk.length
    bytes = Buffer.concat([chunk.subarray(0, readSync(fd, chunk, 0, chunk.length, at)), bytes])
  }
  const lines = [...wholeLines(bytes)]
  const torn = bytes.subarray(bytes.lastIndexOf(newline) + 1)
  const whole = at > 0 ? lines.slice(1) : lines
  return { lines: whole.slice(Math.max(0, whole.length - count)), torn }
}

function newlines(bytes: Buffer): number {
  let found = 0
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) found += 1
  return found
}
