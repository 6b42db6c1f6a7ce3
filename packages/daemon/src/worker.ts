// A worker: `sget sweep`, which looks into files and processes so that their contents never come here. It does one job.
import { spawn, type ChildProcess } from 'node:child_process'
import { Socket } from 'node:net'
import { sendLoan, type Lender, type Loan, type Receiver } from '@sget/memory'
import { exposure } from '@sget/native'
import { encode, Inbox, messages, Refusal } from '@sget/wire/broker'
import type { Body, Head, PlainName, Received } from '@sget/wire/broker'
import { besidesValueBytes, frameValue, lengthBytes, type Fill, type ValueHead } from './framing.ts'
import { workerMessagesMax, workerMs } from './limits.ts'

/** What starts workers. */
export interface Workshop {
  /** The path of the `sget` of this installation. */
  readonly program: string
  readonly receiver: Receiver
  readonly pools: Lender
  /** Told why a worker did not come to its end. */
  readonly onFailure: (reason: string) => void
}

/** A text that the worker sent, in locked memory until disposed. */
export interface Returned extends Disposable {
  readonly bytes: Buffer
}

/** The id of all that passes: a worker does one thing. */
const jobId = 1

/**
 * Starts a worker, lets `work` talk to it once nobody can look into it, and ends it.
 *
 * @param signal ends it at once; what `work` waits for then rejects with its reason
 * @throws Refusal `sweep-failed` when it ends, hangs, or says what it should not
 */
export async function withWorker<T>(
  workshop: Workshop,
  signal: AbortSignal,
  work: (worker: Worker) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const worker = new Worker(workshop, signal)
  try {
    await worker.hardened()
    return await work(worker)
  } finally {
    worker.end()
  }
}

/** A running worker. Whatever it does wrong ends it and fails all that waits for it. */
export class Worker {
  readonly #child: ChildProcess
  readonly #socket: Socket
  readonly #pools: Lender
  readonly #inbox = new Inbox((head) => this.#roomFor(head))
  readonly #heard: Received[] = []
  readonly #ended = new AbortController()
  #waiting: PromiseWithResolvers<Received> | undefined
  #room: Loan | undefined

