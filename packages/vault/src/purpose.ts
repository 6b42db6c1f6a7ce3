// What each ciphertext is bound to: moved to another name, or put back after a change, it does not open.
import { type FieldRef } from '@sget/backend'
import { ByteWriter, textBytes, u48Bytes, u8Bytes } from './bytes.ts'

const fieldKind = 1
const documentKind = 2

/** The associated data of a field's value. */
export function fieldPurpose({ path, field }: FieldRef, id: number): Buffer {
  const writer = new ByteWriter(u8Bytes + textBytes(path) + textBytes(field) + u48Bytes)
  return writer.u8(fieldKind).text(path).text(field).u48(id).finish()
}

/** The associated data of a document. */
export function documentPurpose(name: string, id: number): Buffer {
  return new ByteWriter(u8Bytes + textBytes(name) + u48Bytes).u8(documentKind).text(name).u48(id).finish()
}
