// How a provider of the tests behaves.

/** Handed over as one argument, in JSON; nothing of it is a secret of anybody. */
export interface ProviderOptions {
  /** What it calls itself; by default where it listens. */
  readonly issuer?: string
  /** Where it listens; by default a port of the system's choice. */
  readonly port?: number
  /** Where it keeps what it has to remember after a restart. */
  readonly folder?: string
  /** How far its clock is from the machine's. */
  readonly skewSeconds?: number
  /** Binds tokens to keys where a client can. */
  readonly bindsTokens?: boolean
  /** Proofs of a key have to hold what it gave out before (RFC 9449, section 8). */
  readonly wantsNonce?: boolean
  /** It never asks for a second factor, whatever a client demands. */
  readonly ignoresDemands?: boolean
  /** How long an access token serves. */
  readonly accessSeconds?: number
  readonly cookieKey: string
  readonly signingKey: object
}

/** The options of a provider's process. */
export function optionsOf(argv: readonly string[]): ProviderOptions {
  return JSON.parse(argv[2] ?? '{}') as ProviderOptions
}
