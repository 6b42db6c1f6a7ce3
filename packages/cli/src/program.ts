// One run: the command line in, an answer or an explained failure out.
import { fstatSync } from 'node:fs'
import { resolve } from 'node:path'
import { instancePaths, Refusal } from '@sget/wire'
import type { Screen } from './browser.ts'
import { readCommandLine, type GlobalOptions } from './command-line.ts'
import type { Context } from './context.ts'
import { explain } from './failure.ts'
import { Ended } from './handover.ts'
import { openTerminal, type Answer, type Terminal } from './terminal.ts'

/** What is not told on the command line. */
export interface Surroundings {
  /** From the user's line in the password database. */
  readonly userHome: string
  readonly uid: number
  /** The path of the program `sget`. */
  readonly sget: string
  readonly version: string
  readonly screen: Screen
}

/** What messages say of a run that failed before, or while, its command was known. */
interface Progress {
  tried?: string
  home?: string
}

/**
 * Runs one command.
 *
 * @param words the command line without the program's name
 * @returns the exit status
 */
export async function run(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const json = wantsJson(words)
  const terminal = openTerminal(json)
  const progress: Progress = {}
  try {
    const answer = await attempt(words, { surroundings, terminal, json, progress })
    await terminal.answer(answer)
    return answer.status ?? 0
  } catch (error) {
    const told = error instanceof Ended ? childEnded(error) : explain(error, progress.tried, progress.home)
    terminal.complain(told.lines)
    if (json) await terminal.answer(told)
    return told.status
  }
}

interface Attempt {
  readonly surroundings: Surroundings
  readonly terminal: Terminal
  readonly json: boolean
  readonly progress: Progress
}

async function attempt(words: readonly string[], { progress, ...run }: Attempt): Promise<Answer> {
  const { task, options } = await readCommandLine(words, run.surroundings.version)
  if ('help' in task) return { json: task, lines: task.help }
  progress.tried = task.row.tried(task.typed)
  const context = contextOf(options, run)
  if (context.home !== undefined) progress.home = context.home
  return task.row.run(context, task.typed)
}

function contextOf(
  options: GlobalOptions,
  { surroundings, terminal, json }: Omit<Attempt, 'progress'>,
): Context {
  const { userHome, ...rest } = surroundings
  if (options.home === '') throw new Refusal('usage', '--home names no folder')
  const home = options.home === undefined ? undefined : resolve(options.home)
  const passphraseFd = options.passphraseFd === undefined ? undefined : descriptor(options.passphraseFd)
  return { ...rest, paths: instancePaths(userHome, home), home, passphraseFd, json, terminal }
}

/** Looked for before the options are read, so that what is wrong with them is told in JSON too. */
function wantsJson(words: readonly string[]): boolean {
  const end = words.indexOf('--')
  return words.slice(0, end < 0 ? words.length : end).includes('--json')
}

function descriptor(text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : -1
  try {
    if (number >= 0 && fstatSync(number).isDirectory()) throw new Error('a folder')
  } catch {
    throw new Refusal('usage', `--passphrase-fd ${text} is not an open descriptor`)
  }
  if (number < 0) throw new Refusal('usage', `--passphrase-fd wants a number, not ${text}`)
  return number
}

/** sget has said what was wrong. */
function childEnded({ status }: Ended): Answer & { readonly status: number } {
  return { json: { failure: 'sget', status }, lines: [], status }
}
