// Requests that only tell. Nothing here prompts, and nothing here has a value.
import type { Description } from '@sget/backend'
import { appliedTo, describeDemand, isRunOnly, matches, parseGlob } from '@sget/policy'
import { parseRef, Refusal, textBytesMax, type Body } from '@sget/wire/broker'
import { clip, listedBytesMax } from './clip.ts'
import { policyCaller } from './judge.ts'
import type { Request } from './request.ts'

/** So many secrets are in one page of a list: a page has to fit a frame. */
const entriesPerPage = 50

/** How the daemon is. */
export function status(request: Request<'status'>): void {
  const { house } = request
  const open = house.keeper.opened
  request.reply('state', {
    program: house.program,
    pid: process.pid,
    started: house.started,
    vault: open !== undefined || house.keeper.exists,
    locked: open === undefined,
    unlocked: open?.since ?? 0,
    locksAfterSeconds: (open?.documents.config.idleLockMs ?? 0) / 1000,
    secrets: open?.vault.size ?? 0,
    liveGrants: house.ledger.liveCount,
    waiting: house.approvals.waiting.length,
    attested: house.attestation().kind === 'sound',
    runOnly: open?.documents.rules.filter(({ permission }) => isRunOnly(permission)).length ?? 0,
    drafts: open?.documents.compareDrafts(house.paths) ?? [],
    anchors: [
      { place: 'vault', ...house.keeper.anchored },
      { place: 'journal', ...house.journal.anchored },
    ],
  })
}

/** The names of secrets and of their fields, a page at a time. */
export async function list(request: Request<'list'>): Promise<void> {
  const { vault, vaults } = request.house.keeper.use
  const { pattern, after } = request.body
  const isWanted = patternMatcher(pattern)
  const embedded = (await vault.list())
    .map(({ path }) => path)
    .filter((path) => vaults.at(path) === undefined)
  const all = [...embedded, ...(await vaults.names(pattern, request.asker))]
  const paths = all.filter((path) => path > after && isWanted(path))
  const page = paths.sort().slice(0, entriesPerPage)
  const entries = await Promise.all(
    page.map(async (path) =>
      vaults.at(path) === undefined ? entryOf(await vault.describe(path)) : named(path),
    ),
  )
  request.reply('entries', { entries, more: paths.length > page.length })
}

/** What there is to know about one secret, and what the rules give this caller of it. */
export async function describe(request: Request<'describe'>): Promise<void> {
  const { vaults, documents } = request.house.keeper.use
  const ref = parseRef(request.body.ref)
  if (ref === undefined) throw new Refusal('bad-ref', request.body.ref)
  const { path, created, changed, fields } = await vaults.describe(ref.path, request.asker)
  const { rule, permission } = appliedTo(documents.rules, policyCaller(request.caller), path)
  request.reply('description', {
    path,
    created,
    changed,
    fields: fields.map(({ name }) => ({ name, created, changed })),
    rule,
    exposures: permission.exposures.join(' '),
    approval: permission.approval,
    commands: clip(permission.commands.map(({ text }) => text).join('\n'), textBytesMax),
    demand: clip(describeDemand(permission.demand), textBytesMax),
  })
}

/** Checks the audit log, against the vault where it is open. */
export async function verify(request: Request<'verify'>): Promise<void> {
  const { keeper, recorder } = request.house
  recorder.drain()
  const { epochs } = keeper.use
  const { records, unsealed, unclosed, bad } = await epochs.verify()
  const findings = [
    ...(bad === undefined
      ? []
      : [
          {
            kind: bad.harm,
            place: clip(`${bad.file}:${bad.line}: ${bad.found}`, listedBytesMax),
            sequence: bad.sequence,
          },
        ]),
    ...(epochs.adopted === undefined
      ? []
      : [
          {
            kind: 'adopted',
            place: `records from ${(epochs.adopted.start?.sequence ?? 0) + 1} on, up to epoch ${epochs.adopted.epoch}`,
            sequence: epochs.adopted.sequence,
          },
        ]),
    ...unclosed.map(({ epoch, sequence }) => ({ kind: 'unclosed', place: `epoch ${epoch}`, sequence })),
  ]
  request.reply('verified', { sound: bad === undefined, records, unsealed, findings })
}

/** Of secrets of other vaults a list has the names alone: to describe each would be a question each. */
const named = (path: string): Body<'entries'>['entries'][number] => ({
  path,
  created: 0,
  changed: 0,
  fields: '',
})

function entryOf({ path, created, changed, fields }: Description): Body<'entries'>['entries'][number] {
  return { path, created, changed, fields: clip(fields.map(({ name }) => name).join('\n'), listedBytesMax) }
}

function patternMatcher(pattern: string): (path: string) => boolean {
  if (pattern === '') return () => true
  const glob = parseGlob(pattern)
  if ('fault' in glob) throw new Refusal('usage', glob.fault)
  return (path) => matches(glob.value, path)
}
