// What reading a text gives: a value, or every fault with its place.

/** A place in a text; both count from 1, columns in UTF-16 units. */
export type Position = { readonly line: number; readonly column: number }

/** One fault. The message tells the place as well: it is printed as it is. */
export type PolicyError = Position & { readonly message: string }

export type Reading<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errors: readonly PolicyError[] }

/** What a value is turned into, or what is wrong with it. */
export type Converted<T> = { readonly value: T } | { readonly fault: string; readonly why?: string }

/** `WHAT at LINE:COLUMN: WHY` */
export function errorAt({ line, column }: Position, what: string, why?: string): PolicyError {
  const place = `${what} at ${String(line)}:${String(column)}`
  return { line, column, message: why === undefined ? place : `${place}: ${why}` }
}

/** A value where there are no faults, else the faults in the order of the text. */
export function readingOf<T>(value: T | null, errors: readonly PolicyError[]): Reading<T> {
  if (value !== null && errors.length === 0) return { ok: true, value }
  return { ok: false, errors: errors.toSorted((a, b) => a.line - b.line || a.column - b.column) }
}
