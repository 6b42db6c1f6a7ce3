// What takes a question to a vault on the network is there, sealed, before anything is spent or promised.
import type { Obtained } from '@sget/backend'
import type { Judged } from '@sget/policy'
import { Refusal } from '@sget/wire/broker'
import type { WantedItem, Wanting } from './asked.ts'

/** What was obtained, by path; nothing for what the embedded vault has. */
export type Hoard = ReadonlyMap<string, Obtained>

/** Nothing that takes a question. */
export const nothingObtained: Hoard = new Map()

/** Whether anything of it lies in a vault on the network. */
export function isElsewhere({ house }: Wanting, items: readonly WantedItem[]): boolean {
  const { vaults } = house.keeper.use
  return items.some(({ ref }) => vaults.at(ref) !== undefined)
}

/** Fetches side by side what is not kept, no older than the rules have it, and tells of what is older since its vault is away. */
export async function obtain(request: Wanting, items: readonly Judged[]): Promise<Hoard> {
  const { vaults } = request.house.keeper.use
  const freshMs = new Map<string, number>()
  for (const { ref, permission } of items)
    freshMs.set(ref, Math.min(freshMs.get(ref) ?? Infinity, permission.ttlMs))
  const found = await Promise.all(
    Array.from(freshMs, async ([path, ms]) => [path, await vaults.obtain(path, ms, request.asker)] as const),
  )
  const hoard = new Map<string, Obtained>()
  for (const [path, obtained] of found) if (obtained !== undefined) hoard.set(path, obtained)
  for (const { ref, field } of items)
    if (hoard.get(ref)?.secret.fields.has(field) === false) throw new Refusal('denied')
  for (const [ref, { staleMs }] of hoard)
    if (staleMs !== undefined) request.reply('stale', { ref, seconds: Math.round(staleMs / 1000) })
  return hoard
}
