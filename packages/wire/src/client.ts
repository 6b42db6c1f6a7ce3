// A connection to sgetd for programs that cannot carry a value: no message with a secret has a type here.
import { connect as connectSocket, type Socket } from 'node:net'
import type { FailureName } from './failures.ts'
import { encode, type Received } from './frame.ts'
import { Inbox } from './inbox.ts'
import { protocolVersion } from './limits.ts'
import { isSocketPath } from './paths.ts'
import { role, type Body, type PlainName } from './messages.ts'
import { failureOfNumber, Refusal } from './refusal.ts'

/** How to reach the daemon and what to say of oneself. */
export interface ConnectOptions {
  readonly path: string
  readonly role: keyof typeof role
  /** Name and version, for the log and for messages about versions. */
  readonly program: string
  /** The only user whose daemon is spoken to. */
  readonly uid: number
  /** The user at the other end of a socket, as the kernel knows; undefined when there is nobody any more. */
  readonly uidOf: (descriptor: number) => number | undefined
}

/** A reply that can hold no value. */
export type Reply = Extract<Received, { readonly name: PlainName }>

/** What a final reply of that name holds. */
export type ReplyOf<N extends PlainName> = Extract<Reply, { readonly name: N }>['body']

/** Told what a human must do before a request is answered. */
export interface Heed {
  /** To allow it. */
  readonly onWaiting?: (waiting: Body<'waiting'>) => void
  /** To sign in. */
  readonly onInvitation?: (invitation: Body<'invitation'>) => void
}

interface Pending {
  readonly resolve: (reply: Reply) => void
  readonly reject: (refusal: Refusal) => void
  readonly heed: Heed
}

/**
 * Connects, checks the server, and exchanges hellos.
 *
 * @throws Refusal that tells apart: no socket, nobody behind it, not allowed, sandboxed, too many callers, another version
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  if (!isSocketPath(options.path)) throw new Refusal('socket-path-too-long', options.path)
  const socket = await open(options.path)
  try {
    checkServer(socket, options)
    const connection = new Connection(socket)
    await greet(connection, options)
    return connection
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** Throws when another user serves the socket: then not a byte is sent. */
function checkServer(socket: Socket, { path, uid, uidOf }: ConnectOptions): void {
  const found = uidOf(descriptorOf(socket))
  if (found === undefined) throw new Refusal('daemon-gone')
  if (found !== uid) throw new Refusal('foreign-daemon', path)
}

/** An open connection on which both sides have said hello. Requests may be made side by side. */
export class Connection {
  readonly #socket: Socket
  readonly #inbox = new Inbox()
  readonly #pending = new Map<number, Pending>()
  #nextId = 1

  /** Settles when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>

  constructor(socket: Socket) {
    this.#socket = socket
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.on('data', (piece: Buffer) => this.#receive(piece))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#end(new Refusal('connection-lost')))
  }

  /**
   * Sends one request and waits for its final reply.
   *
   * @throws Refusal with the daemon's failure, or `connection-lost`
   */
  async request<N extends PlainName, R extends PlainName>(
    name: N,
    body: Body<N>,
    expected: R,
    heed: Heed = {},
  ): Promise<ReplyOf<R>> {
    const reply = await new Promise<Reply>((resolve, reject) => {
      if (this.#socket.destroyed) {
        reject(new Refusal('connection-lost'))
        return
      }
      const frame = encode(name, this.#nextId, body)
      this.#pending.set(this.#nextId++, { resolve, reject, heed })
      this.#socket.write(frame)
    })
    if (reply.name !== expected) throw new Refusal('bad-message')
    return reply.body as ReplyOf<R>
  }

  /** Ends the connection; requests still waiting fail with `connection-lost`. */
  close(): void {
    this.#socket.destroy()
  }

  #receive(piece: Buffer): void {
    const fault = this.#inbox.feed(piece, (message) => this.#settle(message))
    if (fault === undefined) return
    this.#end(new Refusal('bad-message'))
    this.#socket.destroy()
  }

  #settle(message: Received): void {
    if (message.id === connectionId && message.name === 'failure') this.#end(refusalOf(message.body))
    const pending = this.#pending.get(message.id)
    if (pending === undefined || message.name === 'value' || message.name === 'supply') return
    if (message.name === 'waiting') pending.heed.onWaiting?.(message.body)
    else if (message.name === 'invitation') pending.heed.onInvitation?.(message.body)
    else this.#answer(pending, message)
  }

  #answer({ resolve, reject }: Pending, message: Reply): void {
    this.#pending.delete(message.id)
    if (message.name === 'failure') reject(refusalOf(message.body))
    else resolve(message)
  }

  #end(refusal: Refusal): void {
    for (const pending of this.#pending.values()) pending.reject(refusal)
    this.#pending.clear()
  }
}

/** The request id of a failure that concerns the connection as a whole; no request bears it. */
const connectionId = 0

async function greet(connection: Connection, options: ConnectOptions): Promise<void> {
  const hello = { version: protocolVersion, role: role[options.role], program: options.program }
  const { version, program } = await connection.request('hello', hello, 'welcome')
  if (version !== protocolVersion) throw new Refusal('version-mismatch', `${program}, protocol ${version}`)
}

function refusalOf({ number, argument }: Body<'failure'>): Refusal {
  return new Refusal(failureOfNumber(number), argument)
}

/** What connect(2) answers, as failures that say different things; see unix(7) and connect(2). */
const connectFailures: Readonly<Record<string, FailureName>> = {
  ENOENT: 'no-daemon',
  ENOTDIR: 'no-daemon',
  ECONNREFUSED: 'daemon-gone',
  EACCES: 'socket-forbidden',
  EPERM: 'sandboxed',
  EAFNOSUPPORT: 'sandboxed',
  EAGAIN: 'busy',
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ path })
    const refuse = (error: NodeJS.ErrnoException): void => {
      reject(new Refusal(connectFailures[error.code ?? ''] ?? 'connection-lost'))
    }
    socket.once('error', refuse)
    socket.once('connect', () => {
      socket.off('error', refuse)
      resolve(socket)
    })
  })
}

/** The descriptor under a socket, which Node keeps on an undocumented handle. */
function descriptorOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle')
  const descriptor: unknown =
    typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined
  if (typeof descriptor !== 'number' || descriptor < 0) throw new Refusal('connection-lost')
  return descriptor
}
