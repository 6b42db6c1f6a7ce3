// JSON that is sent: texts that may be secret are bytes here too.

const hexDigits = '0123456789abcdef'

/** A table of texts. Names are ours and plain; each text is UTF-8. The caller wipes what is returned. */
export function jsonOf(texts: Readonly<Record<string, string | Buffer>>): Buffer {
  const entries = Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)] as const)
  const room = Buffer.alloc(entries.reduce((total, [name, text]) => total + entryBytesMax(name, text), 2))
  let at = room.write('{')
  for (const [index, [name, text]] of entries.entries()) {
    at += room.write(`${index === 0 ? '' : ','}"${name}":`, at)
    at = writeText(room, at, text)
    text.fill(0)
  }
  at += room.write('}', at)
  return room.subarray(0, at)
}

/** Each byte may become \u00XX; around it stand quotes, a colon and a comma. */
const entryBytesMax = (name: string, text: Buffer): number => Buffer.byteLength(name) + 6 * text.length + 6

function writeText(into: Buffer, start: number, text: Buffer): number {
  let at = start + into.write('"', start)
  for (const byte of text) {
    if (byte < 0x20 || byte === 0x22 || byte === 0x5c) at += into.write(`\\u00${digits(byte)}`, at)
    else at = into.writeUInt8(byte, at)
  }
  return at + into.write('"', at)
}

const digits = (byte: number): string => `${hexDigits[byte >> 4] ?? ''}${hexDigits[byte & 0xf] ?? ''}`
