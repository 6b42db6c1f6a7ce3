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
