// Who is signed in at the identity provider: one login at a time, one session, and what ends with it.
import { AuditFailure } from '@sget/audit'
import type { Demand } from '@sget/courier/messages'
import type { Lender } from '@sget/memory'
import type { Config } from '@sget/policy'
import { Refusal, type Body } from '@sget/wire/broker'
import { instant, type Clock } from './clock.ts'
import { HeldSession, SealedTokens } from './held-session.ts'
import type { Keeper } from './keeper.ts'
import type { Logger } from './log.ts'
import { LoginFlight, type Inviting, type LoginWanted } from './login-flight.ts'
import type { Recorder } from './recorder.ts'
import { refusalOf } from './refusals.ts'
import { Remembered } from './remembered.ts'
import type { Provider, SessionErrands, SessionFacts } from './session-errands.ts'
import type { Loaned } from './shift.ts'
import { SsoSession, type Ending } from './sso-session.ts'
import { unlessAborted } from './unless-aborted.ts'

export type { Demand } from '@sget/courier/messages'
export type { Inviting } from './login-flight.ts'

/** What it needs of the daemon. */
export interface SignInOptions {
  readonly keeper: Pick<Keeper, 'opened' | 'use'>
  readonly errands: SessionErrands
  readonly pools: Lender
  readonly recorder: Recorder
  readonly clock: Clock
  readonly log: Logger
  /** Told when a session is over, however it ended: what it allowed ends with it. */
  readonly onEnd: (reason: string) => void
  readonly onBug: (error: unknown) => void
}

/** A locked vault has no session: what the config says of the provider lies in it. */
export class SignIn {
  readonly #options: SignInOptions
  readonly #session: SsoSession
  #flight: LoginFlight | undefined

