// What an agent is given instead of values: lines of shell that fetch them where they are used.
import { Refusal, isSafeVariable, type Body } from '@sget/wire'
import { commandLine, type Programs } from './programs.ts'
import type { Shell } from './shells.ts'

/** The lines for one grant. A form that the grant does not allow is empty. */
export interface Lines {
  /** Fetches every value into an exported variable. */
  readonly script: string
  /** Forgets those variables. */
  readonly cleanup: string
  /** Begins a command line, up to `--`: the command that is added has the variables. */
  readonly run: string
}

/**
 * Writes the lines for a grant.
 *
 * @throws Refusal `bad-variable` when a name would be obeyed by a program, or stands twice
 */
export function lines(programs: Programs, shell: Shell, granted: Body<'granted'>): Lines {
  const names = granted.wanted.map((row) => row.variable)
  const unfit = names.find((name, index) => !isSafeVariable(name) || names.indexOf(name) !== index)
  if (unfit !== undefined) throw new Refusal('bad-variable', unfit)
  const exposures = granted.exposures.split(' ')
  const readable = exposures.includes('read')
  const sget = (words: readonly string[]): string => commandLine(programs, 'sget', words, shell.word)
  const assignments = granted.wanted.map(({ variable, ref }) => ({
    variable,
    command: sget(['--grant', granted.handle, ref]),
  }))
  return {
    script: readable ? shell.assign(assignments) : '',
    cleanup: readable ? shell.forget(names) : '',
    run: exposures.includes('run') ? sget(['run', '--grant', granted.handle, '--']) : '',
  }
}
