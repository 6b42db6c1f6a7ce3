// The life of a request for a value: who asks, may they, where will it land; then record, decrypt, send, wipe.
import type { Obtained } from '@sget/backend'
import { directory } from '@sget/native'
import type { Judged, Use } from '@sget/policy'
import { isHuman } from './answering.ts'
import { claimOf, refuseUnfit, useOf, wantedItems, type WantedItem, type Wanting } from './asked.ts'
import type { Gift } from './checks.ts'
import { itemName } from './item.ts'
import { originOf, refusePlain } from './env-file.ts'
import { permit } from './permit.ts'

/** Releases the values that a `read` or `run` asks for, or none of them. */
export async function release(request: Wanting): Promise<void> {
  const claim = claimOf(request)
  const origin = originOf(request)
  refusePlain(request)
  const items = await wantedItems(request, claim)
  const use = await useOf(request)
  const { released, hoard } = await permit(request, { use, items, claim, origin })
  const gift = giftOf(request, use)
  await request.readyToSend(items.length)
  if (use.purpose === 'run') request.reply('terms', { human: isHuman(request), cleaned: released.cleaned })
  for (const [index, item] of items.entries())
    await send(request, {
      use,
      item,
      index,
      judged: released.items[index],
      obtained: hoard.get(item.ref),
      gift,
      isLast: index === items.length - 1,
    })
  if ('masked' in request.body && request.body.masked) request.exchange.connection.stay()
}

interface Outgoing {
  readonly use: Use
  readonly item: WantedItem
  readonly index: number
  readonly judged: Judged | undefined
  readonly obtained: Obtained | undefined
  readonly gift: Gift | undefined
  readonly isLast: boolean
}

/** Decrypts one value into the frame that carries it; its record is written in between. */
async function send(request: Wanting, outgoing: Outgoing): Promise<void> {
  const { use, item, index, judged, obtained, gift, isLast } = outgoing
  const { house, exchange } = request
  const head = { index, variable: item.variable, ref: itemName(item) }
  const fill = async (room: Buffer): Promise<number> => {
    const length = await house.keeper.use.vaults.fetch({ path: item.ref, field: item.field }, obtained, room)
    refuseUnfit(room.subarray(0, length), use, item.variable)
    const { staleMs } = obtained ?? {}
    request.note({ ref: item.ref, field: item.field, rule: judged?.rule, exposure: judged?.exposure })
    request.note({ staleSeconds: staleMs === undefined ? undefined : Math.round(staleMs / 1000) })
    house.recorder.record('released', request.caller, { ...request.noted, decision: 'release' })
    if (gift !== undefined) house.checks.gave(gift, item)
    return length
  }
  const bytesMax = obtained?.secret.fields.get(item.field) ?? item.bytes
  await exchange.sendSecret(house.pools, { head, bytesMax, isLast, fill })
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
