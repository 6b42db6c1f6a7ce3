// Takes what sgetd sends, and sees to it that each job is answered once, whatever becomes of it.
import { InboxOf } from '@sget/wire/framing'
import { Answer, type Send } from './answer.ts'
import { NetworkFailure, VaultFailure } from './failure.ts'
import type { Kinds } from './kinds.ts'
import {
  codes,
  courierTable,
  isJob,
  isSessionJob,
  ssoCodes,
  type Head,
  type Job,
  type Received,
  type VaultJob,
} from './messages.ts'
import { SsoFailure } from './oidc/failure.ts'
import { worldly, type Pace } from './oidc/login.ts'
import { perform } from './perform.ts'
import { Purse } from './purse.ts'
import { Reaches } from './reaches.ts'
import { SessionJobs } from './session-jobs.ts'

interface Work {
  readonly answer: Answer
  readonly abort: AbortController
}

/** The jobs under way. sgetd is trusted to bound their number: it is the only one who can send any. */
export class Desk {
  readonly #kinds: Kinds
  readonly #send: Send
  readonly #inbox = new InboxOf(courierTable, roomFor)
  readonly #reaches = new Reaches()
  readonly #sessionJobs: SessionJobs
  readonly #pace: Pace
  /** What was lent for jobs that have not come yet. */
  readonly #purses = new Map<number, Purse>()
  readonly #works = new Map<number, Work>()

  /** @param pace of those who sign in */
  constructor(kinds: Kinds, send: Send, pace: Pace = worldly) {
    this.#kinds = kinds
    this.#send = send
    this.#pace = pace
    this.#sessionJobs = new SessionJobs(this.#reaches, pace)
  }

  /** Takes the next bytes of the stream. Returns false when they are not what sgetd says. */
  receive(bytes: Buffer): boolean {
    let isExpected = true
    const fault = this.#inbox.feed(bytes, (message) => {
      isExpected &&= this.#take(message)
    })
    return fault === undefined && isExpected
  }

  #take(message: Received): boolean {
    if (isJob(message)) return this.#begin(message)
    const { id, name, body } = message
    if (name === 'lend') return this.#purse(id).put(body.as, body.secret as Buffer)
    if (name === 'room') return this.#works.get(id)?.answer.makeRoom() ?? true
    if (name !== 'cancel') return false
    this.#cancel(id)
    return true
  }

  #begin(job: Job): boolean {
    if (this.#works.has(job.id)) return false
    const abort = new AbortController()
    const answer = new Answer(job.id, this.#send, abort.signal)
    this.#works.set(job.id, { answer, abort })
    // Rejects for a bug alone, and then nobody catches it: the process ends, and what it knew with it.
    void this.#work(job, answer, abort.signal)
    return true
  }

  async #work(job: Job, answer: Answer, signal: AbortSignal): Promise<void> {
    using purse = this.#purse(job.id)
    this.#purses.delete(job.id)
    try {
      await unlessAborted(this.#perform(job, { purse, answer, signal }), signal)
      this.#send(courierTable.encode('done', job.id, {}))
    } catch (error) {
      this.#send(courierTable.encode('failed', job.id, { code: codeOf(error) }))
    } finally {
      this.#works.delete(job.id)
    }
  }

  #perform(job: Job, given: Given): Promise<void> {
    return isSessionJob(job) ? this.#sessionJobs.perform(job, given) : this.#ask(job, given)
  }

  async #ask(job: VaultJob, { purse, answer, signal }: Given): Promise<void> {
    const remote = this.#kinds.get(job.body.kind)
    if (remote === undefined) throw new VaultFailure('unable', 'there is no such kind of vault')
    const lent = {
      http: this.#reaches.to(job.body),
      signal,
      settings: new Map(job.body.settings.map(({ name, value }) => [name, value])),
      credential: purse.get('credential'),
      session: purse.get('session'),
    }
    await perform(job, { remote, lent, purse, answer, loginMs: this.#pace.loginMs })
  }

  /** A job that is over has been answered already. */
  #cancel(id: number): void {
    this.#works.get(id)?.abort.abort(new NetworkFailure('cut', 'nobody waits for it any more'))
    const purse = this.#purses.get(id)
    if (purse === undefined) return
    purse[Symbol.dispose]()
    this.#purses.delete(id)
    this.#send(courierTable.encode('failed', id, { code: codes.cut }))
  }

  #purse(id: number): Purse {
    const purse = this.#purses.get(id) ?? new Purse()
    this.#purses.set(id, purse)
    return purse
  }
}

interface Given {
  readonly purse: Purse
  readonly answer: Answer
  readonly signal: AbortSignal
}

/** What is lent comes into a buffer of its own, which its purse wipes. */
function roomFor({ name, bodyBytes }: Head): Buffer | undefined {
  return name === 'lend' ? Buffer.alloc(bodyBytes) : undefined
}

function codeOf(error: unknown): number {
  if (error instanceof NetworkFailure || error instanceof VaultFailure) return codes[error.code]
  if (error instanceof SsoFailure) return ssoCodes[error.code]
  throw error
}

/** Does not wait for a vault that does not heed the signal. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  await Promise.race([work, promise])
}
