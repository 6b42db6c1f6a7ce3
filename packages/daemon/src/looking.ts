// A search for values by a worker: they are fetched from the vault once more, and only places come back.
import type { Place } from '@sget/audit'
import { BackendFailure } from '@sget/backend'
import { valueBytesMax, type Body } from '@sget/wire/broker'
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
export async function hand(worker: Worker, open: Open, items: readonly GivenItem[]): Promise<number> {
  let missing = 0
  for (const item of items) {
    const bytes = await unchangedBytes(open, item)
    if (bytes === undefined) missing += 1
    else
      await worker.give(itemName(item), bytes, (room) =>
        open.vault.fetch({ path: item.ref, field: item.field }, room),
      )
  }
  return missing
}

/** The length of a value, or the longest that there may be; undefined where the secret was changed since, or is gone. */
async function unchangedBytes(
  { vault }: Open,
  { ref, field, sinceMs }: GivenItem,
): Promise<number | undefined> {
  try {
    const { changed, fields } = await vault.describe(ref)
    const known = fields.find(({ name }) => name === field)
    return known === undefined || changed > sinceMs ? undefined : (known.bytes ?? valueBytesMax)
  } catch (error) {
    if (error instanceof BackendFailure && error.code === 'not-found') return undefined
    throw error
  }
}
