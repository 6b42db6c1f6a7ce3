// From a passphrase to a key, in locked memory only and off the event loop.
import { MemoryFailure } from './failure.ts'
import { pageBytes, returnPage, takePage } from './page.ts'
import { type Cost, type Guarded, argon2id, keyBytes, wipe } from './sodium.ts'

/** The longest passphrase. */
export const passphraseBytesMax = pageBytes

/** So many may wait for Argon2, which runs once at a time: each run takes hundreds of MiB. */
const derivationsMax = 4

let derivations = 0
let lastTurn: Promise<unknown> = Promise.resolve()

/**
 * A page that begins with the key that Argon2id makes of `passphrase`. The passphrase is wiped before the first
 * wait; only a locked page, wiped at the end, has it from then on.
 *
 * @param salt `saltBytes` long
 * @throws MemoryFailure `no-room` (over `passphraseBytesMax`), `crowded`, `unlockable`, `no-memory`
 */
export async function deriveKey(passphrase: Buffer, salt: Buffer, cost: Cost): Promise<Guarded> {
  const { page, bytes } = takeOver(passphrase)
  try {
    return await inTurn(() => argon2idPage(bytes, salt, cost))
  } finally {
    returnPage(page)
  }
}

function takeOver(passphrase: Buffer): { page: Guarded; bytes: Buffer } {
  try {
    if (passphrase.length > passphraseBytesMax)
      throw new MemoryFailure('no-room', 'the passphrase is too long')
    const page = takePage()
    const bytes = page.subarray(0, passphrase.length)
    passphrase.copy(bytes)
    return { page, bytes }
  } finally {
    wipe(passphrase)
  }
}

async function argon2idPage(passphrase: Buffer, salt: Buffer, cost: Cost): Promise<Guarded> {
  const page = takePage()
  try {
    await argon2id(page.subarray(0, keyBytes), passphrase, salt, cost)
    return page
  } catch {
    returnPage(page)
    throw new MemoryFailure('no-memory', `cannot have ${cost.memoryBytes} bytes for Argon2`)
  }
}

/** Runs `derive` when the ones before it are done. */
async function inTurn(derive: () => Promise<Guarded>): Promise<Guarded> {
  if (derivations === derivationsMax) throw new MemoryFailure('crowded', 'too many passphrases at once')
  derivations += 1
  const turn = lastTurn.then(derive)
  lastTurn = turn.catch(() => undefined)
  try {
    return await turn
  } finally {
    derivations -= 1
  }
}
