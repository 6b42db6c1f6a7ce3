// Requests about the vaults beside the embedded one.
import { Refusal } from '@sget/wire/broker'
import type { Request } from './request.ts'

/** Which there are, and how they are, as far as is known without asking them. */
export function mounts(request: Request<'mounts'>): void {
  const { mounted } = request.house.keeper.use.vaults
  const rows = mounted.map(({ mount: { at, kind, settings, ttlMs, staleMs }, source, state }) => ({
    at,
    kind,
    address: settings.get('url') ?? settings.get('command') ?? '',
    login: source.login,
    state,
    ttlSeconds: ttlMs / 1000,
    staleSeconds: staleMs / 1000,
  }))
  request.reply('mountList', { mounts: rows.sort((one, other) => (one.at < other.at ? -1 : 1)) })
}

/** Asks one whether it answers and lets us in. */
export async function testMount(request: Request<'testMount'>): Promise<void> {
  const { at } = request.body
  const mounted = request.house.keeper.use.vaults.mounted.find(({ mount }) => mount.at === at)
  if (mounted === undefined) throw new Refusal('mount-unknown', at)
  await mounted.test(request.asker)
  request.reply('done', {})
}
