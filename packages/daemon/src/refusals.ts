// The expected failures of the rooms below, as failures of the protocol. What is not here is a bug.
import { AuditFailure } from '@sget/audit'
import { BackendFailure, type BackendCode } from '@sget/backend'
import { MemoryFailure, type MemoryCode } from '@sget/memory'
import { Refusal, type FailureName } from '@sget/wire/broker'

const backendFailures: Readonly<Record<BackendCode, FailureName>> = {
  'not-found': 'denied',
  'no-field': 'denied',
  'which-field': 'which-field',
  exists: 'exists',
  'no-room': 'value-too-large',
  'too-large': 'value-too-large',
  'too-many-fields': 'vault-full',
  locked: 'locked',
  busy: 'busy',
  full: 'vault-full',
  'wrong-passphrase': 'passphrase-wrong',
  absent: 'no-vault',
  damaged: 'vault-damaged',
  newer: 'vault-newer',
  unsafe: 'vault-unwritable',
  moved: 'vault-unwritable',
  unreadable: 'vault-unwritable',
  unwritable: 'vault-unwritable',
  unreachable: 'provider-failed',
}

const memoryFailures: Readonly<Partial<Record<MemoryCode, FailureName>>> = {
  crowded: 'busy',
  'no-memory': 'no-memory',
  ended: 'too-slow',
  destroyed: 'locked',
  forged: 'vault-damaged',
  'no-room': 'value-too-large',
}

/** The refusal that tells a peer of this error, or undefined when the error is a bug. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error
  if (error instanceof AuditFailure) return new Refusal('audit-failed')
  if (error instanceof BackendFailure)
    return new Refusal(backendFailures[error.code], error.fields.join(', '))
  if (error instanceof MemoryFailure) {
    const failure = memoryFailures[error.code]
    return failure && new Refusal(failure)
  }
  return undefined
}
