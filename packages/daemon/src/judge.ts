// Between the daemon's words and the policy's: who asks as the rules see them, and how their refusals are told.
import type { Caller as PolicyCaller, RefusalCode } from '@sget/policy'
import type { Caller, Process } from '@sget/provenance'
import type { FailureName } from '@sget/wire/broker'

/** The caller as rules name it. */
export function policyCaller(caller: Caller): PolicyCaller {
  if (caller.class === 'human') return { class: 'human' }
  if (caller.agent !== undefined) return { class: 'agent', labels: labelsOf(caller.agent) }
  return { class: 'unattributed', path: serviceOf(caller) }
}

/** The names under which a rule may narrow an agent: its executable and, of an interpreter, the script. */
export function labelsOf({ executable, script }: Process): string[] {
  return script === undefined ? [executable] : [executable, script]
}

/** The program that a service is: the first above the peer that is no shell; none where its path may be anything. */
function serviceOf({ processes }: Caller): string | undefined {
  const service = processes.slice(1).find(({ kind }) => kind !== 'shell')
  return service?.elsewhere === true ? undefined : service?.executable
}

/** What a peer is told where it must not learn as much as the audit log. */
const toldOtherwise: Readonly<Partial<Record<RefusalCode, FailureName>>> = {
  'handle-needed': 'denied',
  'grant-forged': 'grant-unknown',
  'not-asked': 'request-unknown',
}

/** The failure that tells a peer of a refusal by the policy. */
export function failureOf(code: RefusalCode): FailureName {
  return toldOtherwise[code] ?? (code as FailureName)
}
