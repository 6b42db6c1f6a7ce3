// The name of a secret, as people write it: `db/prod` or `db/prod#password`.
import { fieldBytesMax, refBytesMax } from './limits.ts'

/** A secret's path and, where the writer named one, its field. */
export interface Ref {
  readonly path: string
  readonly field: string | undefined
}

/** The field that is meant when none is named and the secret has one of this name. */
export const defaultField = 'password'

/**
 * Reads `PATH[#FIELD]`. A path has 1 to 512 bytes of UTF-8 and at least one `/`; no segment is empty, `.` or `..`;
 * it does not begin with `-` (it would read as an option) and holds no `#` and no control, invisible or
 * direction-changing characters (a prompt that shows it must not lie).
 *
 * @returns undefined when the text is no ref
 */
export function parseRef(text: string): Ref | undefined {
  const hash = text.indexOf('#')
  const path = hash < 0 ? text : text.slice(0, hash)
  const field = hash < 0 ? undefined : text.slice(hash + 1)
  if (!isPath(path) || (field !== undefined && !isField(field))) return undefined
  return { path, field }
}

/** `PATH#FIELD`, or `PATH` where no field is named. */
export function formatRef(ref: Ref): string {
  return ref.field === undefined ? ref.path : `${ref.path}#${ref.field}`
}

/** Whether the text may name a secret, without a field. */
export function isPath(text: string): boolean {
  if (!isPrintable(text, refBytesMax) || text.startsWith('-') || text.includes('#')) return false
  const segments = text.split('/')
  return (
    segments.length > 1 && segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..')
  )
}

/** Whether the text may name a field: 1 to 64 bytes, no `/`, no `#`, nothing unprintable. */
export function isField(text: string): boolean {
  return isPrintable(text, fieldBytesMax) && !/[/#]/.test(text)
}

// Cc is C0, DEL and C1. The rest are invisible or reorder what stands around them: soft hyphen, direction marks and
// overrides, zero-width space, line and paragraph separators, invisible operators, BOM, annotations, tags.
const unprintable =
  /[\p{Cc}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/u

function isPrintable(text: string, bytesMax: number): boolean {
  const bytes = Buffer.byteLength(text)
  return bytes > 0 && bytes <= bytesMax && text.isWellFormed() && !unprintable.test(text)
}
