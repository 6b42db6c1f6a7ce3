// What the tools return that find secrets.
import { z } from 'zod'
import { entryLine, entryShape, type EntryShape } from '../entries.ts'
import { matchesMax } from '../limits.ts'
import type { Result } from '../tool.ts'

/** Secrets, and whether there are more than these. */
export const found = z.object({
  secrets: z.array(entryShape),
  more: z.boolean().describe('Whether there are others that did not fit.'),
})

/** The first of the secrets. */
export function listResult(entries: readonly EntryShape[]): Result<z.input<typeof found>> {
  const secrets = entries.slice(0, matchesMax)
  const more = entries.length > matchesMax
  const rest = more ? ['… and more: narrow it down with search_secrets.'] : []
  const text = secrets.length === 0 ? 'No such secret.' : [...secrets.map(entryLine), ...rest].join('\n')
  return { structured: { secrets, more }, text }
}
