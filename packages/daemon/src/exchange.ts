// One request of one connection, from its arrival to its final reply.
import type { Borrower, Lender, Loan } from '@sget/memory'
import { encode, Refusal } from '@sget/wire/broker'
import type { Body, Head, PlainName } from '@sget/wire/broker'
import type { Connection } from './connection.ts'
import { besidesValueBytes, frameValue, lengthBytes, type Fill, type ValueHead } from './framing.ts'
import { supplyWaitMs } from './limits.ts'

/** A secret that a peer supplied, in locked memory until disposed. */
export interface Supplied extends Disposable {
  readonly bytes: Buffer
}

/** A secret on its way out. */
export interface Outgoing {
  readonly head: ValueHead
  /** How long it may be. */
  readonly bytesMax: number
  /** With the last one the request is done, and the peer is told in the same breath. */
  readonly isLast: boolean
  readonly fill: Fill
}

type Step = 'ack' | 'supply'

/** What a handler may do with the request that it answers. Every wait ends with the connection. */
export class Exchange {
  readonly id: number
  readonly connection: Connection
  #awaited: { readonly step: Step; readonly arrived: () => void } | undefined
  #room: Loan | undefined

  constructor(connection: Connection, id: number) {
    this.connection = connection
    this.id = id
  }

  /** Who borrows memory for this request: the process at the other end, as long as it is there. */
  get borrower(): Borrower {
    const { closed, peer } = this.connection
    return { signal: closed, holder: peer.pid }
  }

  /** Sends a reply; what follows a final one is the handler's bug. */
  reply<N extends PlainName>(name: N, body: Body<N>): void {
    this.connection.send(name, this.id, body)
  }

  /** Says that the request is granted so far, and waits until the peer has made itself unreadable to its siblings. */
  async ready(values: number, waitMs: number): Promise<void> {
    const acknowledged = this.#await('ack', waitMs)
    this.reply('ready', { values })
    await acknowledged
  }

  /** Lends the peer a locked buffer for one secret, and waits until it is filled. */
  async supplied(pool: Lender): Promise<Supplied> {
    const loan = await pool.loan(pool.frameBytes, this.borrower)
    this.#room = loan
    try {
      const arrived = this.#await('supply', supplyWaitMs)
      this.reply('room', {})
      await arrived
      const length = loan.bytes.readUInt32BE(0)
      return {
        bytes: loan.bytes.subarray(lengthBytes, lengthBytes + length),
        [Symbol.dispose]: () => loan[Symbol.dispose](),
      }
    } catch (error) {
      loan[Symbol.dispose]()
      throw error
    } finally {
      this.#room = undefined
    }
  }

  /**
   * Sends one secret without ever copying it: it is decrypted straight into the frame. Only as much of a frame as it
   * needs is borrowed, since what was borrowed is wiped.
   */
  async sendSecret(pools: Lender, { head, bytesMax, isLast, fill }: Outgoing): Promise<void> {
    const loan = await pools.loan(bytesMax + besidesValueBytes, this.borrower)
    try {
      const end = await frameValue(loan, this.id, head, fill)
      const length = isLast ? end + encode('done', this.id, {}).copy(loan.bytes, end) : end
      await this.connection.sendLoan(loan, length)
    } finally {
      loan[Symbol.dispose]()
    }
  }

  /** Where a `supply` frame of this request may be gathered, if one is expected now. */
  roomFor(head: Head): Buffer | undefined {
    return this.#room !== undefined && head.bodyBytes >= lengthBytes ? this.#room.bytes : undefined
  }

  /**
   * Tells that the peer has sent the next step. Returns false when nobody waits for it.
   *
   * @param turn when the request may go on, if not at once
   */
  arrive(step: Step, turn: Promise<void> | undefined): boolean {
    if (this.#awaited?.step !== step) return false
    const { arrived } = this.#awaited
    this.#awaited = undefined
    if (turn === undefined) arrived()
    else void turn.then(arrived)
    return true
  }

  #await(step: Step, waitMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    const { closed } = this.connection
    const lost = (): void => reject(new Refusal('connection-lost'))
    const timer = setTimeout(() => reject(new Refusal('too-slow')), waitMs)
    closed.addEventListener('abort', lost, { once: true })
    this.#awaited = { step, arrived: () => resolve(undefined) }
    return promise.finally(() => {
      clearTimeout(timer)
      closed.removeEventListener('abort', lost)
    })
  }
}
