// What sgetd found left behind of what agents were given, and taking it out of history files.
import { Refusal, type Body } from '@sget/wire'
import { commandLine, type Context } from './context.ts'
import { withDaemon, type Session } from './session.ts'
import type { Answer } from './terminal.ts'
import { isoTime } from './time.ts'

/** What sgetd tells: the newest checks and the places where something is. */
export type Findings = Body<'findingList'>
type Left = Findings['left'][number]
type Trace = Body<'traces'>['traces'][number]

/** Asks for them. `prove`: with a proof, where sgetd would withhold them from whoever runs this. */
export function ask(session: Session, prove: boolean): Promise<Findings> {
  return session.ask('findings', { prove }, 'findingList')
}

/** The same, where nobody insists: an agent's process is told nothing, and that is no failure. */
export async function askIfTold(session: Session): Promise<Findings> {
  try {
    return await ask(session, false)
  } catch (error) {
    if (error instanceof Refusal) return { withheld: true, checks: [], left: [] }
    throw error
  }
}

/** Lines for people: each place where something was left, and what to do about it. */
export function lines(context: Context, { withheld, checks, left }: Findings): string[] {
  if (withheld)
    return [`what was left behind is told to you in a terminal of your own, or: ${seeing(context)}`]
  const unsure = checks.filter(({ outcome }) => outcome === 'partly' || outcome === 'unchecked').length
  return [
    ...left.map((found) => `left by ${found.grant}: ${found.ref} in ${placeOf(found)}`),
    ...(left.some(({ kind }) => kind === 'history')
      ? [`    to take it out of history files: ${commandLine(context, 'sgetctl', 'scrub GRANT')}`]
      : []),
    ...(unsure > 0 ? [`${unsure} of ${checks.length} checks could not look at everything`] : []),
  ]
}

/** One line for `status`, or none where nobody is to know or there is nothing. */
export function line(context: Context, { checks }: Findings): string[] {
  const grants = checks.filter(({ outcome }) => outcome === 'left').length
  return grants === 0
    ? []
    : [`left behind        by ${grants} of ${checks.length} checked: ${seeing(context)}`]
}

/** The same for programs. */
export function shape({ withheld, checks, left }: Findings): object {
  return { withheld, checks: checks.map(({ time, ...rest }) => ({ ...rest, time: isoTime(time) })), left }
}

/** Takes what a grant gave out of history files, after asking on the terminal. */
export async function scrub(context: Context, grant: string, agreed: boolean): Promise<Answer> {
  return withDaemon(context, async (session) => {
    const paths = agreed ? [{ path: everywhere }] : await agree(context, session, grant)
    const { traces } = await session.ask('scrub', { grant, paths }, 'traces', searchMs)
    return {
      json: { grant, files: traces },
      lines: [...traces.map(scrubbedLine), ...advice],
      status: traces.every(({ state }) => state === 'scrubbed') ? 0 : 1,
    }
  })
}

/** How long sgetd may take for all of it. */
const searchMs = 120_000

/** In place of a path: each history file that holds it. */
const everywhere = ''

const advice = [
  'a shell that runs still has its lines in memory, and writes them when it ends: end it, or in it: history -c',
  'the copies hold the value: delete them when you have seen that nothing else was lost',
]

/** Shows where it is and asks. Returns the paths that were shown, so that nothing else is changed. */
async function agree({ terminal }: Context, session: Session, grant: string): Promise<{ path: string }[]> {
  const { traces } = await session.ask('scrub', { grant, paths: [] }, 'traces', searchMs)
  for (const { path, count } of traces) terminal.tell(`${path}: ${times(count)}`)
  const answer = await terminal.ask('put [sget:REF] in its place there, after a copy? [y/N] ')
  if (answer === undefined) throw new Refusal('usage', 'there is no terminal to ask on: --yes')
  if (!/^y(es)?$/i.test(answer)) throw new Refusal('approval-denied')
  return traces.map(({ path }) => ({ path }))
}

/** Words for what sgetd says came of a file. */
const states: Readonly<Record<string, string>> = {
  scrubbed: 'scrubbed',
  clean: 'it is not there any more',
  changed: 'left as it was: it changed meanwhile; try again',
  link: 'left as it was: it is a link, or has another name beside this one',
  'backup-exists': 'left as it was: there is a copy of an earlier time; move that away',
  unwritable: 'left as it was: it could not be written',
  'no-history': 'left as it was: it is no history file that sget knows',
}

function scrubbedLine({ path, state, count }: Trace): string {
  if (state !== 'scrubbed') return `${path}: ${states[state] ?? state}`
  return `${path}: scrubbed ${times(count)}; the copy is ${path}.sget-backup`
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

function placeOf({ kind, place, pid }: Left): string {
  return pid === 0
    ? `${kind === 'file' ? 'the file' : `a ${kind}`} ${place}`
    : `the ${kind} of process ${pid}, ${place}`
}

function seeing(context: Context): string {
  return commandLine(context, 'sgetctl', 'grants --left')
}
