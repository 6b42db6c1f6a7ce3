// The command lines of our own programs, whole, so that they run from anywhere and reach this instance.
import { posixWord } from './quote.ts'

/** Where the programs lie and which instance they are to talk to. */
export interface Programs {
  /** The folder of `sget` and `sgetctl`, absolute. */
  readonly folder: string
  /** What was given with `--home`, absolute; undefined for the user's own instance. */
  readonly home: string | undefined
}

/** A command line for one of our programs, every word quoted for the shell that will read it. */
export function commandLine(
  programs: Programs,
  program: 'sget' | 'sgetctl',
  words: readonly string[],
  word: (text: string) => string = posixWord,
): string {
  const home = programs.home === undefined ? [] : ['--home', programs.home]
  return [`${programs.folder}/${program}`, ...home, ...words].map(word).join(' ')
}

/** A text in which our commands, `sget unlock` for one, stand as command lines that work. */
export function spellOut(programs: Programs, text: string): string {
  return text.replace(ourCommand, (_, program: 'sget' | 'sgetctl') => commandLine(programs, program, []))
}

const ourCommand =
  /\b(sget|sgetctl)(?= (?:--[a-z]|[A-Z]{2}|approve\b|config\b|grants\b|init\b|lock\b|login\b|logout\b|ls\b|mount\b|pending\b|prove\b|put\b|reset\b|rm\b|run\b|service\b|show\b|status\b|unlock\b|vault\b))/g
