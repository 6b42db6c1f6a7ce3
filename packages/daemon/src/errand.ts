// One job that the courier was given, from sgetd's side: what may come for it, and where its secrets land.
import type { Body, Head, JobName, PlainName, Received } from '@sget/courier/messages'
import type { Borrower, Lender, Loan } from '@sget/memory'
import { Refusal, valueBytesMax, type FailureName } from '@sget/wire/broker'

/** Before a secret in the body of its frame: its length. */
const lengthBytes = 4

/** What a job asks for, and what its answer may consist of. */
export interface Order<N extends JobName> {
  readonly name: N
  readonly body: Body<N>
  /** What may be told, each taken by a function that returns false for more than there can be. */
  readonly on: { readonly [P in PlainName]?: (body: Body<P>) => boolean }
  /** Takes a secret out of locked memory, which is wiped when it returns. */
  readonly take: (name: string, secret: Buffer) => void
  readonly secretsMax: number
  /** Whether nothing is missing when the courier says that it is done. */
  readonly isWhole: () => boolean
  /** What a number means with which it can fail; undefined for one with which it cannot. */
  readonly failureOf: (code: number) => FailureName | undefined
}

/** What an errand does to the courier. */
export interface Port {
  readonly pools: Lender
  readonly borrower: Borrower
  readonly send: (name: 'room' | 'cancel') => void
  /** For a courier that does not do what it should. */
  readonly kill: (why: string) => void
  /** How long it may take to let go of a job that nobody wants any more. */
  readonly cancelMs: number
}

/** Ends once, by `done`, by `failed`, or with the courier. One that nobody wants any more waits for its end all the same. */
export class Errand {
  readonly #order: Order<JobName>
  readonly #port: Port
  readonly #end = Promise.withResolvers<undefined>()
  #hasBegun = false
  #isAbandoned = false
  #letGo: NodeJS.Timeout | undefined
  #secrets = 0
  #offered: Body<'offer'> | undefined
  #room: Loan | undefined

  constructor(order: Order<JobName>, port: Port) {
    this.#order = order
    this.#port = port
  }

  /** Resolves when all has come; rejects with what stopped it. */
  get result(): Promise<void> {
    return this.#end.promise
  }

  /** From now on the courier knows of it, and has to say when it is over. */
  begin(): void {
    this.#hasBegun = true
  }

  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** Where the value is gathered that was offered, when there is room for it and it is as long as it was said to be. */
  roomFor({ bodyBytes }: Head): Buffer | undefined {
    return bodyBytes === (this.#offered?.bytes ?? 0) + lengthBytes ? this.#room?.bytes : undefined
  }

  /** Takes a message of the courier. Returns `over` with the last one, and `unexpected` for what must not come. */
  receive(message: Received): 'going-on' | 'over' | 'unexpected' {
    const { name, body } = message
    if (name === 'done') return this.#finish()
    if (name === 'failed') return this.#failed(body.code)
    return this.#isExpected(message) ? 'going-on' : 'unexpected'
  }

  /** Nobody waits for it any more. A courier that has begun has to say that it has let go. */
  abandon(reason: unknown): void {
    if (this.#isAbandoned) return
    this.#isAbandoned = true
    this.#end.reject(reason)
    if (!this.#hasBegun) return
    this.#port.send('cancel')
    this.#letGo = setTimeout(() => this.#port.kill('it does not let go of a job'), this.#port.cancelMs)
  }

  /** Ends it, whatever was to come. */
  fail(refusal: Refusal): void {
    this.#release()
    this.#end.reject(refusal)
  }

  #isExpected({ name, body }: Received): boolean {
    if (name === 'offer') return this.#offer(body)
    if (name === 'value') return this.#arrive(body.secret as Buffer)
    if (name === 'lend') return false
    return this.#order.on[name]?.(body as never) ?? false
  }

  #finish(): 'over' | 'unexpected' {
    if (!this.#isAbandoned && (this.#offered !== undefined || !this.#order.isWhole())) return 'unexpected'
    this.#release()
    this.#end.resolve(undefined)
    return 'over'
  }

  #failed(code: number): 'over' | 'unexpected' {
    const failure = this.#order.failureOf(code)
    if (failure === undefined) return 'unexpected'
    this.fail(new Refusal(failure))
    return 'over'
  }

  #offer(offered: Body<'offer'>): boolean {
    this.#secrets += 1
    if (this.#offered !== undefined || this.#secrets > this.#order.secretsMax) return false
    if (offered.bytes > valueBytesMax) return false
    this.#offered = offered
    if (!this.#isAbandoned) void this.#makeRoom(offered.bytes)
    return true
  }

  async #makeRoom(bytes: number): Promise<void> {
    const { pools, borrower, send, kill } = this.#port
    try {
      const loan = await pools.loan(bytes + lengthBytes, borrower)
      if (this.#offered === undefined || this.#isAbandoned) {
        loan[Symbol.dispose]()
        return
      }
      this.#room = loan
      loan.expired.addEventListener('abort', () => kill('it does not send what it offered'), { once: true })
      send('room')
    } catch (error) {
      this.abandon(error)
    }
  }

  /** The memory is somebody else's as soon as this returns. */
  #arrive(secret: Buffer): boolean {
    const name = this.#offered?.name
    if (name === undefined || this.#room === undefined) return false
    try {
      if (!this.#isAbandoned) this.#order.take(name, secret)
    } catch (error) {
      this.abandon(error)
    } finally {
      this.#vacate()
    }
    return true
  }

  #release(): void {
    clearTimeout(this.#letGo)
    this.#vacate()
  }

  #vacate(): void {
    this.#offered = undefined
    this.#room?.[Symbol.dispose]()
    this.#room = undefined
  }
}
