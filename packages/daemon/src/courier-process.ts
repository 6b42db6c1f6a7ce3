// The courier as a process: started with its bundle and a socket and nothing else, trusted once it has closed its memory.
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { courierDescriptor, courierTable } from '@sget/courier/messages'
import type { CourierMessages, Head, Received } from '@sget/courier/messages'
import { sendLoan, type Loan, type Receiver } from '@sget/memory'
import { exposure } from '@sget/native'
import { Refusal } from '@sget/wire/broker'
import { InboxOf } from '@sget/wire/framing'
import { nodeFlags } from './surroundings.ts'

/** Where the courier's bundle lies: beside that of sgetd, or in the workspace's build when sgetd runs unbuilt. */
export const courierProgram = fileURLToPath(
  new URL(
    import.meta.url.endsWith('/src/courier-process.ts')
      ? '../../../build/lib/sget-courier.mjs'
      : './sget-courier.mjs',
    import.meta.url,
  ),
)

/** How it is started, and who listens to it. */
export interface CourierProcessOptions {
  /** The path of its bundle. */
  readonly program: string
  /** Where its bytes land. */
  readonly receiver: Receiver
  /** From its start until it takes jobs. */
  readonly startMs: number
  /** Returns false for what must not come. */
  readonly onMessage: (message: Received) => boolean
  readonly roomFor: (head: Head) => Buffer | undefined
  /** Told once, and not before the constructor has returned, why it has ended. */
  readonly onEnd: (why: string) => void
}

/** One process, from its start to its end. Nothing that it says is heard after that. */
export class CourierProcess {
  readonly #options: CourierProcessOptions
  readonly #inbox: InboxOf<CourierMessages>
  readonly #ready = Promise.withResolvers<undefined>()
  readonly #startTimer: NodeJS.Timeout
  readonly #child: ChildProcess
  readonly #socket: Socket | undefined
  #isReady = false
  #isOver = false

  /** Throws where the system starts no process. */
  constructor(options: CourierProcessOptions) {
    this.#options = options
    this.#inbox = new InboxOf(courierTable, options.roomFor)
    this.#child = spawnCourier(options.program)
    this.#child.once('error', () => this.kill('it cannot be started'))
    this.#child.once('exit', (code, signal) => this.kill(`it ended by itself (${signal ?? code ?? ''})`))
    this.#socket = this.#adopt()
    this.#startTimer = setTimeout(() => this.kill('it did not start in time'), options.startMs)
    // Who started it may be gone when it fails.
    this.#ready.promise.catch(() => undefined)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Resolves when it takes jobs and nobody can look into it; rejects with Refusal when it ends before. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  /** Writes a frame without a secret. */
  write(frame: Buffer): void {
    if (!this.#isOver) this.#socket?.write(frame)
  }

  /** Writes the beginning of a loan, from locked memory to the kernel, and ends the loan. */
  async sendLoan(loan: Loan, length: number): Promise<void> {
    const isSent = !this.#isOver && this.#socket !== undefined && (await sendLoan(this.#socket, loan, length))
    if (!isSent) throw new Refusal('courier-failed')
  }

  /** Ends it at once: what it has goes with it, and there is nothing that it could want to tell. */
  kill(why: string): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#startTimer)
    this.#child.kill('SIGKILL')
    this.#socket?.destroy()
    this.#ready.reject(new Refusal('courier-failed'))
    this.#options.onEnd(why)
  }

  #adopt(): Socket | undefined {
    const end = this.#child.stdio[courierDescriptor]
    if (this.#child.pid === undefined) return undefined
    assert(end instanceof Socket, 'Node makes a socketpair of a pipe')
    const socket = this.#options.receiver.adopt(end, (bytes) => {
      this.#hear(bytes)
      return true
    })
    socket.on('error', () => this.kill('its socket broke'))
    socket.on('close', () => this.kill('it closed its socket'))
    return socket
  }

  #hear(bytes: Buffer): void {
    if (this.#isOver) return
    const fault = this.#inbox.feed(bytes, (message) => this.#take(message))
    if (fault !== undefined) this.kill(`it sent what is no message: ${fault}`)
  }

  #take(message: Received): void {
    if (this.#isOver) return
    if (message.name === 'ready') this.#trust()
    else if (!this.#isReady || !this.#options.onMessage(message)) this.kill(`it sent ${message.name} unasked`)
  }

  /** Before it is given a secret: it says that it has closed its memory, and the kernel says so too. */
  #trust(): void {
    const found = exposure(this.#child.pid ?? 0)
    if (this.#isReady) this.kill('it sent ready unasked')
    else if (found === undefined || found.tracer !== 0 || found.dumpable === true)
      this.kill('others can look into it')
    else {
      this.#isReady = true
      clearTimeout(this.#startTimer)
      this.#ready.resolve(undefined)
    }
  }
}

/**
 * The pinned Node under its permission model: it may read its bundle and load the addons beside it, and neither write nor
 * start anything. A session of its own, so that a key typed in the terminal of sgetd does not end it.
 */
function spawnCourier(program: string): ChildProcess {
  const bundle = realpathSync(program)
  assert(!bundle.includes('*'), 'Node takes a path with * for a pattern of what may be read')
  const walls = [
    '--permission',
    '--allow-addons',
    `--allow-fs-read=${bundle}`,
    '--allow-fs-read=/proc/self/status',
  ]
  return spawn(process.execPath, [...nodeFlags, ...walls, bundle], {
    cwd: '/',
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    detached: true,
  })
}
