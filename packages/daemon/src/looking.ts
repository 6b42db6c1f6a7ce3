// A search for values by a worker: they are fetched from the vault once more, and only places come back.
import type { Place } from '@sget/audit'
import type { Body } from '@sget/wire/broker'
import type { GivenItem } from './given.ts'
import { itemName } from './item.ts'
import type { Open } from './keeper.ts'
import { withWorker, type Worker, type Workshop } from './worker.ts'

/** What is looked for, and where. */
export interface Search {
  readonly open: Open
  readonly items: readonly GivenItem[]
  readonly order: Body<'look'>
  readonly signal: AbortSignal
}

/** What a search came to. */
export interface Found {
  readonly left: readonly Place[]
  /** What was reached before everything was looked at, or nothing. */
  readonly limit: string
  /** Values that have been replaced or removed since they were given, and so were not looked for. */
  readonly missing: number
}

/** Looks for values. Throws Refusal `sweep-failed`, or what `signal` gives as its reason. */
export function look(workshop: Workshop, { open, items, order, signal }: Search): Promise<Found> {
  return withWorker(workshop, signal, async (worker) => {
    const missing = await hand(worker, open, items)
    if (missing === items.length) return { left: [], limit: '', missing }
    worker.order('look', order)
    const left: Place[] = []
    for (;;) {
      const { name, body } = await worker.hear('found', 'looked')
      if (name === 'looked') return { left, limit: body.limit, missing }
      left.push({ ...body, pid: body.pid === 0 ? undefined : body.pid })
    }
  })
}

/** Gives a worker the values as they were given to agents. Returns how many are another by now, or none. */
export async function hand(worker: Worker, { vaults }: Open, items: readonly GivenItem[]): Promise<number> {
  let missing = 0
  for (const item of items) {
    const value = await vaults.asGiven(item)
    if (value === undefined) missing += 1
    else await worker.give(itemName(item), value.bytes, value.fill)
  }
  return missing
}
