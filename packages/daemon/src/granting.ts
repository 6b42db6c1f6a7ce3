// Handles: an agent's session asks for one, clears it, or loses it.
import { setTimeout as delay } from 'node:timers/promises'
import { decideGrant, isLive, itemKey, type GrantVerdict } from '@sget/policy'
import { bootTicks } from '@sget/native'
import { needsFreshPath } from '@sget/provenance'
import {
  defaultVariable,
  isSafeVariable,
  reasonBytesMax,
  Refusal,
  refsPerRequestMax,
} from '@sget/wire/broker'
import { namedItem, type WantedItem } from './asked.ts'
import { clip, listedBytesMax } from './clip.ts'
import { itemName, itemNames } from './item.ts'
import { failureOf, labelsOf } from './judge.ts'
import type { Opened } from './ledger.ts'
import type { Request } from './request.ts'
import type { AgentSession } from './sessions.ts'

type Granting = Extract<GrantVerdict, { verdict: 'grant' }>

/** Gives the session a handle for the fields that it names, when the rules, and the human where they want one, allow. */
export async function grant(request: Request<'grant'>): Promise<void> {
  const { house, body, exchange } = request
  const items = await grantItems(request)
  const session = house.sessions.of(exchange.connection)
  request.note({ session: session.id, root: session.place.root, reason: body.reason })
  const verdict = decide(request, session, items)
  house.recorder.record('asked', request.caller, request.noted)
  const opened = await opening(request, { session, items, verdict })
  await nextTick(opened.grant.birthTicks)
  request.reply('granted', {
    handle: opened.handle,
    exposures: verdict.terms.exposures.join(' '),
    expires: opened.grant.ends.wallMs,
    wanted: items.map((item) => ({ variable: item.variable, ref: itemName(item) })),
  })
}

/** The session says that it does not need a handle any more, and learns whether what that gave was left somewhere. */
export async function clear(request: Request<'clear'>): Promise<void> {
  const { house, body, exchange } = request
  const session = house.sessions.of(exchange.connection)
  const id = body.grant.split('_')[1] ?? body.grant
  request.note({ grant: id, session: session.id })
  house.ledger.clear(id, session)
  house.recorder.record('cleared', request.caller, request.noted)
  request.reply('cleared', { outcome: await house.checks.cleared(id) })
}

/** Takes a grant back, or all of them. */
export function revoke(request: Request<'revoke'>): void {
  const { ledger } = request.house
  if (request.body.grant === '') ledger.revokeAll()
  else ledger.revoke(request.body.grant)
  request.reply('done', {})
}

/** Lists live grants and those that ended of late. */
export function grants(request: Request<'grants'>): void {
  const { ledger, sessions } = request.house
  const agents = new Map(sessions.all.map(({ id, label }) => [id, label.path]))
  const rows = [...ledger.grants.values()].slice(-grantRowsMax).map((grant) => ({
    id: grant.id,
    state: grant.state,
    agent: clip(agents.get(grant.session) ?? '', listedBytesMax),
    pid: grant.root.pid,
    refs: clip(grant.fields.map(itemName).join('\n'), listedBytesMax),
    rule: '',
    expires: isLive(grant) ? grant.ends.wallMs : 0,
  }))
  request.reply('grantList', { grants: rows })
}

/** Newest grants that one list shows. */
const grantRowsMax = 50

async function grantItems(request: Request<'grant'>): Promise<WantedItem[]> {
  const { wanted, reason } = request.body
  if (wanted.length === 0 || wanted.length > refsPerRequestMax) throw new Refusal('too-many-refs')
  if (Buffer.byteLength(reason) > reasonBytesMax)
    throw new Refusal('usage', `a reason has at most ${reasonBytesMax} bytes`)
  const items = (await Promise.all(wanted.map((row) => namedItem(request, row)))).map(withVariable)
  const taken = new Set<string>()
  for (const { variable } of items) {
    if (!isSafeVariable(variable) || taken.has(variable)) throw new Refusal('bad-variable', variable)
    taken.add(variable)
  }
  return items
}

function withVariable(item: WantedItem): WantedItem {
  return item.variable === ''
    ? { ...item, variable: defaultVariable({ path: item.ref, field: item.field }) }
    : item
}

function decide(request: Request<'grant'>, session: AgentSession, items: readonly WantedItem[]): Granting {
  const { keeper, ledger } = request.house
  const asking = {
    labels: labelsOf(session.place.root),
    session: session.id,
    items,
    reasonGiven: request.body.reason !== '',
    approved: session.allowed,
  }
  const verdict = decideGrant(keeper.use.documents.rules, ledger.liveOf(session), asking, ledger.instant)
  if (verdict.verdict === 'refuse') {
    request.note({ rule: verdict.rule })
    throw new Refusal(failureOf(verdict.code))
  }
  request.note({ rule: verdict.terms.rules.join(', ') })
  if (verdict.level !== 'none' && items.some((item) => session.isRefused(itemKey(item))))
    throw new Refusal('approval-denied')
  return verdict
}

interface Opening {
  readonly session: AgentSession
  readonly items: readonly WantedItem[]
  readonly verdict: Granting
}

/** Opens the grant, and asks the human where the rules want one. */
async function opening(request: Request<'grant'>, { session, items, verdict }: Opening): Promise<Opened> {
  const { ledger, approvals } = request.house
  const { root } = session.place
  const { level, terms } = verdict
  const opened = ledger.open({
    session: session.id,
    root: { pid: root.pid, startTicks: root.startTicks },
    freshPath: needsFreshPath(session.place),
    fields: items,
    level,
    uses: terms.uses,
    ttlMs: terms.ttlMs,
  })
  if (level === 'none') return opened
  try {
    await approvals.ask(request.exchange, {
      level,
      summary: summaryOf(request, items),
      asker: session.label.path,
      pid: session.place.root.pid,
    })
  } catch (error) {
    ledger.deny(opened.grant.id)
    if (error instanceof Refusal && error.failure === 'approval-denied')
      for (const item of items) session.refuse(itemKey(item))
    throw error
  }
  for (const key of terms.remembered) session.allowed.add(key)
  return { ...opened, grant: ledger.approve(opened.grant.id, level) }
}

function summaryOf({ body }: Request<'grant'>, items: readonly WantedItem[]): string {
  const names = itemNames(items)
  return body.reason === '' ? `use ${names}` : `use ${names}: ${body.reason}`
}

/** The agent hears of its handle in the grant's own tick, so that whatever it starts with it is not older. */
async function nextTick(tick: number): Promise<void> {
  while (bootTicks() < tick) await delay(1)
}
