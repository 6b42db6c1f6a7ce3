// One request with all that is known of it: who asks, what was found out, and the parts of the daemon that answer.
import { isOver } from '@sget/memory'
import { exited, exposure, started } from '@sget/native'
import type { Caller } from '@sget/provenance'
import { Refusal, type Body, type FailureName, type PlainName } from '@sget/wire/broker'
import { instant } from './clock.ts'
import type { Exchange } from './exchange.ts'
import type { House } from './house.ts'
import { ackWaitMs, typingWaitMs } from './limits.ts'
import type { Noted } from './recorder.ts'
import type { Inviting } from './sign-in.ts'

/** A request of the message `N` on its way to an answer. */
export class Request<N extends PlainName = PlainName> {
  readonly house: House
  readonly exchange: Exchange
  readonly body: Body<N>
  /** Who waits where something takes a human to sign in. However many of its parts wait, it is told where once. */
  readonly asker: Inviting
  #caller: Caller | undefined
  #noted: Noted = {}

  constructor(house: House, exchange: Exchange, body: Body<N>) {
    this.house = house
    this.exchange = exchange
    this.body = body
    this.asker = {
      signal: exchange.connection.closed,
      invite: (invitation) => exchange.reply('invitation', invitation),
    }
  }

  /** Who asks, looked at once. Throws `connection-lost`, `traced` or `foreign-namespace`. */
  get caller(): Caller {
    this.#caller ??= this.#trace()
    return this.#caller
  }

  /** Who asks, if it was looked at. */
  get knownCaller(): Caller | undefined {
    return this.#caller
  }

  /** What the audit record of this request will say beside who asked. */
  get noted(): Noted {
    return this.#noted
  }

  note(found: Noted): void {
    this.#noted = { ...this.#noted, ...found }
  }

  /** Answers with the final reply. */
  reply<R extends PlainName>(name: R, body: Body<R>): void {
    this.exchange.reply(name, body)
  }

  /** Says that values will come, and waits until nobody else can read the process that gets them. */
  async readyToSend(values: number): Promise<void> {
    await this.#ready(values, ackWaitMs)
    this.#checkHardened()
  }

  /** Says that a secret may come, and waits until a human has typed it where nobody else can read it. */
  async readyToTake(): Promise<void> {
    await this.#ready(1, typingWaitMs)
    this.#checkHardened()
  }

  /** What was decided holds for the wait and no longer: its timer stands still while the machine sleeps. */
  async #ready(values: number, waitMs: number): Promise<void> {
    const { clock } = this.house
    const since = instant(clock)
    await this.exchange.ready(values, waitMs)
    if (isOver(since, instant(clock), waitMs)) throw new Refusal('too-slow')
  }

  /** Whether the process that asks lives still; then its pid is not yet another's. Some kernels give us no pidfd. */
  readonly lives = (): boolean => {
    const { pid, pidfd, startTicks } = this.exchange.connection.peer
    return pidfd >= 0 ? !exited(pidfd) : started(pid) === startTicks
  }

  #trace(): Caller {
    const { peer, report } = this.exchange.connection
    const { tracer, sessions, fingerprint } = this.house
    const caller = tracer.trace(peer.pid, sessions.roots, peer.startTicks, peer.attested)
    if (caller === undefined) throw new Refusal('connection-lost')
    this.#caller = caller
    if (!this.lives()) throw new Refusal('connection-lost')
    if (report !== undefined) this.note({ command: fingerprint(report.command) })
    if (caller.refusal !== undefined) throw new Refusal(this.#refusalOf(caller.refusal))
    return caller
  }

  /** A process that hides since it is setgid is told apart: an ordinary sget would have been looked at. */
  #refusalOf(refusal: NonNullable<Caller['refusal']>): FailureName {
    if (refusal === 'traced') return 'traced'
    const isSetgid = this.exchange.connection.peer.gid !== process.getgid?.()
    return refusal === 'hidden-namespace' && isSetgid ? 'attestation-unsound' : 'foreign-namespace'
  }

  /** Of root's processes /proc does not tell: then the tracer is all that can be looked for, and the record says so. */
  #checkHardened(): void {
    const found = exposure(this.exchange.connection.peer.pid)
    if (found === undefined || !this.lives()) throw new Refusal('connection-lost')
    if (found.tracer !== 0) throw new Refusal('traced')
    if (found.dumpable === true) throw new Refusal('not-hardened')
    if (found.dumpable === undefined) this.note({ reason: 'not seen to be unreadable' })
  }
}
