// The lines in which two texts differ, to be shown to who must approve the change.
import { printable } from './printable.ts'

/** Above this many pairs of lines the part that differs is shown as wholly replaced. */
const pairsMax = 250_000

/** Unchanged lines that are shown around a change. */
const contextLines = 2

type Lines = readonly string[]
type Change = { readonly mark: ' ' | '-' | '+'; readonly line: string }

/**
 * `- ` lines that go, `+ ` lines that come, `  ` lines around them, `…` where others are left out; nothing where both
 * texts are the same. Each line is safe to print: no text can hide a part of the change.
 */
export function difference(before: string, after: string): Lines {
  if (before === after) return []
  const [old, fresh] = [before.split('\n'), after.split('\n')]
  const head = commonHead(old, fresh)
  const tail = commonHead(old.slice(head).reverse(), fresh.slice(head).reverse())
  const oldEnd = old.length - tail
  const between = changes(old.slice(head, oldEnd), fresh.slice(head, fresh.length - tail))
  return shown([...marked(' ', old.slice(0, head)), ...between, ...marked(' ', old.slice(oldEnd))])
}

function commonHead(one: Lines, other: Lines): number {
  const differs = one.findIndex((line, at) => line !== other[at])
  return differs === -1 ? one.length : differs
}

function marked(mark: Change['mark'], lines: Lines): readonly Change[] {
  return lines.map((line) => ({ mark, line }))
}

/** The longest run of lines that both have stays, and what stands before and after it is compared again. */
function changes(old: Lines, fresh: Lines): readonly Change[] {
  const { from, to, length } = longestRun(old, fresh)
  if (length === 0) return [...marked('-', old), ...marked('+', fresh)]
  return [
    ...changes(old.slice(0, from), fresh.slice(0, to)),
    ...marked(' ', old.slice(from, from + length)),
    ...changes(old.slice(from + length), fresh.slice(to + length)),
  ]
}

/** Where in either the longest common run begins; of length 0 where there is none, or too much to compare. */
function longestRun(old: Lines, fresh: Lines): { from: number; to: number; length: number } {
  let longest = { from: 0, to: 0, length: 0 }
  if (old.length * fresh.length > pairsMax) return longest
  let ending: readonly number[] = []
  for (const [from, line] of old.entries()) {
    ending = fresh.map((other, to) => (other === line ? (ending[to - 1] ?? 0) + 1 : 0))
    for (const [to, length] of ending.entries()) {
      if (length > longest.length) longest = { from: from + 1 - length, to: to + 1 - length, length }
    }
  }
  return longest
}

/** Only what changes and a little around it. */
function shown(all: readonly Change[]): Lines {
  const changed = all.map(({ mark }) => mark !== ' ')
  const near = all.map((_, at) =>
    changed.slice(Math.max(0, at - contextLines), at + contextLines + 1).includes(true),
  )
  return all.flatMap(({ mark, line }, at) => {
    if (near[at]) return [`${mark} ${printable(line)}`]
    return near[at - 1] === false ? [] : ['…']
  })
}
