// The start of the program, from its arguments to a daemon that serves, and the signals that end it.
import { closeSync, writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { parseArgs } from 'node:util'
import { instancePaths, isSocketPath, type Paths } from '@sget/wire/broker'
import { activatedSocket } from './activation.ts'
import { serve, type Conditions } from './daemon.ts'
import { isServed, isSoonServed, prepareFolders, takeInstance } from './instance.ts'
import { complain } from './log.ts'
import { unsafeSurroundings } from './surroundings.ts'

/** Ends the process. */
export type Exit = (code: number) => never

const options = {
  home: { type: 'string' },
  'ready-fd': { type: 'string' },
  check: { type: 'boolean' },
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
  const isDetached = readyDescriptor !== undefined
  process.umask(0o077)
  try {
    const paths = instancePaths(values.home === undefined ? homedir() : '', values.home)
    prepare(paths)
    const descriptor = handedOver(paths)
    if (await isJoining(paths, { isDetached, isActivated: descriptor !== undefined })) {
      report('ready')
      exit(0)
    }
    // Asked by a service manager before it makes the socket, which would take the place of a running daemon's.
    if (values.check === true) exit(0)
    const inForeground = !isDetached && descriptor === undefined
    const daemon = await serve(paths, { inForeground, descriptor }, conditions)
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

/** The socket that a service manager handed over, if one did. Throws where it is not the one that we would have made. */
function handedOver(paths: Paths): number | undefined {
  const socket = activatedSocket(paths.socket, process.getuid?.() ?? 0)
  if (socket !== undefined && 'fault' in socket) throw new Error(socket.fault)
  return socket?.descriptor
}

/** How a daemon is started. */
interface Way {
  readonly isDetached: boolean
  readonly isActivated: boolean
}

/**
 * Takes the instance's lock. Returns true where another daemon has it and serves: whoever starts one detached wants that
 * one serves, and which of two that start at once it is does not matter.
 */
async function isJoining(paths: Paths, { isDetached, isActivated }: Way): Promise<boolean> {
  // That somebody listens tells that somebody serves or, a service manager, will: its socket is not to be taken away.
  const isTaken = !isActivated && (await isServed(paths.socket))
  if (!isTaken && takeInstance(paths.lock)) return false
  if (!isDetached) throw new Error('another sgetd serves this instance already')
  if (!isTaken && !(await isSoonServed(paths.socket)))
    throw new Error('another sgetd holds the lock and does not serve')
  return true
}
