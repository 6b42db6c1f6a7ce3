// Looks for secrets in the memory of a process.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

/** How often a text stands in the memory of a process, and whether each place is locked and left out of dumps. */
export function copiesIn(pid: number, text: string): { copies: number; guarded: boolean } {
  const maps = readFileSync(`/proc/${pid}/smaps`, 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  let copies = 0
  let guarded = true
  for (const map of maps) {
    const [, from = '', to = '', access = ''] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(map) ?? []
    if (!access.startsWith('rw') || map.includes('[vvar')) continue
    const bytes = read(memory, Number(`0x${from}`), Number(`0x${to}`))
    for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) {
      copies++
      guarded &&= /^VmFlags:.* lo\b/m.test(map) && /^VmFlags:.* dd\b/m.test(map)
    }
  }
  closeSync(memory)
  return { copies, guarded }
}

/** What has been given back since the map was read is nowhere any more. */
function read(memory: number, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(to - from)
  try {
    return bytes.subarray(0, readSync(memory, bytes, 0, bytes.length, from))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EIO') return Buffer.alloc(0)
    throw error
  }
}
