// What a vault holds while it is open: names, times and ciphertext. A change is made on a copy, whole or not at all.
import { BackendFailure, type FieldRef, fieldsMax } from '@sget/backend'
import { type Document, type Sealed, type Secret, documentBytes, secretBytes } from './entry.ts'
import { emptyBytes } from './body.ts'

/** The largest vault, as a file. */
export const vaultBytesMax = 64 * 1024 * 1024

/** A value on its way in. */
export interface NewField {
  readonly sealed: Sealed
  readonly now: number
  readonly replace: boolean
}

export class Contents {
  readonly #secrets: Map<string, Secret>
  readonly #documents: Map<string, Document>
  /** The length of the file that this would be. */
  #bytes: number

  constructor(
    secrets: ReadonlyMap<string, Secret> = new Map(),
    documents: ReadonlyMap<string, Document> = new Map(),
  ) {
    this.#secrets = new Map(secrets)
    this.#documents = new Map(documents)
    this.#bytes = emptyBytes
    for (const [path, secret] of secrets) this.#bytes += secretBytes(path, secret)
    for (const [name, document] of documents) this.#bytes += documentBytes(name, document)
  }

  get secrets(): ReadonlyMap<string, Secret> {
    return this.#secrets
  }

  get documents(): ReadonlyMap<string, Document> {
    return this.#documents
  }

  copy(): Contents {
    return new Contents(this.#secrets, this.#documents)
  }

  /** @throws BackendFailure `not-found` */
  secret(path: string): Secret {
    const secret = this.#secrets.get(path)
    if (!secret) throw new BackendFailure('not-found', `there is no secret ${path}`)
    return secret
  }

  /** @throws BackendFailure `not-found`, `no-field` */
  field({ path, field }: FieldRef): Sealed {
    const sealed = this.secret(path).fields.get(field)
    if (!sealed) throw new BackendFailure('no-field', `${path} has no field ${field}`)
    return sealed
  }

  /** @throws BackendFailure `exists`, `too-many-fields`, `full` */
  put({ path, field }: FieldRef, { sealed, now, replace }: NewField): void {
    const { created, fields } = this.#secrets.get(path) ?? { created: now, fields: new Map<string, Sealed>() }
    if (fields.has(field) && !replace)
      throw new BackendFailure('exists', `${path} has a field ${field} already`)
    if (fields.size === fieldsMax && !fields.has(field))
      throw new BackendFailure('too-many-fields', `${path} has ${fieldsMax} fields already`)
    this.#setSecret(path, { created, changed: now, fields: new Map(fields).set(field, sealed) })
  }

  /** @throws BackendFailure `not-found`, `no-field` */
  removeField(ref: FieldRef, now: number): void {
    this.field(ref)
    const { created, fields } = this.secret(ref.path)
    const left = new Map(fields)
    left.delete(ref.field)
    if (left.size === 0) this.removeSecret(ref.path)
    else this.#setSecret(ref.path, { created, changed: now, fields: left })
  }

  /** @throws BackendFailure `not-found` */
  removeSecret(path: string): void {
    this.#bytes -= secretBytes(path, this.secret(path))
    this.#secrets.delete(path)
  }

  /** @returns the new generation of the document; throws BackendFailure `full` */
  setDocument(name: string, sealed: Sealed): number {
    const old = this.#documents.get(name)
    const generation = (old?.generation ?? 0) + 1
    const document = { generation, sealed }
    this.#grow(documentBytes(name, document) - (old ? documentBytes(name, old) : 0))
    this.#documents.set(name, document)
    return generation
  }

  #setSecret(path: string, secret: Secret): void {
    const old = this.#secrets.get(path)
    this.#grow(secretBytes(path, secret) - (old ? secretBytes(path, old) : 0))
    this.#secrets.set(path, secret)
  }

  #grow(bytes: number): void {
    if (this.#bytes + bytes > vaultBytesMax) throw new BackendFailure('full', 'the vault is full')
    this.#bytes += bytes
  }
}
