// What sgetd can have done on the network, job by job. The process that does it is a courier, which keeps nothing.
import { fieldsMax, type Description } from '@sget/backend'
import {
  namesBytesMax,
  namesMax,
  type Body,
  type Lending,
  type Mount,
  type VaultJobName,
} from '@sget/courier/messages'
import type { FailureName } from '@sget/wire/broker'
import type { Order } from './errand.ts'
import { loginMs } from './limits.ts'
import { Once, passedOnce } from './once.ts'
import { remoteFailure, signInFailure } from './remote-failures.ts'
import { SessionErrands } from './session-errands.ts'
import type { Deadline, Loaned } from './shift.ts'
import { Shifts, type CourierOptions } from './shifts.ts'

/** Where a vault is and how it is reached, as the config in force says. */
export interface Place {
  readonly kind: string
  readonly settings: ReadonlyMap<string, string>
  /** Certificates to trust instead of the system's, PEM. */
  readonly ca?: string | undefined
  readonly proxy?: string | undefined
  readonly loopbackHttp?: boolean
}

/** What all jobs have in common. */
export interface Asking {
  readonly place: Place
  /** The token for this vault, where there is one. */
  readonly credential?: Loaned
  /** The tokens of the SSO session, for a vault that lets in who is signed in. */
  readonly session?: Loaned
  /** Fires when the asker is gone: the job ends, and rejects with its reason. */
  readonly signal?: AbortSignal | undefined
}

/** Takes the value of a field, or a token, out of locked memory, which is wiped when it returns. */
export type Take = (name: string, secret: Buffer) => void

/** A right to use what was fetched for a while. */
export type Lease = Body<'leased'>

/** What is plain of a fetched secret. */
export interface Fetched {
  readonly version: number | undefined
  readonly lease: Lease | undefined
}

/** How long a token serves: 0 seconds where it does not end. */
export type Admitted = Body<'admitted'>

/** What is particular to a job; most tell nothing but that they are done. */
interface Particulars<N extends VaultJobName> {
  readonly body: Omit<Body<N>, keyof Mount>
  readonly lent?: Readonly<Partial<Record<Lending, Loaned>>>
  readonly on?: Order<N>['on']
  readonly take?: Take
  readonly secretsMax?: number
  readonly isWhole?: () => boolean
  readonly failureOf?: Order<N>['failureOf']
  readonly deadline?: Deadline
}

/**
 * Each job rejects with Refusal: what the vault answered, `vault-slow`, `courier-failed` when the process ended on the way,
 * `busy`; or with the reason of the asker's signal.
 */
export class Courier {
  /** What the same process does for the SSO session. */
  readonly sessions: SessionErrands
  readonly #shifts: Shifts

