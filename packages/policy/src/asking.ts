// May an agent have a grant for these fields, and who must say so?
import { type Demand, isMeetable } from './demand.ts'
import { type Grant, type Instant, type Item, liveGrants, liveGrantsMax } from './grants.ts'
import { appliedTo } from './match.ts'
import { type Approval, type Exposure, meet } from './permission.ts'
import { type Level, higher, levelOf } from './proof.ts'
import { type RefusalCode } from './refusals.ts'
import { type Rule } from './rules.ts'

export type Asking = {
  /** of the agent, as in Caller */
  readonly labels: readonly string[]
  readonly session: string
  /** at least one */
  readonly items: readonly Item[]
  /** the agent said what for */
  readonly reasonGiven: boolean
  /** what a human allowed this session before, by `itemKey` */
  readonly approved: ReadonlySet<string>
}

/** What a grant would be made of. `exposures`: what the rules let all items be used for. `rules`: by item. */
export type Terms = {
  readonly exposures: readonly Exposure[]
  readonly uses: number
  readonly ttlMs: number
  readonly rules: readonly string[]
  /** the items whose approval is remembered: add their keys to `approved` once a human has allowed the grant */
  readonly remembered: readonly string[]
}

/**
 * With level `none` the grant is made at once, else when a human has answered. `demand`: what its use will demand of a human's
 * sign-in.
 */
export type GrantVerdict =
  | {
      readonly verdict: 'grant'
      readonly level: Level
      readonly demand: Demand | undefined
      readonly terms: Terms
    }
  | { readonly verdict: 'refuse'; readonly code: RefusalCode; readonly rule: string | undefined }

/** What `approved` holds of an item: names have no control characters. */
export function itemKey({ ref, field }: Item): string {
  return `${ref}\0${field}`
}

/** `grants`: those of the session, or all there are. All items or none, and the strictest of their rules counts for all. */
export function decideGrant(
  rules: readonly Rule[],
  grants: Iterable<Grant>,
  asking: Asking,
  now: Instant,
): GrantVerdict {
  if (liveGrants(grants, asking.session, now) >= liveGrantsMax) return refuse('too-many-grants', undefined)
  const caller = { class: 'agent', labels: asking.labels } as const
  const applied = asking.items.map((item) => ({ item, ...appliedTo(rules, caller, item.ref) }))
  const names = applied.map(({ rule }) => rule)
  const permission = applied.map((each) => each.permission).reduce(meet)
  const exposures = permission.exposures.filter((exposure) => handleExposures.has(exposure))
  if (exposures.length === 0) return refuse('denied', names)
  if (permission.reasonRequired && !asking.reasonGiven) return refuse('reason-required', names)
  const { uses, ttlMs, demand } = permission
  if (!isMeetable(demand)) return refuse('sign-ins-differ', names)
  const asked = applied.map(({ item, permission: { approval } }) => levelFor(approval, item, asking.approved))
  const remembered = applied
    .filter((each) => each.permission.approval === 'once')
    .map(({ item }) => itemKey(item))
  return {
    verdict: 'grant',
    level: asked.reduce(higher),
    demand,
    terms: { exposures, uses, ttlMs, rules: names, remembered },
  }
}

/** What a handle can serve for: an agent reveals nothing, and writes without one. */
const handleExposures: ReadonlySet<Exposure> = new Set(['run', 'read', 'pipe', 'helper'])

function levelFor(approval: Approval, item: Item, approved: ReadonlySet<string>): Level {
  return approval === 'once' && approved.has(itemKey(item)) ? 'none' : levelOf(approval)
}

function refuse(code: RefusalCode, rules: readonly string[] | undefined): GrantVerdict {
  return { verdict: 'refuse', code, rule: rules && [...new Set(rules)].join(', ') }
}
