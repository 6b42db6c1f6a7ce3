// How one mount is let in at its vault: with the SSO session itself, or with a token of the vault's own that a login gives.
import { isOver, type Enclave, type Instant } from '@sget/memory'
import { Refusal, valueBytesMax } from '@sget/wire/broker'
import { instant, type Clock } from './clock.ts'
import type { Admitted, Asking, Courier, Place, Take } from './courier.ts'
import type { Logger } from './log.ts'
import { refusalOf } from './refusals.ts'
import type { Loaned } from './shift.ts'
import type { Inviting, SignIn } from './sign-in.ts'
import { unending, unlessAborted } from './unless-aborted.ts'
import type { SignInAt, VaultLogins } from './vault-logins.ts'

/** Ways to be let in: by the SSO session each time, or by a token for which one proves oneself, or signs in at the vault, first. */
export type Way = 'session' | 'jwt' | 'oidc' | 'approle' | 'token'

/** What an account is made with. */
export interface AccountOptions {
  /** Where its secrets are, for the log. */
  readonly at: string
  readonly way: Way
  readonly place: Place
  readonly courier: Courier
  readonly signIn: SignIn
  readonly logins: VaultLogins
  /** The secret of an AppRole, or the token that a human brought; read from the embedded vault each time. */
  readonly secret: () => Promise<Loaned>
  /** Seals the token. Who destroys it ends the account. */
  readonly enclave: Enclave
  readonly clock: Clock
  readonly log: Logger
}

interface Token extends Admitted {
  readonly sealed: Buffer
  readonly bytes: number
  readonly since: Instant
}

/** At the latest then a token is renewed: so much of its time is over. */
const renewedAt = 2 / 3

/** One account at one vault. */
export class Account {
  readonly #options: AccountOptions
  #token: Token | undefined
  #entering: Promise<void> | undefined
  #isProlonging = false
  /** What the last login that took a human came to: whether an old value may serve depends on that. */
  #obstacle: Refusal | undefined

  constructor(options: AccountOptions) {
    this.#options = options
  }

  /** Whether there is a token that serves, or none is needed. */
  get isReady(): boolean {
    const { way, signIn } = this.#options
    return way === 'session' ? signIn.state.signedIn : this.#valid() !== undefined
  }

  /** Has the human sign in where that is needed, and logs in. Several at once are one. */
  async ready(asker: Inviting): Promise<void> {
    const { way, signIn } = this.#options
    if (this.#valid() !== undefined) return
    if (way === 'oidc') return this.#invited(asker)
    if (way === 'session' || way === 'jwt') await signIn.ensure({}, asker)
    if (way !== 'session') await this.#enter(asker.signal)
  }

  /**
   * Does a job with what it is let in with; once more with a new token where the old one serves no longer. Where that takes a
   * human, they are asked by the next who wants to be `ready`: who asks is not known here.
   */
  async with<Result>(signal: AbortSignal, job: (asking: Asking) => Promise<Result>): Promise<Result> {
    const used = this.#token
    try {
      return await job(await this.#asking(signal))
    } catch (error) {
      const isOutdated = refusalOf(error)?.failure === 'vault-expired' && this.#options.way !== 'session'
      if (!isOutdated || this.#options.way === 'token') throw error
      if (this.#token === used) this.#token = undefined
      if (this.#options.way === 'oidc') throw error
      return await job(await this.#asking(signal))
    }
  }

  /** Renews the token when most of its time is over. */
  sweep(): void {
    const token = this.#valid()
    if (token === undefined || !token.renewable || token.seconds === 0 || this.#isProlonging) return
    const { clock, log, at } = this.#options
    if (!isOver(token.since, instant(clock), token.seconds * 1000 * renewedAt)) return
    this.#isProlonging = true
    this.#prolong(token)
      .catch((error: unknown) => log.warn({ at, failure: failureOf(error) }, 'a token was not renewed'))
      .finally(() => (this.#isProlonging = false))
  }

  /** Ends the token at the vault, with all leases that it has. One that a human brought stays theirs. */
  async leave(signal: AbortSignal): Promise<void> {
    const { way, courier, place } = this.#options
    const token = this.#valid()
    this.#token = undefined
    if (token === undefined || way === 'token') return
    await courier.logout({ place, credential: this.#loaned(token), signal })
  }

  async #asking(signal: AbortSignal): Promise<Asking> {
    const { way, place, signIn } = this.#options
    if (way === 'session') return { place, session: await signIn.lend(signal), signal }
    if (this.#valid() === undefined && way !== 'oidc') await this.#enter(signal)
    const token = this.#valid()
    if (token === undefined) throw this.#obstacle ?? new Refusal('vault-expired')
    return { place, credential: this.#loaned(token), signal }
  }

  /** Others may have to sign in first, at another vault. */
  async #invited(asker: Inviting): Promise<void> {
    const { logins } = this.#options
    while (this.#valid() === undefined) if (await logins.wait(this, asker, this.#signIn)) return
  }

  readonly #signIn: SignInAt = async ({ invite, signal }) => {
    const { courier, place, log, at } = this.#options
    try {
      await this.#take((take) => courier.signIn({ place, signal }, invite, take))
      this.#obstacle = undefined
      log.info({ at }, 'signed in at a vault')
    } catch (error) {
      this.#obstacle = refusalOf(error)
      throw error
    }
  }

  #enter(signal: AbortSignal): Promise<void> {
    // Of several who wait the first may leave, and the others want the token still.
    this.#entering ??= this.#login().finally(() => (this.#entering = undefined))
    return unlessAborted(this.#entering, signal)
  }

  async #login(): Promise<void> {
    const { way, courier, place, signIn, secret, clock } = this.#options
    const since = instant(clock)
    const asking = way === 'jwt' ? { place, session: await signIn.lend(unending) } : { place }
    const proof = way === 'jwt' ? {} : { secret: await secret() }
    await this.#take((take) => courier.login(asking, proof, take), since)
  }

  async #prolong(token: Token): Promise<void> {
    const { courier, place, clock } = this.#options
    const asking = { place, credential: this.#loaned(token) }
    await this.#take((take) => courier.prolong(asking, take), instant(clock))
  }

  /** @param asked when its time may have begun; where a human took theirs before, it is when the token is here */
  async #take(ask: (take: Take) => Promise<Admitted>, asked?: Instant): Promise<void> {
    const { enclave, clock } = this.#options
    let kept: Omit<Token, keyof Admitted> | undefined
    const admitted = await ask((_, token) => {
      const sealed = enclave.seal(token, this.#label)
      kept = { sealed, bytes: token.length, since: asked ?? instant(clock) }
    })
    if (kept !== undefined) this.#token = { ...admitted, ...kept }
  }

  /** The token, if its time is not over on either clock. */
  #valid(): Token | undefined {
    const token = this.#token
    if (token === undefined || token.seconds === 0) return token
    return isOver(token.since, instant(this.#options.clock), token.seconds * 1000) ? undefined : token
  }

  #loaned({ sealed, bytes }: Token): Loaned {
    const { enclave } = this.#options
    return {
      bytesMax: bytes,
      fill: (room) => Promise.resolve(enclave.open(sealed, this.#label, room)),
    }
  }

  get #label(): Buffer {
    return Buffer.from(`account ${this.#options.at}`)
  }
}

/** A secret of the embedded vault, to be lent. */
export function loanedField(fetch: (room: Buffer) => Promise<number>, bytes = valueBytesMax): Loaned {
  return { bytesMax: bytes, fill: fetch }
}

function failureOf(error: unknown): string {
  const refusal = refusalOf(error)
  if (refusal === undefined) throw error
  return refusal.failure
}
