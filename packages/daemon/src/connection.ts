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
import { unreadBytesMax } from './limits.ts'
import { Patience } from './patience.ts'
import { refusalOf } from './refusals.ts'
import type { Turns } from './turns.ts'

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
  /** Whether it may come in; else it hears why as soon as it has said hello. */
  readonly isAdmitted: boolean
  /** When the requests of each process are taken up. */
  readonly turns: Turns
  /** Name and version, told in `welcome`. */
  readonly program: string
  readonly handle: Handle
  /** Told when the other side has said that it is an agent's MCP server, before it is welcomed. May throw a Refusal. */
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
  readonly #patience = new Patience()
  /** Requests refused one after the other because too many were in flight. */
  #turnedAway = 0
  #role: keyof typeof role | undefined
  #report: Body<'attest'> | undefined
  #hasAsked = false

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
    this.peer = options.peer
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#closed.abort(lost))
    socket.on('drain', () => this.#wasRead())
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
    let frames = 0
    const fault = this.#inbox.feed(bytes, (message) => {
      frames += 1
      this.#deliver(message)
    })
    this.#patience.heard(frames, this.#inbox.isPartial)
    if (fault !== undefined) this.refuseAll('bad-message')
  }

  send<N extends PlainName>(name: N, id: number, body: Body<N>): void {
    if (!this.#socket.writable) return
    this.#gather()
    this.#socket.write(encode(name, id, body))
    if (this.#socket.writableLength > unreadBytesMax) this.#stopReading()
  }

  /** Writes the beginning of a loan, from locked memory to the kernel, and ends the loan. */
  async sendLoan(loan: Loan, length: number): Promise<void> {
    if (!(await sendLoan(this.#socket, loan, length))) throw new Refusal('connection-lost')
  }

  /** From now on it may be silent for as long as it likes: its end is what it still has to tell. */
  stay(): void {
    this.#patience.stay()
  }

  /** Says why nothing more will be answered, and ends the connection. */
  refuseAll(failure: FailureName): void {
    this.#fail(0, failure)
    this.end()
    this.#closed.abort(lost)
  }

  /** Ends the connection if it has kept us waiting for too long. Called now and then. */
  sweep(): void {
    if (this.#patience.isOver(this.inFlight > 0)) this.refuseAll('too-slow')
    if (this.#closed.signal.aborted) this.destroy()
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
      if (exchange?.arrive(message.name, this.#turn()) !== true) this.refuseAll('bad-message')
    } else if (exchange !== undefined || message.name === 'hello' || isReply(message))
      this.refuseAll('bad-message')
    else if (!this.#mayRequest(message)) this.#fail(message.id, 'wrong-sender')
    else if (this.#exchanges.size >= requestsInFlightMax) this.#turnAway(message)
    else void this.#answer(message)
  }

  /** Who goes on asking all the same does not listen, and would keep us from those who do. */
  #turnAway({ id }: Received): void {
    this.#turnedAway += 1
    if (this.#turnedAway > requestsInFlightMax) this.refuseAll('busy')
    else this.#fail(id, 'busy')
  }

  #greet(message: Received): void {
    const said = message.name === 'hello' ? roleNamed(message.body.role) : undefined
    if (message.name === 'hello' && message.body.version !== protocolVersion) {
      this.#fail(message.id, 'version-mismatch', `${this.#options.program}, protocol ${protocolVersion}`)
      this.end()
    } else if (said === undefined) this.refuseAll('bad-message')
    else if (!this.#options.isAdmitted) this.refuseAll('busy')
    else this.#welcome(message.id, said)
  }

  #welcome(id: number, said: keyof typeof role): void {
    this.#role = said
    this.#patience.greeted(this.isMcp)
    try {
      if (this.isMcp) this.#options.onMcp(this)
      this.send('welcome', id, { version: protocolVersion, program: this.#options.program })
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) this.#options.onBug(error)
      else this.refuseAll(refusal.failure)
    }
  }

  /** Once, and before it asks for anything: what was decided by a report stands. */
  #hear(report: Body<'attest'>): void {
    if (this.#report !== undefined || this.isMcp || this.#hasAsked) this.refuseAll('bad-message')
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
    if (sender === 'worker') return false
    return sender === 'mcp' ? this.isMcp : !this.isMcp
  }

  async #answer(message: Received): Promise<void> {
    this.#hasAsked = true
    const exchange = new Exchange(this, message.id)
    this.#turnedAway = 0
    this.#exchanges.set(message.id, exchange)
    const turn = this.#turn()
    try {
      if (turn !== undefined) await turn
      if (this.closed.aborted) throw lost
      await this.#options.handle(exchange, message)
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) this.#options.onBug(error)
      else this.#fail(message.id, refusal.failure, refusal.argument)
    } finally {
      this.#exchanges.delete(message.id)
      this.#patience.answered()
    }
  }

  #turn(): Promise<void> | undefined {
    return this.#options.turns.take(this.peer.pid)
  }

  #fail(id: number, failure: FailureName, argument = ''): void {
    this.send('failure', id, { number: failures[failure].number, argument: clip(argument, argumentBytesMax) })
  }

  #roomFor(head: Head): Buffer | undefined {
    return head.name === 'supply' ? this.#exchanges.get(head.id)?.roomFor(head) : undefined
  }

  #stopReading(): void {
    this.#patience.unread()
    this.#socket.pause()
  }

  #wasRead(): void {
    this.#patience.read()
    this.#socket.resume()
  }
}

function roleNamed(number: number): keyof typeof role | undefined {
  if (number === role.mcp) return 'mcp'
  return number === role.plain ? 'plain' : undefined
}

function isReply({ name }: Received): boolean {
  return messages[name].sender === 'daemon'
}
