// One peer's connection: bytes in, requests to their handlers, replies out.
import type { Socket } from 'node:net'
import { sendLoan, type Loan } from '@sget/memory'
import type { Peer } from '@sget/native'
import {
  encode,
  failures,
  Inbox,
  messages,
  protocolVersion,
  Refusal,
  requestsInFlightMax,
  role,
} from '@sget/wire/broker'
import type { Body, FailureName, Head, PlainName, Received } from '@sget/wire/broker'
import { argumentBytesMax, clip } from './clip.ts'
import { Exchange } from './exchange.ts'
import { helloWaitMs } from './limits.ts'
import { refusalOf } from './refusals.ts'

/** Why waits of a connection that has ended are over; made once, since each connection ends. */
const lost = new Refusal('connection-lost')

/** Answers one request; a Refusal that it throws becomes the reply. */
export type Handle = (exchange: Exchange, message: Received) => Promise<void>

/**
 * Who connected. `startTicks`: when that process started, where there is no pidfd to tell whether it lives. `attested`: the
 * path of the genuine sget, where its group proved that it is that.
 */
export type Connected = Peer & {
  readonly startTicks: number | undefined
  readonly attested: string | undefined
}

/** What a connection needs of the daemon. */
export interface ConnectionOptions {
  readonly peer: Connected
  /** Name and version, told in `welcome`. */
  readonly program: string
  readonly handle: Handle
  /** Told when the other side has said that it is an agent's MCP server, before it is welcomed. */
  readonly onMcp: (connection: Connection) => void
  /** What to do with an error that is no Refusal: a bug. */
  readonly onBug: (error: unknown) => void
}

/** The state of one accepted connection. The peer is known before its first byte is parsed. */
export class Connection {
  readonly peer: Connected
  readonly #socket: Socket
  readonly #options: ConnectionOptions
  readonly #exchanges = new Map<number, Exchange>()
  readonly #inbox = new Inbox((head) => this.#roomFor(head))
  readonly #closed = new AbortController()
  readonly #helloTimer: NodeJS.Timeout
  #role: keyof typeof role | undefined
  #report: Body<'attest'> | undefined
  #hasAsked = false

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
    this.peer = options.peer
    this.#helloTimer = setTimeout(() => this.destroy(), helloWaitMs)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#end())
  }

  /** Whether the other side said that it is an agent's MCP server. */
  get isMcp(): boolean {
    return this.#role === 'mcp'
  }

  /** What an attested peer told of itself; undefined of any other, whatever it said. */
  get report(): Body<'attest'> | undefined {
    return this.peer.attested === undefined ? undefined : this.#report
  }

  /** Fires when the connection has ended, whoever ended it. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** Requests that have no final reply yet. */
  get inFlight(): number {
    return this.#exchanges.size
  }

  /** Takes the next bytes of the stream; they are not kept. */
  receive(bytes: Buffer): void {
    const fault = this.#inbox.feed(bytes, (message) => this.#deliver(message))
    if (fault !== undefined) this.#refuseAll('bad-message')
  }

  send<N extends PlainName>(name: N, id: number, body: Body<N>): void {
    if (!this.#socket.writable) return
    this.#gather()
    this.#socket.write(encode(name, id, body))
  }

  /** Writes the beginning of a loan, from locked memory to the kernel, and ends the loan. */
  async sendLoan(loan: Loan, length: number): Promise<void> {
    if (!(await sendLoan(this.#socket, loan, length))) throw new Refusal('connection-lost')
  }

  /** Ends the connection after what was written has gone out. */
  end(): void {
    this.#socket.end(() => this.#socket.destroy())
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.#socket.destroy()
  }

  #deliver(message: Received): void {
    if (this.closed.aborted) return
    if (this.#role === undefined) {
      this.#greet(message)
      return
    }
    if (message.name === 'attest') {
      this.#hear(message.body)
      return
    }
    const exchange = this.#exchanges.get(message.id)
    if (message.name === 'ack' || message.name === 'supply') {
      if (exchange?.arrive(message.name) !== true) this.#refuseAll('bad-message')
    } else if (exchange !== undefined || message.name === 'hello' || isReply(message))
      this.#refuseAll('bad-message')
    else if (!this.#mayRequest(message)) this.#fail(message.id, 'wrong-sender')
    else if (this.#exchanges.size >= requestsInFlightMax) this.#fail(message.id, 'busy')
    else void this.#answer(message)
  }

  #greet(message: Received): void {
    clearTimeout(this.#helloTimer)
    if (message.name !== 'hello') {
      this.#refuseAll('bad-message')
      return
    }
    if (message.body.version !== protocolVersion) {
      this.#fail(message.id, 'version-mismatch', `${this.#options.program}, protocol ${protocolVersion}`)
      this.end()
      return
    }
    this.#role = message.body.role === role.mcp ? 'mcp' : 'plain'
    if (this.isMcp) this.#options.onMcp(this)
    this.send('welcome', message.id, { version: protocolVersion, program: this.#options.program })
  }

  /** Once, and before it asks for anything: what was decided by a report stands. */
  #hear(report: Body<'attest'>): void {
    if (this.#report !== undefined || this.isMcp || this.#hasAsked) this.#refuseAll('bad-message')
    this.#report = report
  }

  /** What is sent in one turn of the event loop goes out in one system call. */
  #gather(): void {
    if (this.#socket.writableCorked > 0) return
    this.#socket.cork()
    setImmediate(() => this.#socket.uncork())
  }

  #mayRequest(message: Received): boolean {
    const { sender } = messages[message.name]
    if (sender === 'any') return true
    return sender === 'mcp' ? this.isMcp : !this.isMcp
  }

  async #answer(message: Received): Promise<void> {
    this.#hasAsked = true
    const exchange = new Exchange(this, message.id)
    this.#exchanges.set(message.id, exchange)
    try {
      await this.#options.handle(exchange, message)
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) this.#options.onBug(error)
      else this.#fail(message.id, refusal.failure, refusal.argument)
    } finally {
      this.#exchanges.delete(message.id)
    }
  }

  #fail(id: number, failure: FailureName, argument = ''): void {
    this.send('failure', id, { number: failures[failure].number, argument: clip(argument, argumentBytesMax) })
  }

  #refuseAll(failure: FailureName): void {
    this.#fail(0, failure)
    this.end()
    this.#closed.abort(lost)
  }

  #roomFor(head: Head): Buffer | undefined {
    return head.name === 'supply' ? this.#exchanges.get(head.id)?.roomFor(head) : undefined
  }

  #end(): void {
    clearTimeout(this.#helloTimer)
    this.#closed.abort(lost)
  }
}

function isReply({ name }: Received): boolean {
  return messages[name].sender === 'daemon'
}
