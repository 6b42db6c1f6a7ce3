// The rules of policy.toml, read strictly.
import { parseCommand, pinOf } from './command.ts'
import { type Demand, allMethods, signInWord } from './demand.ts'
import { type Glob, parseGlob } from './glob.ts'
import { type Permission, approvals, defaultTtlMs, defaultUses, exposures } from './permission.ts'
import { quoted } from './printable.ts'
import { type Converted, type Position, type Reading } from './reading.ts'
import {
  converted,
  duration,
  either,
  flag,
  integer,
  list,
  oneOf,
  optional,
  readToml,
  required,
  table,
  text,
} from './schema.ts'

/** One `[[rule]]`. It is for everyone, or for the agents that `agent` matches, or for the service at `caller`. */
export type Rule = {
  /** as audit and messages name it: `rule 2` */
  readonly name: string
  readonly at: Position
  readonly secrets: readonly Glob[]
  readonly agent: Glob | undefined
  readonly caller: string | undefined
  readonly permission: Permission
}

const rulesMax = 256
const patternsMax = 64
const commandsMax = 64
const usesMax = 1000
const ttlMsMin = 1000
const ttlMsMax = 24 * 60 * 60_000
const signInWordsMax = 16

/** A minute is how far the provider's clock may be from ours. */
const maxAgeMsMin = 60_000
const maxAgeMsMax = 30 * 24 * 60 * 60_000

const pattern = converted(text(), parseGlob)
const command = converted(text(), parseCommand)
const signIn = converted(text(), signInWord)
const signIns = converted(either(signIn, list(signIn, signInWordsMax)), atLeastOne)

const ruleTable = table({
  secrets: required(list(converted(pattern, overSecrets), patternsMax)),
  agent: optional(converted(pattern, overAgents), undefined),
  caller: optional(converted(text(), absolute), undefined),
  exposure: required(list(oneOf(exposures), exposures.length)),
  approval: required(oneOf(approvals)),
  uses: optional(integer(1, usesMax), defaultUses),
  ttl: optional(duration(ttlMsMin, ttlMsMax), defaultTtlMs),
  reason: optional(oneOf(['required', 'optional']), undefined),
  attested: optional(flag, false),
  command: optional(either(command, list(command, commandsMax)), undefined),
  acr: optional(signIns, undefined),
  amr: optional(signIns, undefined),
  max_age: optional(duration(maxAgeMsMin, maxAgeMsMax), undefined),
})
type RuleTable = NonNullable<ReturnType<typeof ruleTable>>

const documentTable = table({ rule: optional(list(converted(ruleTable, ruleOf), rulesMax), []) })

/** Reads the rules of a policy. What they mean together is for `check`. */
export function parseRules(document: string): Reading<readonly Rule[]> {
  const reading = readToml(document, documentTable)
  if (!reading.ok) return reading
  return {
    ok: true,
    value: reading.value.rule.map((rule, index) => ({ ...rule, name: `rule ${String(index + 1)}` })),
  }
}

function ruleOf(read: RuleTable, at: Position): Converted<Omit<Rule, 'name'>> {
  const { secrets, agent, caller, exposure, approval, uses, ttl, reason, attested, command } = read
  if (secrets.length === 0) return { fault: 'no secrets in the rule' }
  if (agent && caller) return { fault: 'an agent and a caller in one rule', why: 'it is for one of them' }
  if (command && (exposure.length !== 1 || exposure[0] !== 'run'))
    return { fault: 'a command in a rule for more than "run"', why: 'only what sget run starts is known' }
  if (command?.length === 0) return { fault: 'no command in the list', why: 'leave command out to allow any' }
  const reasonRequired = reason === 'required'
  const permission = {
    exposures: exposure,
    approval,
    uses,
    ttlMs: ttl,
    reasonRequired,
    attestedOnly: attested,
    commands: command ? [pinOf(command)] : [],
    demand: demandOf(read),
  }
  return { value: { at, secrets, agent, caller, permission } }
}

function demandOf({ acr, amr, max_age: maxAgeMs }: RuleTable): Demand | undefined {
  if (!acr && !amr && maxAgeMs === undefined) return undefined
  return {
    ...(acr && { acr: [...new Set(acr)] }),
    ...(amr && { amr: allMethods(amr) }),
    ...(maxAgeMs !== undefined && { maxAgeSeconds: maxAgeMs / 1000 }),
  }
}

/** The paths of all programs that rules name. Of no other does it matter to whom it belongs. */
export function namedPrograms(rules: readonly Rule[]): ReadonlySet<string> {
  const pins = rules.flatMap(({ permission }) => permission.commands)
  return new Set(pins.flatMap(({ patterns }) => patterns.map(({ program }) => program)))
}

/** An empty list would demand what nobody has, or nothing. */
function atLeastOne(words: readonly string[]): Converted<readonly string[]> {
  return words.length > 0
    ? { value: words }
    : { fault: 'no way to sign in', why: 'leave it out to allow any' }
}

/** What can match no secret was meant otherwise, and would silently be no rule at all. */
function overSecrets(glob: Glob): Converted<Glob> {
  const { text, segments } = glob
  const fits = text === '**' || (segments.length > 1 && segments.every(({ length }) => length > 0))
  if (fits) return { value: glob }
  return { fault: `no secret has a name like ${quoted(text)}`, why: 'names have two segments or more' }
}

/** The same for a pattern over the path of an agent's program. */
function overAgents(glob: Glob): Converted<Glob> {
  if (/^(\/|\*\*\/)./.test(glob.text)) return { value: glob }
  return { fault: `no agent has a path like ${quoted(glob.text)}`, why: 'it begins with / or **/' }
}

function absolute(path: string): Converted<string> {
  if (path.startsWith('/') && !/[*?]/.test(path)) return { value: path }
  return { fault: `malformed caller ${quoted(path)}`, why: 'it is the whole path of one program' }
}
