// Puts frames together from whatever pieces a stream delivers.
import { protocol, type messages } from './messages.ts'
import type { Malformation } from './reader.ts'
import { headBytes, isMalformed, type HeadIn, type Messages, type ReceivedIn, type Table } from './table.ts'

/** Where the bytes of a frame that ends in a secret are to be gathered, or undefined when none is expected. */
export type SecretRoomIn<M extends Messages> = (head: HeadIn<M>) => Buffer | undefined

/** The same of the protocol between clients and the daemon. */
export type SecretRoom = SecretRoomIn<typeof messages>

/** Why a stream cannot go on: a malformed frame, or a secret that nobody waits for. */
export type StreamFault = Malformation | 'unexpected-secret'

/**
 * Gathers frames of one connection. Bytes of a plain frame may lie in ordinary memory; those of a secret go from the
 * piece that was fed straight to the room that `secretRoom` gives, so the caller can feed from one locked buffer.
 * A room belongs to the inbox until its message is delivered: who takes it back earlier must feed nothing more.
 */
export class InboxOf<M extends Messages> {
  readonly #table: Table<M>
  readonly #secretRoom: SecretRoomIn<M>
  readonly #headBytes = Buffer.alloc(headBytes)
  #headFilled = 0
  #head: HeadIn<M> | undefined
  #body = nothing
  #bodyFilled = 0
  #fault: StreamFault | undefined

  constructor(table: Table<M>, secretRoom: SecretRoomIn<M>) {
    this.#table = table
    this.#secretRoom = secretRoom
  }

  /**
   * Takes the next piece of the stream and hands on each message that it completes.
   *
   * @returns what is wrong with the stream, for good: whatever is fed after a fault is dropped; else undefined
   */
  feed(piece: Buffer, deliver: (message: ReceivedIn<M>) => void): StreamFault | undefined {
    let rest = piece
    while (this.#fault === undefined && rest.length > 0) {
      rest = this.#head === undefined ? this.#gatherHead(rest) : this.#gatherBody(this.#head, rest)
      if (this.#head === undefined && this.#headFilled === headBytes) this.#openFrame()
      if (this.#head !== undefined && this.#bodyFilled === this.#head.bodyBytes)
        this.#closeFrame(this.#head, deliver)
    }
    return this.#fault
  }

  /** Whether the beginning of a frame has come, and not yet the rest. */
  get isPartial(): boolean {
    return this.#headFilled > 0
  }

  #gatherHead(rest: Buffer): Buffer {
    const taken = rest.copy(this.#headBytes, this.#headFilled)
    this.#headFilled += taken
    return rest.subarray(taken)
  }

  #gatherBody(head: HeadIn<M>, rest: Buffer): Buffer {
    const taken = rest.copy(this.#body, this.#bodyFilled, 0, head.bodyBytes - this.#bodyFilled)
    this.#bodyFilled += taken
    return rest.subarray(taken)
  }

  #openFrame(): void {
    const head = this.#table.readHead(this.#headBytes)
    if (isMalformed(head)) {
      this.#fault = head.malformed
      return
    }
    const room = this.#table.carriesSecret(head.name)
      ? this.#secretRoom(head)
      : Buffer.allocUnsafe(head.bodyBytes)
    if (room === undefined || room.length < head.bodyBytes) {
      this.#fault = 'unexpected-secret'
      return
    }
    this.#head = head
    this.#body = room
    this.#bodyFilled = 0
  }

  #closeFrame(head: HeadIn<M>, deliver: (message: ReceivedIn<M>) => void): void {
    const message = this.#table.readBody(head, this.#body.subarray(0, head.bodyBytes))
    this.#head = undefined
    this.#headFilled = 0
    this.#body = nothing
    if (isMalformed(message)) this.#fault = message.malformed
    else deliver(message)
  }
}

/** The inbox of a connection between a client and the daemon. Without `secretRoom` no secret is taken. */
export class Inbox extends InboxOf<typeof messages> {
  constructor(secretRoom: SecretRoom = () => undefined) {
    super(protocol, secretRoom)
  }
}

const nothing: Buffer = Buffer.alloc(0)
