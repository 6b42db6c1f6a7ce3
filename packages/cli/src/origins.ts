// `sgetctl origins` and `origins forget`: from which repositories env files may use which secrets.
import { resolve } from 'node:path'
import { Refusal, type Body } from '@sget/wire'
import type { Context } from './context.ts'
import { table } from './printable.ts'
import { withDaemon, type Session } from './session.ts'
import type { Answer } from './terminal.ts'

type Pair = Body<'originList'>['pairs'][number]

/** Pages that one listing reads: more than sgetd keeps pairs for. */
const pagesMax = 64

/** What was allowed, the oldest first. */
export async function origins(context: Context): Promise<Answer> {
  const pairs = await withDaemon(context, allPairs)
  const rows = pairs.map(({ origin, ref }) => [origin, ref])
  return {
    json: { origins: pairs },
    lines: rows.length === 0 ? ['nothing is allowed to an env file yet'] : table(['FOLDER', 'SECRET'], rows),
  }
}

/** Forgets what was allowed to the env files of one folder. */
export async function forgetOrigin(context: Context, folder: string): Promise<Answer> {
  const origin = resolve(folder)
  return withDaemon(context, async (session) => {
    const count = (await allPairs(session)).filter((pair) => pair.origin === origin).length
    if (count === 0) throw new Refusal('usage', `nothing is allowed to the env files of ${origin}`)
    await session.ask('forgetOrigin', { origin }, 'done')
    return { json: { forgotten: origin, count }, lines: [`forgot ${origin}`] }
  })
}

async function allPairs(session: Session): Promise<Pair[]> {
  const all: Pair[] = []
  for (let page = 0; page < pagesMax; page++) {
    const { pairs, more } = await session.ask('origins', { from: all.length }, 'originList')
    all.push(...pairs)
    if (!more || pairs.length === 0) break
  }
  return all
}
