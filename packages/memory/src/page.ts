// Locked pages for keys and passphrases: lent, wiped, lent again, so that nothing is freed and nothing grows.
import { MemoryFailure } from './failure.ts'
import { lockedBuffer } from './locked.ts'
import { type Guarded, wipe, writable } from './sodium.ts'

/** Room in a page; a passphrase is the longest thing that has to fit. */
export const pageBytes = 1024

/** So many pages may be in use: one for each enclave, two for each passphrase that is being derived. */
const pagesMax = 64

const idle: Guarded[] = []
let made = 0

/** A zeroed page, readable and writable. Throws MemoryFailure `crowded` or `unlockable`. */
export function takePage(): Guarded {
  const page = idle.pop()
  if (page) return page
  if (made === pagesMax) throw new MemoryFailure('crowded', 'too many keys in memory')
  const fresh = lockedBuffer(pageBytes)
  made += 1
  return fresh
}

/** Wipes a page, whatever access it had, and keeps it for the next. */
export function returnPage(page: Guarded): void {
  writable(page)
  wipe(page)
  idle.push(page)
}
