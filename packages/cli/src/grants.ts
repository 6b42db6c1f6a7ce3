// `sgetctl grants` and `revoke`: the handles that agents hold.
import type { Body } from '@sget/wire'
import type { Context } from './context.ts'
import * as findings from './findings.ts'
import { table } from './printable.ts'
import { withDaemon } from './session.ts'
import type { Answer } from './terminal.ts'
import { isoTime, span } from './time.ts'

type Grant = Body<'grantList'>['grants'][number]

/** The state of a grant whose handle still serves. */
const live = 'granted'

/** In place of an id: every live grant. */
const all = ''

/**
 * The grants that sgetd knows of, what became of them, and what was left behind of what they gave.
 *
 * @param prove whether to ask for a proof where sgetd would withhold the last
 */
export async function grants(context: Context, prove: boolean): Promise<Answer> {
  return withDaemon(context, async (session) => {
    const found = await session.ask('grants', {}, 'grantList')
    const checked = await findings.ask(session, prove)
    const outcomes = new Map(checked.checks.map(({ grant, outcome }) => [grant, outcome]))
    const rows = found.grants.map((grant) => [
      grant.id,
      grant.state,
      outcomes.get(grant.id) ?? '-',
      ...columns(grant),
    ])
    const heads = ['ID', 'STATE', 'CHECK', 'ENDS IN', 'PID', 'AGENT', 'SECRETS', 'RULE']
    return {
      json: { grants: found.grants.map(shape), findings: findings.shape(checked) },
      lines: [
        ...(rows.length === 0 ? ['no grants'] : table(heads, rows)),
        ...findings.lines(context, checked),
      ],
    }
  })
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
