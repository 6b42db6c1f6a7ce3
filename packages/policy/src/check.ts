// What a policy must not say: a rule that names an agent may only narrow.
import { type Glob, covers, overlaps } from './glob.ts'
import { forEveryone } from './match.ts'
import { excess, withoutRule } from './permission.ts'
import { type PolicyError, type Reading, errorAt } from './reading.ts'
import { type Rule, parseRules } from './rules.ts'
import { type Sso } from './sso.ts'

/** Reads a policy that may be put in force: its rules, or all that is wrong with them. */
export function readPolicy(document: string): Reading<readonly Rule[]> {
  const reading = parseRules(document)
  if (!reading.ok) return reading
  const errors = check(reading.value)
  return errors.length > 0 ? { ok: false, errors } : reading
}

/**
 * The rules that give a named agent more than everyone has. The path of a program is a label that foreign code can
 * wear (LD_PRELOAD), so it must be worth nothing. Decided for all secrets that the patterns could mean, not for those
 * that there are.
 */
export function check(rules: readonly Rule[]): readonly PolicyError[] {
  const everyone = rules.filter(forEveryone)
  return rules.filter((rule) => rule.agent).flatMap((rule) => widenings(rule, everyone))
}

/** The rules of which nobody can have anything, since they demand a sign-in and the config names no place for one. */
export function unanswerable(rules: readonly Rule[], sso: Sso | undefined): readonly PolicyError[] {
  const demanding = sso ? [] : rules.filter(({ permission }) => permission.demand)
  return demanding.map(({ at, name }) =>
    errorAt(at, `${name} demands a sign-in`, 'the config has no [sso], so nobody can sign in'),
  )
}

function widenings(rule: Rule, everyone: readonly Rule[]): readonly PolicyError[] {
  const bounds = new Set(rule.secrets.flatMap((glob) => reached(glob, everyone)))
  return [...bounds].flatMap((bound) => {
    const more = excess(rule.permission, bound?.permission ?? withoutRule).join(', ')
    const than = `${bound?.name ?? 'no rule'} gives everyone`
    return more ? [errorAt(rule.at, `${rule.name} gives an agent more than ${than}`, more)] : []
  })
}

/** The rules that are the first to match some secret of a pattern; undefined at the end when some match none. */
function reached(glob: Glob, everyone: readonly Rule[]): readonly (Rule | undefined)[] {
  const overlapping = everyone.filter(({ secrets }) => secrets.some((other) => overlaps(other, glob)))
  const last = overlapping.findIndex(({ secrets }) => secrets.some((other) => covers(other, glob)))
  return last === -1 ? [...overlapping, undefined] : overlapping.slice(0, last + 1)
}
