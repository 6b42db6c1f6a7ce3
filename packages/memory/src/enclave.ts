// Values at rest: ciphertext in ordinary memory under a key that cannot be read between two uses.
import { MemoryFailure } from './failure.ts'
import { returnPage, takePage } from './page.ts'
import { deriveKey } from './passphrase.ts'
import {
  type Cost,
  type Guarded,
  decrypt,
  encrypt,
  keyBytes,
  nonceBytes,
  randomFill,
  readable,
  tagBytes,
  unreachable,
  wipe,
} from './sodium.ts'

/** A sealed value is so much longer than the value: a nonce before it and a tag after it. */
export const sealBytes = nonceBytes + tagBytes

/** Length of an enclave's key once it is wrapped by another one. */
export const wrappedKeyBytes = sealBytes + keyBytes

/**
 * XChaCha20-Poly1305 with a key in one locked page, inaccessible even to this process between two uses.
 * Ending the enclave makes everything that it sealed worthless at once.
 */
export class Enclave {
  #page: Guarded | undefined

  private constructor(page: Guarded) {
    this.#page = page
    unreachable(page)
  }

  /** With a key that nobody knows. Throws MemoryFailure `crowded` or `unlockable`. */
  static random(): Enclave {
    const page = takePage()
    randomFill(page.subarray(0, keyBytes))
    return new Enclave(page)
  }

  /**
   * With the key that Argon2id makes of a passphrase. Consumes the passphrase: it is wiped before the first wait.
   *
   * @param salt `saltBytes` long
   * @throws MemoryFailure `no-room` (over `passphraseBytesMax`), `crowded`, `unlockable`, `no-memory`
   */
  static async derive(passphrase: Buffer, salt: Buffer, cost: Cost): Promise<Enclave> {
    return new Enclave(await deriveKey(passphrase, salt, cost))
  }

  /**
   * Consumes `plain`: it is wiped. `associated` is not kept, and must be the same when opening.
   *
   * @returns nonce, ciphertext and tag: `sealBytes` more than `plain`, in ordinary memory
   * @throws MemoryFailure `destroyed`
   */
  seal(plain: Buffer, associated: Buffer): Buffer {
    const sealed = this.#withKey((key) => sealWith(key, plain, associated))
    wipe(plain)
    return sealed
  }

  /**
   * Fills the beginning of `into`, which belongs in locked memory.
   *
   * @returns how many bytes the value has
   * @throws MemoryFailure `forged`, `no-room`, `destroyed`
   */
  open(sealed: Buffer, associated: Buffer, into: Buffer): number {
    const length = sealed.length - sealBytes
    if (length < 0) throw forged()
    if (length > into.length) throw new MemoryFailure('no-room', `no room for ${length} bytes`)
    this.#withKey((key) => {
      openWith(key, { sealed, associated, into: into.subarray(0, length) })
    })
    return length
  }

  /** Seals the key of `inner` (`wrappedKeyBytes`), which goes on working. Throws MemoryFailure `destroyed`. */
  wrap(inner: Enclave, associated: Buffer): Buffer {
    return this.#withKey((key) => inner.#withKey((plain) => sealWith(key, plain, associated)))
  }

  /** The enclave whose key was wrapped. Throws MemoryFailure `forged`, `destroyed`, `crowded`, `unlockable`. */
  unwrap(wrapped: Buffer, associated: Buffer): Enclave {
    if (wrapped.length !== wrappedKeyBytes) throw forged()
    const page = takePage()
    try {
      this.open(wrapped, associated, page)
    } catch (failure) {
      returnPage(page)
      throw failure
    }
    return new Enclave(page)
  }

  /** Wipes the key. May be called again. */
  destroy(): void {
    const page = this.#page
    this.#page = undefined
    if (page) returnPage(page)
  }

  [Symbol.dispose](): void {
    this.destroy()
  }

  #withKey<Result>(use: (key: Buffer) => Result): Result {
    const page = this.#page
    if (!page) throw new MemoryFailure('destroyed', 'the key is destroyed')
    readable(page)
    try {
      return use(page.subarray(0, keyBytes))
    } finally {
      unreachable(page)
    }
  }
}

function sealWith(key: Buffer, plain: Buffer, associated: Buffer): Buffer {
  const sealed = Buffer.allocUnsafe(plain.length + sealBytes)
  const nonce = sealed.subarray(0, nonceBytes)
  randomFill(nonce)
  encrypt(sealed.subarray(nonceBytes), plain, { associated, nonce, key })
  return sealed
}

interface Opening {
  readonly sealed: Buffer
  readonly associated: Buffer
  readonly into: Buffer
}

function openWith(key: Buffer, { sealed, associated, into }: Opening): void {
  try {
    decrypt(into, sealed.subarray(nonceBytes), { associated, nonce: sealed.subarray(0, nonceBytes), key })
  } catch {
    throw forged()
  }
}

function forged(): MemoryFailure {
  return new MemoryFailure('forged', 'not sealed by this key for this purpose')
}
