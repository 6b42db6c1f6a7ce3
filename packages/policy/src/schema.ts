// Strict reading of a document: a schema says what may stand where, and every fault is told with its place.
import { formatDuration, parseDuration } from './duration.ts'
import { nearest } from './nearest.ts'
import { quoted } from './printable.ts'
import {
  type Converted,
  type PolicyError,
  type Position,
  type Reading,
  errorAt,
  readingOf,
} from './reading.ts'
import { type Node, type Table, readTree } from './toml.ts'

/** Reads one node; where there are faults it tells them and gives null. */
export type Reader<T> = (node: Node, errors: PolicyError[]) => T | null

/** What a key of a table stands for. Without `fallback` the key must be there. */
export type Field<T> = { readonly read: Reader<T>; readonly fallback?: { readonly value: T } }
export type Fields = Readonly<Record<string, Field<unknown>>>
type ValueOf<F> = F extends Field<infer T> ? T : never
export type TableOf<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> }

/** Reads a whole document with the schema of its top table. */
export function readToml<T>(text: string, schema: Reader<T>): Reading<T> {
  const tree = readTree(text)
  if (!tree.ok) return tree
  const errors: PolicyError[] = []
  return readingOf(schema(tree.value, errors), errors)
}

export function required<T>(read: Reader<T>): Field<T> {
  return { read }
}

export function optional<T, D>(read: Reader<T>, fallback: D): Field<T | D> {
  return { read, fallback: { value: fallback } }
}

/** A table with these keys and no others. */
export function table<F extends Fields>(fields: F): Reader<TableOf<F>> {
  return (node, errors) => {
    if (node.kind !== 'table') return wrong(node, errors, 'a table')
    const before = errors.length
    for (const key of node.entries.keys())
      if (!Object.hasOwn(fields, key)) unknownKey(node, key, fields, errors)
    const read = Object.entries(fields).map(([key, field]) => [key, readField(node, key, field, errors)])
    return errors.length > before ? null : (Object.fromEntries(read) as TableOf<F>)
  }
}

/** A list of so many items, or so many `[[tables]]`. */
export function list<T>(item: Reader<T>, countMax: number): Reader<readonly T[]> {
  return (node, errors) => {
    if (node.kind !== 'list') return wrong(node, errors, 'a list')
    if (node.items.length > countMax) return wrong(node, errors, `at most ${String(countMax)} items`)
    const items = node.items.map((inner) => item(inner, errors))
    return items.every((inner) => inner !== null) ? items : null
  }
}

/** One item, or a list of them. */
export function either<T>(item: Reader<T>, items: Reader<readonly T[]>): Reader<readonly T[]> {
  return (node, errors) => {
    if (node.kind === 'list') return items(node, errors)
    const one = item(node, errors)
    return one === null ? null : [one]
  }
}

/** A string of 1 to so many characters. */
export function text(charsMax = 512): Reader<string> {
  return (node, errors) => {
    const fits = node.kind === 'string' && node.value.length > 0 && node.value.length <= charsMax
    return fits ? node.value : wrong(node, errors, `a string of 1 to ${String(charsMax)} characters`)
  }
}

export function integer(min: number, max: number): Reader<number> {
  return (node, errors) => {
    const fits = node.kind === 'integer' && node.value >= min && node.value <= max
    return fits
      ? Number(node.value)
      : wrong(node, errors, `a whole number from ${String(min)} to ${String(max)}`)
  }
}

export const flag: Reader<boolean> = (node, errors) =>
  node.kind === 'boolean' ? node.value : wrong(node, errors, 'true or false')

/** One word of a closed set. */
export function oneOf<const T extends string>(words: readonly T[]): Reader<T> {
  return (node, errors) => {
    const found = node.kind === 'string' ? words.find((word) => word === node.value) : undefined
    return found ?? wrong(node, errors, `one of ${words.map((word) => JSON.stringify(word)).join(', ')}`)
  }
}

/** A duration such as "5m", in ms. */
export function duration(minMs: number, maxMs: number): Reader<number> {
  return (node, errors) => {
    const read = node.kind === 'string' ? parseDuration(node.value) : undefined
    if (read === undefined) return wrong(node, errors, 'a duration such as "90s", "5m" or "8h"')
    const fits = read >= minMs && read <= maxMs
    return fits
      ? read
      : wrong(node, errors, `a duration from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`)
  }
}

/** A value turned into another one, given its place; a fault of that is told as any other. */
export function converted<T, U>(
  read: Reader<T>,
  convert: (value: T, at: Position) => Converted<U>,
): Reader<U> {
  return (node, errors) => {
    const value = read(node, errors)
    if (value === null) return null
    const result = convert(value, node.at)
    if ('value' in result) return result.value
    errors.push(errorAt(node.at, result.fault, result.why))
    return null
  }
}

function readField(table: Table, key: string, field: Field<unknown>, errors: PolicyError[]): unknown {
  const entry = table.entries.get(key)
  if (entry) return field.read(entry.node, errors)
  if (!field.fallback) errors.push(errorAt(table.at, `missing key ${quoted(key)}`))
  return field.fallback?.value
}

function unknownKey(table: Table, key: string, fields: Fields, errors: PolicyError[]): void {
  const meant = nearest(key, Object.keys(fields))
  const at = table.entries.get(key)?.at ?? table.at
  errors.push(errorAt(at, `unknown key ${quoted(key)}`, meant && `did you mean ${quoted(meant)}?`))
}

function wrong(node: Node, errors: PolicyError[], expected: string): null {
  errors.push(errorAt(node.at, `expected ${expected}`, `found ${described(node)}`))
  return null
}

function described(node: Node): string {
  if (node.kind === 'string') return quoted(node.value)
  return 'value' in node ? String(node.value) : `a ${node.kind}`
}
