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
import { type Cost, Enclave, type Lender, sealBytes, wipe } from '@sget/memory'
import { type Snapshot, encodeVault } from './body.ts'
import { type Change, Changes } from './changes.ts'
import { Contents } from './contents.ts'
import { type Sealed, type Secret } from './entry.ts'
import { type Place, forgetPrevious, replaceFile, versionPath } from './file.ts'
import { markBytes, newestVersion } from './header.ts'
import { documentPurpose, fieldPurpose } from './purpose.ts'
import { type Keys, reseal, resealAll } from './reseal.ts'
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
  /** Of the format in which the file is written. */
  readonly version: number
  /** Whether it is a backup that was restored, and nothing was written since. */
  readonly isRestored: boolean
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
  readonly version: number
}

/** What was just sealed, and what it takes to seal it again. */
interface Fresh {
  readonly sealed: Sealed
  readonly purpose: Buffer
  readonly under: Enclave
}

/** What it takes to change the passphrase. */
export interface RekeyOptions {
  /** Its frames hold `valueBytesMax` or more. */
  readonly pool: Lender
  readonly cost?: Cost
}

interface Draft {
  contents: Contents
  slot: KeySlot
  enclave: Enclave
}

/**
 * The embedded vault. What a reader sees is what is on the disk: a change counts once it is safe there. MemoryFailure
 * passes through where a passphrase is taken.
 */
export class Vault implements Backend {
  readonly #place: Place
  readonly #now: () => number
  readonly isRestored: boolean
  #enclave: Enclave
  readonly #changes: Changes<Draft>
  /** Of the change of the passphrase that is under way: what waits may still be sealed under the key before. */
  #rekeying: Keys | undefined
  #state: State | undefined
  #nextId: number

  constructor({ place, now, enclave, snapshot, mark, version, isRestored }: Opened) {
    const { slot, generation, nextId, secrets, documents } = snapshot
    this.#place = place
    this.#now = now
    this.isRestored = isRestored
    this.#enclave = enclave
    this.#nextId = nextId
    this.#state = { contents: new Contents(secrets, documents), slot, generation, mark, version }
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
    const place = this.#seal(value, (id) => fieldPurpose(ref, id))
    await this.#change((draft) => {
      draft.contents.put(ref, { sealed: this.#under(draft, place), now: this.#now(), replace })
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

  /** How long a document is, 0 where it was never set. Throws BackendFailure `locked`. */
  documentBytes(name: string): number {
    const document = this.#open.contents.documents.get(name)
    return document === undefined ? 0 : document.sealed.bytes.length - sealBytes
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
    const fresh = this.#seal(bytes, (id) => documentPurpose(name, id))
    let generation = 0
    await this.#change((draft) => {
      generation = draft.contents.setDocument(name, this.#under(draft, fresh))
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
   * Puts everything under a new data key, and that under another passphrase, which is consumed: whoever has the old
   * passphrase and an old copy reads that copy, and nothing that comes after it. It is written twice, so that the
   * previous generation is under the new passphrase too.
   *
   * @throws BackendFailure `busy` (one is under way, or `pool` has nothing free), `locked`, and as any change
   */
  async rekey(passphrase: Buffer, { pool, cost = usualCost }: RekeyOptions): Promise<void> {
    const to = Enclave.random()
    try {
      const slot = await this.#makeSlot(to, passphrase, cost)
      await this.#replaceKey(slot, { from: this.#enclave, to, pool })
    } finally {
      if (this.#enclave !== to) to.destroy()
    }
  }

  /** Writes the same again, so that the generation before is like the present one. */
  async rewrite(): Promise<void> {
    await this.#change(() => undefined)
  }

  /** Destroys the key and forgets everything at once; resolves when a write that was under way has ended. */
  async close(): Promise<void> {
    this.#state = undefined
    this.#enclave.destroy()
    this.#rekeying?.from.destroy()
    await this.#changes.idle()
  }

  get #open(): State {
    if (!this.#state) throw locked()
    return this.#state
  }

  #seal(value: Buffer, purposeOf: (id: number) => Buffer): Fresh {
    try {
      if (value.length > valueBytesMax) throw new BackendFailure('too-large', `over ${valueBytesMax} bytes`)
      if (!this.#state) throw locked()
      const id = this.#nextId++
      const purpose = purposeOf(id)
      return { sealed: { id, bytes: this.#enclave.seal(value, purpose) }, purpose, under: this.#enclave }
    } finally {
      wipe(value)
    }
  }

  /** What was sealed before it came to its change: the key may have become another meanwhile. */
  #under(draft: Draft, { sealed, purpose, under }: Fresh): Sealed {
    if (draft.enclave === under) return sealed
    if (this.#rekeying?.from !== under) throw locked()
    return reseal(sealed, purpose, this.#rekeying)
  }

  async #replaceKey(slot: KeySlot, keys: Keys): Promise<void> {
    if (this.#rekeying) throw new BackendFailure('busy', 'the passphrase is being changed')
    this.#rekeying = keys
    try {
      await this.#change((draft) => rekeyDraft(draft, keys, slot))
      await this.rewrite().catch(() => forgetPrevious(this.#place))
    } finally {
      if (this.#enclave === keys.to) keys.from.destroy()
      this.#rekeying = undefined
    }
  }

  async #makeSlot(to: Enclave, passphrase: Buffer, cost: Cost): Promise<KeySlot> {
    try {
      if (!this.#state) throw locked()
      return await makeSlot(to, passphrase, cost)
    } finally {
      wipe(passphrase)
    }
  }

  async #change(change: Change<Draft>): Promise<void> {
    await this.#changes.add(change)
  }

  #draft(): Draft {
    const { contents, slot } = this.#open
    return { contents: contents.copy(), slot, enclave: this.#enclave }
  }

  async #store({ contents, slot, enclave }: Draft): Promise<void> {
    const { generation, mark, version } = this.#open
    const { secrets, documents } = contents
    const next = { slot, generation: generation + 1, nextId: this.#nextId, secrets, documents }
    const bytes = encodeVault(next, enclave)
    const keepAs = version < newestVersion ? versionPath(this.#place.path, version) : undefined
    await replaceFile(this.#place, bytes, { mark, keepAs })
    if (!this.#state) return
    this.#enclave = enclave
    this.#state = {
      contents,
      slot,
      generation: next.generation,
      mark: Buffer.from(bytes.subarray(0, markBytes)),
      version: newestVersion,
    }
  }
}

function rekeyDraft(draft: Draft, keys: Keys, slot: KeySlot): void {
  draft.contents = resealAll(draft.contents, keys)
  draft.slot = slot
  draft.enclave = keys.to
}

function locked(): BackendFailure {
  return new BackendFailure('locked', 'the vault is locked')
}

function summary(path: string, { created, changed }: Secret): Summary {
  return { path, created, changed }
}
