// search_secrets: names by words.
import { z } from 'zod'
import { allEntries, type EntryShape } from '../entries.ts'
import { matchesMax } from '../limits.ts'
import { readOnly, tool } from '../tool.ts'
import { found, listResult } from './found.ts'

/** The row of the table. */
export const searchSecrets = tool({
  name: 'search_secrets',
  title: 'Search for secrets by name',
  description:
    'Finds secrets whose path or fields hold all the words of the query, in any case. Names only, no values.',
  input: z.strictObject({
    query: z
      .string()
      .min(1)
      .max(200)
      .describe('One or more words, such as "prod db". A part of a word is enough.'),
  }),
  output: found,
  annotations: readOnly,
  tries: ({ query }) => `search for "${query}"`,
  answer: async ({ daemon }, { query }) => {
    const words = query
      .toLowerCase()
      .split(/[\s*]+/)
      .filter((word) => word !== '')
    const matches: EntryShape[] = []
    for await (const entry of allEntries(daemon)) {
      if (matches.length > matchesMax) break
      if (holdsAll(entry, words)) matches.push(entry)
    }
    return listResult(matches)
  },
})

function holdsAll({ path, fields }: EntryShape, words: readonly string[]): boolean {
  const name = [path, ...fields].join('\n').toLowerCase()
  return words.every((word) => name.includes(word))
}
