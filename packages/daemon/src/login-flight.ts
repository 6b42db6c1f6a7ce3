// One login, and all who wait for it.
import type { Body as CourierBody, Demand } from '@sget/courier/messages'
import { Refusal, type Body } from '@sget/wire/broker'
import { loginAskersMax } from './limits.ts'
import { unlessAborted } from './unless-aborted.ts'

/** Who asks for something that takes a login. */
export interface Inviting {
  /** Tells them where a human signs in: once, and never after their signal. */
  readonly invite: (invitation: Body<'invitation'>) => void
  /** Fires when they are gone. */
  readonly signal: AbortSignal
}

/** How a login is made, and what it has to come to. */
export interface LoginWanted {
  readonly device: boolean
  readonly demand: Demand
}

/** Begun for the first who asks, for whom the others wait too; given up when the last has left. */
export class LoginFlight {
  readonly wanted: LoginWanted
  readonly #bootMs: () => number
  /** All who wait, and whether they are told where to sign in. */
  readonly #askers = new Map<Inviting, boolean>()
  readonly #onlookers = new Set<Inviting>()
  readonly #abort = new AbortController()
  readonly #result = Promise.withResolvers<undefined>()
  #invited: { readonly body: CourierBody<'invited'>; readonly atMs: number } | undefined

  constructor(wanted: LoginWanted, bootMs: () => number) {
    this.wanted = wanted
    this.#bootMs = bootMs
    // Whoever waits hears of it; the last may have left.
    this.#result.promise.catch(() => undefined)
  }

  /** Fires when nobody wants it any more. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Whether a human has been told where to sign in. */
  get isInviting(): boolean {
    return this.#invited !== undefined
  }

  /**
   * Waits with the others. Rejects with what the login came to, or with the reason of the asker's signal.
   *
   * @param hasChosen this very way of signing in: the code of a device is for nobody else, who could have others type it
   */
  async join(asker: Inviting, hasChosen: boolean): Promise<void> {
    if (this.#askers.size >= loginAskersMax) throw new Refusal('busy')
    const isTold = hasChosen || !this.wanted.device
    // Of a request for several secrets each may wait.
    const isNew = !this.#askers.has(asker) && !this.#onlookers.has(asker)
    this.#askers.set(asker, isTold)
    try {
      if (isTold && isNew) this.#tell(asker)
      await unlessAborted(this.#result.promise, asker.signal)
    } finally {
      this.#askers.delete(asker)
      if (this.#askers.size === 0) this.end(new Refusal('sso-unfinished'))
    }
  }

  /** Told like those who wait for it, and waits for its end, whatever it comes to. It is not kept up for who only watches. */
  async watch(asker: Inviting): Promise<void> {
    if (this.#onlookers.size >= loginAskersMax) throw new Refusal('busy')
    const isNew = !this.#askers.has(asker) && !this.#onlookers.has(asker)
    this.#onlookers.add(asker)
    try {
      if (isNew) this.#tell(asker)
      await unlessAborted(
        this.#result.promise.catch(() => undefined),
        asker.signal,
      )
    } finally {
      this.#onlookers.delete(asker)
    }
  }

  /** Tells all who wait, and whoever comes yet. */
  readonly invite = (body: CourierBody<'invited'>): void => {
    this.#invited = { body, atMs: this.#bootMs() }
    for (const [asker, isTold] of this.#askers) if (isTold) this.#tell(asker)
    for (const asker of this.#onlookers) if (!this.#askers.has(asker)) this.#tell(asker)
  }

  /** Lets all go who wait for this. */
  follow(login: Promise<void>): void {
    login.then(() => this.#result.resolve(undefined), this.#result.reject)
  }

  /** Gives the login up. */
  end(refusal: Refusal): void {
    this.#abort.abort(refusal)
  }

  #tell({ invite, signal }: Inviting): void {
    if (this.#invited === undefined || signal.aborted) return
    const { body, atMs } = this.#invited
    const passedSeconds = Math.floor((this.#bootMs() - atMs) / 1000)
    invite({ ...body, seconds: Math.max(1, body.seconds - passedSeconds) })
  }
}
