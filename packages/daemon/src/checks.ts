// Checks of what was left behind: when each is due, who does it, and what came of it.
import { setTimeout as delay } from 'node:timers/promises'
import { AuditFailure } from '@sget/audit'
import { isLive, type Grant, type Item, type ProcessId } from '@sget/policy'
import { started } from '@sget/native'
import { isSame } from '@sget/provenance'
import { Refusal } from '@sget/wire/broker'
import { Answers } from './answers.ts'
import { checkOf, unchecked, type Check, type Outcome } from './check.ts'
import { instant, type Clock } from './clock.ts'
import { Giving, type Recipient } from './given.ts'
import { itemName } from './item.ts'
import type { Open } from './keeper.ts'
import {
  checksAtOnceMax,
  checksKeptMax,
  checksWaitingMax,
  clearWaitMs,
  givingsMax,
  settleMs,
} from './limits.ts'
import type { Logger } from './log.ts'
import { look } from './looking.ts'
import type { Recorder } from './recorder.ts'
import { refusalOf } from './refusals.ts'
import { Runs } from './runs.ts'
import type { AgentSession } from './sessions.ts'
import { Slots } from './slots.ts'
import type { Workshop } from './worker.ts'

/** A check that is over. */
export interface Finding extends Check {
  readonly giving: Giving
  readonly timeMs: number
}

/** What a session is told of a check: what it came to, or that it does not learn that (any more). */
export type Told = Outcome | 'recorded' | 'unused'

/** What somebody was given, for the record of it. */
export interface Gift {
  readonly recipient: Recipient
  /** The directory of who asked, where it could be told. */
  readonly place: string | undefined
  readonly isRun: boolean
  /** The process that asked, and its connection. */
  readonly process: ProcessId
  readonly closed: AbortSignal
}

/** What checks need of the daemon. */
export interface ChecksOptions {
  readonly workshop: Workshop
  readonly recorder: Recorder
  readonly clock: Clock
  readonly log: Logger
  /** What is open, without counting as use: nothing in the background keeps a vault open. */
  readonly open: () => Open | undefined
  readonly grant: (id: string) => Grant | undefined
  /** Told when something is given, and when nobody may have any of it in use any more and it has been looked for. */
  readonly onGiven: (giving: Giving, path: string) => void
  readonly onOver: (giving: Giving) => void
  /** What to do with an error that is no expected failure. */
  readonly onBug: (error: unknown) => void
}

/** A giving on its way through its one check. */
interface Entry {
  readonly giving: Giving
  readonly done: PromiseWithResolvers<Check>
  check: Check | undefined
  isBegun: boolean
  /** The session has had its answer. */
  isTold: boolean
  finishedMs: number
}

/** Follows what agents were given until it is no longer theirs to use, and then has it looked for, once. */
export class Checks {
  readonly #options: ChecksOptions
  /** Not over yet, the oldest first. */
  readonly #open = new Set<Entry>()
  /** Over, the oldest first. */
  readonly #over = new Set<Entry>()
  readonly #runs: Runs
  readonly #slots = new Slots(checksAtOnceMax, checksWaitingMax)
  readonly #answers = new Answers()
  #locking = new AbortController()

  constructor(options: ChecksOptions) {
    this.#options = options
    this.#runs = new Runs((giving) => this.#ranOut(giving))
  }

