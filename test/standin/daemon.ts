// A daemon that says what a test tells it to: the real protocol on a real socket, with nothing behind it.
import { link, mkdir } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { encode, encodeAround, failures, Inbox, protocolVersion } from '@sget/wire/broker'
import type { AnyMessage, Body, FailureName, MessageName, PlainName } from '@sget/wire/broker'

/** Sends one reply to the request at hand. */
export type Reply = <R extends PlainName>(name: R, body: Body<R>) => void

/** A request, and the way to answer it. */
export interface Request<N extends MessageName> {
  readonly body: Body<N>
  readonly reply: Reply
  /** Sends a frame that is no lawful reply to anybody who cannot carry a value. */
  readonly leak: (value: string) => void
  /** Settles when whoever asked has gone. */
  readonly gone: Promise<void>
}

/** What the daemon answers by itself. A request that stands in no row waits for `take`. */
export type Answers = { readonly [N in PlainName]?: (request: Request<N>) => void }

type AnyRequest = AnyMessage & Pick<Request<MessageName>, 'reply' | 'leak' | 'gone'>

/** What it answers where a test says nothing else: its config names no provider and no vaults. */
const usual: Answers = {
  hello: ({ reply }) => reply('welcome', { version: protocolVersion, program: 'sgetd standin' }),
  session: ({ reply }) => reply('sessionState', nobody),
  mounts: ({ reply }) => reply('mountList', { mounts: [] }),
}

/** Nobody is signed in, and nowhere could they be. */
export const nobody: Body<'sessionState'> = {
  issuer: '',
  signedIn: false,
  inviting: false,
  name: '',
  subject: '',
  since: 0,
  until: 0,
  renewable: false,
  remembered: false,
  authenticated: 0,
  acr: '',
  amr: '',
}

/** Replies with a failure of the table. */
export function fail(reply: Reply, failure: FailureName, argument = ''): void {
  reply('failure', { number: failures[failure].number, argument })
}

/** A daemon at a path, until it is closed. */
export class StandIn {
  readonly #server: Server
  readonly #answers: Answers
  readonly #sockets = new Set<Socket>()
  readonly #untaken: AnyRequest[] = []
  readonly #takers: ((request: AnyRequest) => void)[] = []

  /** Everything that was asked, in order. */
  readonly asked: AnyMessage[] = []

  /** How often anybody connected. */
  connections = 0

  private constructor(answers: Answers) {
    this.#answers = { ...usual, ...answers }
    this.#server = createServer((socket) => this.#accept(socket))
  }

  /** Listens at the path, in a folder that is made where there is none. */
  static async listen(path: string, answers: Answers = {}): Promise<StandIn> {
    await mkdir(dirname(path), { recursive: true })
    const daemon = new StandIn(answers)
    await new Promise<void>((resolve, reject) => {
      daemon.#server.once('error', reject)
      daemon.#server.listen(path, resolve)
    })
    return daemon
  }

  /** The oldest request that no answer is given for, as soon as there is one; fails on one of another name. */
  readonly take = async <N extends MessageName>(name: N): Promise<Request<N>> => {
    const request =
      this.#untaken.shift() ?? (await new Promise<AnyRequest>((resolve) => this.#takers.push(resolve)))
    if (request.name !== name) throw new Error(`asked for ${request.name}, not for ${name}`)
    return request
  }

  /** Ends every connection, as a daemon does that dies, and stops listening. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #accept(socket: Socket): void {
    this.connections++
    this.#sockets.add(socket)
    const inbox = new Inbox()
    socket.on('error', () => socket.destroy())
    const gone = new Promise<void>((resolve) => {
      socket.on('close', () => {
        this.#sockets.delete(socket)
        resolve()
      })
    })
    socket.on('data', (piece: Buffer) => {
      const fault = inbox.feed(piece, (message) => {
        const reply: Reply = (name, body) => void socket.write(encode(name, message.id, body))
        const leak = (value: string): void => void socket.write(valueFrame(message.id, value))
        this.#answer({ ...message, reply, leak, gone })
      })
      if (fault !== undefined) socket.destroy()
    })
  }

  #answer(request: AnyRequest): void {
    const { name, body } = request
    this.asked.push({ name, body } as AnyMessage)
    const answer = this.#answers[name as PlainName] as ((request: AnyRequest) => void) | undefined
    if (answer !== undefined) answer(request)
    else if (this.#takers.length > 0) this.#takers.shift()?.(request)
    else this.#untaken.push(request)
  }
}

function valueFrame(id: number, value: string): Buffer {
  const secret = Buffer.from(value)
  const frame = Buffer.alloc(1024)
  const { secretAt, end } = encodeAround(frame, 'value', id, {
    index: 0,
    variable: 'X',
    ref: 'a/b#c',
    secret,
  })
  secret.copy(frame, secretAt)
  return frame.subarray(0, end)
}

/** Leaves a socket at the path that nobody listens on any more, as a killed daemon does. */
export async function leaveDeadSocket(path: string): Promise<void> {
  const daemon = await StandIn.listen(`${path}.alive`)
  await link(`${path}.alive`, path)
  await daemon.close()
}
