// Runs the program with which a service manager is told what to do.
import { execFile } from 'node:child_process'
import { Refusal } from '@sget/wire'

/** How long a service manager may take: it waits until what it stops has ended. */
const commandMs = 60_000

/** How much of what it says is read. */
const outputBytesMax = 256 * 1024

/** How such a program ended, and what it said. */
export interface Told {
  readonly isDone: boolean
  readonly output: string
}

/** Runs it to its end, with an environment of its own. What it says of a failure is in the output. */
export function tell(program: string, words: readonly string[], environment: object): Promise<Told> {
  const env = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', ...environment }
  return new Promise((resolve) => {
    execFile(
      program,
      words,
      { env, timeout: commandMs, maxBuffer: outputBytesMax },
      (error, said, faults) => {
        resolve({ isDone: error === null, output: error === null ? said : faults || said || error.message })
      },
    )
  })
}

/** The same of what has to succeed. Throws the Refusal `service-failed` with the first line that it said. */
export async function demand(program: string, words: readonly string[], environment: object): Promise<void> {
  const { isDone, output } = await tell(program, words, environment)
  if (isDone) return
  const [line = ''] = output.trim().split('\n')
  throw new Refusal('service-failed', `${program} ${words.join(' ')}: ${line}`)
}
