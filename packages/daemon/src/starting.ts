// The start of the program, from its arguments to a daemon that serves, and the signals that end it.
import { closeSync, writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { parseArgs } from 'node:util'
import { instancePaths, isSocketPath, type Paths } from '@sget/wire/broker'
import { serve, type Conditions } from './daemon.ts'
import { prepareFolders, isSoonServed, takeInstance } from './instance.ts'
import { complain } from './log.ts'
import { unsafeSurroundings } from './surroundings.ts'

/** Ends the process. */
export type Exit = (code: number) => never

const options = {
  home: { type: 'string' },
  'ready-fd': { type: 'string' },
} as const

/**
 * Does what the command line says: serves until a signal ends it, or ends at once.
 *
 * @param conditions the machine's own, but for tests
 */
export async function start(conditions: Conditions, exit: Exit): Promise<void> {
  const { values } = parseArgs({ options, allowPositionals: false })
  const readyDescriptor = values['ready-fd'] === undefined ? undefined : Number(values['ready-fd'])
  const report = reporter(readyDescriptor)
  const inForeground = readyDescriptor === undefined
  process.umask(0o077)
  try {
    const paths = instancePaths(values.home === undefined ? homedir() : '', values.home)
    prepare(paths)
    if (await isJoining(paths, inForeground)) {
      report('ready')
      exit(0)
    }
    const daemon = await serve(paths, inForeground, conditions)
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.on(signal, () => void daemon.end(signal).then(() => exit(0)))
    for (const signal of ['SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const) process.on(signal, () => undefined)
    report('ready')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    complain(`cannot start: ${reason}`)
    report(`failed ${reason}`)
    exit(1)
  }
}

/** Tells the launcher, which waits at the other end of a pipe, how the start went. */
function reporter(descriptor: number | undefined): (line: string) => void {
  return (line) => {
    if (descriptor === undefined) return
    writeSync(descriptor, `${line}\n`)
    closeSync(descriptor)
  }
}

/** Throws where this process must not serve, or its folders are not as they should be. */
function prepare(paths: Paths): void {
  const unsafe = unsafeSurroundings()
  if (unsafe !== undefined) throw new Error(unsafe)
  if (!isSocketPath(paths.socket))
    throw new Error(`the path of its socket is longer than 107 bytes: ${paths.socket}`)
  const fault = prepareFolders(paths, process.getuid?.() ?? 0)
  if (fault !== undefined) throw new Error(fault)
}

/**
 * Takes the instance's lock. Returns true where another daemon has it and serves: whoever starts one detached wants that
 * one serves, and which of two that start at once it is does not matter.
 */
async function isJoining(paths: Paths, inForeground: boolean): Promise<boolean> {
  if (takeInstance(paths.lock)) return false
  if (inForeground) throw new Error('another sgetd serves this instance already')
  if (!(await isSoonServed(paths.socket))) throw new Error('another sgetd holds the lock and does not serve')
  return true
}
