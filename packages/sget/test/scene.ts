// sget on a stage: a home of its own, a daemon that plays a script there, and what sget is expected to answer.
import { join, relative } from 'node:path'
import { failures, type FailureName } from '@sget/wire/broker'
import t, { type Test } from 'tap'
import { Broker, type Script } from './broker.ts'
import { build, builds, folder, run, type Outcome, type Start } from './program.ts'

/** An instance with a daemon of its own, and sget asking it. */
export interface Scene {
  readonly home: string
  readonly sget: string
  readonly ask: (args: readonly string[], start?: Start) => Promise<Outcome>
}

/** What is played with the programs of a build. */
export type Play = (t: Test, bin: string) => Promise<void>

/** The same test for the released and for the sanitized program. */
export function both(name: string, play: Play, skip: string | false = false): void {
  for (const bin of builds)
    void t.test(`${name} (${relative(build, bin)})`, { skip, buffered: true }, (t) => play(t, bin))
}

/** Where the daemon of a home listens. */
export const socketOf = (home: string) => join(home, 'state/run/socket')

/** Asks the sget of a build about a home. */
export function ask(bin: string, home: string): Scene['ask'] {
  return (args, start) => run(join(bin, 'sget'), ['--home', home, ...args], start)
}

/** Opens the curtain: a daemon that plays the script to whoever connects. */
export async function stage(t: Test, bin: string, script: Script): Promise<Scene> {
  const home = folder(t)
  const broker = await Broker.listen(socketOf(home), script)
  t.teardown(() => broker.close())
  return { home, sget: join(bin, 'sget'), ask: ask(bin, home) }
}

/** The outcome is that failure, told as the table has it. */
export function refused(t: Test, outcome: Outcome, failure: FailureName, argument = ''): void {
  const { text, hint, exit } = failures[failure]
  t.equal(outcome.stdout.length, 0, 'nothing on standard output')
  t.equal(outcome.code, exit, `exit status of ${failure}`)
  t.match(outcome.stderr, text.replace('{}', argument), 'what stopped it')
  t.match(outcome.stderr, `\n    ${hint.replace('{}', argument)}`, 'what to do next')
}
