// The life of a request for a value: who asks, may they, where will it land; then record, decrypt, send, wipe.
import {
  decide,
  type Claim,
  type Judged,
  type Proof,
  type Refuse,
  type Release,
  type Use,
  type Verdict,
} from '@sget/policy'
import { directory } from '@sget/native'
import { Refusal } from '@sget/wire/broker'
import { askHuman, isHuman } from './answering.ts'
import { claimOf, refuseUnfit, useOf, wantedItems, type WantedItem, type Wanting } from './asked.ts'
import type { Gift } from './checks.ts'
import { itemName, itemNames } from './item.ts'
import { failureOf, policyCaller } from './judge.ts'
import { ownTerminal } from './proofs.ts'

/** What a `read` or `run` comes down to. */
interface Asked {
  readonly use: Use
  readonly items: readonly WantedItem[]
  readonly claim: Claim | undefined
}

/** Releases the values that a `read` or `run` asks for, or none of them. */
export async function release(request: Wanting): Promise<void> {
  const claim = claimOf(request)
  const items = await wantedItems(request, claim)
  const use = await useOf(request)
  const released = await permit(request, { use, items, claim })
  const gift = giftOf(request, use)
  await request.readyToSend(items.length)
  if (use.purpose === 'run') request.reply('terms', { human: isHuman(request), cleaned: false })
  for (const [index, item] of items.entries())
    await send(request, {
      use,
      item,
      index,
      judged: released.items[index],
      gift,
      isLast: index === items.length - 1,
    })
  if ('masked' in request.body && request.body.masked) request.exchange.connection.stay()
}

/** Decides; asks the human where the rules want that, and decides again with the answer. A grant is spent here. */
async function permit(request: Wanting, asked: Asked): Promise<Release> {
  const { ledger, proofs } = request.house
  const here = proofs.isProvedConnection(request.exchange.connection)
  let verdict = judge(request, asked, { here, remembered: isRememberedTerminal(request) })
  if (verdict.verdict === 'ask') {
    await askHuman(request, {
      level: 'proof',
      summary: `${summaryOf(asked)} (attested: ${request.caller.attested ? 'yes' : 'no'})`,
      asker: askerOf(request),
      pid: (request.caller.agent ?? request.caller.peer).pid,
    })
    verdict = judge(request, asked, { here: true, remembered: false })
  }
  if (verdict.verdict === 'ask') throw new Refusal('needs-proof')
  if (verdict.grant !== undefined) ledger.keep(verdict.grant)
  if (verdict.verdict === 'refuse') throw refused(request, verdict)
  return verdict
}

function judge(request: Wanting, { use, items, claim }: Asked, proof: Proof): Verdict {
  const { keeper, ledger } = request.house
  const caller = policyCaller(request.caller)
  const { attested } = request.caller
  return decide(
    keeper.use.documents.rules,
    ledger.grants,
    { caller, attested, use, items, proof, claim },
    ledger.instant,
  )
}

interface Outgoing {
  readonly use: Use
  readonly item: WantedItem
  readonly index: number
  readonly judged: Judged | undefined
  readonly gift: Gift | undefined
  readonly isLast: boolean
}

/** Decrypts one value into the frame that carries it; its record is written in between. */
async function send(request: Wanting, { use, item, index, judged, gift, isLast }: Outgoing): Promise<void> {
  const { house, exchange } = request
  const head = { index, variable: item.variable, ref: itemName(item) }
  const fill = async (room: Buffer): Promise<number> => {
    const length = await house.keeper.use.vault.fetch({ path: item.ref, field: item.field }, room)
    refuseUnfit(room.subarray(0, length), use, item.variable)
    request.note({ ref: item.ref, field: item.field, rule: judged?.rule, exposure: judged?.exposure })
    house.recorder.record('released', request.caller, {
      ...request.noted,
      decision: 'release',
      ...masking(use),
    })
    if (gift !== undefined) house.checks.gave(gift, item)
    return length
  }
  await exchange.sendSecret(house.pools, { head, bytesMax: item.bytes, isLast, fill })
}

/**
 * To whom it goes, where that is an agent. Told before the peer makes itself unreadable; of one that is so from its start,
 * as the attested sget, its parent's directory stands for its own.
 */
function giftOf({ caller, exchange, house, noted }: Wanting, { purpose }: Use): Gift | undefined {
  const { agent, peer, processes } = caller
  if (caller.class !== 'agent' || agent === undefined) return undefined
  const grant = noted.grant === undefined ? undefined : house.ledger.grants.get(noted.grant)
  return {
    recipient: { grant: grant?.id, session: grant?.session, root: grant?.root ?? agent },
    place: directory(peer.pid) ?? directory(processes[1]?.pid ?? peer.pid),
    isRun: purpose === 'run',
    process: peer,
    closed: exchange.connection.closed,
  }
}

/** A command's output is not masked yet, and the record says so. */
function masking({ purpose }: Use): { masked?: false } {
  return purpose === 'run' ? { masked: false } : {}
}

function refused(request: Wanting, { code, alarm, rule }: Refuse): Refusal {
  request.note({ rule })
  if (alarm) {
    request.house.recorder.alarm(request.caller, { ...request.noted, reason: code })
    request.house.log.warn({ code, pid: request.caller.peer.pid, grant: request.noted.grant }, 'alarm')
  }
  const file =
    request.noted.sink?.startsWith('file ') === true ? request.noted.sink.slice('file '.length) : ''
  return new Refusal(failureOf(code), code === 'sink-file' ? file : '')
}

function isRememberedTerminal({ caller, house }: Wanting): boolean {
  const terminal = ownTerminal(caller)
  return terminal !== undefined && house.proofs.isProvedTerminal(terminal)
}

function summaryOf({ use, items }: Asked): string {
  const names = itemNames(items)
  return use.purpose === 'run' ? `run a command with ${names}` : `read ${names}`
}

function askerOf({ caller }: Wanting): string {
  return caller.processes[1]?.executable ?? caller.peer.executable
}
