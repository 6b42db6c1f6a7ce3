// One login at a time: the human has one browser in front of them, and one question to answer.
import { Attempt } from './browser-login.ts'
import { deviceSession, invite } from './device-login.ts'
import { SsoFailure } from './failure.ts'
import { Ending, type Login, type Pace, type Wanted, worldly } from './login.ts'
import type { Provider } from './provider.ts'
import type { Session } from './session.ts'

/** A login in a browser elsewhere: the human types the code there. */
export interface DeviceLogin extends Login {
  readonly code: string
}

type Wait = Pick<Login, 'session' | 'cancel'>

interface Prepared<Shown> {
  readonly shown: Shown
  /** Waits for the human. */
  readonly begin: () => Promise<Session>
}

/** Begins logins. A second one is refused while one waits. */
export class Logins {
  readonly #pace: Pace
  #isTaken = false

  constructor(pace: Pace = worldly) {
    this.#pace = pace
  }

  /** In a browser of this machine. @throws NetworkFailure, SsoFailure `busy`, `unable` */
  byBrowser(provider: Provider, wanted: Wanted = {}): Promise<Login> {
    return this.#alone(async (ending) => {
      using scope = new DisposableStack()
      const attempt = scope.use(await Attempt.begin(provider, wanted))
      const url = await attempt.url()
      const kept = scope.move()
      const begin = (): Promise<Session> => attempt.session(ending, this.#pace).finally(() => kept.dispose())
      return { shown: { url }, begin }
    })
  }

  /** In a browser elsewhere. @throws NetworkFailure, SsoFailure `busy`, `unable`, and what the provider refuses */
  byDevice(provider: Provider, wanted: Wanted = {}): Promise<DeviceLogin> {
    return this.#alone(async (ending) => {
      const invitation = await invite(provider, wanted)
      const { url, code } = invitation
      const begin = (): Promise<Session> =>
        deviceSession(provider, invitation, { wanted, ending, pace: this.#pace })
      return { shown: { url, code }, begin }
    })
  }

  async #alone<Shown>(prepare: (ending: Ending) => Promise<Prepared<Shown>>): Promise<Shown & Wait> {
    if (this.#isTaken) throw new SsoFailure('busy')
    this.#isTaken = true
    const ending = new Ending(this.#pace.loginMs)
    const leave = (): void => {
      ending[Symbol.dispose]()
      this.#isTaken = false
    }
    try {
      const { shown, begin } = await prepare(ending)
      const session = begin().finally(leave)
      // Whoever takes it hears of its failure; nobody has to.
      session.catch(() => undefined)
      return { ...shown, session, cancel: () => ending.cancel() }
    } catch (error) {
      leave()
      throw error
    }
  }
}
