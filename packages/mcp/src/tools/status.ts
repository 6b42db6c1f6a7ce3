// secret_status: whether secrets can be had at all, and what to do when not.
import { Refusal, type Body } from '@sget/wire'
import { z } from 'zod'
import { explain, nextStep } from '../explain.ts'
import type { Programs } from '../programs.ts'
import { isoTime } from '../time.ts'
import { readOnly, tool } from '../tool.ts'

const count = z.int().nonnegative()

const output = z.object({
  ready: z.boolean().describe('Whether secrets can be asked for now.'),
  problem: z.string().describe('What stands in the way; empty when nothing does.'),
  next: z.string().describe('What to do about it; empty when nothing is to be done.'),
  program: z.string().describe('The daemon and its version; empty when it cannot be reached.'),
  vault: z.boolean().describe('Whether there is a vault.'),
  locked: z.boolean(),
  unlockedAt: z.string().describe('ISO 8601; empty while locked.'),
  locksAfterSeconds: count.describe('Idle seconds until it locks by itself.'),
  secrets: count.describe('How many secrets there are.'),
  liveHandles: count.describe('Handles that can still be used.'),
  waiting: count.describe('Requests that wait for a human.'),
  attested: z.boolean().describe('Whether the daemon can tell that a client is the genuine sget.'),
  drafts: z
    .array(z.object({ name: z.string(), generation: count, state: z.string() }))
    .describe('policy and config: the generation in force, and whether the draft on disk is the same.'),
})

type Output = z.input<typeof output>

/** The row of the table. */
export const secretStatus = tool({
  name: 'secret_status',
  title: 'Show whether secrets are available',
  description:
    'Says whether the secrets daemon runs and is unlocked, and if not, which command the human runs.',
  input: z.strictObject({}),
  output,
  annotations: readOnly,
  tries: () => 'reach sgetd',
  answer: async ({ daemon, programs }) => {
    try {
      const structured = reached(programs, await daemon.ask('status', {}, 'state'))
      return { structured, text: describe(structured) }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const { failure, argument, message } = error
      const structured = { ...unreached, problem: message, next: nextStep(programs, failure, argument) }
      return { structured, text: explain(programs, 'reach sgetd', error) }
    }
  },
})

const unreached: Output = {
  ready: false,
  problem: '',
  next: '',
  program: '',
  vault: false,
  locked: true,
  unlockedAt: '',
  locksAfterSeconds: 0,
  secrets: 0,
  liveHandles: 0,
  waiting: 0,
  attested: false,
  drafts: [],
}

function reached(programs: Programs, state: Body<'state'>): Output {
  const failure = !state.vault ? 'no-vault' : state.locked ? 'locked' : undefined
  return {
    ready: failure === undefined,
    problem: failure === undefined ? '' : new Refusal(failure).message,
    next: failure === undefined ? '' : nextStep(programs, failure, ''),
    program: state.program,
    vault: state.vault,
    locked: state.locked,
    unlockedAt: isoTime(state.unlocked),
    locksAfterSeconds: state.locksAfterSeconds,
    secrets: state.secrets,
    liveHandles: state.liveGrants,
    waiting: state.waiting,
    attested: state.attested,
    drafts: state.drafts.map(({ name, generation, draft }) => ({ name, generation, state: draft })),
  }
}

function describe(status: Output): string {
  const counts = `${status.secrets} secrets, ${status.liveHandles} live handles, ${status.waiting} waiting for a human`
  const drafts = status.drafts.map(
    ({ name, generation, state }) => `${name}: generation ${generation} in force, draft ${state}`,
  )
  const lead = status.ready ? `Ready (${status.program}).` : `Not ready: ${status.problem}.\n${status.next}`
  return [lead, counts, ...drafts].join('\n')
}
