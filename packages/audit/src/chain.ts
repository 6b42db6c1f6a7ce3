// How one record hangs on the one before: tags of lines, and the key that forgets its past (forward security).
import sodium, { type SecureBuffer } from 'sodium-native'
import assert from 'node:assert'
import { AuditFailure } from './failure.ts'

declare module 'sodium-native' {
  /** Missing in the published types. Wipes at once, gives the pages back on a later turn. */
  export function sodium_free(buffer: SecureBuffer): void
}

/** BLAKE2b (RFC 7693; libsodium: crypto_generichash) with 32 bytes, for tags, keys and seeds. */
export const tagBytes = 32

/** What the first record of a log hangs on. */
export const genesis: Buffer = Buffer.alloc(tagBytes)

const nextLabel = Buffer.from('sget audit: the next key')
const firstLabel = 'sget audit: the first key of epoch '

/** The plain link of a record: the hash of the tag before it and of its own body. Anyone can compute it. */
export function linkOf(previous: Buffer, body: Buffer): Buffer {
  const link = Buffer.alloc(tagBytes)
  sodium.crypto_generichash_batch(link, [previous, body])
  return link
}

/**
 * The key of an epoch, in locked memory only. Each record is tagged under it; then it is replaced by its own hash, so
 * that who finds it later cannot tag what came before (the construction of journald's FSS and of Schneier and Kelsey's
 * "Secure Audit Logs").
 */
export class EpochKey {
  readonly #pages: SecureBuffer = lockedPages(2 * tagBytes)
  readonly #key = this.#pages.subarray(0, tagBytes)
  readonly #next = this.#pages.subarray(tagBytes)
  #live = false

  /** Derives the first key of an epoch. The seed, 32 random bytes, is only read and stays the caller's. */
  begin(epoch: number, seed: Buffer): void {
    assert(seed.length === tagBytes, 'a seed has 32 bytes')
    sodium.crypto_generichash(this.#key, Buffer.from(firstLabel + String(epoch)), seed)
    this.#live = true
  }

  get live(): boolean {
    return this.#live
  }

  /** The MAC of a record, over its link and so over its bytes and over every tag before it. */
  mac(link: Buffer): Buffer {
    assert(this.#live, 'no epoch has a key')
    const mac = Buffer.alloc(tagBytes)
    sodium.crypto_generichash(mac, link, this.#key)
    return mac
  }

  /** The key of this record is gone. A link has 32 bytes and the label has not: no MAC is ever a key. */
  advance(): void {
    assert(this.#live, 'no epoch has a key')
    sodium.crypto_generichash(this.#next, nextLabel, this.#key)
    this.#next.copy(this.#key)
  }

  end(): void {
    sodium.sodium_memzero(this.#pages)
    this.#live = false
  }

  /** Gives the pages back; the key is of no use from here on. */
  [Symbol.dispose](): void {
    this.end()
    sodium.sodium_free(this.#pages)
  }
}

/** `sodium_malloc` succeeds silently where it cannot lock, so the lock is asked for once more. */
function lockedPages(bytes: number): SecureBuffer {
  const pages = sodium.sodium_malloc(bytes)
  try {
    sodium.sodium_mlock(pages)
  } catch {
    throw new AuditFailure(
      'unlockable',
      'cannot lock memory for the key of the audit log: raise RLIMIT_MEMLOCK',
    )
  }
  return pages
}
