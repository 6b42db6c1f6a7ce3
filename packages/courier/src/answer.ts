// What a job says to sgetd while it is under way: plain things at once, a secret when sgetd has locked memory for it.
import { wipe } from '@sget/memory'
import { headBytes, valueBytesMax } from '@sget/wire/framing'
import { NetworkFailure } from './failure.ts'
import { courierTable, type Body, type PlainName } from './messages.ts'

/** Writes a frame; `written` is called when the bytes are with the kernel, or never will be. */
export type Send = (frame: Buffer, written?: () => void) => void

/** Copies a secret to the beginning of `into`; undefined where it does not fit. */
export type Copy = (into: Buffer) => number | undefined

/** Most secrets are short, and a buffer that is too long is wiped all the same. */
const roomsBytes = [8 * 1024, valueBytesMax]

/** Before the secret in its frame: the head, and the secret's length. */
const beforeSecretBytes = headBytes + 4

/** The answer to one job, until it is over. */
export class Answer {
  readonly #id: number
  readonly #send: Send
  readonly #signal: AbortSignal
  #roomGiven: (() => void) | undefined

  /** @param signal fires when nobody wants the answer any more */
  constructor(id: number, send: Send, signal: AbortSignal) {
    this.#id = id
    this.#send = send
    this.#signal = signal
  }

  /** @throws NetworkFailure `unreadable` where the vault sent what no message of ours can hold; the signal's reason */
  say<N extends PlainName>(name: N, body: Body<N>): void {
    this.#signal.throwIfAborted()
    this.#send(encoded(name, this.#id, body))
  }

  /** Offers a secret, waits for room, and sends it. Resolves when it is with the kernel and wiped here. */
  async give(name: string, copy: Copy): Promise<void> {
    const { frame, bytes } = copied(copy)
    try {
      const given = this.#room()
      this.say('offer', { name, bytes })
      await given
      const secret = frame.subarray(beforeSecretBytes, beforeSecretBytes + bytes)
      const { end } = courierTable.encodeAround(frame, 'value', this.#id, { secret })
      await new Promise<void>((resolve) => this.#send(frame.subarray(0, end), () => resolve()))
    } finally {
      wipe(frame)
    }
  }

  /** sgetd has room for what was offered. Returns false when nothing was. */
  makeRoom(): boolean {
    const given = this.#roomGiven
    this.#roomGiven = undefined
    given?.()
    return given !== undefined
  }

  #room(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    const abandon = (): void => reject(this.#signal.reason as Error)
    this.#signal.addEventListener('abort', abandon, { once: true })
    this.#roomGiven = () => resolve(undefined)
    return promise
  }
}

function encoded<N extends PlainName>(name: N, id: number, body: Body<N>): Buffer {
  try {
    return courierTable.encode(name, id, body)
  } catch (error) {
    if (error instanceof RangeError) throw new NetworkFailure('unreadable', 'the vault told what cannot be')
    throw error
  }
}

function copied(copy: Copy): { frame: Buffer; bytes: number } {
  for (const roomBytes of roomsBytes) {
    const frame = Buffer.alloc(beforeSecretBytes + roomBytes)
    const bytes = copy(frame.subarray(beforeSecretBytes))
    if (bytes !== undefined) return { frame, bytes }
  }
  throw new NetworkFailure('too-large', 'the value is larger than 1 MiB')
}
