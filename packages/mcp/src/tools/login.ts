// request_login: has the human sign in, before something needs it.
import { z } from 'zod'
import { identityLine, identityOf, identityShape, nobody } from '../identity.ts'
import { tool, type Result } from '../tool.ts'

const output = z.object({
  status: z
    .enum(['signed-in', 'waiting'])
    .describe('signed-in: somebody is. waiting: a human must act first; do what "next" says.'),
  identity: identityShape,
  next: z.string().describe('What to do now; empty when nothing is to be done.'),
})

/** The row of the table. */
export const requestLogin = tool({
  name: 'request_login',
  title: 'Ask the human to sign in',
  description:
    'Asks your human to sign in at their identity provider, so that secrets of vaults on the network can be used. ' +
    'Tools that need it ask by themselves; call this to have it done early. It answers at once: either your client ' +
    'has shown them the address, or "next" has it and you show it to them. Never open it yourself.',
  input: z.strictObject({}),
  output,
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  tries: () => 'ask the human to sign in',
  answer: async ({ daemon }) => {
    await daemon.ask('login', { device: false, again: false }, 'done')
    const identity = identityOf(await daemon.ask('session', {}, 'sessionState'))
    return result({ status: 'signed-in', identity, next: '' }, identityLine(identity))
  },
  untilSignedIn: {
    waits: false,
    answer: (next) => result({ status: 'waiting', identity: nobody, next }, next),
  },
})

function result(structured: z.input<typeof output>, text: string): Result<z.input<typeof output>> {
  return { structured, text }
}
