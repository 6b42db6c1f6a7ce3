// The one door to libsodium: the functions of it that the house calls, under short names.
import sodium, { type SecureBuffer } from 'sodium-native'

/** A buffer of guarded pages of its own: the only kind whose access can be taken away and given back. */
export type Guarded = SecureBuffer

/** Key, nonce and tag of XChaCha20-Poly1305 (libsodium: crypto_aead_xchacha20poly1305_ietf). */
export const keyBytes = sodium.crypto_aead_xchacha20poly1305_ietf_KEYBYTES
export const nonceBytes = sodium.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
export const tagBytes = sodium.crypto_aead_xchacha20poly1305_ietf_ABYTES

/** Salt of Argon2id (RFC 9106; libsodium: crypto_pwhash), and the cost that libsodium calls moderate. */
export const saltBytes = sodium.crypto_pwhash_SALTBYTES
export const moderatePasses = sodium.crypto_pwhash_OPSLIMIT_MODERATE
export const moderateMemoryBytes = sodium.crypto_pwhash_MEMLIMIT_MODERATE

/** Succeeds silently where nothing could be locked: `mlock` must follow. */
export function malloc(bytes: number): Guarded {
  return sodium.sodium_malloc(bytes)
}

/** Keeps the pages in memory and out of core dumps. Throws where the system refuses. */
export function mlock(buffer: Buffer): void {
  sodium.sodium_mlock(buffer)
}

/** Overwrites with zeros; no compiler removes it. */
export function wipe(buffer: Buffer): void {
  sodium.sodium_memzero(buffer)
}

export function randomFill(buffer: Buffer): void {
  sodium.randombytes_buf(buffer)
}

/** From here on any access ends the process, until `readable` or `writable`. */
export function unreachable(buffer: Guarded): void {
  sodium.sodium_mprotect_noaccess(buffer)
}

export function readable(buffer: Guarded): void {
  sodium.sodium_mprotect_readonly(buffer)
}

export function writable(buffer: Guarded): void {
  sodium.sodium_mprotect_readwrite(buffer)
}

/** What one encryption or decryption works with. */
export interface Aead {
  readonly nonce: Buffer
  readonly key: Buffer
  readonly associated: Buffer
}

/** Fills `sealed` (the length of `plain` and a tag). */
export function encrypt(sealed: Buffer, plain: Buffer, { associated, nonce, key }: Aead): void {
  sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, plain, associated, null, nonce, key)
}

/** Fills `plain`; throws where key, nonce, associated data or ciphertext are not those of the encryption. */
export function decrypt(plain: Buffer, sealed: Buffer, { associated, nonce, key }: Aead): void {
  sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(plain, null, sealed, associated, nonce, key)
}

/** What Argon2id is asked for: passes over the memory, and how much of it. */
export interface Cost {
  readonly passes: number
  readonly memoryBytes: number
}

/** Fills `out` from `passphrase`, on a thread of the pool; both must stay as they are until then. Rejects when out of memory. */
export async function argon2id(out: Buffer, passphrase: Buffer, salt: Buffer, cost: Cost): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const algorithm = sodium.crypto_pwhash_ALG_ARGON2ID13
  sodium.crypto_pwhash_async(out, passphrase, salt, cost.passes, cost.memoryBytes, algorithm, (error) => {
    if (error) reject(error)
    else resolve(undefined)
  })
  await promise
}
