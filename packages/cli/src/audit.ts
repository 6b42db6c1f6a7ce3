// `sgetctl audit tail` and `verify`: what was asked and what became of it, and whether anybody has rewritten it.
import { compareAnchors, tail as readTail, type BadPlace, type Comparison, type TailEntry } from '@sget/audit'
import { failures, type Body } from '@sget/wire'
import { anchorLines } from './anchors.ts'
import type { Context } from './context.ts'
import { table } from './printable.ts'
import { withDaemon } from './session.ts'
import type { Answer } from './terminal.ts'

type Verified = Body<'verified'>
type Record_ = Extract<TailEntry, { readonly record: unknown }>['record']

/** Records that `tail` shows unless told otherwise, and at most. */
export const recordsUsual = 20
export const recordsMax = 10_000

/** The newest records, read from the file: it needs no daemon and checks nothing. */
export function tail(context: Context, count: number): Promise<Answer> {
  const entries = readTail(context.paths.audit, count)
  return Promise.resolve({
    json: { records: entries.map((entry) => ('record' in entry ? entry.record : entry)) },
    lines: entries.length === 0 ? ['no records'] : entries.map(line),
  })
}

/** How long sgetd may take to read a log of any size. */
const verifyMs = 15 * 60_000

/**
 * Has sgetd check the whole log. A log that was changed is an answer with a status of its own.
 *
 * @param source `journal`, or a file with its lines: what was told there is looked for in the log as well
 */
export async function verify(context: Context, source: string | undefined): Promise<Answer> {
  const found = await withDaemon(context, (session) => session.ask('verify', {}, 'verified', verifyMs))
  if (source === undefined) return answerOf(found)
  const anchors = await compareAnchors(context.paths.audit, anchorLines(source, context.uid))
  return anchored(found, anchors, source)
}

function answerOf(found: Verified): Answer {
  return {
    json: found,
    lines: [verdict(found), ...findingsOf(found)],
    status: found.sound ? 0 : failures['audit-failed'].exit,
  }
}

/** That nothing there names this log proves nothing, so it is no success either. */
function anchored(found: Verified, anchors: Comparison, source: string): Answer {
  const { bad, newest, held } = anchors
  const findings = [...found.findings, ...(bad === undefined ? [] : [findingOf(bad)])]
  const answer = answerOf({ ...found, sound: found.sound && bad === undefined, findings })
  const hold = `${held} records are as told to the ${source}, the newest is record ${newest}`
  const told = newest === 0 ? `NOT ANCHORED: nothing in the ${source} names this log` : hold
  return {
    json: { ...answer.json, anchors },
    lines: [...answer.lines, ...(bad === undefined ? [told] : [])],
    status: newest === 0 ? failures['audit-failed'].exit : (answer.status ?? 0),
  }
}

function findingOf({ harm, file, line, found, sequence }: BadPlace): Verified['findings'][number] {
  return { kind: harm, place: `${file}:${line}: ${found}`, sequence }
}

function verdict({ sound, records, unsealed }: Verified): string {
  const loose = unsealed === 0 ? '' : `, ${unsealed} of them made while locked and not sealed`
  return `${sound ? 'sound' : 'NOT SOUND'}: ${records} records${loose}`
}

function findingsOf({ findings }: Verified): string[] {
  const rows = findings.map(({ kind, place, sequence }) => [kind, place, `${sequence}`])
  return rows.length === 0 ? [] : table(['FOUND', 'PLACE', 'RECORD'], rows)
}

/** One record in one line: when, what, which secret, who, and why. */
function line(entry: TailEntry): string {
  if (!('record' in entry)) return `unreadable: ${entry.unreadable}`
  const { record } = entry
  const { seq, time, event } = record
  const words = [
    `${seq}`,
    time,
    event,
    secretOf(record),
    whoOf(record),
    attestedOf(record),
    maskedOf(record),
    whyOf(record),
  ]
  return words.filter((word) => word !== '').join('  ')
}

function secretOf(record: Record_): string {
  const ref = textOf(record['ref'])
  const field = textOf(record['field'])
  return field === '' ? ref : `${ref}#${field}`
}

function whoOf(record: Record_): string {
  const peer = record['peer']
  const exe = typeof peer === 'object' && peer !== null && 'exe' in peer ? textOf(peer.exe) : ''
  return [textOf(record['caller']), exe].filter((word) => word !== '').join(' ')
}

/** Of every record that tells who asked. */
function attestedOf(record: Record_): string {
  const attested = record['attested']
  return typeof attested === 'boolean' ? `attested=${attested ? 'yes' : 'no'}` : ''
}

/** Of every record of a command. */
function maskedOf(record: Record_): string {
  const masked = record['masked']
  return typeof masked === 'boolean' ? `masked=${masked ? 'yes' : 'no'}` : ''
}

const reasons = [
  'exposure',
  'program',
  'command',
  'origin',
  'rule',
  'grant',
  'sink',
  'decision',
  'reason',
  'count',
  'generation',
] as const

function whyOf(record: Record_): string {
  return reasons
    .map((name) => [name, textOf(record[name])] as const)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : ''
}
