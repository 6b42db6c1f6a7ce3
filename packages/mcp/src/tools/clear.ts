// clear_secret_environment_variable: ends a handle that is no longer needed.
import { Refusal, type FailureName } from '@sget/wire'
import { z } from 'zod'
import type { Daemon } from '../daemon.ts'
import { tool } from '../tool.ts'

/** A handle that is over already is as good as cleared. */
const over: readonly FailureName[] = ['grant-spent', 'grant-expired', 'grant-revoked']

/** The row of the table. */
export const clearVariable = tool({
  name: 'clear_secret_environment_variable',
  title: 'Clear a handle',
  description:
    'Ends a handle from get_secret_environment_variable, used or not. Call it when the work with the secret is done. ' +
    'What it gave is then looked for, and the result says whether some of it was left behind. ' +
    'It cannot reach into your shells: one that stays open also needs the "cleanup" line.',
  input: z.strictObject({
    handle: z
      .string()
      .regex(/^[\w-]{1,200}$/)
      .describe('The handle, as it was returned.'),
  }),
  output: z.object({
    cleared: z.boolean().describe('true: the handle can do nothing any more.'),
    left: z
      .string()
      .describe('clean, left, partly, unchecked, unused, or recorded: only the human learns what was found.'),
    note: z.string(),
  }),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  tries: () => 'clear the handle',
  answer: async ({ daemon }, { handle }) => {
    const left = await clear(daemon, handle)
    const note = `${notes[left] ?? notes.recorded} A shell that stays open keeps its variables until it runs "cleanup".`
    return { structured: { cleared: true, left, note }, text: note }
  },
})

/** What an agent hears, by what the check came to. Where something was left only the human hears. */
const notes: Readonly<Record<string, string>> & { readonly recorded: string } = {
  clean: 'The handle is cleared; nothing of what it gave was found afterwards.',
  left: 'The handle is cleared. Some of what it gave was left behind: sgetctl grants shows the human where.',
  partly: 'The handle is cleared; nothing was found, but not everything could be looked at.',
  unchecked: 'The handle is cleared; what it gave could not be looked for.',
  unused: 'The handle is cleared; it gave nothing.',
  recorded: 'The handle is cleared, or was over already.',
}

/** Returns what the check came to. */
async function clear(daemon: Daemon, grant: string): Promise<string> {
  try {
    return (await daemon.ask('clear', { grant }, 'cleared')).outcome
  } catch (error) {
    if (error instanceof Refusal && over.includes(error.failure)) return 'recorded'
    throw error
  }
}
