// An open vault: names and ciphertext in memory, the key in an enclave, every change on the disk before it counts.
import {
  type Backend,
  BackendFailure,
  type Description,
  type FieldRef,
  type Health,
  type PutOptions,
  type Summary,
  valueBytesMax,
} from '@sget/backend'
import { type Cost, type Enclave, sealBytes, wipe } from '@sget/memory'
import { type Snapshot, encodeVault } from './body.ts'
import { type Change, Changes } from './changes.ts'
import { Contents } from './contents.ts'
import { type Sealed, type Secret } from './entry.ts'
import { type Place, replaceFile } from './file.ts'
import { markBytes } from './header.ts'
import { documentPurpose, fieldPurpose } from './purpose.ts'
import { type KeySlot, makeSlot, openSlot, usualCost } from './slot.ts'
import { unseal } from './unseal.ts'

/** What an open vault begins with. */
export interface Opened {
  readonly place: Place
  readonly now: () => number
  readonly enclave: Enclave
  readonly snapshot: Snapshot
  /** The first `markBytes` of the file. */
  readonly mark: Buffer
}

/** A document as it was set. */
export interface OpenedDocument {
  /** One more with each setting, from 1. */
  readonly generation: number
  readonly bytes: Buffer
}

interface State {
  readonly contents: Contents
  readonly slot: KeySlot
  readonly generation: number
  readonly mark: Buffer
}

interface Draft {
  readonly contents: Contents
  slot: KeySlot
}

/**
 * The embedded vault. What a reader sees is what is on the disk: a change counts once it is safe there. MemoryFailure
 * passes through where a passphrase is taken.
 */
export class Vault implements Backend {
  readonly #place: Place
  readonly #now: () => number
  readonly #enclave: Enclave
  readonly #changes: Changes<Draft>
  #state: State | undefined
  #nextId: number

