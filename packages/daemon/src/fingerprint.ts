// What the audit log says of a command line: enough to tell whether two are the same, and no more.
import { createHmac, randomBytes } from 'node:crypto'

const keyBytes = 32
const shownChars = 32

/**
 * Keys hashes of command lines, under a key that nobody else has and that ends with this process: a reader of the log
 * cannot try out guesses, and lines are compared among those of one run of sgetd.
 */
export function fingerprinter(key = randomBytes(keyBytes)): (hash: string) => string {
  return (hash) => createHmac('sha256', key).update(hash).digest('hex').slice(0, shownChars)
}
