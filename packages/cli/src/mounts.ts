// `sgetctl mount ls` and `test`: the vaults beside the embedded one, as the config in force has them.
import type { Body } from '@sget/wire'
import { commandLine, type Context } from './context.ts'
import { table } from './printable.ts'
import { withDaemon } from './session.ts'
import type { Answer } from './terminal.ts'
import { span } from './time.ts'

type Mount = Body<'mountList'>['mounts'][number]

/** How long a vault may take to answer, with its login and what may be tried again. */
const testMs = 120_000

/** Every mount of the config in force, and how it stands. */
export async function ls(context: Context): Promise<Answer> {
  const { mounts } = await withDaemon(context, (session) => session.ask('mounts', {}, 'mountList'))
  const none = `no vault is mounted beside the embedded one: ${commandLine(context, 'sgetctl', 'mount add --help')}`
  return {
    json: { mounts },
    lines: mounts.length === 0 ? [none] : table(heads, mounts.map(cells)),
  }
}

/** Asks one vault whether it answers, and logs in to it. */
export async function test(context: Context, at: string): Promise<Answer> {
  await withDaemon(context, (session) => session.ask('testMount', { at }, 'done', testMs))
  return { json: { mount: at, answers: true }, lines: [`the vault at ${at} answers, and lets you in`] }
}

const heads = ['AT', 'TYPE', 'ADDRESS', 'LOGIN', 'STATE', 'TTL', 'STALE']

function cells({ at, kind, address, login, state, ttlSeconds, staleSeconds }: Mount): readonly string[] {
  const stale = staleSeconds === 0 ? '-' : span(staleSeconds * 1000)
  return [at, kind, address, login === '' ? '-' : login, state, span(ttlSeconds * 1000), stale]
}
