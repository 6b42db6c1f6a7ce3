// May this request be met? The whole decision, from facts alone.
import { type Claim, type Grant, type Instant, type Item, type Step, redeem } from './grants.ts'
import { type Applied, type Caller, appliedTo } from './match.ts'
import { type Exposure } from './permission.ts'
import { type RefusalCode, alarms } from './refusals.ts'
import { type Rule } from './rules.ts'
import { type Use, missing, wantedFor } from './sink.ts'

/** What was proved. `here`: on this connection; `remembered`: of late, on the terminal that it comes from. */
export type Proof = { readonly here: boolean; readonly remembered: boolean }

export type Request = {
  readonly caller: Caller
  /** it is the sget of the attested install that asks */
  readonly attested: boolean
  readonly use: Use
  /** at least one */
  readonly items: readonly Item[]
  readonly proof: Proof
  /** the handle that came with it */
  readonly claim?: Claim | undefined
}

/** One item, the rules that apply to it, and the exposure that they were asked for. */
export type Judged = Item & Applied & { readonly exposure: Exposure }

/** All items or none. */
export type Verdict = Release | Ask | Refuse

/** `grant`: the one that was used, in its next state. Keep it at once: until then it can be used again. */
export type Release = {
  readonly verdict: 'release'
  readonly items: readonly Judged[]
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
  const judged = items.map((item) => ({ ...item, ...appliedTo(rules, caller, item.ref), ...wanted }))
  const unfit = request.attested ? undefined : judged.find((item) => wantsAttested(item, caller.class))
  if (unfit) return refuse('not-attested', unfit.rule)
  if (redeemed) return byHandle(judged, redeemed)
  return caller.class === 'agent' ? forAgent(judged) : forOthers(judged, caller.class, request.proof)
}

/** The grant is the approval; what may be done with the value is still for the rules in force to say. */
function byHandle(judged: readonly Judged[], redeemed: Step): Verdict {
  const refused = judged.find((item) => !isListed(item) || item.exposure === 'write')
  return refused ? refuseItem(refused) : { verdict: 'release', items: judged, grant: redeemed.grant }
}

/** Without a handle an agent has what needs no human. */
function forAgent(judged: readonly Judged[]): Verdict {
  const unlisted = judged.find((item) => !isListed(item))
  if (unlisted) return refuseItem(unlisted)
  const asking = judged.find(({ permission }) => permission.approval !== 'never' || permission.reasonRequired)
  if (asking) return refuse('handle-needed', asking.rule)
  return { verdict: 'release', items: judged, grant: undefined }
}

/** A proof serves for the rest: who has it could change the rules. What they list it serves for a while. */
function forOthers(judged: readonly Judged[], by: 'human' | 'unattributed', proof: Proof): Verdict {
  const proved = (item: Judged) => proof.here || (proof.remembered && isListed(item))
  const asking = judged.filter((item) => !(isFree(item, by) || proved(item)))
  if (asking.length > 0) return { verdict: 'ask', level: 'proof', items: asking }
  return { verdict: 'release', items: judged, grant: undefined }
}

/** Whether it needs no question. To write is human by default. */
function isFree(item: Judged, by: 'human' | 'unattributed'): boolean {
  const { exposure, permission } = item
  if (exposure === 'reveal') return false
  if (by === 'human') return exposure === 'write' || (isListed(item) && permission.approval !== 'proof')
  return isListed(item) && permission.approval === 'never' && !permission.reasonRequired
}

/**
 * A proof does not serve instead: it tells who asks, and not what the value goes to. An agent is told of this only where
 * it would get the value. What is put in does not leave.
 */
function wantsAttested(item: Judged, by: Caller['class']): boolean {
  const { exposure, permission } = item
  return permission.attestedOnly && exposure !== 'write' && (by !== 'agent' || isListed(item))
}

function isListed({ exposure, permission }: Judged): boolean {
  return permission.exposures.includes(exposure)
}

function refuseItem({ exposure, permission, rule }: Judged): Verdict {
  return refuse(missing(exposure, permission.exposures), rule)
}

function refuse(code: RefusalCode, rule?: string, grant?: Grant): Verdict {
  return { verdict: 'refuse', code, alarm: alarms(code), rule, grant }
}
