// A daemon for the tests of the client: real sockets, the real codec, and a script for what it says.
import { createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  encode,
  encodeAround,
  failures,
  Inbox,
  protocolVersion,
  type Body,
  type FailureName,
  type MessageName,
  type PlainName,
  type Received,
} from '@sget/wire/broker'

/** What the daemon does on one connection. */
export type Script = (peer: Peer) => Promise<void>

/** The request of that name, as it came. */
type Request<N extends MessageName> = Extract<Received, { readonly name: N }>

/** One connection, as the daemon sees it. */
export class Peer {
  readonly socket: Socket
  readonly #inbox = new Inbox((head) => Buffer.alloc(head.bodyBytes))
  readonly #arrived: Received[] = []
  #wake: () => void = () => undefined
  #ended = false
  bytesReceived = 0

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (piece: Buffer) => {
      this.bytesReceived += piece.length
      const fault = this.#inbox.feed(piece, (message) => void this.#arrived.push(message))
      if (fault !== undefined) throw new Error(`the client sent what is ${fault}`)
      this.#wake()
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.#ended = true
      this.#wake()
    })
  }

  /** The next message, which must be of that name; its bytes are copied out of the stream. */
  async expect<N extends MessageName>(name: N): Promise<Request<N>> {
    while (this.#arrived.length === 0) {
      if (this.#ended) throw new Error(`the client hung up before ${name}`)
      await this.#change()
    }
    const message = this.#arrived.shift()
    if (message?.name !== name) throw new Error(`${name} was expected, not ${message?.name ?? 'nothing'}`)
    return message as Request<N>
  }

  /** Goes through the hellos to the first request. */
  async greet<N extends MessageName>(name: N): Promise<Request<N>> {
    await this.expect('hello')
    this.send('welcome', 0, { version: protocolVersion, program: 'sgetd test' })
    return this.expect(name)
  }

  send<N extends PlainName>(name: N, id: number, body: Body<N>): void {
    this.socket.write(encode(name, id, body))
  }

  fail(id: number, failure: FailureName, argument = ''): void {
    this.send('failure', id, { number: failures[failure].number, argument })
  }

  value(id: number, index: number, variable: string, secret: Buffer | string): void {
    this.socket.write(valueFrame(id, index, variable, Buffer.from(secret)))
  }

  /** Answers a read or run with these values, by variable, to the end. */
  async give(
    read: Request<'read'> | Request<'run'>,
    values: Readonly<Record<string, Buffer | string>>,
  ): Promise<void> {
    const entries = Object.entries(values)
    this.send('ready', read.id, { values: entries.length })
    await this.expect('ack')
    if (read.name === 'run') this.send('terms', read.id, { human: false, cleaned: false })
    for (const [index, [variable, secret]] of entries.entries()) this.value(read.id, index, variable, secret)
    this.send('done', read.id, {})
  }

  /** Takes the secret that a request brings in. */
  async take(id: number): Promise<Buffer> {
    this.send('ready', id, { values: 1 })
    await this.expect('ack')
    this.send('room', id, {})
    return (await this.expect('supply')).body.secret as Buffer
  }

  #change(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }

  /** Waits until the client has hung up. */
  async gone(): Promise<void> {
    while (!this.#ended) await this.#change()
  }
}

/** A whole frame of a value. */
export function valueFrame(id: number, index: number, variable: string, secret: Buffer): Buffer {
  const frame = Buffer.alloc(secret.length + 4096)
  const { secretAt, end } = encodeAround(frame, 'value', id, { index, variable, ref: 'a/b#password', secret })
  secret.copy(frame, secretAt)
  return frame.subarray(0, end)
}

/** A daemon that plays a script on each connection, until it is closed. */
export class Broker {
  readonly #server: Server
  readonly #plays: Promise<void>[] = []
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server) {
    this.#server = server
  }

  static async listen(path: string, script: Script): Promise<Broker> {
    mkdirSync(dirname(path), { recursive: true })
    const server = createServer()
    const broker = new Broker(server)
    server.on('connection', (socket) => {
      broker.#sockets.add(socket)
      broker.#plays.push(script(new Peer(socket)))
    })
    await once(server.listen(path), 'listening')
    return broker
  }

  /** Closes every connection; throws what a script has thrown. */
  async close(): Promise<void> {
    this.#server.close()
    const outcomes = await Promise.allSettled(this.#plays)
    for (const socket of this.#sockets) socket.destroy()
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }
}