  constructor(options: CourierOptions) {
    this.#shifts = new Shifts(options)
    this.sessions = new SessionErrands(this.#shifts)
  }

  /** The process that runs now, if one does. */
  get pid(): number | undefined {
    return this.#shifts.pid
  }

  /** Names below a folder, which is '' or ends in `/`; folders end in `/`. */
  async list(asking: Asking, folder: string): Promise<readonly string[]> {
    const names: string[] = []
    let bytes = 0
    await this.#do(asking, 'list', {
      body: { folder },
      on: {
        names: (page) => {
          for (const { name } of page.names) bytes += Buffer.byteLength(name)
          return names.push(...page.names.map(({ name }) => name)) <= namesMax && bytes <= namesBytesMax
        },
      },
    })
    return names
  }

  async describe(asking: Asking, path: string): Promise<Description> {
    const told = new Once<Body<'description'>>()
    await this.#do(asking, 'describe', {
      body: { path },
      on: { description: told.take },
      isWhole: () => told.isThere,
    })
    const { fields, ...summary } = told.the
    return {
      ...summary,
      fields: fields.map(({ name, sized, bytes }) => (sized ? { name, bytes } : { name })),
    }
  }

  /** All fields of a secret, as they were in one answer. */
  async fetch(asking: Asking, path: string, take: Take): Promise<Fetched> {
    const version = new Once<Body<'version'>>()
    const lease = new Once<Lease>()
    const on = { version: version.take, leased: lease.take }
    await this.#do(asking, 'fetch', { body: { path }, on, take, secretsMax: fieldsMax })
    return { version: version.found?.version, lease: lease.found }
  }

  /** Rejects when the vault cannot be asked now. */
  async health(asking: Asking): Promise<void> {
    await this.#do(asking, 'health', { body: {} })
  }

  /** Changes a secret at its source; nobody sees the new value. */
  async rotate(asking: Asking, path: string): Promise<void> {
    await this.#do(asking, 'rotate', { body: { path } })
  }

  async renew(asking: Asking, lease: string): Promise<Lease> {
    const renewed = new Once<Lease>()
    await this.#do(asking, 'renew', {
      body: { lease },
      on: { leased: renewed.take },
      isWhole: () => renewed.isThere,
    })
    return renewed.the
  }

  /** Gives a lease back. */
  async release(asking: Asking, lease: string): Promise<void> {
    await this.#do(asking, 'release', { body: { lease } })
  }

  /** Proves who asks, by the SSO session or a secret of the vault's own. `take` gets the vault's token. */
  async login(asking: Asking, proof: { readonly secret?: Loaned }, take: Take): Promise<Admitted> {
    return await this.#admission(asking, 'login', { proof, take })
  }

  /** Has a human sign in at the vault itself, for as long as they take. `invite` is told where, `take` gets the vault's token. */
  async signIn(asking: Asking, invite: (invited: Body<'invited'>) => void, take: Take): Promise<Admitted> {
    return await this.#admission(asking, 'login', { proof: {}, take, invite })
  }

  /** Makes the credential last longer. `take` gets the token that serves from then on. */
  async prolong(asking: Asking, take: Take): Promise<Admitted> {
    return await this.#admission(asking, 'prolong', { proof: {}, take })
  }

  /** Ends the credential at the vault. */
  async logout(asking: Asking): Promise<void> {
    await this.#do(asking, 'logout', { body: {} })
  }

  /** Ends the process at once, with all that it knows, and all jobs with this failure. The next job starts another. */
  end(failure: FailureName): void {
    this.#shifts.end(failure)
  }

  async #admission(asking: Asking, name: 'login' | 'prolong', given: Given): Promise<Admitted> {
    const { invite } = given
    const token = new Once<string>()
    const admitted = new Once<Admitted>()
    await this.#do(asking, name, {
      body: {},
      lent: given.proof,
      on: { admitted: admitted.take, ...(invite && { invited: passedOnce(invite) }) },
      take: (what, secret) => {
        token.take(what)
        given.take(what, secret)
      },
      secretsMax: 1,
      isWhole: () => token.isThere && admitted.isThere,
      ...(invite && { failureOf: signInFailure, deadline: loginDeadline }),
    })
    return admitted.the
  }

  async #do<N extends VaultJobName>(asking: Asking, name: N, particulars: Particulars<N>): Promise<void> {
    const { place, credential, session, signal } = asking
    const { body, lent, on = {}, take = nothing, secretsMax = 0, isWhole = always } = particulars
    const { failureOf = remoteFailure, deadline } = particulars
    await this.#shifts.run<N>({
      order: {
        name,
        body: { ...mountOf(place), ...body } as Body<N>,
        on,
        take,
        secretsMax,
        isWhole,
        failureOf,
      },
      lent: {
        ...(credential === undefined ? {} : { credential }),
        ...(session === undefined ? {} : { session }),
        ...lent,
      },
      // Nobody's in particular: who asks may hold memory already, and one holder gets one frame at a time.
      borrower: { signal },
      ...(deadline && { deadline }),
    })
  }
}

interface Given {
  readonly proof: Readonly<Partial<Record<Lending, Loaned>>>
  readonly take: Take
  /** For a login that takes a human. */
  readonly invite?: (invited: Body<'invited'>) => void
}

const loginDeadline: Deadline = { ms: loginMs, failure: 'sso-unfinished' }

function mountOf({ kind, settings, ca = '', proxy = '', loopbackHttp = false }: Place): Mount {
  return {
    kind,
    settings: Array.from(settings, ([name, value]) => ({ name, value })),
    ca,
    proxy,
    loopbackHttp,
  }
}

const always = (): boolean => true
const nothing = (): void => undefined