  constructor(options: SignInOptions) {
    const { errands, clock, log, onBug } = options
    this.#options = options
    this.#session = new SsoSession({
      provider: () => this.#provider(options.keeper.opened?.documents.config),
      errands,
      remembered: new Remembered(options),
      clock,
      log,
      onTakenUp: (facts) => this.#record('signed-in', facts, 'remembered'),
      onOver: (ending, facts) => this.#over(ending, facts),
      onBug,
    })
  }

  /** Who is signed in, for all to see. */
  get state(): Body<'sessionState'> {
    const open = this.#options.keeper.opened
    const { current } = this.#session
    const { subject, name, since, until, refreshAt, authTime, acr, amr } = current?.facts ?? nobody
    return {
      issuer: open?.documents.config.sso?.issuer ?? '',
      signedIn: current !== undefined,
      inviting: this.#flight?.isInviting ?? false,
      name,
      subject,
      since,
      until,
      renewable: refreshAt !== 0,
      remembered: current !== undefined && this.#session.isRemembered,
      authenticated: authTime * 1000,
      acr,
      amr: amr.map(({ method }) => method).join(' '),
    }
  }

  /**
   * Resolves when there is a session that meets the demand: at once, or after the one login that all who ask at the same time
   * wait for. Rejects with Refusal, or with the reason of the asker's signal.
   */
  async ensure(demand: Demand, asker: Inviting): Promise<void> {
    await this.#meet({ device: false, demand }, asker)
  }

  /** The tokens for one job, renewed before where that is due. Rejects with Refusal `sso-needed` where nobody is signed in. */
  async lend(signal: AbortSignal): Promise<Loaned> {
    this.#provider(this.#options.keeper.opened?.documents.config)
    return await unlessAborted(this.#session.lend(), signal)
  }

  /** Resolves when somebody has signed in; with `again`, somebody new or once more. Rejects as `ensure`. */
  async login(
    { device, again }: { readonly device: boolean; readonly again: boolean },
    asker: Inviting,
  ): Promise<void> {
    const wanted = { device, demand: {} }
    if (!again) return this.#meet(wanted, asker)
    this.#provider(this.#options.keeper.use.documents.config)
    await this.#wait(wanted, asker)
  }

  /**
   * Ends the session and a login that is under way. Here it is over at once, and the tokens are revoked at the provider: where
   * that fails it rejects with Refusal, and they serve there until they end.
   *
   * @returns where a human ends the provider's own session; empty where there is no such place
   */
  async logout(): Promise<string> {
    const { keeper, errands, onEnd } = this.#options
    const provider = this.#provider(keeper.use.documents.config)
    this.#flight?.end(new Refusal('sso-unfinished'))
    await this.#session.settled
    const wasSignedIn = this.#session.current !== undefined
    const parted = this.#session.part((tokens) =>
      errands.revoke(provider, tokens.loaned, new AbortController().signal),
    )
    if (wasSignedIn) onEnd('signed out')
    return (await parted) ?? ''
  }

  /** Forgets everything at once, and refuses all who wait: the vault is being locked, or the config names another provider. */
  end(reason: 'locked' | 'config'): void {
    const facts = this.#session.end()
    this.#flight?.end(new Refusal(reason === 'locked' ? 'locked' : 'sso-unfinished'))
    if (reason === 'config') void this.#session.forget()
    if (facts !== undefined) this.#ended(reason, facts)
  }

  /** The vault was opened: a session that is remembered is taken up. */
  begin(): void {
    this.#session.takeUp()
  }

  /** Renews what is due and ends what is over. Called now and then, and before whatever counts on it. */
  sweep(): void {
    this.#session.sweep()
  }

  async #meet(wanted: LoginWanted, asker: Inviting): Promise<void> {
    const { keeper, clock } = this.#options
    for (;;) {
      this.#provider(keeper.use.documents.config)
      await unlessAborted(this.#session.settled, asker.signal)
      if (this.#session.current?.meets(wanted.demand, instant(clock)) === true) return
      if (await this.#wait(wanted, asker)) return
    }
  }

  /** Waits for the login that is under way, or for one of their own: returns whether it came to just what they want. */
  async #wait(wanted: LoginWanted, asker: Inviting): Promise<boolean> {
    asker.signal.throwIfAborted()
    const underway = this.#flight?.signal.aborted === false ? this.#flight : undefined
    if (wanted.device && underway?.wanted.device === false) throw new Refusal('sso-busy')
    try {
      await (underway ?? this.#begin(wanted)).join(asker, wanted.device)
    } catch (error) {
      // Somebody wanted more than there is to be had: that need not be too little for others.
      if (underway === undefined || refusalOf(error)?.failure !== 'sso-weak') throw error
    }
    return underway === undefined
  }

  #begin(wanted: LoginWanted): LoginFlight {
    const flight = new LoginFlight(wanted, () => this.#options.clock.bootMs())
    this.#flight = flight
    flight.follow(
      this.#signIn(flight).finally(() => {
        if (this.#flight === flight) this.#flight = undefined
      }),
    )
    return flight
  }

  async #signIn({ wanted, invite, signal }: LoginFlight): Promise<void> {
    const { keeper, errands, clock } = this.#options
    const tokens = new SealedTokens()
    try {
      const subject = this.#session.current?.facts.subject
      const provider = this.#provider(keeper.use.documents.config)
      const facts = await errands.signIn(provider, { ...wanted, subject, invite }, tokens.take, signal)
      signal.throwIfAborted()
      this.#record('signed-in', facts, strengthOf(facts))
      await this.#session.begin(new HeldSession(tokens, facts, instant(clock)))
    } catch (error) {
      tokens.destroy()
      throw error
    }
  }

  /** Nobody here ended it. What the provider took back may be in other hands. */
  #over(ending: Ending, facts: SessionFacts): void {
    this.#options.log.warn({ ending }, 'session over')
    this.#ended(ending, facts)
  }

  /** It is over, whether or not that can be put on record. */
  #ended(reason: string, facts: SessionFacts): void {
    const { onEnd, recorder, log } = this.#options
    try {
      onEnd(reason)
      this.#record('sign-in-ended', facts, reason)
      if (reason === 'sso-ended') recorder.alarm(undefined, { subject: facts.subject, reason })
    } catch (error) {
      if (!(error instanceof AuditFailure)) throw error
      log.error({ code: error.code }, 'cannot record that the session is over')
    }
  }

  #record(event: 'signed-in' | 'sign-in-ended', { subject }: SessionFacts, reason: string): void {
    this.#options.recorder.record(event, undefined, { subject, reason })
  }

  #provider(config: Config | undefined): Provider {
    if (config === undefined) throw new Refusal('locked')
    if (config.sso === undefined) throw new Refusal('sso-absent')
    return { sso: config.sso, network: config.network }
  }
}

const nobody: SessionFacts = {
  subject: '',
  name: '',
  since: 0,
  until: 0,
  refreshAt: 0,
  authTime: 0,
  acr: '',
  amr: [],
}

function strengthOf({ acr, amr }: SessionFacts): string {
  return [acr, ...amr.map(({ method }) => method)].filter((word) => word !== '').join(' ')
}
