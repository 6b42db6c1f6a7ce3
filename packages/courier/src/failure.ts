// Why a vault on the network gave no answer that can be used.

/**
 * - `unreachable`: no connection came about: no such host, refused, no route, the proxy would not
 * - `untrusted`: the other side could not prove who it is, or speaks no TLS that we accept
 * - `too-slow`: it took longer than it may
 * - `cut`: the connection ended before the answer did
 * - `too-large`: the answer is larger than it may be
 * - `redirected`: it sent us to another place than its own
 * - `insecure`: the address is one that must not be asked, such as plain HTTP
 * - `unreadable`: it answered something else than what was agreed, such as a web page
 */
export type NetworkCode =
  'unreachable' | 'untrusted' | 'too-slow' | 'cut' | 'too-large' | 'redirected' | 'insecure' | 'unreadable'

/** An expected failure of the network. The message names the origin, never a path, a header or a piece of a body. */
export class NetworkFailure extends Error {
  override readonly name = 'NetworkFailure'
  readonly code: NetworkCode

  constructor(code: NetworkCode, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * What a vault answers instead of a secret:
 * - `not-found`: it has none of that name, or hides it
 * - `deleted`: it had one, which was deleted and may be brought back
 * - `no-field`: the secret has no such field
 * - `forbidden`: the credential may not do that
 * - `expired`: the credential serves no longer; a new login may help
 * - `sealed`: nobody can read from it until its keepers open it
 * - `standby`: this server of several does not answer now
 * - `rate-limited`: it wants fewer requests
 * - `no-redirect`: its role knows nothing of the address of this machine to which a browser is to come back
 * - `unable`: this kind of secret or vault cannot do that
 * - `opened`: what it had wrapped for us alone was opened by somebody else
 * - `refused`: it says no in a way that we know no better word for
 */
export type VaultCode =
  | 'not-found'
  | 'deleted'
  | 'no-field'
  | 'forbidden'
  | 'expired'
  | 'sealed'
  | 'standby'
  | 'rate-limited'
  | 'no-redirect'
  | 'unable'
  | 'opened'
  | 'refused'

/** An expected answer of a vault that is no secret. */
export class VaultFailure extends Error {
  override readonly name = 'VaultFailure'
  readonly code: VaultCode

  constructor(code: VaultCode, message: string) {
    super(message)
    this.code = code
  }
}
