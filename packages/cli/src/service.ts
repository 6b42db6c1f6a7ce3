// `sgetctl service …`: the login agent, with which a locked sgetd is there whenever somebody asks.
import { setTimeout } from 'node:timers/promises'
import { Refusal } from '@sget/wire'
import { found, removeFile, write, type Found } from './agent-files.ts'
import { commandLine, type Context } from './context.ts'
import { loginAgent, type AgentState, type LoginAgent } from './login-agent.ts'
import { lastLines } from './log-file.ts'
import { withStartedDaemon } from './starting.ts'
import type { Answer } from './terminal.ts'

/** Lines of the log that `logs` prints. */
export const linesUsual = 50
export const linesMax = 10_000

/** How long a daemon may take to end, and how often that is looked at. */
const endMs = 15_000
const lookMs = 20

/** Writes what is missing or different, and has the service manager listen in place of the daemon that runs. */
export async function install(context: Context): Promise<Answer> {
  const agent = ownAgent(context)
  const before = agent.files.map(found)
  if (before.every((state) => state === 'same') && isReady(await agent.state()))
    return answer(context, agent, ['it is installed as it should be: nothing was changed'])
  const daemon = await permitted(context)
  await agent.end()
  for (const file of agent.files) write(file)
  await endDaemon(daemon.pid)
  await agent.begin()
  return answer(context, agent, [
    ...agent.files.map(({ path }) => `wrote ${path}`),
    'from each login on a locked sgetd starts when it is first needed, without a question',
    ...(daemon.locked ? [] : ['the sgetd that ran has ended, and the vault is locked with it']),
    `next: ${commandLine(context, 'sget', 'unlock')}`,
  ])
}

/** Takes away what `install` has written. It only takes away, so nobody is asked: it works with a daemon that does not. */
export async function remove(context: Context): Promise<Answer> {
  const agent = ownAgent(context)
  const there = agent.files.filter((file) => found(file) !== 'missing')
  await agent.end()
  for (const file of there) removeFile(file)
  await agent.forget()
  const none = ['there is none: nothing was changed']
  return answer(context, agent, there.length === 0 ? none : there.map(({ path }) => `removed ${path}`))
}

/** How the login agent does. That there is none is an answer, not a failure. */
export function status(context: Context): Promise<Answer> {
  return answer(context, ownAgent(context), [])
}

/** The end of the log, into which also goes why the service manager could not start sgetd. */
export function logs({ paths }: Context, lines: number): Promise<Answer> {
  const last = lastLines(paths.log, lines)
  return Promise.resolve({
    json: { log: paths.log, lines: last },
    lines: last.length === 0 ? [`nothing yet in ${paths.log}`] : last,
  })
}

function ownAgent(context: Context): LoginAgent {
  const { home, uid } = context
  if (uid === 0) throw new Refusal('service-unsupported', 'root has no login at which it would begin')
  if (home !== undefined)
    throw new Refusal('service-unsupported', `it is for your own instance, not for --home ${home}`)
  return loginAgent(context)
}

const isReady = ({ enabled, listens }: AgentState): boolean => enabled && listens

interface Running {
  readonly pid: number
  readonly locked: boolean
}

/** Has sgetd ask for the proof that whoever is no human in a terminal of their own has to give. */
function permitted(context: Context): Promise<Running> {
  return withStartedDaemon(context, async (session) => {
    await session.ask('install', { what: 'service' }, 'done')
    return session.ask('status', {}, 'state')
  })
}

/** Waits until the process is gone, and its lock with it. */
async function endDaemon(pid: number): Promise<void> {
  const deadline = performance.now() + endMs
  for (let signal: NodeJS.Signals | 0 = 'SIGTERM'; isSent(pid, signal); signal = 0) {
    if (performance.now() > deadline)
      throw new Refusal('service-failed', `the sgetd that runs, pid ${pid}, does not end`)
    await setTimeout(lookMs)
  }
}

/** Whether there is such a process. */
function isSent(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

async function answer(context: Context, agent: LoginAgent, done: readonly string[]): Promise<Answer> {
  const files = agent.files.map((file) => ({ path: file.path, state: found(file) }))
  const state = await agent.state()
  const isInstalled = files.every((file) => file.state !== 'missing')
  const { words, ...facts } = state
  return {
    json: { installed: isInstalled, ...facts, manager: words, files, log: context.paths.log },
    lines: [
      ...done,
      `login agent        ${agentWords(context, isInstalled, state)}`,
      `sgetd              ${state.pid === 0 ? 'not running under it' : `running under it: pid ${state.pid}`}`,
      `service manager    ${words}`,
      ...files.map(({ path, state: kept }) => `file               ${path}${fileWords[kept]}`),
      ...state.changedBy.map((path) => `CHANGED BY         ${path}`),
      `log                ${context.paths.log}`,
    ],
  }
}

const fileWords: Readonly<Record<Found, string>> = {
  missing: ', not there',
  same: '',
  other: ', not as this sgetctl writes it: sgetctl service install',
}

function agentWords(context: Context, isInstalled: boolean, state: AgentState): string {
  if (!isInstalled) return `not installed: ${commandLine(context, 'sgetctl', 'service install')}`
  if (isReady(state)) return 'installed, and listening'
  const wrong = state.listens ? 'does not listen from the next login on' : 'does not listen'
  return `installed, but it ${wrong}: ${commandLine(context, 'sgetctl', 'service install')}`
}
