// Logins at vaults that have people sign in themselves: one at a time, since there is one address that the browser comes back to.
import type { Refusal } from '@sget/wire/broker'
import { LoginFlight, type Inviting } from './login-flight.ts'

/** Has a human sign in. `invite` takes where, `signal` fires when nobody wants it any more. */
export type SignInAt = (flight: Pick<LoginFlight, 'invite' | 'signal'>) => Promise<void>

interface Underway {
  /** Whose login it is. */
  readonly account: object
  readonly flight: LoginFlight
}

/** For the accounts of one config. */
export class VaultLogins {
  readonly #bootMs: () => number
  #underway: Underway | undefined
  #over: Refusal | undefined

  constructor(bootMs: () => number) {
    this.#bootMs = bootMs
  }

  /**
   * Waits for the login of this account, which is begun for the first who asks, or for the end of another account's, of which
   * the asker is told as well: the same human does both. Rejects with what the own login came to, with the refusal of the end,
   * or with the reason of the asker's signal.
   *
   * @returns whether it was the own one
   */
  async wait(account: object, asker: Inviting, signIn: SignInAt): Promise<boolean> {
    asker.signal.throwIfAborted()
    if (this.#over !== undefined) throw this.#over
    const underway = this.#underway?.flight.signal.aborted === false ? this.#underway : undefined
    const { account: whose, flight } = underway ?? this.#begin(account, signIn)
    const isOwn = whose === account
    await (isOwn ? flight.join(asker, false) : flight.watch(asker))
    return isOwn
  }

  /** Gives up what is under way, and whatever is asked for later. */
  end(refusal: Refusal): void {
    this.#over = refusal
    this.#underway?.flight.end(refusal)
  }

  #begin(account: object, signIn: SignInAt): Underway {
    const flight = new LoginFlight({ device: false, demand: {} }, this.#bootMs)
    const underway = { account, flight }
    this.#underway = underway
    flight.follow(
      signIn(flight).finally(() => {
        if (this.#underway === underway) this.#underway = undefined
      }),
    )
    return underway
  }
}
