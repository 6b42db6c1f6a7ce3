// sgetd: one daemon for one user, in the foreground. The launcher detaches it when asked to.
import { closeSync, writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { parseArgs } from 'node:util'
import { instancePaths, isSocketPath } from '@sget/wire/broker'
import { activatedSocket } from './activation.ts'
import { serve } from './daemon.ts'
import { isServed, isSoonServed, prepareFolders, takeInstance } from './instance.ts'
import { complain } from './log.ts'
import { unsafeSurroundings } from './surroundings.ts'

const options = {
  home: { type: 'string' },
  'ready-fd': { type: 'string' },
  check: { type: 'boolean' },
} as const

const { values } = parseArgs({ options, allowPositionals: false })
const readyDescriptor = values['ready-fd'] === undefined ? undefined : Number(values['ready-fd'])

/** Tells the launcher, which waits at the other end of a pipe, how the start went. */
function report(line: string): void {
  if (readyDescriptor === undefined) return
  writeSync(readyDescriptor, `${line}\n`)
  closeSync(readyDescriptor)
}

/** Ends before anything was served. */
function refuseToStart(reason: string): never {
  complain(`cannot start: ${reason}`)
  report(`failed ${reason}`)
  process.exit(1)
}

/** Another one serves. Whoever starts a daemon detached wants that one does: which one it is does not matter. */
function leaveToOther(): never {
  if (readyDescriptor === undefined) refuseToStart('another sgetd serves this instance already')
  report('ready')
  process.exit(0)
}

process.umask(0o077)
const paths = instancePaths(values.home === undefined ? homedir() : '', values.home)
const uid = process.getuid?.() ?? 0
const unsafe = unsafeSurroundings()
if (unsafe !== undefined) refuseToStart(unsafe)
if (!isSocketPath(paths.socket))
  refuseToStart(`the path of its socket is longer than 107 bytes: ${paths.socket}`)

try {
  const fault = prepareFolders(paths, uid)
  if (fault !== undefined) refuseToStart(fault)
  const socket = activatedSocket(paths.socket, uid)
  if (socket !== undefined && 'fault' in socket) refuseToStart(socket.fault)
  // The lock alone tells that nobody serves; that somebody listens tells that somebody does or, a service manager, will.
  if (socket === undefined && (await isServed(paths.socket))) leaveToOther()
  if (!takeInstance(paths.lock)) {
    if (readyDescriptor !== undefined && !(await isSoonServed(paths.socket)))
      refuseToStart('another sgetd holds the lock and does not serve')
    leaveToOther()
  }
  // Asked by a service manager before it makes the socket, which would take the place of a running daemon's.
  if (values.check === true) process.exit(0)
  const isOwn = readyDescriptor === undefined && socket === undefined
  const daemon = await serve(paths, { inForeground: isOwn, descriptor: socket?.descriptor })
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => void daemon.end(signal).then(() => process.exit(0)))
  for (const signal of ['SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const) process.on(signal, () => undefined)
  report('ready')
} catch (error) {
  refuseToStart(error instanceof Error ? error.message : String(error))
}