  /** One field is about to be given. */
  gave({ recipient, place, isRun, process, closed }: Gift, { ref, field }: Item): void {
    const { giving } = this.#entryOf(recipient)
    giving.add({ ref, field, sinceMs: this.#options.clock.wallMs() }, place, isRun)
    this.#options.onGiven(giving, ref)
    if (isRun) this.#runs.begin(giving, process, closed)
  }

  /** The session gave the grant back. Once a grant it learns what is found, unless there were too many answers of late. */
  async cleared(grant: string): Promise<Told> {
    const entry = this.#find(grant)
    if (entry === undefined) return 'unused'
    if (entry.isTold) return 'recorded'
    entry.isTold = true
    const fields = entry.giving.items.map(itemName)
    const mayTell = this.#answers.take(fields, instant(this.#options.clock))
    this.#check(entry)
    if (!mayTell) return 'recorded'
    const found = await Promise.race([entry.done.promise, delay(clearWaitMs, undefined, { ref: false })])
    return found?.outcome ?? 'recorded'
  }

  /** A grant has reached its end. One that is spent is in use until its time is over, if it was read. */
  grantEnded({ id, state }: Grant): void {
    const entry = [...this.#open].find(({ giving }) => giving.grant === id)
    if (entry === undefined) return
    if (state === 'revoked') this.#check(entry)
    else this.#checkIfDue(entry)
  }

  /** An agent's session is over, with all that it was given. */
  sessionEnded({ id, place: { root } }: AgentSession): void {
    for (const entry of this.#open) {
      const { session, grant, root: own } = entry.giving
      if (session === id || (grant === undefined && isSame(own, root))) this.#check(entry)
    }
  }

  /** Looks which are due. Called now and then. */
  sweep(): void {
    this.#runs.sweep()
    for (const entry of this.#open) {
      const { root } = entry.giving
      if (started(root.pid) !== root.startTicks) this.#check(entry)
      else if (entry.giving.grant !== undefined) this.#checkIfDue(entry)
    }
  }

  /**
   * Nothing can be looked for any more: what is not over yet stays unchecked, and nobody waits for it.
   *
   * @param isForGood the vault will not be the same: what it gave is forgotten
   */
  lock(isForGood: boolean): void {
    this.#locking.abort(new Refusal('locked'))
    this.#locking = new AbortController()
    for (const entry of this.#open) this.#finish(entry, unchecked('locked'))
    if (isForGood) this.#over.clear()
  }

  /** Fires when the vault closes: no worker outlives that. */
  get locking(): AbortSignal {
    return this.#locking.signal
  }

  /** What was given to agents whose root is one of these processes, or to all; what is newest comes first. */
  givenBelow(roots: readonly ProcessId[] | undefined): readonly Giving[] {
    const givings = [...this.#over, ...this.#open].map(({ giving }) => giving).reverse()
    return givings.filter(({ root }) => roots?.some((other) => isSame(root, other)) !== false)
  }

  /** What was given for a grant, over or not. */
  givenFor(grant: string): Giving | undefined {
    return this.#find(grant)?.giving
  }

  /** What the checks found, the newest first. */
  get findings(): readonly Finding[] {
    const findings = [...this.#over].map(({ giving, check = unchecked(''), finishedMs }) => ({
      ...check,
      giving,
      timeMs: finishedMs,
    }))
    return findings.reverse()
  }

  #find(grant: string): Entry | undefined {
    return [...this.#open, ...this.#over].find(({ giving }) => giving.grant === grant)
  }

  #entryOf(recipient: Recipient): Entry {
    const known = [...this.#open].find((entry) => !entry.isBegun && isFor(entry.giving, recipient))
    if (known !== undefined) return known
    const giving = new Giving(recipient, this.#options.clock.wallMs())
    const done = Promise.withResolvers<Check>()
    const entry = { giving, done, check: undefined, isBegun: false, isTold: false, finishedMs: 0 }
    this.#open.add(entry)
    for (const oldest of this.#open) {
      if (this.#open.size <= givingsMax) break
      this.#finish(oldest, unchecked('crowded'))
    }
    return entry
  }

  /** A run has ended. Without a grant there may be another in a moment, and one look is enough for both. */
  #ranOut(giving: Giving): void {
    const entry = [...this.#open].find((other) => other.giving === giving)
    if (entry === undefined) return
    if (giving.grant === undefined) setTimeout(() => this.#checkIfDue(entry), settleMs).unref()
    else this.#checkIfDue(entry)
  }

  #checkIfDue(entry: Entry): void {
    const { giving } = entry
    if (this.#runs.isOpen(giving)) return
    const grant = giving.grant === undefined ? undefined : this.#options.grant(giving.grant)
    const isDue =
      grant === undefined ? giving.grant !== undefined || !giving.hasRead : this.#isOut(grant, giving)
    if (isDue) this.#check(entry)
  }

  /** Whether nobody may have what a grant gave in use any more, now that its runs are over. */
  #isOut(grant: Grant, { hasRead }: Giving): boolean {
    const { bootMs, wallMs } = instant(this.#options.clock)
    const isTimeOver = bootMs >= grant.ends.bootMs || wallMs >= grant.ends.wallMs
    return isTimeOver || (!hasRead && !isLive(grant))
  }

  /** Checks once, whatever ends it and however often. */
  #check(entry: Entry): void {
    if (entry.isBegun) return
    entry.isBegun = true
    this.#run(entry).catch(this.#options.onBug)
  }

  async #run(entry: Entry): Promise<void> {
    const { locking } = this
    const entered = this.#slots.enter()
    if (entered === undefined) {
      this.#finish(entry, unchecked('crowded'))
      return
    }
    const leave = await entered
    try {
      if (entry.check === undefined) this.#finish(entry, await this.#outcome(entry.giving, locking))
    } finally {
      leave()
    }
  }

  async #outcome(giving: Giving, locking: AbortSignal): Promise<Check> {
    const open = this.#options.open()
    if (open === undefined) return unchecked('locked')
    try {
      const found = await look(this.#options.workshop, {
        open,
        items: giving.items,
        order: {
          since: giving.sinceMs,
          history: false,
          skipIgnored: open.documents.config.skipIgnored,
          places: giving.places.map((path) => ({ path })),
          spared: this.#runs.besides(giving).map((pid) => ({ pid })),
        },
        signal: locking,
      })
      return checkOf(found, giving)
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) throw error
      return unchecked(refusal.failure)
    }
  }

  /** Once: a lock comes before a search that is under way, and counts. */
  #finish(entry: Entry, check: Check): void {
    if (entry.check !== undefined) return
    entry.check = check
    entry.isBegun = true
    entry.finishedMs = this.#options.clock.wallMs()
    this.#open.delete(entry)
    this.#over.add(entry)
    for (const oldest of this.#over) if (this.#over.size > checksKeptMax) this.#over.delete(oldest)
    this.#record(entry.giving, check)
    this.#options.onOver(entry.giving)
    entry.done.resolve(check)
  }

  /** A check takes nothing back and gives nothing: where its record cannot be written, nothing is to be refused. */
  #record({ grant, session, root, items }: Giving, { outcome, reason, left }: Check): void {
    const { recorder, log } = this.#options
    try {
      recorder.record('checked', undefined, {
        grant,
        session,
        root,
        ref: items.map(itemName).join(' '),
        outcome,
        reason: reason === '' ? undefined : reason,
        left: left.length === 0 ? undefined : left,
        count: left.length === 0 ? undefined : left.length,
      })
    } catch (error) {
      if (!(error instanceof AuditFailure)) throw error
      log.error({ code: error.code, grant, outcome }, 'cannot record a check')
    }
  }
}

function isFor({ grant, root }: Giving, recipient: Recipient): boolean {
  return grant === recipient.grant && (grant !== undefined || isSame(root, recipient.root))
}
