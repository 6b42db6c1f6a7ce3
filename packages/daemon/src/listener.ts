// The socket: bound where nobody else can come, and every peer known before its first byte is read.
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { descriptor, type Receiver } from '@sget/memory'
import { closeDescriptor, peer as peerOf, started, type Peer } from '@sget/native'
import type { Admission } from './admission.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { connectionsMax, connectionsUnheardMax } from './limits.ts'

/** What the listener needs of the daemon. */
export interface ListenerOptions extends Omit<ConnectionOptions, 'peer' | 'isAdmitted'> {
  /** The path of the attested sget, where a group at connect(2) proves that the peer is that. */
  readonly attestedBy: (group: number) => string | undefined
  readonly path: string
  /** A socket that listens there already. */
  readonly descriptor: number | undefined
  /** The only user that is served. */
  readonly uid: number
  readonly receiver: Receiver
  readonly admission: Admission
  /** Told of every peer of another user, which is closed unheard. */
  readonly onForeignPeer: (peer: Peer) => void
  readonly onConnection: (connection: Connection) => void
}

/**
 * Serves the socket. The caller holds the instance's lock, so a socket that lies there is nobody's.
 *
 * @throws the system's error when it cannot be bound
 */
export async function listen(options: ListenerOptions): Promise<Server> {
  const { path, descriptor: adopted } = options
  if (adopted === undefined) rmSync(path, { force: true })
  const server = createServer({ pauseOnConnect: true }, (socket) => accept(socket, options))
  server.maxConnections = connectionsMax + connectionsUnheardMax
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(adopted === undefined ? { path } : { fd: adopted }, resolve)
  })
  if (adopted === undefined) chmodSync(path, 0o600)
  return server
}

function accept(accepted: Socket, options: ListenerOptions): void {
  const peer = peerOf(descriptor(accepted))
  if (peer === undefined) {
    accepted.destroy()
    return
  }
  if (peer.uid !== options.uid) {
    accepted.destroy()
    options.onForeignPeer(peer)
    release(peer)
    return
  }
  const socket = options.receiver.adopt(accepted, (bytes) => {
    connection.receive(bytes)
    return true
  })
  // An old kernel gives no pidfd: then its start tells whether the pid has become another's.
  const startTicks = peer.pidfd < 0 ? started(peer.pid) : undefined
  const attested = options.attestedBy(peer.gid)
  const isAdmitted = options.admission.enter(peer.pid)
  const connected = { ...peer, startTicks, attested }
  const connection = new Connection(socket, { ...options, isAdmitted, peer: connected })
  connection.closed.addEventListener(
    'abort',
    () => {
      if (isAdmitted) options.admission.leave(peer.pid)
      release(peer)
    },
    { once: true },
  )
  options.onConnection(connection)
}

function release(peer: Peer): void {
  if (peer.pidfd >= 0) closeDescriptor(peer.pidfd)
}
