// One courier process and the jobs that it is on. When it ends, they fail, and nothing else does.
import { courierTable, type JobName, type Lending, type Received } from '@sget/courier/messages'
import type { Borrower, Lender, Loan, Receiver } from '@sget/memory'
import { Refusal, type FailureName } from '@sget/wire/broker'
import { headBytes } from '@sget/wire/framing'
import { CourierProcess } from './courier-process.ts'
import { Errand, type Order } from './errand.ts'

/** A secret that is lent for a job. */
export interface Loaned {
  readonly bytesMax: number
  /** Writes it to the beginning of the locked memory that it is given, and returns its length. */
  readonly fill: (room: Buffer) => Promise<number>
}

/** A job, what it may use, and who wants it done. */
export interface Task<N extends JobName> {
  readonly order: Order<N>
  readonly lent: Readonly<Partial<Record<Lending, Loaned>>>
  /** Its signal ends the job. */
  readonly borrower: Borrower
  /** For one that takes longer than most, or has another word for it. */
  readonly deadline?: Deadline
}

/** When a job is given up, and what that is called. */
export interface Deadline {
  readonly ms: number
  readonly failure: FailureName
}

/** A task that somebody can end. */
type Endable<N extends JobName> = Task<N> & { readonly borrower: { readonly signal: AbortSignal } }

/** What a shift is made with. */
export interface ShiftOptions {
  readonly program: string
  readonly receiver: Receiver
  /** Locked memory for what is lent and for what is fetched. */
  readonly pools: Lender
  readonly startMs: number
  readonly cancelMs: number
  readonly onEnd: (shift: Shift, why: string) => void
}

/** What stands before a secret that is lent, and behind it: the head, its name and its length. */
const besidesLentBytes = headBytes + 32

/** From the start of a process to its end. */
export class Shift {
  readonly #options: ShiftOptions
  readonly #process: CourierProcess
  readonly #errands = new Map<number, Errand>()
  #failure: FailureName = 'courier-failed'
  #nextId = 1
  #done = 0
  #isOver = false

  /** Throws where the system starts no process. */
  constructor(options: ShiftOptions) {
    const { program, receiver, startMs } = options
    this.#options = options
    this.#process = new CourierProcess({
      program,
      receiver,
      startMs,
      onMessage: (message) => this.#take(message),
      roomFor: (head) => (head.name === 'value' ? this.#errands.get(head.id)?.roomFor(head) : undefined),
      onEnd: (why) => this.#over(why),
    })
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  /** Resolves when it takes jobs; rejects with Refusal when it does not come to that. */
  get ready(): Promise<void> {
    return this.#process.ready
  }

  /** Jobs that it brought to their end. */
  get done(): number {
    return this.#done
  }

  /** Does a job. Rejects with Refusal, the reason of the signal, or what taking a secret threw. */
  async run<N extends JobName>({ order, lent, borrower }: Endable<N>): Promise<void> {
    if (this.#isOver) throw new Refusal(this.#failure)
    const id = this.#nextId++
    const frame = encoded(order, id)
    const errand = new Errand(order, {
      pools: this.#options.pools,
      borrower,
      cancelMs: this.#options.cancelMs,
      send: (name) => this.#process.write(courierTable.encode(name, id, {})),
      kill: (why) => this.#process.kill(why),
    })
    const abandon = (): void => errand.abandon(borrower.signal.reason)
    this.#errands.set(id, errand)
    borrower.signal.addEventListener('abort', abandon, { once: true })
    this.#send(errand, frame, { id, lent, borrower }).catch((error: unknown) => errand.abandon(error))
    try {
      await errand.result
    } finally {
      borrower.signal.removeEventListener('abort', abandon)
      if (!errand.hasBegun) this.#errands.delete(id)
    }
  }

  /** Ends the process at once, and all jobs with this failure. */
  end(failure: FailureName, why: string): void {
    this.#failure = failure
    this.#process.kill(why)
  }

  async #send(errand: Errand, frame: Buffer, { id, lent, borrower }: Lent): Promise<void> {
    for (const [as, loaned] of Object.entries(lent)) {
      using loan = await this.#options.pools.loan(loaned.bytesMax + besidesLentBytes, borrower)
      const length = await filled(loan, id, as, loaned)
      borrower.signal.throwIfAborted()
      errand.begin()
      await this.#process.sendLoan(loan, length)
    }
    borrower.signal.throwIfAborted()
    errand.begin()
    this.#process.write(frame)
  }

  #take(message: Received): boolean {
    const errand = this.#errands.get(message.id)
    const came = errand?.receive(message) ?? 'unexpected'
    if (came === 'over') {
      this.#errands.delete(message.id)
      this.#done += 1
    }
    return came !== 'unexpected'
  }

  #over(why: string): void {
    this.#isOver = true
    for (const errand of this.#errands.values()) errand.fail(new Refusal(this.#failure))
    this.#errands.clear()
    this.#options.onEnd(this, why)
  }
}

/** What goes before a job. */
interface Lent {
  readonly id: number
  readonly lent: Readonly<Partial<Record<Lending, Loaned>>>
  readonly borrower: Borrower & { readonly signal: AbortSignal }
}

function encoded<N extends JobName>({ name, body }: Order<N>, id: number): Buffer {
  try {
    return courierTable.encode(name, id, body)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new Refusal('document-invalid', 'a mount of config.toml has longer settings than can be used')
  }
}

/** Lays the frame of something lent into locked memory. Returns its length. Throws MemoryFailure `ended` when that took too long. */
async function filled(loan: Loan, id: number, as: string, { fill }: Loaned): Promise<number> {
  const { secretAt } = courierTable.encodeAround(loan.bytes, 'lend', id, { as, secret: nothing })
  const room = loan.bytes.subarray(secretAt)
  const length = await fill(room)
  const secret = loan.bytes.subarray(secretAt, secretAt + length)
  return courierTable.encodeAround(loan.bytes, 'lend', id, { as, secret }).end
}

const nothing = new Uint8Array(0)
