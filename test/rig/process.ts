// Real processes for whole-system tests: started, fed, awaited, and ended by pid.
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { text } from 'node:stream/consumers'
import type { Readable, Writable } from 'node:stream'

/** How a process ended and what it printed. */
export interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** What a process is started with. */
export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  /** Standard input; closed at once when absent. */
  readonly input?: string | Buffer
  /** The user to run as, where the test itself runs as root. */
  readonly uid?: number | undefined
  /** A passphrase, handed over at descriptor 3. */
  readonly passphrase?: string
}

/** A plain environment, in which nothing of the machine's matters. */
export const plainEnvironment = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HOME: '/nonexistent',
  LANG: 'C.UTF-8',
}

/** Runs a program to its end. */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  const stdio: StdioOptions = [
    'pipe',
    'pipe',
    'pipe',
    ...(options.passphrase === undefined ? [] : (['pipe'] as const)),
  ]
  const child = spawn(program, args, {
    ...asUser(options.uid),
    env: options.env ?? plainEnvironment,
    cwd: options.cwd,
    stdio,
  })
  feed(child.stdin, options.input)
  if (options.passphrase !== undefined) feed(child.stdio[3] as Writable, options.passphrase)
  const [stdout, stderr, ended] = await Promise.all([
    collect(child.stdout),
    collect(child.stderr),
    end(child),
  ])
  return { ...ended, stdout, stderr }
}

/** What makes spawn run a program as another user, with that user's group alone. */
export function asUser(uid: number | undefined): { uid?: number; gid?: number } {
  return uid === undefined ? {} : { uid, gid: uid }
}

/** Waits until a child has ended. */
export function end(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
}

function feed(stream: Writable | null, bytes: string | Buffer | undefined): void {
  stream?.on('error', () => undefined)
  stream?.end(bytes)
}

function collect(stream: Readable | null): Promise<string> {
  return stream === null ? Promise.resolve('') : text(stream)
}
