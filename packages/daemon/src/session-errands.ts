// What sgetd can have done for the SSO session, job by job. Its tokens are bytes that sgetd never looks into.
import type { Body, Demand, Provider as ProviderBody, SessionJobName, Lending } from '@sget/courier/messages'
import type { Network, Sso } from '@sget/policy'
import type { Order } from './errand.ts'
import { loginMs, sessionJobMs } from './limits.ts'
import { Once, passedOnce } from './once.ts'
import { ssoFailure } from './remote-failures.ts'
import type { Deadline, Loaned } from './shift.ts'
import type { Shifts } from './shifts.ts'

/** The identity provider, and how it is reached, as the config in force says. */
export interface Provider {
  readonly sso: Sso
  readonly network: Network
}

/** What may be shown of a session: see the courier's SessionFacts. 0 and an empty text stand for what is not known. */
export type SessionFacts = Body<'session'>

/** A login that a human is to finish. */
export interface Wanted {
  readonly device: boolean
  readonly demand: Demand
  /** Who it has to be; undefined where anybody may. */
  readonly subject: string | undefined
  /** Told where they sign in. */
  readonly invite: (invited: Body<'invited'>) => void
}

/** Takes the tokens out of locked memory, which is wiped when it returns. */
export type TakeTokens = (tokens: Buffer) => void

/** What is particular to a job. */
interface Particulars<N extends SessionJobName> {
  readonly body: Body<N>
  readonly lent?: Readonly<Partial<Record<Lending, Loaned>>>
  readonly on: Order<N>['on']
  readonly take?: TakeTokens
  readonly isWhole: () => boolean
  readonly deadline: Deadline
  readonly signal: AbortSignal
}

/** Each job rejects with Refusal, most often one of `sso-…`, or with the reason of the signal. */
export class SessionErrands {
  readonly #shifts: Shifts

  constructor(shifts: Shifts) {
    this.#shifts = shifts
  }

  /** Waits for as long as a human takes. */
  async signIn(
    provider: Provider,
    wanted: Wanted,
    take: TakeTokens,
    signal: AbortSignal,
  ): Promise<SessionFacts> {
    const { device, demand, subject = '', invite } = wanted
    return await this.#session('signIn', {
      body: { ...bodyOf(provider), ...demanded(demand), subject, device },
      on: { invited: passedOnce(invite) },
      take,
      signal,
      deadline: { ms: loginMs, failure: 'sso-unfinished' },
    })
  }

  /** New tokens for old ones, which serve no longer. Once begun it is not to be given up: what it brings is all that is left. */
  async refresh(
    provider: Provider,
    { facts, session }: { readonly facts: SessionFacts; readonly session: Loaned },
    take: TakeTokens,
    signal: AbortSignal,
  ): Promise<SessionFacts> {
    return await this.#session('refresh', {
      body: { ...bodyOf(provider), ...facts },
      lent: { session },
      on: {},
      take,
      signal,
      deadline,
    })
  }

  /** Makes the tokens worthless. Returns where a human ends the provider's own session, empty where there is no such place. */
  async revoke(provider: Provider, session: Loaned, signal: AbortSignal): Promise<string> {
    const parting = new Once<Body<'parting'>>()
    await this.#do('revoke', {
      body: bodyOf(provider),
      lent: { session },
      on: { parting: parting.take },
      isWhole: () => parting.isThere,
      signal,
      deadline,
    })
    return parting.the.url
  }

  async #session<N extends 'signIn' | 'refresh'>(
    name: N,
    particulars: Omit<Particulars<N>, 'isWhole'> & { readonly take: TakeTokens },
  ): Promise<SessionFacts> {
    const facts = new Once<SessionFacts>()
    const taken = new Once<true>()
    await this.#do<N>(name, {
      ...particulars,
      on: { ...particulars.on, session: facts.take },
      take: (tokens) => {
        taken.take(true)
        particulars.take(tokens)
      },
      isWhole: () => facts.isThere && taken.isThere,
    })
    return facts.the
  }

  async #do<N extends SessionJobName>(name: N, particulars: Particulars<N>): Promise<void> {
    const { body, lent = {}, on, take, isWhole, signal } = particulars
    await this.#shifts.run<N>({
      order: {
        name,
        body,
        on,
        take: (_, secret) => take?.(secret),
        secretsMax: take === undefined ? 0 : 1,
        isWhole,
        failureOf: ssoFailure,
      },
      lent,
      borrower: { signal },
      deadline: particulars.deadline,
    })
  }
}

const deadline: Deadline = { ms: sessionJobMs, failure: 'sso-unreachable' }

function bodyOf({ sso, network }: Provider): ProviderBody {
  const { issuer, clientId, scopes, asksConsent, dpop } = sso
  const { ca = '', proxy = '', loopbackHttp } = network
  return {
    issuer,
    clientId,
    scopes: scopes.map((scope) => ({ scope })),
    asksConsent,
    dpop,
    ca,
    proxy,
    loopbackHttp,
  }
}

function demanded({
  acr = [],
  amr = [],
  maxAgeSeconds,
}: Demand): Pick<Body<'signIn'>, 'acr' | 'amr' | 'isAged' | 'maxAgeSeconds'> {
  return {
    acr: acr.map((context) => ({ context })),
    amr: amr.map((method) => ({ method })),
    isAged: maxAgeSeconds !== undefined,
    maxAgeSeconds: maxAgeSeconds ?? 0,
  }
}
