// How env files name a secret.
import { formatRef, type Ref } from '@sget/wire'

/** `sget://PATH#FIELD`, which `sget run --env-file` reads in the place of a value. */
export function referenceTo(ref: Ref): string {
  return `sget://${formatRef(ref)}`
}

/** The same of a reference as the protocol writes it. */
export function referenceOf(ref: string): string {
  return `sget://${ref}`
}
