// The socket that a service manager listened on before it started us: taken only when it is the one we would have made.
import { lstatSync } from 'node:fs'
import { activation, listening } from '@sget/native'

/** Where a socket was handed over: its descriptor, or why it is refused. */
export type Activated = { readonly descriptor: number } | { readonly fault: string }

/**
 * Looks at what was handed over, after the folder of our socket was found to be ours alone.
 *
 * @param path where our socket has its place
 * @returns undefined where nothing was handed over
 */
export function activatedSocket(path: string, uid: number): Activated | undefined {
  const activated = activation()
  if (activated === undefined) return undefined
  if ('fault' in activated) return { fault: variableFaults[activated.fault] }
  const [descriptor, ...more] = activated.descriptors
  if (descriptor === undefined || more.length > 0)
    return { fault: `${activated.descriptors.length} sockets were handed over, and it takes one` }
  const fault = socketFault(descriptor, path) ?? placeFault(path, uid)
  return fault === undefined ? { descriptor } : { fault: `the socket that was handed over ${fault}` }
}

const variableFaults = {
  foreign: 'LISTEN_PID names another process, so the socket of LISTEN_FDS is not for this one',
  malformed: 'LISTEN_PID and LISTEN_FDS do not say which sockets were handed over',
} as const

type Fault = string | undefined

function socketFault(descriptor: number, path: string): Fault {
  const socket = listening(descriptor)
  if (socket === undefined) return 'is no socket'
  if (socket.family !== 'unix' || socket.type !== 'stream') return 'is not a Unix stream socket'
  if (socket.path !== path) return `lies at ${socket.path === '' ? 'no path' : socket.path}, not at ${path}`
  return socket.listens ? undefined : 'does not listen'
}

function placeFault(path: string, uid: number): Fault {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found?.isSocket() !== true) return `has lost its place ${path}`
  if (found.uid !== uid) return 'belongs to another user'
  return (found.mode & everybody) === 0o600 ? undefined : 'can be opened by others: SocketMode=0600'
}

/** All permissions of a mode. */
const everybody = 0o777
