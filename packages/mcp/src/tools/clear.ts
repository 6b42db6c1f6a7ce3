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
    'It cannot reach into your shells: one that stays open also needs the "cleanup" line.',
  input: z.strictObject({
    handle: z
      .string()
      .regex(/^[\w-]{1,200}$/)
      .describe('The handle, as it was returned.'),
  }),
  output: z.object({
    cleared: z.boolean().describe('true: the handle can do nothing any more.'),
    note: z.string(),
  }),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  tries: () => 'clear the handle',
  answer: async ({ daemon }, { handle }) => {
    const note = `${await clear(daemon, handle)} A shell that stays open keeps its variables until it runs "cleanup".`
    return { structured: { cleared: true, note }, text: note }
  },
})

async function clear(daemon: Daemon, grant: string): Promise<string> {
  try {
    await daemon.ask('clear', { grant }, 'done')
    return 'The handle is cleared.'
  } catch (error) {
    if (error instanceof Refusal && over.includes(error.failure)) return 'The handle was over already.'
    throw error
  }
}
