// `sgetctl grants` and `revoke`: the handles that agents hold.
import type { Body } from '@sget/wire'
import type { Context } from './context.ts'
import { table } from './printable.ts'
import { withDaemon } from './session.ts'
import type { Answer } from './terminal.ts'
import { isoTime, span } from './time.ts'

type Grant = Body<'grantList'>['grants'][number]

/** The state of a grant whose handle still serves. */
const live = 'granted'

/** In place of an id: every live grant. */
const all = ''

/** The grants that sgetd knows of, and what became of them. */
export async function grants(context: Context): Promise<Answer> {
  const found = await withDaemon(context, (session) => session.ask('grants', {}, 'grantList'))
  const rows = found.grants.map((grant) => [grant.id, grant.state, ...columns(grant)])
  const heads = ['ID', 'STATE', 'ENDS IN', 'PID', 'AGENT', 'SECRETS', 'RULE']
  return {
    json: { grants: found.grants.map(shape) },
    lines: rows.length === 0 ? ['no grants'] : table(heads, rows),
  }
}

/** Revokes one grant. */
export async function revoke(context: Context, grant: string): Promise<Answer> {
  await withDaemon(context, (session) => session.ask('revoke', { grant }, 'done'))
  return { json: { revoked: grant }, lines: [`revoked ${grant}`] }
}

/** Revokes whatever is live. */
export async function revokeAll(context: Context): Promise<Answer> {
  await withDaemon(context, (session) => session.ask('revoke', { grant: all }, 'done'))
  return { json: { revoked: 'all' }, lines: ['revoked all'] }
}

function columns({ state, expires, pid, agent, refs, rule }: Grant): string[] {
  return [
    state === live ? span(expires - Date.now()) : '-',
    `${pid}`,
    agent,
    refs.split('\n').join(' '),
    rule,
  ]
}

function shape({ refs, expires, ...rest }: Grant): object {
  return { ...rest, refs: refs.split('\n'), expires: isoTime(expires) }
}
