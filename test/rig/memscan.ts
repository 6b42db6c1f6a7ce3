// memscan PID < VALUE: counts copies of a value in a process's whole memory, as it is, as UTF-16LE and as base64.
// The value comes on standard input, so that no argument or environment holds it. Exits 1 when there is a copy.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

const pieceBytes = 4 * 1024 * 1024

const pid = Number(process.argv[2])
const value = readFileSync(0)
const base64 = value.toString('base64').replace(/=*$/, '')
const forms = [value, Buffer.from(value.toString('latin1'), 'utf16le'), Buffer.from(base64.slice(0, -2))]
const overlapBytes = Math.max(...forms.map(({ length }) => length)) - 1

/** Counts in one mapping. Pieces overlap, and a form that lies whole in the overlap was counted with the piece before. */
function copiesIn(memory: number, start: bigint, end: bigint): number {
  const piece = Buffer.alloc(pieceBytes)
  let copies = 0
  for (let at = start, carried = 0; at < end;) {
    const wanted = Math.min(pieceBytes - carried, Number(end - at))
    const got = readOrSkip(memory, piece, { offset: carried, length: wanted, position: at })
    if (got === 0) break
    const seen = piece.subarray(0, carried + got)
    for (const form of forms) copies += countFrom(seen, form, Math.max(0, carried - form.length + 1))
    at += BigInt(got)
    carried = Math.min(overlapBytes, seen.length)
    seen.copy(piece, 0, seen.length - carried)
  }
  return copies
}

function countFrom(bytes: Buffer, form: Buffer, from: number): number {
  let copies = 0
  for (let at = bytes.indexOf(form, from); at >= 0; at = bytes.indexOf(form, at + 1)) copies += 1
  return copies
}

/** Guard pages and pages without access answer with an error: nobody can keep a copy there that could be read. */
function readOrSkip(
  memory: number,
  into: Buffer,
  where: { offset: number; length: number; position: bigint },
): number {
  try {
    return readSync(memory, into, where.offset, where.length, where.position)
  } catch {
    return 0
  }
}

const memory = openSync(`/proc/${pid}/mem`, 'r')
let copies = 0
for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').trim().split('\n')) {
  const [, start = '0', end = '0', access = ''] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? []
  if (access.startsWith('r') && !line.includes('[v'))
    copies += copiesIn(memory, BigInt(`0x${start}`), BigInt(`0x${end}`))
}
closeSync(memory)
console.log(`${copies} copies`)
process.exitCode = copies > 0 ? 1 : 0
