// Which permission applies to a caller and a secret.
import { covers, literal } from './glob.ts'
import { type Permission, meet, withoutRule } from './permission.ts'
import { type Rule } from './rules.ts'

/**
 * Who asks. `labels`: the resolved executable of an agent's session root and, for an interpreter, its script. They are
 * names, not identities. `path`: the executable of a process that is neither an agent's nor a human's, where known.
 */
export type Caller =
  | { readonly class: 'agent'; readonly labels: readonly string[] }
  | { readonly class: 'human' }
  | { readonly class: 'unattributed'; readonly path: string | undefined }

/** What applies, and by which rules, as audit names them. */
export type Applied = { readonly rule: string; readonly permission: Permission }

/**
 * The first rule for everyone that matches the secret, narrowed: for an agent by the first rule that names it; for
 * the unattributed, who may be any agent detached, by all rules that name one. Only a rule for the path of a service
 * stands alone.
 */
export function appliedTo(rules: readonly Rule[], caller: Caller, ref: string): Applied {
  const secret = literal(ref)
  const matching = rules.filter((rule) => rule.secrets.some((glob) => covers(glob, secret)))
  const everyone = appliedBy(matching.find(forEveryone))
  if (caller.class === 'human') return everyone
  const agents = matching.filter((rule) => rule.agent)
  if (caller.class === 'agent') {
    const named = agents.find((rule) => names(rule, caller.labels))
    return named ? narrowed(everyone, named) : everyone
  }
  const own = caller.path === undefined ? undefined : matching.find((rule) => rule.caller === caller.path)
  return own ? appliedBy(own) : agents.reduce(narrowed, everyone)
}

export function forEveryone(rule: Rule): boolean {
  return !rule.agent && rule.caller === undefined
}

function names({ agent }: Rule, labels: readonly string[]): boolean {
  return agent !== undefined && labels.some((label) => covers(agent, literal(label)))
}

function appliedBy(rule: Rule | undefined): Applied {
  return rule
    ? { rule: rule.name, permission: rule.permission }
    : { rule: 'no rule', permission: withoutRule }
}

function narrowed({ rule, permission }: Applied, by: Rule): Applied {
  return { rule: `${rule}, ${by.name}`, permission: meet(permission, by.permission) }
}
