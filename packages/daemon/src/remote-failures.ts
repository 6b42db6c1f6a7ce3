// What the courier tells of a job that failed, as failures of the protocol. It tells numbers, so no text of a vault gets here.
import { codes } from '@sget/courier/messages'
import type { FailureName } from '@sget/wire/broker'

/** Who gets as far as a vault on the network may have the secret: `denied` for what is not there tells nothing of others. */
const failures: Readonly<Record<keyof typeof codes, FailureName>> = {
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
  unable: 'vault-unable',
  refused: 'vault-refused',
}

const byNumber = new Map(
  (Object.keys(failures) as (keyof typeof codes)[]).map((code) => [codes[code], failures[code]]),
)

/** The failure of a number that came from the courier; undefined when it is none of the table. */
export function remoteFailure(number: number): FailureName | undefined {
  return byNumber.get(number)
}
