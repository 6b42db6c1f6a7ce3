// The jobs of the SSO session: signing in, staying so, and ending it.
import assert from 'node:assert/strict'
import type { Answer } from './answer.ts'
import type { Body, Provider as ProviderBody, SessionJob, SessionJobName } from './messages.ts'
import { SsoFailure } from './oidc/failure.ts'
import type { DeviceLogin } from './oidc/logins.ts'
import { Logins } from './oidc/logins.ts'
import type { Login, Pace } from './oidc/login.ts'
import { logoutUrl, revoke } from './oidc/logout.ts'
import type { Provider } from './oidc/provider.ts'
import { Refreshes } from './oidc/refresh.ts'
import type { Session } from './oidc/session.ts'
import { Providers } from './providers.ts'
import type { Purse } from './purse.ts'
import type { Reaches } from './reaches.ts'
import { factsBody, factsIn, settingsIn, wantedIn } from './session-wording.ts'

/** What a job is done with. */
interface Task<N extends SessionJobName> {
  readonly body: Body<N>
  readonly purse: Purse
  readonly answer: Answer
  /** Fires when nobody waits for the job any more. */
  readonly signal: AbortSignal
}

/** One login, and one renewal of the same tokens at a time, whoever asks. */
export class SessionJobs {
  readonly #reaches: Reaches
  readonly #pace: Pace
  readonly #logins: Logins
  readonly #refreshes: Refreshes
  readonly #providers = new Providers()
  #newest: { readonly signal: AbortSignal; readonly over: Promise<unknown> } | undefined

  constructor(reaches: Reaches, pace: Pace) {
    this.#reaches = reaches
    this.#pace = pace
    this.#logins = new Logins(pace)
    this.#refreshes = new Refreshes(pace.now)
  }

  /** Does a job. Rejects with NetworkFailure or SsoFailure; anything else is a bug. */
  async perform({ name, body }: SessionJob, given: Omit<Task<SessionJobName>, 'body'>): Promise<void> {
    switch (name) {
      case 'signIn':
        return this.#signInAfter({ ...given, body })
      case 'refresh':
        return this.#refresh({ ...given, body })
      case 'revoke':
        return this.#revoke({ ...given, body })
    }
  }

  /** Behind a login that nobody wants any more: it may take a moment to end. */
  async #signInAfter(task: Task<'signIn'>): Promise<void> {
    const before = this.#newest
    const { promise: over, resolve } = Promise.withResolvers<undefined>()
    this.#newest = { signal: task.signal, over }
    try {
      if (before?.signal.aborted === true) await before.over
      await this.#signIn(task)
    } finally {
      resolve(undefined)
    }
  }

  async #signIn({ body, answer, signal }: Task<'signIn'>): Promise<void> {
    const provider = await this.#providerIn(body)
    signal.throwIfAborted()
    const login = await this.#begin(provider, body)
    const cancel = (): void => login.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    try {
      const code = 'code' in login ? login.code : ''
      answer.say('invited', { url: login.url, code, seconds: Math.ceil(this.#pace.loginMs / 1000) })
      await giveSession(answer, await login.session)
    } finally {
      signal.removeEventListener('abort', cancel)
      login.cancel()
    }
  }

  #begin(provider: Provider, body: Body<'signIn'>): Promise<Login | DeviceLogin> {
    const wanted = wantedIn(body)
    return body.device ? this.#logins.byDevice(provider, wanted) : this.#logins.byBrowser(provider, wanted)
  }

  async #refresh({ body, purse, answer }: Task<'refresh'>): Promise<void> {
    const provider = await this.#providerIn(body)
    const tokens = lentSession(purse)
    await giveSession(answer, await this.#refreshes.refresh(provider, { tokens, facts: factsIn(body) }))
  }

  async #revoke({ body, purse, answer }: Task<'revoke'>): Promise<void> {
    const provider = await this.#providerIn(body)
    await revoke(provider, lentSession(purse)).catch((error: unknown) => {
      // Where tokens cannot be revoked, they end with their time.
      if (!(error instanceof SsoFailure && error.code === 'unable')) throw error
    })
    answer.say('parting', { url: (await logoutUrl(provider)) ?? '' })
  }

  #providerIn(body: ProviderBody): Promise<Provider> {
    const { ca, proxy } = body
    return this.#providers.at(this.#reaches.to(body), JSON.stringify([ca, proxy]), settingsIn(body))
  }
}

function lentSession(purse: Purse): Buffer {
  const lent = purse.get('session')
  assert(lent !== undefined, 'sgetd lends the session before')
  return lent
}

async function giveSession(answer: Answer, given: Session): Promise<void> {
  using session = given
  const { tokens, facts } = session
  await answer.give('session', (into) => (tokens.length > into.length ? undefined : tokens.copy(into)))
  answer.say('session', factsBody(facts))
}
