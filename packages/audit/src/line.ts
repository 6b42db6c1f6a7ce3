// One line of the log: a body of JSON members, then its tags at fixed places from the end.
import { tagBytes } from './chain.ts'
import { type StoredRecord, lineBytesMax } from './record.ts'

const linkMark = Buffer.from(',"link":"')
const macMark = Buffer.from('","mac":"')
const end = Buffer.from('"}\n')
const hexChars = 2 * tagBytes
const hex = /^[0-9a-f]{64}$/

/** A line taken apart. `tag` is what the next record hangs on: the MAC of a sealed record, else its link. */
export type Line = {
  readonly body: Buffer
  readonly record: StoredRecord
  readonly link: Buffer
  readonly mac: Buffer | undefined
  readonly tag: Buffer
}

/** The bytes of one record: `BODY,"link":"HEX"}` and a newline, with `,"mac":"HEX"` after the link when sealed. */
export function formatLine(body: Buffer, link: Buffer, mac: Buffer | undefined): Buffer {
  const linked = [body, linkMark, Buffer.from(link.toString('hex'))]
  return Buffer.concat(mac ? [...linked, macMark, Buffer.from(mac.toString('hex')), end] : [...linked, end])
}

/** Takes a line apart; nothing where it is no whole record of ours. Checks form, not truth. */
export function parseLine(line: Buffer): Line | undefined {
  const tagsEnd = line.length - end.length
  if (line.length > lineBytesMax || !line.subarray(Math.max(tagsEnd, 0)).equals(end)) return undefined
  const mac = tagBefore(line, tagsEnd, macMark)
  const link = tagBefore(line, mac?.start ?? tagsEnd, linkMark)
  if (!link) return undefined
  const body = line.subarray(0, link.start)
  const record = parseBody(body)
  if (record?.sealed !== Boolean(mac)) return undefined
  return { body, record, link: link.tag, mac: mac?.tag, tag: (mac ?? link).tag }
}

/** The tag in hex that ends at `at`, with its mark in front. */
function tagBefore(line: Buffer, at: number, mark: Buffer): { start: number; tag: Buffer } | undefined {
  const start = at - hexChars - mark.length
  if (start < 0 || !line.subarray(start, start + mark.length).equals(mark)) return undefined
  const text = line.toString('latin1', start + mark.length, at)
  return hex.test(text) ? { start, tag: Buffer.from(text, 'hex') } : undefined
}

function parseBody(body: Buffer): StoredRecord | undefined {
  try {
    // What ends in a brace and is JSON is an object.
    const value = JSON.parse(`${body.toString()}}`) as Readonly<Record<string, unknown>>
    return isStored(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isStored(value: Readonly<Record<string, unknown>>): value is StoredRecord {
  const { seq, time, epoch, sealed, event } = value
  const numbered = isCount(seq) && seq > 0 && isCount(epoch)
  return numbered && typeof time === 'string' && typeof sealed === 'boolean' && typeof event === 'string'
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
