// When there is a courier process: from the first job on until a minute after the last, and not again and again in vain.
import { setTimeout as delay } from 'node:timers/promises'
import type { JobName } from '@sget/courier/messages'
import type { Lender, Receiver } from '@sget/memory'
import { Refusal, type FailureName } from '@sget/wire/broker'
import type { Logger } from './log.ts'
import { Shift, type Task } from './shift.ts'
import { unlessAborted } from './unless-aborted.ts'

/** Jobs that are under way or wait for the process; one more is refused. */
export const jobsMax = 64

/** How long things take at most; a test has less time than the world. */
export interface CourierPatience {
  /** A process without a job is ended. */
  readonly idleMs: number
  /** A whole job, the start of a process included. The courier itself gives up a little earlier. */
  readonly jobMs: number
  /** Until a process takes jobs. */
  readonly startMs: number
  /** Until it has let go of a job that nobody wants any more. */
  readonly cancelMs: number
}

/** The world's. */
export const courierPatience: CourierPatience = {
  idleMs: 60_000,
  jobMs: 35_000,
  startMs: 10_000,
  cancelMs: 5_000,
}

/** So many processes in a row may end without having done a job before the next has to wait, doubled each time. */
const fruitlessFree = 2
const fruitlessPauseMs = 100
const fruitlessPauseMsMax = 10_000

/** What the courier is made with. */
export interface CourierOptions {
  /** The path of its bundle. */
  readonly program: string
  readonly receiver: Receiver
  readonly pools: Lender
  readonly log: Pick<Logger, 'info' | 'warn'>
  readonly patience: CourierPatience
}

/** One process at a time. */
export class Shifts {
  readonly #options: CourierOptions
  /** One for each job, from its asking to its end. */
  readonly #jobs = new Set<AbortController>()
  /** The process that takes jobs, or will. */
  #next: Promise<Shift> | undefined
  #running: Shift | undefined
  /** Ends with every `end`. */
  #term = new AbortController()
  #fruitless = 0
  #idle: NodeJS.Timeout | undefined

  constructor(options: CourierOptions) {
    this.#options = options
  }

  /** The process that runs now, if one does. */
  get pid(): number | undefined {
    return this.#running?.pid
  }

  /**
   * Has a job done; see Shift. Rejects with Refusal `busy` when there are too many, and `vault-slow`, or what its deadline
   * says, when it takes too long.
   */
  async run<N extends JobName>({ order, lent, borrower, deadline }: Task<N>): Promise<void> {
    borrower.signal?.throwIfAborted()
    if (this.#jobs.size >= jobsMax) throw new Refusal('busy')
    const job = new AbortController()
    const leave = (): void => job.abort(borrower.signal?.reason)
    const { ms, failure } = deadline ?? { ms: this.#options.patience.jobMs, failure: 'vault-slow' }
    const timer = setTimeout(() => job.abort(new Refusal(failure)), ms)
    this.#begin(job)
    borrower.signal?.addEventListener('abort', leave, { once: true })
    try {
      // The process that starts is there for others when one is gone who wanted it.
      const shift = await unlessAborted(this.#takingJobs(), job.signal)
      await shift.run({ order, lent, borrower: { ...borrower, signal: job.signal } })
    } finally {
      clearTimeout(timer)
      borrower.signal?.removeEventListener('abort', leave)
      this.#finish(job)
    }
  }

  /** Ends the process at once, with all that it knows, and all jobs with this failure. The next job starts another. */
  end(failure: FailureName, why = 'it is not to go on'): void {
    const refusal = new Refusal(failure)
    clearTimeout(this.#idle)
    for (const job of this.#jobs) job.abort(refusal)
    this.#term.abort(refusal)
    this.#term = new AbortController()
    const running = this.#running
    this.#running = undefined
    this.#next = undefined
    running?.end(failure, why)
  }

  #begin(job: AbortController): void {
    clearTimeout(this.#idle)
    this.#jobs.add(job)
  }

  #finish(job: AbortController): void {
    this.#jobs.delete(job)
    this.#rest()
  }

  #rest(): void {
    clearTimeout(this.#idle)
    if (this.#jobs.size > 0 || this.#running === undefined) return
    const { idleMs } = this.#options.patience
    this.#idle = setTimeout(() => this.end('courier-failed', 'it had nothing to do'), idleMs)
  }

  #takingJobs(): Promise<Shift> {
    this.#next ??= this.#start(this.#term.signal)
    return this.#next
  }

  async #start(term: AbortSignal): Promise<Shift> {
    await delay(pauseMs(this.#fruitless), undefined, { signal: term })
    const shift = this.#spawn()
    this.#running = shift
    this.#options.log.info({ courier: shift.pid }, 'courier started')
    this.#rest()
    await shift.ready
    return shift
  }

  #spawn(): Shift {
    const { program, receiver, pools, patience } = this.#options
    const { startMs, cancelMs } = patience
    const onEnd = (shift: Shift, why: string): void => this.#ended(shift, why)
    try {
      return new Shift({ program, receiver, pools, startMs, cancelMs, onEnd })
    } catch (error) {
      if (!(error instanceof Error && 'syscall' in error && 'code' in error)) throw error
      this.#options.log.warn({ code: error.code }, 'courier not started')
      this.#next = undefined
      this.#fruitless += 1
      throw new Refusal('courier-failed')
    }
  }

  /** Of one that was ended here before it had done anything nothing is to be learned. */
  #ended(shift: Shift, why: string): void {
    this.#options.log.info({ courier: shift.pid, why, jobs: shift.done }, 'courier ended')
    const byItself = this.#running === shift
    if (shift.done > 0) this.#fruitless = 0
    else if (byItself) this.#fruitless += 1
    if (!byItself) return
    this.#running = undefined
    this.#next = undefined
  }
}

function pauseMs(fruitless: number): number {
  if (fruitless < fruitlessFree) return 0
  return Math.min(fruitlessPauseMsMax, fruitlessPauseMs * 2 ** (fruitless - fruitlessFree))
}
