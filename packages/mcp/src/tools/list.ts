// list_secrets: what there is.
import { z } from 'zod'
import { allEntries, type EntryShape } from '../entries.ts'
import { matchesMax } from '../limits.ts'
import { readOnly, tool } from '../tool.ts'
import { found, listResult } from './found.ts'

/** The row of the table. */
export const listSecrets = tool({
  name: 'list_secrets',
  title: 'List the secrets',
  description: 'Lists secrets by path, with their fields and ages. Names only, no values.',
  input: z.strictObject({
    after: z
      .string()
      .max(600)
      .default('')
      .describe('Go on after this path, the last one of the list before.'),
  }),
  output: found,
  annotations: readOnly,
  tries: () => 'list the secrets',
  answer: async ({ daemon }, { after }) => {
    const entries: EntryShape[] = []
    for await (const entry of allEntries(daemon, after)) {
      entries.push(entry)
      if (entries.length > matchesMax) break
    }
    return listResult(entries)
  },
})
