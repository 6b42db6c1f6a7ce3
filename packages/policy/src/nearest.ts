// What somebody may have meant who mistyped a word.

const editsMax = 2

/** The known word that is at most two edits away, and closer than the length of the word; else nothing. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known.map((candidate) => ({ candidate, edits: editsBetween(word, candidate) }))
  const best = ranked.sort((a, b) => a.edits - b.edits)[0]
  return best && best.edits <= Math.min(editsMax, word.length - 1) ? best.candidate : undefined
}

/** Levenshtein's distance, one row at a time. Words of very different length are not compared. */
function editsBetween(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > editsMax) return Infinity
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let at = 0; at < one.length; at += 1) row = nextRow(row, at, one[at], other)
  return row.at(-1) ?? Infinity
}

function nextRow(row: readonly number[], at: number, character: string | undefined, other: string): number[] {
  const next = [at + 1]
  for (let to = 0; to < other.length; to += 1) {
    const kept = (row[to] ?? 0) + (character === other[to] ? 0 : 1)
    next.push(Math.min(kept, (row[to + 1] ?? 0) + 1, (next[to] ?? 0) + 1))
  }
  return next
}
