// How the network is reached: nothing of it comes from the environment, where a repository could have put it.
import { quoted } from './printable.ts'
import { type Converted } from './reading.ts'
import { converted, flag, optional, table, text, type Reader } from './schema.ts'

/** `[network]`. */
export type Network = {
  /** certificates, PEM, that are trusted instead of the system's; they stand in the config, so nobody exchanges a file */
  readonly ca: string | undefined
  readonly proxy: string | undefined
  /** plain HTTP to this machine itself, for tests */
  readonly loopbackHttp: boolean
}

const certificatesCharsMax = 32 * 1024

/** Where nothing is said. */
export const usualNetwork: Network = { ca: undefined, proxy: undefined, loopbackHttp: false }

/** The `[network]` table of a config. */
export const network: Reader<Network> = converted(
  table({
    ca: optional(converted(text(certificatesCharsMax), certificates), undefined),
    proxy: optional(converted(text(), httpAddress), undefined),
    loopback_http: optional(flag, false),
  }),
  ({ ca, proxy, loopback_http: loopbackHttp }) => ({ value: { ca, proxy, loopbackHttp } }),
)

/** An address of the web: no name or password in it, and nothing behind its path. */
export function httpAddress(value: string): Converted<string> {
  if (/^https?:\/\/[^\s/?#@]+(\/[^\s?#@]*)?$/.test(value)) return { value }
  return { fault: `no address ${quoted(value)}`, why: 'such as "https://vault.example:8200"' }
}

function certificates(value: string): Converted<string> {
  const isPem = /^\s*(-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+$/.test(value)
  return isPem ? { value } : { fault: 'no certificates', why: 'PEM, between """ and """' }
}
