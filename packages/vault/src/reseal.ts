// Another key for what is sealed already: each value passes through one locked buffer, and is wiped there.
import { BackendFailure } from '@sget/backend'
import { type Enclave, type Lender, sealBytes } from '@sget/memory'
import { Contents } from './contents.ts'
import { type Document, type Sealed, type Secret } from './entry.ts'
import { documentPurpose, fieldPurpose } from './purpose.ts'
import { unseal } from './unseal.ts'

/** The key that something is sealed under, the one that it shall be under, and where the value may be in between. */
export interface Keys {
  readonly from: Enclave
  readonly to: Enclave
  readonly pool: Lender
}

/** One ciphertext under the other key, bound to the same purpose. Throws BackendFailure `busy` where no buffer is free. */
export function reseal(sealed: Sealed, purpose: Buffer, { from, to, pool }: Keys): Sealed {
  using room = pool.tryLoan(sealed.bytes.length - sealBytes)
  if (!room) throw new BackendFailure('busy', 'no locked memory is free')
  const length = unseal(from, { sealed: sealed.bytes, purpose, into: room.bytes })
  return { id: sealed.id, bytes: to.seal(room.bytes.subarray(0, length), purpose) }
}

/** Everything that a vault holds under the other key. */
export function resealAll({ secrets, documents }: Contents, keys: Keys): Contents {
  return new Contents(
    new Map([...secrets].map(([path, secret]) => [path, resealSecret(path, secret, keys)])),
    new Map([...documents].map(([name, document]) => [name, resealDocument(name, document, keys)])),
  )
}

function resealSecret(path: string, secret: Secret, keys: Keys): Secret {
  const fields = [...secret.fields].map(
    ([field, sealed]) => [field, reseal(sealed, fieldPurpose({ path, field }, sealed.id), keys)] as const,
  )
  return { ...secret, fields: new Map(fields) }
}

function resealDocument(name: string, { generation, sealed }: Document, keys: Keys): Document {
  return { generation, sealed: reseal(sealed, documentPurpose(name, sealed.id), keys) }
}
