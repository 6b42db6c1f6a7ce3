// The command that values are to go to: as rules judge it, and as a human and the audit log are told of it.
import { basename, dirname } from 'node:path'
import { namedPrograms, printable, type CommandLine, type Rule } from '@sget/policy'
import type { Body } from '@sget/wire/broker'
import { clip } from './clip.ts'
import { isRootsAlone } from './trust.ts'

/** Of a command line a question shows so much, so that the names of the secrets are seen as well. */
const shownBytesMax = 200

/** Where a program is known by its name alone. */
const systemFolders: readonly string[] = ['/usr/bin', '/bin', '/usr/sbin', '/sbin']

/** What a `run` says of its command. Whose the file is, is looked at only where a rule names it: others may lie anywhere. */
export function commandLine({ program, words }: Body<'run'>, rules: readonly Rule[]): CommandLine {
  return {
    program,
    trusted: namedPrograms(rules).has(program) && isRootsAlone(program),
    words: words.map(({ word }) => word),
  }
}

/** For the human who is asked: the program, whatever name it was called by, and its arguments, safe to print. */
export function shownCommand({ program, words }: CommandLine): string {
  const name = systemFolders.includes(dirname(program)) ? basename(program) : program
  const rest = words.length === 0 ? ['(arguments too long to be shown)'] : words.slice(1).map(shownWord)
  return clip(printable([shownWord(name), ...rest].join(' ')), shownBytesMax)
}

/** For the audit log: no folder, which may be named after anything. */
export function commandName({ program }: CommandLine): string {
  return basename(program)
}

/** In quotes where it would not be seen as one word. */
function shownWord(word: string): string {
  return /^[A-Za-z0-9_/.:@,+=%-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
