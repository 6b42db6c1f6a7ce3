// What the stand-in daemon of these tests answers.
import type { Body, FailureName } from '@sget/wire'
import { fail, type Answers, type Request } from '../../../test/standin/daemon.ts'

/** A handle of the right form. */
export const handle = 'sget_abcdefgh_abcdefghijklmnopqrstuvwxyz'

/** When the handles end. */
export const soon = Date.now() + 300_000

/** When every secret was made and changed. */
export const then = 1_700_000_000_000

/** Grants what was asked for, under the derived name where no other was given. */
export function allow({ body, reply }: Request<'grant'>, exposures = 'run read', id = handle): void {
  const wanted = body.wanted.map(({ variable, ref }) => ({
    variable: variable === '' ? 'DB_PROD_PASSWORD' : variable,
    ref: ref.includes('#') ? ref : `${ref}#password`,
  }))
  reply('granted', { handle: id, exposures, expires: soon, wanted })
}

/** What a human must do first. */
export const waiting: Body<'waiting'> = { request: 'ab12', level: 0, summary: 'asks for a/b', seconds: 300 }

const state: Body<'state'> = {
  program: 'sgetd standin',
  pid: 1,
  started: then,
  vault: true,
  locked: false,
  unlocked: then,
  locksAfterSeconds: 60,
  secrets: 2,
  liveGrants: 0,
  waiting: 0,
  attested: false,
  runOnly: 0,
  drafts: [{ name: 'policy', generation: 3, draft: 'differs' }],
  anchors: [],
}

const times = { created: then, changed: then }

/** A daemon that is unlocked and holds two secrets, of which it lists one a page. */
export const unlocked: Answers = {
  grant: allow,
  clear: ({ reply }) => reply('cleared', { outcome: 'clean' }),
  status: ({ reply }) => reply('state', state),
  list: ({ body, reply }) => {
    const first = body.after === ''
    const entry = first
      ? { path: 'db/prod', fields: 'password\nusername' }
      : { path: 'mail/relay', fields: 'token' }
    reply('entries', { entries: [{ ...entry, ...times }], more: first })
  },
  describe: ({ body, reply }) => {
    const fields = [{ name: 'password', ...times }]
    const rule = { rule: 'prod/**', exposures: 'run', approval: 'proof', commands: '/usr/bin/psql *' }
    reply('description', { path: body.ref, ...times, fields, ...rule, demand: 'acr mfa' })
  },
}

/** A daemon that answers everything with one failure. */
export function failing(failure: FailureName, argument = ''): Answers {
  const answer = ({ reply }: Pick<Request<'lock'>, 'reply'>): void => fail(reply, failure, argument)
  return { grant: answer, clear: answer, status: answer, list: answer, describe: answer }
}
