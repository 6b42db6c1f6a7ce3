// The rest of the file: a sealed index with all names, then every ciphertext, in the order of the index.
//
//   index:    next id u48 | SHA-256 of the ciphertexts 32 | count u32, secrets | count u32, documents
//   secret:   path | created u48 | changed u48 | count u8, fields: name | sealed
//   document: name | generation u32 | sealed
//   sealed:   id u48 | length u32
//
// Without the key nobody tells where one ciphertext ends and the next begins. The index is sealed with the head of
// the file as associated data, and vouches for the ciphertexts: nothing can be cut, swapped or put back.
import { createHash } from 'node:crypto'
import { type Enclave, sealBytes } from '@sget/memory'
import { ByteReader, ByteWriter, u32Bytes, u48Bytes } from './bytes.ts'
import { type Document, type Sealed, type Secret, documentBytes, secretBytes } from './entry.ts'
import { type Header, encodeHeader, headerBytes } from './header.ts'
import { type KeySlot } from './slot.ts'
import { damaged, unseal } from './unseal.ts'

/** Everything that an open vault knows. */
export interface Snapshot {
  readonly slot: KeySlot
  readonly generation: number
  readonly nextId: number
  readonly secrets: ReadonlyMap<string, Secret>
  readonly documents: ReadonlyMap<string, Document>
}

const digestBytes = 32
const fixedIndexBytes = u48Bytes + digestBytes + 2 * u32Bytes

/** The length of a file without entries. */
export const emptyBytes = headerBytes + sealBytes + fixedIndexBytes

/** The whole file. */
export function encodeVault(snapshot: Snapshot, enclave: Enclave): Buffer {
  const ciphertexts = allSealed(snapshot).map(({ bytes }) => bytes)
  const index = encodeIndex(snapshot, digest(ciphertexts))
  const { slot, generation } = snapshot
  const header = encodeHeader({ slot, generation, indexBytes: index.length + sealBytes })
  return Buffer.concat([header, enclave.seal(index, header), ...ciphertexts])
}

/** @throws BackendFailure `damaged` */
export function decodeVault(file: Buffer, header: Header, enclave: Enclave): Snapshot {
  const body = new ByteReader(file.subarray(headerBytes))
  const index = openIndex(enclave, body.raw(header.indexBytes), file.subarray(0, headerBytes))
  const reader = new ByteReader(index)
  const nextId = reader.u48()
  const expected = reader.raw(digestBytes)
  const take = (): Sealed => takeSealed(reader, body)
  const secrets = takeMap(reader, () => takeSecret(reader, take))
  const documents = takeMap(reader, () => ({ generation: reader.u32(), sealed: take() }))
  reader.finish()
  body.finish()
  const snapshot = { slot: header.slot, generation: header.generation, nextId, secrets, documents }
  if (!digest(allSealed(snapshot).map(({ bytes }) => bytes)).equals(expected))
    throw damaged('a value was changed')
  return snapshot
}

function encodeIndex({ nextId, secrets, documents }: Snapshot, digest: Buffer): Buffer {
  const writer = new ByteWriter(indexBytes({ secrets, documents }))
  writer.u48(nextId).raw(digest).u32(secrets.size)
  for (const [path, secret] of secrets) writeSecret(writer.text(path), secret)
  writer.u32(documents.size)
  for (const [name, { generation, sealed }] of documents)
    writeSealed(writer.text(name).u32(generation), sealed)
  return writer.finish()
}

function writeSecret(writer: ByteWriter, { created, changed, fields }: Secret): void {
  writer.u48(created).u48(changed).u8(fields.size)
  for (const [name, sealed] of fields) writeSealed(writer.text(name), sealed)
}

function writeSealed(writer: ByteWriter, { id, bytes }: Sealed): void {
  writer.u48(id).u32(bytes.length)
}

type Entries = Pick<Snapshot, 'secrets' | 'documents'>

function indexBytes({ secrets, documents }: Entries): number {
  let bytes = fixedIndexBytes
  for (const [path, secret] of secrets) bytes += secretBytes(path, secret)
  for (const [name, document] of documents) bytes += documentBytes(name, document)
  return bytes - allSealed({ secrets, documents }).reduce((sum, sealed) => sum + sealed.bytes.length, 0)
}

function allSealed({ secrets, documents }: Entries): Sealed[] {
  const fields = [...secrets.values()].flatMap((secret) => [...secret.fields.values()])
  return [...fields, ...[...documents.values()].map(({ sealed }) => sealed)]
}

function digest(ciphertexts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256')
  for (const bytes of ciphertexts) hash.update(bytes)
  return hash.digest()
}

function openIndex(enclave: Enclave, sealed: Buffer, header: Buffer): Buffer {
  const index = Buffer.alloc(Math.max(0, sealed.length - sealBytes))
  unseal(enclave, { sealed, purpose: header, into: index })
  return index
}

function takeMap<Entry>(reader: ByteReader, take: () => Entry): Map<string, Entry> {
  const entries = new Map<string, Entry>()
  for (let left = reader.u32(); left > 0; left -= 1) entries.set(reader.text(), take())
  return entries
}

function takeSecret(reader: ByteReader, take: () => Sealed): Secret {
  const created = reader.u48()
  const changed = reader.u48()
  const fields = new Map<string, Sealed>()
  for (let left = reader.u8(); left > 0; left -= 1) fields.set(reader.text(), take())
  return { created, changed, fields }
}

/** Copied, so that no replaced value keeps the whole file in memory. */
function takeSealed(reader: ByteReader, body: ByteReader): Sealed {
  return { id: reader.u48(), bytes: Buffer.from(body.raw(reader.u32())) }
}
