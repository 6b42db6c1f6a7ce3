// The names of secrets, which come from sgetd in pages.
import type { Body } from '@sget/wire'
import { z } from 'zod'
import type { Daemon } from './daemon.ts'
import { pagesMax } from './limits.ts'
import { referenceTo } from './reference.ts'
import { isoTime } from './time.ts'

type Entry = Body<'entries'>['entries'][number]

/** A secret without its values. */
export const entryShape = z.object({
  path: z.string(),
  fields: z.array(z.string()),
  references: z.array(z.string()).describe('What names each field in an env file: sget://PATH#FIELD.'),
  createdAt: z.string().describe('ISO 8601'),
  changedAt: z.string().describe('ISO 8601'),
})

/** A secret without its values, as a result holds it. */
export type EntryShape = z.input<typeof entryShape>

/** Secrets of all pages, in the order of their paths, from the one that follows `start`. */
export async function* allEntries(daemon: Daemon, start = ''): AsyncGenerator<EntryShape> {
  let after = start
  for (let page = 0; page < pagesMax; page++) {
    const { entries, more } = await daemon.ask('list', { pattern: '', after }, 'entries')
    yield* entries.map(shape)
    after = entries.at(-1)?.path ?? ''
    if (!more || after === '') return
  }
}

/** One line of text for a secret. */
export function entryLine({ path, fields, changedAt }: EntryShape): string {
  return `${path} (${fields.join(', ')}), changed ${changedAt}`
}

function shape({ path, fields, created, changed }: Entry): EntryShape {
  const names = fields.split('\n').filter((name) => name !== '')
  return {
    path,
    fields: names,
    references: names.map((field) => referenceTo({ path, field })),
    createdAt: isoTime(created),
    changedAt: isoTime(changed),
  }
}
