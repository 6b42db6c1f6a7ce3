// Requests that wait for a human, and how they end.
import { isOver, type Instant } from '@sget/memory'
import { level, Refusal, type Body } from '@sget/wire/broker'
import { clip, listedBytesMax } from './clip.ts'
import { instant, type Clock } from './clock.ts'
import type { Exchange } from './exchange.ts'
import { approvalsMax, approvalsPerAskerMax, approvalWaitMs } from './limits.ts'

/** How a human must answer: a click may be faked by a program of the same user, a proof may not. */
export type Level = keyof typeof level

/** What is asked of the human. */
export interface Question {
  readonly level: Level
  /** One line that says who wants what, and for what. */
  readonly summary: string
  /** The same for the audit log, where the summary says more than may lie there. */
  readonly recorded?: string
  /** The program that asks, as the human knows it. */
  readonly asker: string
  /** The process that it is counted for: the agent or, outside agents, the peer. */
  readonly pid: number
}

/** A question that nobody has answered yet. */
export interface Approval extends Question {
  readonly id: string
  /** Wall clock, milliseconds. */
  readonly expires: number
}

type Decision = 'approved' | 'approval-denied' | 'approval-expired' | 'connection-lost'

interface Open extends Approval {
  readonly since: Instant
  readonly decided: Promise<Decision>
  readonly decide: (decision: Decision) => void
}

/** The questions of all connections. None outlives the connection that asked it. */
export class Approvals {
  readonly #open = new Map<string, Open>()
  readonly #newId: () => string
  readonly #clock: Clock

  /** @param newId short ids, for people to type */
  constructor(newId: () => string, clock: Clock) {
    this.#newId = newId
    this.#clock = clock
  }

  /** Those that wait, oldest first. */
  get waiting(): readonly Approval[] {
    return [...this.#open.values()].filter((open) => !this.#isOver(open))
  }

  /** The question of that id. Throws `request-unknown`. */
  find(id: string): Approval {
    return this.#find(id)
  }

  /**
   * Tells the asker that its request waits, and returns when a human has allowed it.
   *
   * @throws Refusal when a human denied it, nobody answered in time, or the asker has gone
   */
  async ask(exchange: Exchange, question: Question): Promise<void> {
    if (this.#isCrowded(question.pid)) throw new Refusal('busy')
    const { promise, resolve } = Promise.withResolvers<Decision>()
    const id = this.#freshId()
    const approval: Open = {
      level: question.level,
      summary: clip(question.summary, listedBytesMax),
      recorded: question.recorded ?? question.summary,
      asker: clip(question.asker, listedBytesMax),
      pid: question.pid,
      id,
      since: instant(this.#clock),
      expires: this.#clock.wallMs() + approvalWaitMs,
      decided: promise,
      decide: resolve,
    }
    this.#open.set(id, approval)
    const timer = setTimeout(() => resolve('approval-expired'), approvalWaitMs)
    const { closed } = exchange.connection
    const lost = (): void => resolve('connection-lost')
    closed.addEventListener('abort', lost, { once: true })
    exchange.reply('waiting', waitingBody(approval))
    const decision = await promise
    clearTimeout(timer)
    closed.removeEventListener('abort', lost)
    this.#open.delete(id)
    if (decision !== 'approved') throw new Refusal(decision)
  }

  /** Ends a question the way the human wants. Throws `request-unknown`. */
  decide(id: string, decision: 'approved' | 'approval-denied'): void {
    this.#find(id).decide(decision)
  }

  /** Sends one who may not simply say yes to the passphrase, and returns when it was given for this question. */
  async awaitProof(id: string, exchange: Exchange): Promise<void> {
    const open = this.#find(id)
    exchange.reply('waiting', waitingBody({ ...open, level: 'proof' }))
    const decision = await open.decided
    if (decision !== 'approved') throw new Refusal(decision)
  }

  /** Ends all of them without an answer. */
  cancelAll(): void {
    for (const open of this.#open.values()) open.decide('approval-expired')
  }

  /** One who asks in a loop must not keep all others from asking. */
  #isCrowded(pid: number): boolean {
    const own = [...this.#open.values()].filter((open) => open.pid === pid)
    return this.#open.size >= approvalsMax || own.length >= approvalsPerAskerMax
  }

  #find(id: string): Open {
    const found = this.#open.get(id)
    if (found === undefined || this.#isOver(found)) throw new Refusal('request-unknown', id)
    return found
  }

  /** Asked when it counts: the timer of a question stands still while the machine sleeps. */
  #isOver({ since, decide }: Open): boolean {
    const over = isOver(since, instant(this.#clock), approvalWaitMs)
    if (over) decide('approval-expired')
    return over
  }

  #freshId(): string {
    const id = this.#newId()
    return this.#open.has(id) ? this.#freshId() : id
  }
}

function waitingBody({ id, level: wanted, summary }: Approval): Body<'waiting'> {
  return { request: id, level: level[wanted], summary, seconds: approvalWaitMs / 1000 }
}
