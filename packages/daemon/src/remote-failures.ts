// What the courier tells of a job that failed, as failures of the protocol. It tells numbers, so no text of a vault or of an
// identity provider gets here.
import { codes, ssoCodes } from '@sget/courier/messages'
import type { FailureName } from '@sget/wire/broker'

/** Who gets as far as a vault on the network may have the secret: `denied` for what is not there tells nothing of others. */
const vaultFailures: Readonly<Record<keyof typeof codes, FailureName>> = {
  unreachable: 'vault-unreachable',
  cut: 'vault-unreachable',
  untrusted: 'vault-untrusted',
  'too-slow': 'vault-slow',
  'too-large': 'value-too-large',
  redirected: 'vault-address',
  insecure: 'vault-address',
  unreadable: 'vault-unreadable',
  'not-found': 'denied',
  'no-field': 'denied',
  deleted: 'vault-deleted',
  forbidden: 'vault-forbidden',
  expired: 'vault-expired',
  sealed: 'vault-sealed',
  standby: 'vault-standby',
  'rate-limited': 'vault-limited',
  'no-redirect': 'vault-redirect',
  unable: 'vault-unable',
  opened: 'vault-opened',
  refused: 'vault-refused',
}

/** An identity provider is no vault, and its network none of a vault. */
const networkFailures = {
  unreachable: 'sso-unreachable',
  cut: 'sso-unreachable',
  untrusted: 'sso-untrusted',
  'too-slow': 'sso-unreachable',
  'too-large': 'sso-unfound',
  redirected: 'sso-unfound',
  insecure: 'sso-unfound',
  unreadable: 'sso-unfound',
} as const satisfies Partial<Record<keyof typeof codes, FailureName>>

const ssoFailures: Readonly<Record<keyof typeof ssoCodes, FailureName>> = {
  'no-provider': 'sso-unfound',
  'other-issuer': 'sso-unfound',
  unable: 'sso-unable',
  busy: 'sso-busy',
  denied: 'sso-refused',
  unfinished: 'sso-unfinished',
  cancelled: 'sso-unfinished',
  'mixed-up': 'sso-untrusted',
  refused: 'sso-client',
  trouble: 'sso-unreachable',
  unreadable: 'sso-unfound',
  forged: 'sso-untrusted',
  clock: 'sso-clock',
  'other-person': 'sso-other',
  'too-weak': 'sso-weak',
  'session-ended': 'sso-ended',
  taken: 'sso-port',
}

type ByNumber = ReadonlyMap<number, FailureName>

const ofVaults: ByNumber = byNumber(codes, vaultFailures)
/** The network is that of the vault, and the human signs in as for a session. */
const ofSignIns: ByNumber = new Map([...ofVaults, ...byNumber(ssoCodes, ssoFailures)])
const ofSessions: ByNumber = new Map([
  ...byNumber(codes, networkFailures),
  ...byNumber(ssoCodes, ssoFailures),
])

function byNumber<Code extends string>(
  numbers: Readonly<Record<Code, number>>,
  failures: Readonly<Partial<Record<Code, FailureName>>>,
): ByNumber {
  const rows = Object.entries(failures) as [Code, FailureName][]
  return new Map(rows.map(([code, failure]) => [numbers[code], failure]))
}

/** The failure of a number that came for a job at a vault; undefined when it is none of those. */
export function remoteFailure(number: number): FailureName | undefined {
  return ofVaults.get(number)
}

/** The same where a vault itself has a human sign in. */
export function signInFailure(number: number): FailureName | undefined {
  return ofSignIns.get(number)
}

/** The same of a job of the SSO session. */
export function ssoFailure(number: number): FailureName | undefined {
  return ofSessions.get(number)
}
