// What a rule gives, as a lattice: the stricter of two is again a permission.
import { type Pin, allPins, implies } from './command.ts'
import { type Demand, joined, shortfalls } from './demand.ts'

/** The ways a value can leave. `run`: into the environment of a command; `write`: a value is put, made or removed. */
export const exposures = ['run', 'read', 'pipe', 'reveal', 'helper', 'write'] as const
export type Exposure = (typeof exposures)[number]

/** Who must allow it: nobody, a human once a session, a human each time, who proves each time. From lax to strict. */
export const approvals = ['never', 'once', 'always', 'proof'] as const
export type Approval = (typeof approvals)[number]

export type Permission = {
  readonly exposures: readonly Exposure[]
  readonly approval: Approval
  /** of a grant: how often each field may be used, and for how long; nor is a value served that was fetched longer ago */
  readonly uses: number
  readonly ttlMs: number
  /** who asks for a grant must say what for */
  readonly reasonRequired: boolean
  /** a value leaves only to the sget of the attested install */
  readonly attestedOnly: boolean
  /** of `run`: what each of them must let pass; where nothing is to run there are none */
  readonly commands: readonly Pin[]
  /** of the human's sign-in, for a value to leave */
  readonly demand: Demand | undefined
}

export const defaultUses = 1
export const defaultTtlMs = 5 * 60_000

/** Where no rule matches. */
export const withoutRule: Permission = {
  exposures: ['run', 'read'],
  approval: 'always',
  uses: defaultUses,
  ttlMs: defaultTtlMs,
  reasonRequired: false,
  attestedOnly: false,
  commands: [],
  demand: undefined,
}

/** In every respect the stricter of both. */
export function meet(one: Permission, other: Permission): Permission {
  const both = one.exposures.filter((exposure) => other.exposures.includes(exposure))
  return {
    exposures: both,
    approval: stricter(one.approval, other.approval),
    uses: Math.min(one.uses, other.uses),
    ttlMs: Math.min(one.ttlMs, other.ttlMs),
    reasonRequired: one.reasonRequired || other.reasonRequired,
    attestedOnly: one.attestedOnly || other.attestedOnly,
    commands: both.includes('run') ? allPins(one.commands, other.commands) : [],
    demand: joined(one.demand, other.demand),
  }
}

/** Whether a value goes to commands and to nobody's eyes. */
export function isRunOnly({ exposures }: Permission): boolean {
  return exposures.includes('run') && !exposures.includes('read')
}

export function stricter(one: Approval, other: Approval): Approval {
  return approvals.indexOf(one) > approvals.indexOf(other) ? one : other
}

/** In which respects the one gives what the other does not, for a message; empty where it gives no more. */
export function excess(one: Permission, other: Permission): readonly string[] {
  const more = one.exposures.filter((exposure) => !other.exposures.includes(exposure))
  return [
    ...more.map((exposure) => `exposure "${exposure}"`),
    ...(stricter(one.approval, other.approval) === one.approval ? [] : [`approval "${one.approval}"`]),
    ...(one.uses > other.uses ? ['more uses'] : []),
    ...(one.ttlMs > other.ttlMs ? ['a longer ttl'] : []),
    ...(other.reasonRequired && !one.reasonRequired ? ['no reason'] : []),
    ...(other.attestedOnly && !one.attestedOnly ? ['an sget that is not attested'] : []),
    ...(runsMore(one, other) ? ['other commands'] : []),
    ...shortfalls(one.demand, other.demand),
  ]
}

function runsMore(one: Permission, other: Permission): boolean {
  if (!one.exposures.includes('run')) return false
  return other.commands.some((pin) => !one.commands.some((own) => implies(own, pin)))
}
