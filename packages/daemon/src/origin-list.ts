// The human's side of origins: which there are, and to forget one.
import type { Request } from './request.ts'

/** So many are in one page of a list: a page has to fit a frame. */
const pairsPerPage = 32

/** What references may be used from which repositories, a page at a time. */
export function origins(request: Request<'origins'>): void {
  const { from } = request.body
  const all = request.house.keeper.use.origins.all
  const pairs = all.slice(from, from + pairsPerPage)
  request.reply('originList', { pairs, more: from + pairs.length < all.length })
}

/** Forgets what was allowed from one of them. Anybody outside agents may: it only takes away. */
export async function forgetOrigin(request: Request<'forgetOrigin'>): Promise<void> {
  await request.house.keeper.use.origins.forget(request.body.origin)
  request.reply('done', {})
}
