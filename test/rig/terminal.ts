// Real terminals for whole-system tests, and on them a human: somebody whom login(1) let in.
import { join } from 'node:path'
import { plainEnvironment, run, type Outcome } from './process.ts'

/** What to wait for on the screen, and what to type then. */
export type Dialogue = readonly (readonly [waitFor: string, type: string])[]

/** Runs a program on a terminal of its own; `stdout` is all that the terminal showed. */
export function onTerminal(dialogue: Dialogue, argv: readonly string[], uid?: number): Promise<Outcome> {
  const player = join(import.meta.dirname, 'terminal.py')
  return run('/usr/bin/python3', [player, JSON.stringify(dialogue), ...argv], {
    env: { ...plainEnvironment, TERM: 'dumb' },
    uid,
  })
}

/** Logs a user in, as root can, types one line after the other at the shell's prompt, and logs out. */
export function atLogin(user: string, lines: Dialogue): Promise<Outcome> {
  return onTerminal([...lines, ['$ ', 'exit\n']], ['/bin/login', '-f', user])
}
