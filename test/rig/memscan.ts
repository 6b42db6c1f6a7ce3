// memscan PID|CORE < VALUES: counts copies of values, a line each, in a process's whole memory or in a core of one, a file
// with a slash in its name: as they are, as UTF-16LE and as base64.
// They come on standard input, so that no argument or environment holds them. Prints how many there are of each. Exits 1
// when there is a copy.
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'

const pieceBytes = 4 * 1024 * 1024

const target = process.argv[2] ?? ''
const values = readFileSync(0, 'latin1')
  .split('\n')
  .filter((value) => value !== '')
const forms = values.map((value) => {
  const bytes = Buffer.from(value, 'latin1')
  const base64 = bytes.toString('base64').replace(/=*$/, '')
  return [bytes, Buffer.from(value, 'utf16le'), Buffer.from(base64.slice(0, -2))]
})
const copies = values.map(() => 0)
const nothing = Buffer.alloc(pieceBytes)
const overlapBytes = Math.max(...forms.flat().map(({ length }) => length)) - 1

/** Counts in one mapping. Pieces overlap, and a form that lies whole in the overlap was counted with the piece before. */
function countIn(memory: number, start: bigint, end: bigint): void {
  const piece = Buffer.alloc(pieceBytes)
  for (let at = start, carried = 0; at < end;) {
    const wanted = Math.min(pieceBytes - carried, Number(end - at))
    const got = readOrSkip(memory, piece, { offset: carried, length: wanted, position: at })
    if (got === 0) break
    const seen = piece.subarray(0, carried + got)
    // A core holds all that was ever reserved, most of it zeros.
    const isEmpty = seen.equals(nothing.subarray(0, seen.length))
    if (!isEmpty) countAll(seen, carried)
    at += BigInt(got)
    carried = Math.min(overlapBytes, seen.length)
    seen.copy(piece, 0, seen.length - carried)
  }
}

function countAll(seen: Buffer, carried: number): void {
  for (const [at, formsOfValue] of forms.entries())
    for (const form of formsOfValue)
      copies[at] = (copies[at] ?? 0) + countFrom(seen, form, Math.max(0, carried - form.length + 1))
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

const isCore = target.includes('/')
const memory = openSync(isCore ? target : `/proc/${target}/mem`, 'r')
if (isCore) countIn(memory, 0n, fstatSync(memory, { bigint: true }).size)
else
  for (const line of readFileSync(`/proc/${target}/maps`, 'utf8').trim().split('\n')) {
    const [, start = '0', end = '0', access = ''] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? []
    if (access.startsWith('r') && !line.includes('[v'))
      countIn(memory, BigInt(`0x${start}`), BigInt(`0x${end}`))
  }
closeSync(memory)
console.log(`${copies.join(' ')} copies`)
process.exitCode = copies.some((count) => count > 0) ? 1 : 0
