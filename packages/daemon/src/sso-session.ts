// The life of the SSO session: from a login, or from what was remembered, over its renewals to its end.
import { Refusal, type FailureName } from '@sget/wire/broker'
import { instant, type Clock } from './clock.ts'
import { HeldSession, SealedTokens } from './held-session.ts'
import {
  renewalPauseMsMax,
  renewalPauseMsMin,
  renewalTries,
  takeUpPauseMsMax,
  takeUpPauseMsMin,
} from './limits.ts'
import type { Logger } from './log.ts'
import { refusalOf } from './refusals.ts'
import type { Kept, Remembered } from './remembered.ts'
import type { Provider, SessionErrands, SessionFacts } from './session-errands.ts'
import type { Loaned } from './shift.ts'

/** Why a session ended that nobody ended here. */
export type Ending = 'expired' | 'sso-ended' | 'sso-other'

/** What the session needs of the daemon. */
export interface SsoSessionOptions {
  /** The provider of the config in force. Throws Refusal where there is none, or the vault is locked. */
  readonly provider: () => Provider
  readonly errands: SessionErrands
  readonly remembered: Remembered
  readonly clock: Clock
  readonly log: Logger
  /** Told before a remembered session is taken up. Throws where that cannot be put on record. */
  readonly onTakenUp: (facts: SessionFacts) => void
  /** Told after it is over. */
  readonly onOver: (ending: Ending, facts: SessionFacts) => void
  readonly onBug: (error: unknown) => void
}

/** The longest that a timer takes. */
const timerMsMax = 2 ** 31 - 1

/** Holds one session at most. Its tokens are lent as they are when they are laid out, never such as were replaced. */
export class SsoSession {
  readonly #options: SsoSessionOptions
  #held: HeldSession | undefined
  /** Resolves with tokens that are nobody's, where the session was taken away meanwhile. */
  #renewing: Promise<SealedTokens | undefined> | undefined
  #takingUp: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  /** CLOCK_BOOTTIME: a renewal that failed is not tried again before. */
  #nextTryMs = 0
  /** Ends with each session that ends. */
  #term = new AbortController()

  constructor(options: SsoSessionOptions) {
    this.#options = options
  }