  constructor({ place, now, enclave, snapshot, mark }: Opened) {
    const { slot, generation, nextId, secrets, documents } = snapshot
    this.#place = place
    this.#now = now
    this.#enclave = enclave
    this.#nextId = nextId
    this.#state = { contents: new Contents(secrets, documents), slot, generation, mark }
    this.#changes = new Changes(
      () => this.#draft(),
      (draft) => this.#store(draft),
    )
  }

  /** How many secrets there are. Throws BackendFailure `locked`. */
  get size(): number {
    return this.#open.contents.secrets.size
  }

  list(): Promise<readonly Summary[]> {
    return Promise.try(() => [...this.#open.contents.secrets].map(([path, secret]) => summary(path, secret)))
  }

  describe(path: string): Promise<Description> {
    return Promise.try(() => {
      const secret = this.#open.contents.secret(path)
      const fields = [...secret.fields].map(([name, { bytes }]) => ({
        name,
        bytes: bytes.length - sealBytes,
      }))
      return { ...summary(path, secret), fields }
    })
  }

  fetch(ref: FieldRef, into: Buffer): Promise<number> {
    return Promise.try(() => {
      const { id, bytes } = this.#open.contents.field(ref)
      return unseal(this.#enclave, { sealed: bytes, purpose: fieldPurpose(ref, id), into })
    })
  }

  async put(ref: FieldRef, value: Buffer, { replace = false }: PutOptions = {}): Promise<void> {
    const sealed = this.#seal(value, (id) => fieldPurpose(ref, id))
    await this.#change(({ contents }) => {
      contents.put(ref, { sealed, now: this.#now(), replace })
    })
  }

  async remove(path: string, field?: string): Promise<void> {
    await this.#change(({ contents }) => {
      if (field === undefined) contents.removeSecret(path)
      else contents.removeField({ path, field }, this.#now())
    })
  }

  health(): Promise<Health> {
    return Promise.resolve(this.#state ? { ready: true } : { ready: false, code: 'locked' })
  }

  /** The names of all documents that begin so. Throws BackendFailure `locked`. */
  documents(prefix = ''): string[] {
    return [...this.#open.contents.documents.keys()].filter((name) => name.startsWith(prefix))
  }

  /**
   * A document, if it was ever set. What is secret goes `into` locked memory, and `bytes` is a part of that; without
   * `into` the bytes are in ordinary memory.
   *
   * @throws BackendFailure `no-room`, `locked`
   */
  document(name: string, into?: Buffer): OpenedDocument | undefined {
    const document = this.#open.contents.documents.get(name)
    if (!document) return undefined
    const { generation, sealed } = document
    const room = into ?? Buffer.alloc(sealed.bytes.length - sealBytes)
    const purpose = documentPurpose(name, sealed.id)
    const length = unseal(this.#enclave, { sealed: sealed.bytes, purpose, into: room })
    return { generation, bytes: room.subarray(0, length) }
  }

  /**
   * Sets a document and consumes `bytes`: they are wiped before the first wait.
   *
   * @returns its new generation
   * @throws BackendFailure `too-large` (over `valueBytesMax`), `full`, `busy`, `locked`
   */
  async setDocument(name: string, bytes: Buffer): Promise<number> {
    const sealed = this.#seal(bytes, (id) => documentPurpose(name, id))
    let generation = 0
    await this.#change(({ contents }) => {
      generation = contents.setDocument(name, sealed)
    })
    return generation
  }

  /** Whether this is the passphrase, which is consumed. Throws BackendFailure `locked`, or MemoryFailure. */
  async proves(passphrase: Buffer): Promise<boolean> {
    try {
      const key = await openSlot(this.#open.slot, passphrase)
      key.destroy()
      return true
    } catch (failure) {
      if (!(failure instanceof BackendFailure) || failure.code !== 'wrong-passphrase') throw failure
      return false
    } finally {
      wipe(passphrase)
    }
  }

  /**
   * Puts the data key under another passphrase, which is consumed. It is written twice, so that the previous
   * generation does not open with the old passphrase either; copies made elsewhere still do.
   */
  async rekey(passphrase: Buffer, cost: Cost = usualCost): Promise<void> {
    const slot = await this.#makeSlot(passphrase, cost)
    await this.#change((draft) => {
      draft.slot = slot
    })
    await this.#change(() => undefined)
  }

  /** Destroys the key and forgets everything at once; resolves when a write that was under way has ended. */
  async close(): Promise<void> {
    this.#state = undefined
    this.#enclave.destroy()
    await this.#changes.idle()
  }

  get #open(): State {
    if (!this.#state) throw locked()
    return this.#state
  }

  #seal(value: Buffer, purpose: (id: number) => Buffer): Sealed {
    try {
      if (value.length > valueBytesMax) throw new BackendFailure('too-large', `over ${valueBytesMax} bytes`)
      if (!this.#state) throw locked()
      const id = this.#nextId++
      return { id, bytes: this.#enclave.seal(value, purpose(id)) }
    } finally {
      wipe(value)
    }
  }

  async #makeSlot(passphrase: Buffer, cost: Cost): Promise<KeySlot> {
    try {
      if (!this.#state) throw locked()
      return await makeSlot(this.#enclave, passphrase, cost)
    } finally {
      wipe(passphrase)
    }
  }

  async #change(change: Change<Draft>): Promise<void> {
    await this.#changes.add(change)
  }

  #draft(): Draft {
    const { contents, slot } = this.#open
    return { contents: contents.copy(), slot }
  }

  async #store({ contents, slot }: Draft): Promise<void> {
    const { generation, mark } = this.#open
    const { secrets, documents } = contents
    const next = { slot, generation: generation + 1, nextId: this.#nextId, secrets, documents }
    const bytes = encodeVault(next, this.#enclave)
    await replaceFile(this.#place, bytes, mark)
    if (this.#state)
      this.#state = {
        contents,
        slot,
        generation: next.generation,
        mark: Buffer.from(bytes.subarray(0, markBytes)),
      }
  }
}

function locked(): BackendFailure {
  return new BackendFailure('locked', 'the vault is locked')
}

function summary(path: string, { created, changed }: Secret): Summary {
  return { path, created, changed }
}
