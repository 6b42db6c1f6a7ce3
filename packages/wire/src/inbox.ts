// Puts frames together from whatever pieces a stream delivers.
import { headBytes, isMalformed, readBody, readHead, type Head, type Received } from './frame.ts'
import type { Malformation } from './codec.ts'
import { carriesSecret } from './messages.ts'

/** Where the bytes of a frame that ends in a secret are to be gathered, or undefined when none is expected. */
export type SecretRoom = (head: Head) => Buffer | undefined

/** Why a stream cannot go on: a malformed frame, or a secret that nobody waits for. */
export type StreamFault = Malformation | 'unexpected-secret'

/**
 * Gathers frames of one connection. Bytes of a plain frame may lie in ordinary memory; those of a secret go from the
 * piece that was fed straight to the room that `secretRoom` gives, so the caller can feed from one locked buffer.
 */
export class Inbox {
  readonly #secretRoom: SecretRoom
  readonly #headBytes = Buffer.alloc(headBytes)
  #headFilled = 0
  #head: Head | undefined
  #body: Buffer = Buffer.alloc(0)
  #bodyFilled = 0

  constructor(secretRoom: SecretRoom = () => undefined) {
    this.#secretRoom = secretRoom
  }

  /**
   * Takes the next piece of the stream and hands on each message that it completes.
   *
   * @returns a fault after which nothing more may be fed, else undefined
   */
  feed(piece: Buffer, deliver: (message: Received) => void): StreamFault | undefined {
    let rest = piece
    while (rest.length > 0) {
      rest = this.#head === undefined ? this.#gatherHead(rest) : this.#gatherBody(this.#head, rest)
      if (this.#head === undefined && this.#headFilled === headBytes) {
        const fault = this.#openFrame()
        if (fault !== undefined) return fault
      }
      if (this.#head !== undefined && this.#bodyFilled === this.#head.bodyBytes) {
        const message = this.#closeFrame(this.#head)
        if (isMalformed(message)) return message.malformed
        deliver(message)
      }
    }
    return undefined
  }

  #gatherHead(rest: Buffer): Buffer {
    const taken = rest.copy(this.#headBytes, this.#headFilled)
    this.#headFilled += taken
    return rest.subarray(taken)
  }

  #gatherBody(head: Head, rest: Buffer): Buffer {
    const wanted = head.bodyBytes - this.#bodyFilled
    const taken = rest.copy(this.#body, this.#bodyFilled, 0, wanted)
    this.#bodyFilled += taken
    return rest.subarray(taken)
  }

  #openFrame(): StreamFault | undefined {
    const head = readHead(this.#headBytes)
    if (isMalformed(head)) return head.malformed
    const room = carriesSecret(head.name) ? this.#secretRoom(head) : Buffer.allocUnsafe(head.bodyBytes)
    if (room === undefined || room.length < head.bodyBytes) return 'unexpected-secret'
    this.#head = head
    this.#body = room
    this.#bodyFilled = 0
    return undefined
  }

  #closeFrame(head: Head): Received | { malformed: Malformation } {
    const message = readBody(head, this.#body.subarray(0, head.bodyBytes))
    this.#head = undefined
    this.#headFilled = 0
    this.#body = Buffer.alloc(0)
    return message
  }
}
