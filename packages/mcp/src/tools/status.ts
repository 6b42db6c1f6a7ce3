// secret_status: whether secrets can be had at all, and what to do when not.
import { Refusal, type Body } from '@sget/wire'
import { z } from 'zod'
import type { Daemon } from '../daemon.ts'
import { explain, nextStep } from '../explain.ts'
import { identityLine, identityOf, identityShape, nobody } from '../identity.ts'
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
  identity: identityShape,
  mounts: z
    .array(
      z.object({
        at: z.string().describe('How the paths of its secrets begin.'),
        kind: z.string(),
        state: z.string().describe('How the login there stands.'),
      }),
    )
    .describe('The vaults on the network; empty while the vault is locked.'),
})

type Output = z.input<typeof output>

/** The row of the table. */
export const secretStatus = tool({
  name: 'secret_status',
  title: 'Show whether secrets are available',
  description:
    'Says whether the secrets daemon runs and is unlocked, and if not, which command the human runs; and who is signed ' +
    'in to the vaults on the network, until when and how strongly.',
  input: z.strictObject({}),
  output,
  annotations: readOnly,
  tries: () => 'reach sgetd',
  answer: async ({ daemon, programs }) => {
    try {
      const state = await daemon.ask('status', {}, 'state')
      const structured = { ...reached(programs, state), ...(await logins(daemon)) }
      return { structured, text: describe(structured) }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const { failure, argument, message } = error
      const structured = { ...unreached, problem: message, next: nextStep(programs, failure, argument) }
      return { structured, text: explain(programs, 'reach sgetd', error) }
    }
  },
})

type Logins = Pick<Output, 'identity' | 'mounts'>

const noLogins: Logins = { identity: nobody, mounts: [] }

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
  ...noLogins,
}

/** Who is signed in, and where to. */
async function logins(daemon: Daemon): Promise<Logins> {
  const session = await ifTold(daemon.ask('session', {}, 'sessionState'))
  const listed = await ifTold(daemon.ask('mounts', {}, 'mountList'))
  return {
    identity: session === undefined ? nobody : identityOf(session),
    mounts: (listed?.mounts ?? []).map(({ at, kind, state }) => ({ at, kind, state })),
  }
}

/** While the vault is locked, sgetd knows neither config nor session. */
async function ifTold<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

function reached(programs: Programs, state: Body<'state'>): Omit<Output, keyof Logins> {
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
  const mounts = status.mounts.map(({ at, kind, state }) => `${at}/… is in a vault of kind ${kind}: ${state}`)
  return [lead, counts, ...drafts, identityLine(status.identity), ...mounts].filter(Boolean).join('\n')
}
