// What every command works with: which instance is meant, how to reach it, and where words go.
import type { Paths } from '@sget/wire'
import type { Screen } from './browser.ts'
import type { Terminal } from './terminal.ts'

/** The circumstances of one run. */
export interface Context {
  readonly paths: Paths
  /** The folder given with `--home`, absolute; undefined for the user's own instance. */
  readonly home: string | undefined
  /** The only user whose files and daemon are trusted: the caller. */
  readonly uid: number
  readonly version: string
  /** The path of the program through which values and passphrases pass. */
  readonly sget: string
  /** A descriptor that holds a passphrase, for whoever has no terminal; it is handed to sget unread. */
  readonly passphraseFd: number | undefined
  /** Whether standard output holds one JSON document. */
  readonly json: boolean
  readonly terminal: Terminal
  readonly screen: Screen
}

/** A command line that a human can type, with the instance that is meant: `sgetctl --home /x pending`. */
export function commandLine({ home }: Context, program: 'sget' | 'sgetctl', words: string): string {
  return home === undefined ? `${program} ${words}` : `${program} --home ${quoted(home)} ${words}`
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