  constructor({ program, receiver, pools, onFailure }: Workshop, signal: AbortSignal) {
    this.#pools = pools
    const { child, end } = started(program)
    this.#child = child
    this.#socket = receiver.adopt(end, (bytes) => this.#receive(bytes))
    const fail = (reason: string): void => {
      if (this.#ended.signal.aborted) return
      onFailure(reason)
      this.#fail(new Refusal('sweep-failed'))
    }
    this.#failWith = fail
    this.#child.on('error', (error) => fail(error.message))
    this.#child.on('exit', (code, deadly) => fail(`it ended with ${deadly ?? code ?? 'nothing'}`))
    this.#socket.on('error', (error) => fail(error.message))
    this.#socket.on('close', () => fail('it hung up'))
    const timer = setTimeout(() => fail('it took too long'), workerMs)
    const stop = (): void => this.#fail(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    this.#ended.signal.addEventListener('abort', () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
    })
  }

  readonly #failWith: (reason: string) => void

  /** Waits until it says that nobody can look into it, and looks whether that is so. */
  async hardened(): Promise<void> {
    await this.hear('ack')
    const found = exposure(this.#child.pid ?? 0)
    if (found === undefined || found.dumpable === true || found.tracer !== 0)
      throw this.#broken('it can be read')
  }

  /** Sends a value, or with an empty ref a text: from the vault to the worker through locked memory and nothing else. */
  async give(ref: string, bytesMax: number, fill: Fill): Promise<void> {
    const borrower = { signal: this.#ended.signal, holder: this.#child.pid }
    const head: ValueHead = { index: 0, variable: '', ref }
    const loan = await this.#pools.loan(bytesMax + besidesValueBytes, borrower)
    try {
      const end = await frameValue(loan, jobId, head, fill)
      if (!(await sendLoan(this.#socket, loan, end))) throw this.#broken('it does not read')
    } finally {
      loan[Symbol.dispose]()
    }
  }

  /** Tells it what to do. */
  order<N extends PlainName>(name: N, body: Body<N>): void {
    this.#socket.write(encode(name, jobId, body))
  }

  /** The next message, which must be of one of these names. */
  async hear<N extends PlainName>(...names: readonly N[]): Promise<Extract<Received, { name: N }>> {
    const message = await this.#next()
    if (!names.some((name) => name === message.name)) throw this.#broken(`it said ${message.name}`)
    return message as Extract<Received, { name: N }>
  }

  /** Says that there is room for a text, and waits for it. */
  async returned(): Promise<Returned> {
    const loan = await this.#pools.loan(this.#pools.frameBytes, {
      signal: this.#ended.signal,
      holder: this.#child.pid,
    })
    this.#room = loan
    try {
      this.order('room', {})
      const { name } = await this.#next()
      if (name !== 'supply') throw this.#broken(`it said ${name}`)
      const length = loan.bytes.readUInt32BE(0)
      const bytes = loan.bytes.subarray(lengthBytes, lengthBytes + length)
      return { bytes, [Symbol.dispose]: () => loan[Symbol.dispose]() }
    } catch (error) {
      loan[Symbol.dispose]()
      throw error
    } finally {
      this.#room = undefined
    }
  }

  /** Ends it, if it has not ended. */
  end(): void {
    this.#fail(new Refusal('sweep-failed'))
  }

  #next(): Promise<Received> {
    const heard = this.#heard.shift()
    if (heard !== undefined) return Promise.resolve(heard)
    if (this.#ended.signal.aborted) return Promise.reject(this.#ended.signal.reason as Error)
    this.#waiting = Promise.withResolvers<Received>()
    return this.#waiting.promise
  }

  #receive(bytes: Buffer): boolean {
    const fault = this.#inbox.feed(bytes, (message) => this.#take(message))
    if (fault !== undefined) this.#failWith(`its bytes are no messages: ${fault}`)
    return true
  }

  #take(message: Received): void {
    const { sender } = messages[message.name]
    const isWorkers = sender === 'worker' || message.name === 'ack' || message.name === 'supply'
    if (!isWorkers || this.#heard.length >= workerMessagesMax) this.#failWith(`it said ${message.name}`)
    else if (this.#waiting === undefined) this.#heard.push(message)
    else {
      this.#waiting.resolve(message)
      this.#waiting = undefined
    }
  }

  #roomFor(head: Head): Buffer | undefined {
    return head.name === 'supply' ? this.#room?.bytes : undefined
  }

  #broken(reason: string): Refusal {
    this.#failWith(reason)
    return new Refusal('sweep-failed')
  }

  #fail(reason: unknown): void {
    if (this.#ended.signal.aborted) return
    this.#ended.abort(reason)
    this.#waiting?.reject(reason)
    this.#child.kill('SIGKILL')
    this.#socket.destroy()
  }
}

/**
 * A new process with nothing of ours but one end of a socket pair at descriptor 3, and the other end of that.
 *
 * @throws Refusal `sweep-failed` where the system has no room for one
 */
function started(program: string): { child: ChildProcess; end: Socket } {
  try {
    const child = spawn(program, ['sweep'], {
      env: {},
      cwd: '/',
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    })
    // What follows is told by who waits for the process; of one that never was nobody else hears.
    child.on('error', () => undefined)
    // Without descriptors to be had there is no process, and nothing in the place of its streams.
    const end = 'stdio' in child && Array.isArray(child.stdio) ? (child.stdio[3] as unknown) : undefined
    if (end instanceof Socket) return { child, end }
  } catch {
    // No memory for it either.
  }
  throw new Refusal('sweep-failed')
}
