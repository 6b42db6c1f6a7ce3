// A config's text with one `[[mount]]` more or less: whatever else it says stays as it was written, byte by byte.
import { type AST, parseTOML } from 'toml-eslint-parser'

/** What stands in a table, in its order: a text, or pairs of texts. */
export type TableEntry = readonly [key: string, value: string | readonly (readonly [string, string])[]]

/** Lines of a text, the last one not counted. */
type Span = { readonly from: number; readonly to: number }

/** The text with the table at its end. It may say what no config may: read it. */
export function withMount(text: string, entries: readonly TableEntry[]): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const end = text === '' || text.endsWith('\n') ? '' : newline
  const gap = text === '' ? '' : newline
  const lines = ['[[mount]]', ...entries.map(([key, value]) => `${word(key)} = ${written(value)}`)]
  return text + end + gap + lines.map((line) => line + newline).join('')
}

/**
 * The text, of a config that can be read, without the table of the mount at that place, and without the comments above it
 * that are clearly its own. Undefined where no `[[mount]]` has that place.
 */
export function withoutMount(text: string, place: string): string | undefined {
  const { body, comments } = parseTOML(text, { tomlVersion: '1.0' })
  const tables = body[0].body.filter((part) => part.type === 'TOMLTable')
  const header = tables.find((table) => isMount(table) && placeIn(table) === place)
  if (!header) return undefined
  const lines = linesOf(text, comments)
  const spans = tables
    .filter((table) => isPartOf(table, header))
    .map((table) => withComments(lines, spanOf(table)))
  const isGone = (index: number): boolean => spans.some(({ from, to }) => index >= from && index < to)
  return lines
    .filter((_, index) => !isGone(index))
    .map((line) => line.text)
    .join('')
}

function isMount({ kind, resolvedKey }: AST.TOMLTable): boolean {
  return kind === 'array' && resolvedKey.length === 2 && resolvedKey[0] === 'mount'
}

/** Of the mount, or of what lies in it: `[mount.fields]`. */
function isPartOf({ resolvedKey }: AST.TOMLTable, mount: AST.TOMLTable): boolean {
  return mount.resolvedKey.every((step, index) => resolvedKey[index] === step)
}

function placeIn({ body }: AST.TOMLTable): unknown {
  const found = body.find(({ key: { keys } }) => keys.length === 1 && keys[0] && nameOf(keys[0]) === 'at')
  return found?.value.type === 'TOMLValue' ? found.value.value : undefined
}

function nameOf(key: AST.TOMLBare | AST.TOMLQuoted): string {
  return key.type === 'TOMLBare' ? key.name : key.value
}

type Line = { readonly text: string; readonly isBlank: boolean; readonly isRemark: boolean }

/** `isRemark`: a comment and nothing else, which puts no setting aside. */
function linesOf(text: string, comments: readonly AST.Comment[]): readonly Line[] {
  const commented = new Map(comments.map(({ loc: { start } }) => [start.line, start.column]))
  return text.split(/(?<=\n)/).map((line, index) => ({
    text: line,
    isBlank: line.trim() === '',
    isRemark: commented.get(index + 1) === line.search(/\S/) && !setting.test(line),
  }))
}

/** A header or a key that somebody commented out. */
const setting = /^\s*#\s*(\[|[\w."'-]+\s*=)/

/** From the header's line to the one in which the last value ends. */
function spanOf({ loc: { start, end } }: AST.TOMLTable): Span {
  return { from: start.line - 1, to: end.line }
}

/** Comments belong to a table where they touch it and nothing else; of blank lines around it as many stay as at other places. */
function withComments(lines: readonly Line[], { from, to }: Span): Span {
  const above = lines.slice(0, from)
  const last = above.findLastIndex(({ isRemark }) => !isRemark)
  const first = above[last]?.isBlank === true ? last + 1 : from
  const isDoubled = lines[first - 1]?.isBlank === true && lines[to]?.isBlank !== false
  return { from: isDoubled ? first - 1 : first, to }
}

function written(value: TableEntry[1]): string {
  if (typeof value === 'string') return JSON.stringify(value)
  return `{ ${value.map(([key, text]) => `${word(key)} = ${JSON.stringify(text)}`).join(', ')} }`
}

/** A key as it can be written: bare, or as a basic string, whose escapes JSON's are among. */
function word(key: string): string {
  return /^[\w-]+$/.test(key) ? key : JSON.stringify(key)
}
