// May this request be met? The whole decision, from facts alone.
import { type Demand, isMeetable, joined } from './demand.ts'
import { type Claim, type Grant, type Instant, type Item, type Step, redeem } from './grants.ts'
import { lackingFor } from './lacking.ts'
import { type Applied, type Caller, appliedTo } from './match.ts'
import { type Exposure } from './permission.ts'
import { type RefusalCode, alarms } from './refusals.ts'
import { type Rule } from './rules.ts'
import { type Use, wantedFor } from './sink.ts'

/** What was proved. `here`: on this connection; `remembered`: of late, on the terminal that it comes from. */
export type Proof = { readonly here: boolean; readonly remembered: boolean }

export type Request = {
  readonly caller: Caller
  /** it is the sget of the attested install that asks */
  readonly attested: boolean
  /** there is an attested install, so that any other sget is a program like any other */
  readonly attestable: boolean
  readonly use: Use
  /** at least one */
  readonly items: readonly Item[]
  readonly proof: Proof
  /** the handle that came with it */
  readonly claim?: Claim | undefined
}

/**
 * One item, the rules that apply to it, the exposure that they were asked for, and what they lack for it. `freshMs`: a value
 * from a vault on the network may have been fetched so long ago at most, by the rules; its mount has a bound of its own.
 */
export type Judged = Item &
  Applied & { readonly exposure: Exposure; readonly lacks: RefusalCode | undefined; readonly freshMs: number }

/** All items or none. */
export type Verdict = Release | Ask | Refuse

/**
 * `cleaned`: a rule named this very command, which nothing in its environment may make another one of. `grant`: the one
 * that was used, in its next state. Keep it at once: until then it can be used again. `demand`: a human must be signed in
 * like that before any of it leaves.
 */
export type Release = {
  readonly verdict: 'release'
  readonly items: readonly Judged[]
  readonly cleaned: boolean
  readonly demand: Demand | undefined
  readonly grant: Grant | undefined
}

/** For a proof, with which the same request can be decided again. The items that want it. */
export type Ask = { readonly verdict: 'ask'; readonly level: 'proof'; readonly items: readonly Judged[] }

/** `rule`: of the first item that is refused, where rules refused it. `grant`: the one meant, in its next state. */
export type Refuse = {
  readonly verdict: 'refuse'
  readonly code: RefusalCode
  readonly alarm: boolean
  readonly rule: string | undefined
  readonly grant: Grant | undefined
}

/** `grants`: all there are, by id. */
export function decide(
  rules: readonly Rule[],
  grants: ReadonlyMap<string, Grant>,
  request: Request,
  now: Instant,
): Verdict {
  const { caller, use, items, claim } = request
  const redeemed = claim && redeem(grants.get(claim.id), claim, items, now)
  if (redeemed?.ok === false) return refuse(redeemed.code, undefined, redeemed.grant)
  const wanted = wantedFor(use, caller.class)
  if ('refusal' in wanted) return refuse(wanted.refusal)
  const judged = items.map((item) => judge(rules, request, item, wanted.exposure))
  const unfit = request.attested ? undefined : judged.find((item) => wantsAttested(item, caller.class))
  if (unfit) return refuse('not-attested', unfit.rule)
  const isTold = caller.class !== 'agent' || judged.every(isGiven)
  if (isTold && !isMeetable(demandOf(judged))) return refuse('sign-ins-differ', rulesOf(judged))
  if (redeemed) return byHandle(judged, redeemed)
  return caller.class === 'agent' ? forAgent(judged) : forOthers(judged, caller.class, request.proof)
}

function judge(rules: readonly Rule[], request: Request, item: Item, exposure: Exposure): Judged {
  const { caller, use, attested, attestable } = request
  const applied = appliedTo(rules, caller, item.ref)
  const lacks = lackingFor(use, exposure, applied.permission, attested || !attestable)
  return { ...item, ...applied, exposure, lacks, freshMs: applied.permission.ttlMs }
}

/** The grant is the approval; what may be done with the value is still for the rules in force to say. */
function byHandle(judged: readonly Judged[], redeemed: Step): Verdict {
  const unfit = refusedOf(judged)
  if (unfit) return unfit
  const written = judged.find(({ exposure }) => exposure === 'write')
  return written ? refuse('agent-forbidden', written.rule) : release(judged, redeemed.grant)
}

/** Without a handle an agent has what needs no human. */
function forAgent(judged: readonly Judged[]): Verdict {
  const unfit = refusedOf(judged)
  if (unfit) return unfit
  const asking = judged.find(({ permission }) => permission.approval !== 'never' || permission.reasonRequired)
  if (asking) return refuse('handle-needed', asking.rule)
  return release(judged)
}

/** A proof serves for the rest: who has it could change the rules. What they give it serves for a while. */
function forOthers(judged: readonly Judged[], by: 'human' | 'unattributed', proof: Proof): Verdict {
  const proved = (item: Judged) => proof.here || (proof.remembered && isGiven(item))
  const asking = judged.filter((item) => !(isFree(item, by) || proved(item)))
  if (asking.length > 0) return { verdict: 'ask', level: 'proof', items: asking }
  return release(judged)
}

/** Whether it needs no question. To write is human by default. */
function isFree(item: Judged, by: 'human' | 'unattributed'): boolean {
  const { exposure, permission } = item
  if (exposure === 'reveal') return false
  if (by === 'human') return exposure === 'write' || (isGiven(item) && permission.approval !== 'proof')
  return isGiven(item) && permission.approval === 'never' && !permission.reasonRequired
}

/**
 * A proof does not serve instead: it tells who asks, and not what the value goes to. An agent is told of this only where
 * it would get the value. What is put in does not leave.
 */
function wantsAttested(item: Judged, by: Caller['class']): boolean {
  const { exposure, permission } = item
  return permission.attestedOnly && exposure !== 'write' && (by !== 'agent' || isGiven(item))
}

function isGiven({ lacks }: Judged): boolean {
  return lacks === undefined
}

/** What all of them demand together of whoever is signed in. As above, what is put in does not leave. */
function demandOf(judged: readonly Judged[]): Demand | undefined {
  const leaving = judged.filter(({ exposure }) => exposure !== 'write')
  return leaving.map(({ permission }) => permission.demand).reduce(joined, undefined)
}

/** The refusal of the first item that the rules do not give. */
function refusedOf(judged: readonly Judged[]): Verdict | undefined {
  const unfit = judged.find((item) => !isGiven(item))
  return unfit?.lacks && refuse(unfit.lacks, unfit.rule)
}

function release(judged: readonly Judged[], grant?: Grant): Verdict {
  const cleaned = judged.some((item) => item.permission.commands.length > 0 && isGiven(item))
  return { verdict: 'release', items: judged, cleaned, demand: demandOf(judged), grant }
}

function rulesOf(judged: readonly Judged[]): string {
  return [...new Set(judged.map(({ rule }) => rule))].join(', ')
}

function refuse(code: RefusalCode, rule?: string, grant?: Grant): Verdict {
  return { verdict: 'refuse', code, alarm: alarms(code), rule, grant }
}
