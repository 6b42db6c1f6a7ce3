// A peer on the socket of a real daemon, that keeps to no rule unless the test does.
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { encode, failureOfNumber, Inbox, protocolVersion, role } from '@sget/wire/broker'
import type { Received } from '@sget/wire/broker'

/** A peer that says what it likes and notes what it hears. */
export class Peer {
  readonly heard: Received[] = []
  readonly ended: Promise<unknown>
  readonly #socket: Socket
  readonly #inbox = new Inbox((head) => Buffer.alloc(head.bodyBytes))
  #listening: (() => void) | undefined

  /** @param home of the instance that it connects to */
  constructor(home: string) {
    this.#socket = connect(join(home, 'state/run/socket'))
    this.#socket.on('error', () => undefined)
    this.ended = new Promise((resolve) => this.#socket.once('close', resolve))
    this.#socket.once('close', () => this.#listening?.())
    this.#socket.on('data', (bytes: Buffer) => {
      this.#inbox.feed(bytes, (message) => this.heard.push(message))
      this.#listening?.()
    })
  }

  say(...frames: Buffer[]): this {
    this.#socket.write(Buffer.concat(frames))
    return this
  }

  hello(as: keyof typeof role = 'plain', version = protocolVersion): this {
    return this.say(encode('hello', 1, { version, role: role[as], program: 'a test' }))
  }

  /** Waits until so many messages were heard, or no more can be. */
  async hears(count: number): Promise<Received[]> {
    await this.until(() => this.heard.length >= count)
    return this.heard
  }

  /** Waits until what was heard is enough, or no more can be heard. */
  async until(isEnough: () => boolean): Promise<void> {
    while (!isEnough() && !this.#socket.destroyed)
      await new Promise<void>((resolve) => (this.#listening = resolve))
  }

  /** Waits for the end, and tells the failure that came before it. */
  async isClosedWith(): Promise<string> {
    await this.ended
    const last = this.heard.at(-1)
    return last?.name === 'failure' ? failureOfNumber(last.body.number) : ''
  }

  /** Reads nothing more. */
  pause(): void {
    this.#socket.pause()
  }

  /** Bytes that were said and that the kernel has not taken. */
  get unsaid(): number {
    return this.#socket.writableLength
  }

  /** Says nothing more. */
  finish(): void {
    this.#socket.end()
  }

  leave(): void {
    this.#socket.destroy()
  }
}

/** The failure that a message tells; empty when it is none. */
export const failureIn = (message: Received | undefined): string =>
  message?.name === 'failure' ? failureOfNumber(message.body.number) : ''

export const status = (id: number): Buffer => encode('status', id, {})
export const want = (id: number, ref: string): Buffer =>
  encode('run', id, {
    masked: true,
    grant: '',
    program: '/usr/bin/true',
    digest: '',
    words: [],
    origin: '',
    plain: [],
    wanted: [{ variable: '', ref }],
  })
