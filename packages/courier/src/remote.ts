// What every vault on the network can do, one file a kind. It runs in the courier, which keeps nothing between two jobs.
import type { Description } from '@sget/backend'
import type { Http } from './http.ts'

/** What a job is given to work with. All of it is sgetd's, and gone when the job is over. */
export interface Lent {
  readonly http: Http
  /** Fires when nobody waits for the job any more: for `http.call`. */
  readonly signal?: AbortSignal
  /** From the mount's table in the config in force: strings by name, such as `url` and `namespace`. */
  readonly settings: ReadonlyMap<string, string>
  /** The token for this vault, where there is one; wiped by who lent it. */
  readonly credential: Buffer | undefined
  /** The tokens of the SSO session, packed, where somebody is signed in; wiped by who lent it. */
  readonly session?: Buffer | undefined
}

/** A right to use what was fetched, for a while: sgetd renews it while a grant lives and gives it back at the end. */
export interface Lease {
  readonly id: string
  readonly seconds: number
  readonly renewable: boolean
}

/** All fields of one secret as they came in one answer, in memory that is wiped when it is disposed of. */
export interface Harvest extends Disposable {
  /** In the order of the answer. */
  readonly fields: readonly string[]
  /** Which version of the secret it is, where the vault counts. */
  readonly version: number | undefined
  readonly lease: Lease | undefined
  /**
   * Copies one field.
   *
   * @returns the number of its bytes; undefined where they do not fit, and then `into` has nothing of them
   */
  copy(field: string, into: Buffer): number | undefined
}

/** What a login gave: a token for later jobs, as bytes that sgetd seals. */
export interface Admission extends Disposable {
  readonly token: Buffer
  /** How long it serves; 0 where it does not end. */
  readonly seconds: number
  readonly renewable: boolean
}

/** What one proves oneself with; which of them a kind of vault wants is for its settings to say. */
export interface Proof {
  /** The id token of the SSO session or, with the setting `bearer = "access"`, its access token. */
  readonly bearer: Buffer | undefined
  /** A secret of the vault's own: a token, or the secret id of an AppRole. */
  readonly secret: Buffer | undefined
}

/** Somebody who can sign in in a browser of this machine, where the vault itself has people do so. */
export interface Human {
  /** Tells them where. */
  readonly invite: (url: string) => void
  /** How long they may take. */
  readonly loginMs: number
}

/**
 * A kind of vault. Paths are relative to the mount. Every method rejects with NetworkFailure, or with VaultFailure for what
 * the vault itself answered, a login also with SsoFailure; no message of either holds a piece of an answer's body.
 */
export interface Remote {
  /** Secrets below a folder, which is '' or ends in `/`; folders by their names with `/` at the end. */
  list(lent: Lent, folder: string): Promise<readonly string[]>
  describe(lent: Lent, path: string): Promise<Description>
  fetch(lent: Lent, path: string): Promise<Harvest>
  health(lent: Lent): Promise<void>
  /** Changes the secret at its source, where the vault can; nobody sees the new value. */
  rotate?(lent: Lent, path: string): Promise<void>
  renew?(lent: Lent, lease: string): Promise<Lease>
  /** Gives a lease back, or checks a secret in. */
  release?(lent: Lent, lease: string): Promise<void>
  login?(lent: Lent, proof: Proof, human: Human): Promise<Admission>
  /** Makes the credential last longer, where it can. */
  prolong?(lent: Lent): Promise<Admission>
  /** Ends the credential at the vault. */
  logout?(lent: Lent): Promise<void>
}
