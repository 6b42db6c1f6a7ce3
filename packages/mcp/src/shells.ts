// The shells that scripts are written for: one row a shell.
import { posixWord } from './quote.ts'

/** A variable, and the command whose output it is to hold. */
export interface Assignment {
  readonly variable: string
  readonly command: string
}

/** How one shell says what the scripts need. */
export interface Shell {
  /** A word that the shell takes literally. */
  readonly word: (text: string) => string
  /** Exports the variables in turn; at the first failure it stops, leaves that one unset, and its status is not 0. */
  readonly assign: (assignments: readonly Assignment[]) => string
  /** Forgets the variables. */
  readonly forget: (variables: readonly string[]) => string
}

/** Tracing would print each value, so it goes off first, and its own trace with it. */
const traceOff = '{ set +xv; } 2>/dev/null; '

/**
 * One and-or list, so that the next command follows with `&&`. Not `export X="$(…)"`: the status of that is the
 * status of `export`, and what follows would run without the value.
 */
const posix: Shell = {
  word: posixWord,
  assign: (assignments) =>
    traceOff +
    assignments
      .map(
        ({ variable: name, command }) =>
          `${name}="$(${command})" && export ${name} || { unset ${name}; false; }`,
      )
      .join(' &&\n'),
  forget: (variables) => `unset ${variables.join(' ')}`,
}

/** Every shell that an agent can ask for. */
export const shells = { bash: posix, zsh: posix, sh: posix } as const satisfies Record<string, Shell>

/** The name of a shell. */
export type ShellName = keyof typeof shells

/** The names, for a schema. */
export const shellNames = Object.keys(shells) as [ShellName, ...ShellName[]]
