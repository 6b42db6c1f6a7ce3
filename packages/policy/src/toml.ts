// TOML (toml.io, version 1.0) as a tree in which every key and value knows its place.
import { type AST, ParseError, parseTOML } from 'toml-eslint-parser'
import { type Position, type Reading, errorAt } from './reading.ts'

/** A key of a table, with its place, and what it stands for. */
export type Entry = { readonly at: Position; readonly node: Node }

export type Table = { readonly kind: 'table'; readonly at: Position; readonly entries: Map<string, Entry> }
export type List = { readonly kind: 'list'; readonly at: Position; readonly items: Node[] }
export type Text = { readonly kind: 'string'; readonly at: Position; readonly value: string }
export type Integer = { readonly kind: 'integer'; readonly at: Position; readonly value: bigint }
export type Flag = { readonly kind: 'boolean'; readonly at: Position; readonly value: boolean }
/** What no document of ours has: floats, dates and times. */
export type Other = { readonly kind: 'float' | 'date'; readonly at: Position }

export type Node = Table | List | Text | Integer | Flag | Other

/** A longer document is refused unread. */
export const documentCharsMax = 64 * 1024

/** Reads a whole document. A fault of syntax ends the reading, so there is one at most. */
export function readTree(text: string): Reading<Table> {
  const start = { line: 1, column: 1 }
  if (text.length > documentCharsMax) {
    return refusal(start, `the text has more than ${String(documentCharsMax)} characters`)
  }
  try {
    return { ok: true, value: treeOf(parseTOML(text, { tomlVersion: '1.0' })) }
  } catch (error) {
    if (error instanceof ParseError) return refusal(syntaxPlace(error), lowered(error.message))
    // The parser descends once per level: what overflows its stack is no document of ours.
    if (error instanceof RangeError) return refusal(start, 'nested too deeply')
    throw error
  }
}

function refusal(at: Position, what: string): Reading<never> {
  return { ok: false, errors: [errorAt(at, what)] }
}

function syntaxPlace({ lineNumber, column }: ParseError): Position {
  return { line: lineNumber, column: column + 1 }
}

function lowered(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1)
}

function treeOf({ body: [top] }: AST.TOMLProgram): Table {
  const root = tableAt({ line: 1, column: 1 })
  for (const part of top.body) {
    if (part.type === 'TOMLKeyValue') put(root, part)
    else fill(sectionOf(root, part), part.body)
  }
  return root
}

function fill(table: Table, pairs: readonly AST.TOMLKeyValue[]): Table {
  for (const pair of pairs) put(table, pair)
  return table
}

/** `a.b.c = VALUE`: tables on the way, the value at its end. */
function put(table: Table, { key, value }: AST.TOMLKeyValue): void {
  let within = table
  for (const part of key.keys.slice(0, -1)) within = asTable(childOf(within, part, tableAt(placeOf(part))))
  const last = key.keys.at(-1)
  if (last) childOf(within, last, nodeOf(value))
}

/** The table that `[a.b]` or `[[a.b]]` begins or goes on with, made with all that leads to it. */
function sectionOf(root: Table, header: AST.TOMLTable): Table {
  const at = placeOf(header)
  const names = header.key.keys.values()
  const steps = header.resolvedKey
  let node: Node = root
  for (const [index, step] of steps.entries()) {
    const next = typeof steps[index + 1] === 'number' ? listAt(at) : tableAt(at)
    const name = typeof step === 'number' ? undefined : names.next().value
    node = name ? childOf(asTable(node), name, next) : itemOf(asList(node), Number(step), next)
  }
  return asTable(node)
}

/** What a key stands for; `made`, where it stands for nothing yet. */
function childOf(table: Table, part: AST.TOMLBare | AST.TOMLQuoted, made: Node): Node {
  const name = part.type === 'TOMLBare' ? part.name : part.value
  const entry = table.entries.get(name) ?? { at: placeOf(part), node: made }
  table.entries.set(name, entry)
  return entry.node
}

function itemOf(list: List, index: number, made: Node): Node {
  return (list.items[index] ??= made)
}

function nodeOf(value: AST.TOMLContentNode): Node {
  const at = placeOf(value)
  if (value.type === 'TOMLArray') return { ...listAt(at), items: value.elements.map(nodeOf) }
  if (value.type === 'TOMLInlineTable') return fill(tableAt(at), value.body)
  if (value.kind === 'string') return { kind: 'string', at, value: value.value }
  if (value.kind === 'boolean') return { kind: 'boolean', at, value: value.value }
  if (value.kind === 'integer') return { kind: 'integer', at, value: value.bigint }
  return { kind: value.kind === 'float' ? 'float' : 'date', at }
}

function tableAt(at: Position): Table {
  return { kind: 'table', at, entries: new Map() }
}

function listAt(at: Position): List {
  return { kind: 'list', at, items: [] }
}

function placeOf({ loc: { start } }: AST.HasLocs): Position {
  return { line: start.line, column: start.column + 1 }
}

// The parser has refused keys that mean two things: what is no table here is a bug.
function asTable(node: Node): Table {
  if (node.kind !== 'table') throw new TypeError(`a key leads through a ${node.kind}`)
  return node
}

function asList(node: Node): List {
  if (node.kind !== 'list') throw new TypeError(`an item of a ${node.kind}`)
  return node
}