  /** The session, if somebody is signed in. What is over ends here at the latest. */
  get current(): HeldSession | undefined {
    const held = this.#held
    if (held?.isOver(this.#now) !== true) return held
    this.#over('expired', held)
    return undefined
  }

  /** Whether it survives the daemon. */
  get isRemembered(): boolean {
    return this.#held !== undefined && this.#options.remembered.isThere
  }

  /** Resolves when it is known whether a remembered session serves. */
  get settled(): Promise<void> {
    return this.#takingUp
  }

  /** A human has signed in: what was there before is replaced. Resolves when it is remembered, where it is to be. */
  async begin(held: HeldSession): Promise<void> {
    this.#hold(held)
    await this.#options.remembered.keep(held)
  }

  /** The tokens for one job, renewed before where that is due. Rejects with Refusal `sso-needed` where nobody is signed in. */
  async lend(): Promise<Loaned> {
    await this.#takingUp
    if (this.current?.isDue(this.#now) === true && this.#mayTry) await this.#renew()
    const { current } = this
    if (current === undefined) throw new Refusal('sso-needed')
    return {
      bytesMax: roomBytes(current.tokens.bytes),
      fill: async (room) => Promise.resolve(this.#open(room)),
    }
  }

  /** Renews what is due and ends what is over. Called now and then. */
  sweep(): void {
    if (this.current?.isDue(this.#now) === true && this.#mayTry) void this.#renew()
  }

  /** Takes up the session that is remembered, if one is; again and again while the provider cannot be reached. */
  takeUp(pauseMs: number = takeUpPauseMsMin): void {
    this.#takingUp = this.#takeUp(pauseMs).catch(this.#options.onBug)
  }

  /** Ends it here. What is remembered stays: for `forget`. */
  end(): SessionFacts | undefined {
    const held = this.#detach()
    held?.tokens.destroy()
    return held?.facts
  }

  /** Nothing of it is remembered any more. */
  forget(): Promise<void> {
    return this.#options.remembered.keep(undefined)
  }

  /**
   * Ends it here at once, and then for good: `use` gets the newest tokens that there are for the last time. Resolves with what
   * that gives; undefined where nobody was signed in.
   */
  async part<Result>(use: (tokens: SealedTokens) => Promise<Result>): Promise<Result | undefined> {
    const renewing = this.#renewing
    const held = this.#held
    this.#held = undefined
    clearTimeout(this.#timer)
    // A renewal that is under way has used the tokens that are here.
    const renewed = await renewing
    this.#endTerm()
    const newest = renewed ?? held?.tokens ?? (await this.#options.remembered.recall())?.tokens
    try {
      await this.forget()
      return newest && (await use(newest))
    } finally {
      held?.tokens.destroy()
      newest?.destroy()
    }
  }

  get #now(): ReturnType<typeof instant> {
    return instant(this.#options.clock)
  }

  get #mayTry(): boolean {
    return this.#options.clock.bootMs() >= this.#nextTryMs
  }

  #open(room: Buffer): number {
    const { current } = this
    if (current === undefined) throw new Refusal('sso-needed')
    return current.tokens.open(room)
  }

  #hold(held: HeldSession): void {
    this.#held?.tokens.destroy()
    this.#held = held
    this.#nextTryMs = 0
    this.#plan()
  }

  /** Sleep and set clocks make a timer late: then `sweep` and `lend` see what is due. */
  #plan(): void {
    clearTimeout(this.#timer)
    const { clock } = this.#options
    const { refreshAt = 0 } = this.#held?.facts ?? {}
    if (refreshAt === 0) return
    const waitMs = Math.max(refreshAt - clock.wallMs(), this.#nextTryMs - clock.bootMs(), 0)
    this.#timer = setTimeout(() => this.#wake(), Math.min(Math.ceil(waitMs) + 1, timerMsMax))
  }

  #wake(): void {
    this.sweep()
    if (this.#renewing === undefined) this.#plan()
  }

  #renew(): Promise<SealedTokens | undefined> {
    this.#renewing ??= this.#renewed()
      .catch((error: unknown) => {
        this.#options.onBug(error)
        return undefined
      })
      .finally(() => {
        this.#renewing = undefined
        this.#plan()
      })
    return this.#renewing
  }

  async #renewed(): Promise<SealedTokens | undefined> {
    const held = this.#held
    if (held === undefined) return undefined
    const renewed = await this.#refresh(held)
    if (renewed instanceof Refusal) {
      if (this.#held === held) this.#notRenewed(held, renewed.failure)
      return undefined
    }
    if (this.#held === undefined) return renewed.tokens
    if (this.#held !== held) {
      renewed.tokens.destroy()
      return undefined
    }
    this.#hold(renewed)
    this.#options.log.info({ until: renewed.facts.until }, 'session renewed')
    await this.#options.remembered.keep(renewed)
    return undefined
  }

  /** New tokens for old ones, or why there are none. Throws for a bug alone. */
  async #refresh({ facts, tokens: before }: Kept): Promise<HeldSession | Refusal> {
    const { errands, provider } = this.#options
    const tokens = new SealedTokens()
    try {
      const lent = { facts, session: before.loaned }
      const renewed = await errands.refresh(provider(), lent, tokens.take, this.#term.signal)
      return new HeldSession(tokens, renewed, this.#now)
    } catch (error) {
      tokens.destroy()
      const refusal = refusalOf(error)
      if (refusal === undefined) throw error
      return refusal
    }
  }

  /** It serves as long as its tokens do; until then it is tried again, but for what the provider will not take back. */
  #notRenewed(held: HeldSession, failure: FailureName): void {
    const { clock, log } = this.#options
    log.warn({ failure }, 'session not renewed')
    if (isFinal(failure)) {
      this.#over(failure, held)
      return
    }
    const leftMs = held.facts.until - clock.wallMs()
    const pauseMs = Math.max(renewalPauseMsMin, Math.min(leftMs / renewalTries, renewalPauseMsMax))
    this.#nextTryMs = clock.bootMs() + pauseMs
  }

  async #takeUp(pauseMs: number): Promise<void> {
    const { remembered, onTakenUp, onOver } = this.#options
    const { signal } = this.#term
    const kept = await remembered.recall()
    if (kept === undefined) return remembered.keep(undefined)
    const renewed = await this.#refresh(kept)
    kept.tokens.destroy()
    if (!(renewed instanceof Refusal)) {
      // Somebody signed in meanwhile, or the vault was locked.
      if (this.#held !== undefined || signal.aborted) {
        renewed.tokens.destroy()
        return
      }
      onTakenUp(renewed.facts)
      return this.begin(renewed)
    }
    if (signal.aborted || this.#held !== undefined) return
    if (isFinal(renewed.failure)) {
      onOver(renewed.failure, kept.facts)
      return remembered.keep(undefined)
    }
    const next = Math.min(2 * pauseMs, takeUpPauseMsMax)
    this.#timer = setTimeout(() => this.takeUp(next), pauseMs)
  }

  #over(ending: Ending, { facts, tokens }: HeldSession): void {
    this.#detach()
    tokens.destroy()
    if (ending !== 'expired') void this.forget()
    this.#options.onOver(ending, facts)
  }

  #detach(): HeldSession | undefined {
    const held = this.#held
    this.#held = undefined
    clearTimeout(this.#timer)
    this.#endTerm()
    return held
  }

  #endTerm(): void {
    this.#term.abort(new Refusal('sso-needed'))
    this.#term = new AbortController()
  }
}

/** A renewal's tokens are about as long as those that it replaces, and may come before what is lent is laid out. */
function roomBytes(bytes: number): number {
  return (Math.floor(bytes / roomStepBytes) + 2) * roomStepBytes
}

const roomStepBytes = 512

/** Only a human helps. */
function isFinal(failure: FailureName): failure is 'sso-ended' | 'sso-other' {
  return failure === 'sso-ended' || failure === 'sso-other'
}
