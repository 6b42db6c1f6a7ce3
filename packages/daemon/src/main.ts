// sgetd: one daemon for one user, in the foreground. The launcher detaches it when asked to.
import { closeSync, writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { parseArgs } from 'node:util'
import { instancePaths, isSocketPath } from '@sget/wire/broker'
import { serve } from './daemon.ts'
import { prepareFolders, isSoonServed, takeInstance } from './instance.ts'
import { complain } from './log.ts'
import { unsafeSurroundings } from './surroundings.ts'

const options = {
  home: { type: 'string' },
  'ready-fd': { type: 'string' },
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

process.umask(0o077)
const paths = instancePaths(values.home === undefined ? homedir() : '', values.home)
const unsafe = unsafeSurroundings()
if (unsafe !== undefined) refuseToStart(unsafe)
if (!isSocketPath(paths.socket))
  refuseToStart(`the path of its socket is longer than 107 bytes: ${paths.socket}`)

try {
  const fault = prepareFolders(paths, process.getuid?.() ?? 0)
  if (fault !== undefined) refuseToStart(fault)
  const isOurs = takeInstance(paths.lock)
  if (!isOurs && readyDescriptor === undefined) refuseToStart('another sgetd serves this instance already')
  // Whoever starts one detached wants that one serves: which of two that start at once it is does not matter.
  if (!isOurs && !(await isSoonServed(paths.socket)))
    refuseToStart('another sgetd holds the lock and does not serve')
  if (!isOurs) {
    report('ready')
    process.exit(0)
  }
  const daemon = await serve(paths, readyDescriptor === undefined)
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => void daemon.end(signal).then(() => process.exit(0)))
  for (const signal of ['SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const) process.on(signal, () => undefined)
  report('ready')
} catch (error) {
  refuseToStart(error instanceof Error ? error.message : String(error))
}
