// Why a caller is answered nothing, whoever it is.
import { type Facts } from './facts.ts'
import { type Process } from './process.ts'

/** `hidden-namespace`: its user namespace may not be looked at. */
export type Refusal = 'traced' | 'foreign-namespace' | 'hidden-namespace'

/**
 * The same of an attested peer, whose namespace cannot be seen and need not be: the kernel honours setgid only where the
 * group means what it means to us (user_namespaces(7)).
 */
export function refusalOfAttested(
  peer: Process,
  parent: Process | undefined,
  facts: Facts,
): Refusal | undefined {
  return [peer, parent].some((each) => each && facts.tracer(each.pid) !== 0) ? 'traced' : undefined
}

/** A tracer on the peer or on its parent, or a user namespace that is not known to be ours. */
export function refusalOf(peer: Process, parent: Process | undefined, facts: Facts): Refusal | undefined {
  const guard = facts.guard(peer.pid)
  if (guard?.userNamespace === 'foreign') return 'foreign-namespace'
  if (guard?.userNamespace !== 'ours') return 'hidden-namespace'
  const isTraced = guard.tracer !== 0 || (parent !== undefined && facts.tracer(parent.pid) !== 0)
  return isTraced ? 'traced' : undefined
}
