// Command lines that a rule names: a program by its whole path, and a pattern for each word that follows.
import { type Glob, type Segment, anySegments, covers, literalWord, wildWord } from './glob.ts'
import { quoted } from './printable.ts'
import { type Converted } from './reading.ts'

/** What is to run, as the peer tells it and as it was looked at. */
export type CommandLine = {
  /** the path of the file that is executed */
  readonly program: string
  /** root alone can change that file, or put another in its place */
  readonly trusted: boolean
  /** the command's name and its arguments; none where they were not told */
  readonly words: readonly string[]
}

/** A pattern over command lines, whose segments are words: `program` is the first of them. */
export type CommandPattern = Glob & { readonly program: string }

/** What a rule says of commands: one of these lines, and no other. `text`: as the rule writes them. */
export type Pin = { readonly text: string; readonly patterns: readonly CommandPattern[] }

/** No shell reads a pattern, and what one would obey was meant otherwise. */
const shellSyntax = /[[\]{}()\\$`;&|<>]/

/** A word as it is read: each character, and whether it stood in quotes. */
type Written = readonly { readonly character: string; readonly plain: boolean }[]

/**
 * Reads a command pattern: words with blanks between, the first a whole path. `*` and `?` stand for characters of one
 * word, `*` alone at the end for any further words; between quotes every character stands for itself.
 */
export function parseCommand(text: string): Converted<CommandPattern> {
  const fault = `malformed command ${quoted(text)}`
  const written = wordsOf(text)
  if (written === undefined) return { fault, why: 'a quote is not closed' }
  const plain = written.map((word) => word.map((each) => (each.plain ? each.character : ' ')).join(''))
  const foreign = plain.map((word) => shellSyntax.exec(word)?.[0]).find((found) => found !== undefined)
  if (foreign !== undefined)
    return { fault, why: `no shell reads this, so ${quoted(foreign)} stands between quotes` }
  if (plain.some((word) => word.includes('**')))
    return { fault, why: 'a * alone at the end stands for any further words, ** for nothing' }
  const [program = [], ...others] = written
  const path = program.map(({ character }) => character).join('')
  if (!isWholePath(path) || /[*?]/.test(plain[0] ?? ''))
    return { fault, why: 'it begins with the whole path of one program' }
  const isOpen = plain.at(-1) === '*'
  const named = (isOpen ? others.slice(0, -1) : others).map(patternOf)
  const segments = [literalWord(path), ...named, ...(isOpen ? [anySegments] : [])]
  return { value: { text, program: path, segments } }
}

/** The pin of a rule that names these lines. */
export function pinOf(patterns: readonly CommandPattern[]): Pin {
  return { text: patterns.map(({ text }) => text).join(' or '), patterns }
}

/** All of both, each once and in one order, so that the same demands are the same value. */
export function allPins(one: readonly Pin[], other: readonly Pin[]): readonly Pin[] {
  const byText = new Map([...one, ...other].map((pin) => [pin.text, pin]))
  return [...byText.values()].toSorted((a, b) => (a.text < b.text ? -1 : 1))
}

/** Whether the line is one of those. What was not told whole, or what others than root can change, is none. */
export function isPinned({ patterns }: Pin, { program, trusted, words }: CommandLine): boolean {
  if (!trusted || words.length === 0) return false
  const line = { text: program, segments: [program, ...words.slice(1)].map(literalWord) }
  return patterns.some((pattern) => covers(pattern, line))
}

/** Whether whatever the first lets run the second does as well. */
export function implies(narrow: Pin, wide: Pin): boolean {
  return narrow.patterns.every((line) => wide.patterns.some((other) => covers(other, line)))
}

/** Undefined where a quote is not closed. */
function wordsOf(text: string): readonly Written[] | undefined {
  const words: { character: string; plain: boolean }[][] = []
  let quote = ''
  let isInside = false
  for (const character of text) {
    const isBlank = quote === '' && (character === ' ' || character === '\t')
    if (!isBlank && !isInside) words.push([])
    isInside = !isBlank
    if (isBlank) continue
    if (character === quote) quote = ''
    else if (quote === '' && (character === "'" || character === '"')) quote = character
    else words.at(-1)?.push({ character, plain: quote === '' })
  }
  return quote === '' ? words : undefined
}

function patternOf(word: Written): Segment {
  return word.flatMap(({ character, plain }) => (plain ? wildWord(character) : literalWord(character)))
}

/** As the path of a program is told: what `..` or a doubled `/` leads to is another text for the same place. */
function isWholePath(path: string): boolean {
  const [root, ...names] = path.split('/')
  return root === '' && names.length > 0 && !names.some((name) => ['', '.', '..'].includes(name))
}
