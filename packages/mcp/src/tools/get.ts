// get_secret_environment_variable: a handle, and the lines of shell that use it.
import type { ServerContext } from '@modelcontextprotocol/server'
import { level, type Body } from '@sget/wire'
import { z } from 'zod'
import { askHuman } from '../explain.ts'
import { commandLine, type Programs } from '../programs.ts'
import { referenceOf } from '../reference.ts'
import { lines, type Lines } from '../script.ts'
import type { Session } from '../session.ts'
import { shellNames, shells } from '../shells.ts'
import { isoTime } from '../time.ts'
import { tool, type Result } from '../tool.ts'
import { contradiction, fieldTexts, reasonText, refText, variableTexts, wantedRows } from '../wanted.ts'

const input = z
  .strictObject({
    path: refText.describe(
      'The secret: PATH, or PATH#FIELD for one field of it. list_secrets shows the paths.',
    ),
    shell: z.enum(shellNames).default('bash').describe('The shell that will run the script.'),
    fields: fieldTexts
      .optional()
      .describe(
        'The fields wanted, when one is not enough or the secret has several: ["username", "password"].',
      ),
    variables: variableTexts
      .optional()
      .describe(
        'Names for the variables, one for each of "fields" in the same order (one name when "fields" is left out); ' +
          '"" means the derived name (db/prod#password: DB_PROD_PASSWORD). Choose what the program reads: PGPASSWORD.',
      ),
    reason: reasonText
      .default('')
      .describe('What it is for, in one line of at most 500 bytes. A human may have to decide by it.'),
  })
  .superRefine((request, context) => {
    const message = contradiction(request)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })

const output = z.object({
  status: z
    .enum(['granted', 'waiting'])
    .describe('granted: use "run" or "script" now. waiting: a human must act first; do what "next" says.'),
  run: z
    .string()
    .describe(
      'Put your command after it: it starts that one command with the variables in its environment. ' +
        'Empty while waiting, or when the policy forbids this form.',
    ),
  script: z
    .string()
    .describe(
      'Sets and exports the variables in the shell that runs it; append " && YOUR_COMMAND" in the same shell call. ' +
        'Its status is not 0 when a variable could not be set. Empty while waiting, or when the policy forbids this form.',
    ),
  cleanup: z.string().describe('Unsets the variables in a shell that stays open. Empty where "script" is.'),
  variables: z.array(z.string()).describe('The names of the variables.'),
  references: z
    .array(z.string())
    .describe('What names the same values in an env file of "sget run --env-file FILE": sget://PATH#FIELD.'),
  handle: z
    .string()
    .describe('The single-use handle in the lines above. It is worth nothing outside this agent.'),
  expiresAt: z.string().describe('When the handle ends, ISO 8601.'),
  next: z.string().describe('What to do now.'),
})

type Output = z.input<typeof output>

/** The row of the table. */
export const getVariable = tool({
  name: 'get_secret_environment_variable',
  title: 'Get a secret as an environment variable',
  description:
    'Use a secret without seeing it. Returns no value: it returns a line of shell with a single-use handle, which gives ' +
    'the value to the command that needs it. Run that line and the command in ONE shell call. Never print the variable, ' +
    'put it into the arguments of a command or write it to a file.',
  input,
  output,
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  tries: ({ path }) => `get ${path}`,
  answer: async (session, request, context) => {
    const wanted = wantedRows(request)
    const caller = { signal: context.mcpReq.signal, onWaiting: progress(session, context) }
    const answer = await session.asking.ask({ reason: request.reason, shell: request.shell, wanted }, caller)
    if ('waiting' in answer) return waitingResult(session.programs, answer.waiting)
    const { granted } = answer
    return grantedResult(granted, lines(session.programs, shells[request.shell], granted))
  },
  untilSignedIn: { waits: true, answer: (next) => ({ structured: { ...unanswered, next }, text: next }) },
})

function grantedResult(granted: Body<'granted'>, made: Lines): Result<Output> {
  const variables = granted.wanted.map((row) => row.variable)
  const expiresAt = isoTime(granted.expires)
  const next = `Use one of the lines once, in ONE shell call, before ${expiresAt}. ${uses(made)}`
  const structured = {
    status: 'granted' as const,
    run: made.run,
    script: made.script,
    cleanup: made.cleanup,
    variables,
    references: granted.wanted.map(({ ref }) => referenceOf(ref)),
    handle: granted.handle,
    expiresAt,
    next,
  }
  const text = [
    `${variables.join(', ')}: granted.`,
    next,
    ...(made.run === '' ? [] : [`run:\n${made.run} YOUR_COMMAND`]),
    ...(made.script === '' ? [] : [`script:\n${made.script} && YOUR_COMMAND`, `cleanup:\n${made.cleanup}`]),
    `handle: ${granted.handle}`,
    `in an env file: ${structured.references.join(', ')}`,
  ]
  return { structured, text: text.join('\n\n') }
}

/** How to use what the policy allows. */
function uses({ run, script }: Lines): string {
  const running =
    'After "run", put the command; the variables exist in that command only, so where the command line itself must ' +
    "name one, wrap it: run … -- sh -c '…'."
  const scripting =
    'Or append " && YOUR_COMMAND" to "script"; in a shell that stays open, end with "cleanup".'
  if (script === '') return `The policy gives this secret to "run" only. ${running}`
  if (run === '') return `The policy gives this secret to "script" only. ${scripting}`
  return `Prefer "run". ${running} ${scripting}`
}

/** Nothing yet. */
const unanswered = {
  status: 'waiting' as const,
  run: '',
  script: '',
  cleanup: '',
  variables: [],
  references: [],
  handle: '',
  expiresAt: '',
}

function waitingResult(programs: Programs, waiting: Body<'waiting'>): Result<Output> {
  const next = `${askHuman}${humanCommand(programs, waiting)}\nThen call this tool again with the same arguments: the request stays open.`
  const structured = { ...unanswered, next }
  return { structured, text: `Waiting for a human: ${waiting.summary}\n${next}` }
}

function humanCommand(programs: Programs, { level: wanted, request }: Body<'waiting'>): string {
  return wanted === level.ack
    ? commandLine(programs, 'sgetctl', ['approve', request])
    : commandLine(programs, 'sget', ['prove', request])
}

/** Sends a sign of life each time it is called, where the client gave a token for it. */
function progress(
  { programs, limits }: Session,
  { mcpReq }: ServerContext,
): (waiting: Body<'waiting'>) => void {
  const progressToken = mcpReq._meta?.progressToken
  if (progressToken === undefined) return () => undefined
  let told = 0
  return (waiting) => {
    const message = `${askHuman}${humanCommand(programs, waiting)}`
    const params = {
      progressToken,
      progress: ++told,
      total: Math.ceil(limits.humanMs / limits.progressMs) + 1,
      message,
    }
    // A client that went away hears nothing; its call is cancelled by then.
    mcpReq.notify({ method: 'notifications/progress', params }).catch(() => undefined)
  }
}
