// `sget mask`: a text comes in, and goes back with the values in it masked. A worker does it: the text may hold values.
import { setTimeout as delay } from 'node:timers/promises'
import { Refusal, type Body } from '@sget/wire/broker'
import type { GivenItem } from './given.ts'
import { itemName } from './item.ts'
import { maskedItemsMax, maskGrainMs } from './limits.ts'
import { hand } from './looking.ts'
import type { Request } from './request.ts'
import { withWorker, type Returned } from './worker.ts'

type Matches = Body<'covered'>['matches']

/** Masks what the peer's agent was given; for a human, what any agent was. Refuses who is neither (`not-human`). */
export async function mask(request: Request<'mask'>): Promise<void> {
  const { house, caller } = request
  if (caller.class === 'unattributed') throw new Refusal('not-human')
  const open = house.keeper.use
  await request.readyToTake()
  // Not earlier: what fills the pipe is given its values meanwhile.
  const items = maskable(request)
  const leave = await (house.masks.enter() ?? Promise.reject(new Refusal('busy')))
  try {
    const begunMs = performance.now()
    await withWorker(house.workshop, house.checks.locking, async (worker) => {
      const missing = await hand(worker, open, items)
      {
        using supplied = await request.exchange.supplied(house.pools)
        const { bytes } = supplied
        await worker.give('', bytes.length, (room) => Promise.resolve(bytes.copy(room)))
      }
      worker.order('cover', {})
      const { fits, matches } = (await worker.hear('covered')).body
      if (!fits) throw new Refusal('value-too-large')
      record(request, matches, missing)
      await untilGrain(begunMs)
      using masked = await worker.returned()
      await send(request, masked)
    })
  } finally {
    leave()
  }
}

/** The fields whose values are masked, each once. */
function maskable({ caller, house }: Request<'mask'>): readonly GivenItem[] {
  const givings = house.checks.givenBelow(caller.class === 'agent' ? caller.processes : undefined)
  const items = new Map<string, GivenItem>()
  for (const item of givings.flatMap((giving) => giving.items)) {
    if (items.size >= maskedItemsMax) break
    if (!items.has(itemName(item))) items.set(itemName(item), item)
  }
  return [...items.values()]
}

function record({ house, caller, noted }: Request, matches: Matches, missing: number): void {
  house.recorder.record('masked-text', caller, {
    ...noted,
    ref: matches.map(({ ref, count }) => `${ref} ${count}`).join(', '),
    count: matches.reduce((total, { count }) => total + count, 0),
    reason: missing > 0 ? `${missing} replaced since` : undefined,
  })
}

/** Waits for the next whole multiple of the grain since then. */
async function untilGrain(sinceMs: number): Promise<void> {
  const tookMs = performance.now() - sinceMs
  await delay(maskGrainMs - (tookMs % maskGrainMs))
}

function send({ exchange, house }: Request, { bytes }: Returned): Promise<void> {
  const fill = (room: Buffer): Promise<number> => Promise.resolve(bytes.copy(room))
  const head = { index: 0, variable: '', ref: '' }
  return exchange.sendSecret(house.pools, { head, bytesMax: bytes.length, isLast: true, fill })
}
