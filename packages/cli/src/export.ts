// `sgetctl audit export`: the records of the log as JSON lines, by time, agent and secret.
import { records, type TailEntry } from '@sget/audit'
import { matches, parseDuration, parseGlob, type Glob } from '@sget/policy'
import { Refusal } from '@sget/wire'
import type { Context } from './context.ts'
import type { Answer } from './terminal.ts'

type Stored = Extract<TailEntry, { readonly record: unknown }>['record']
type Wanted = (record: Stored) => boolean

/** What was typed: times as ISO 8601 or as a duration back from now, the others as patterns. */
export interface Selection {
  readonly since?: string
  readonly until?: string
  readonly agent?: string
  readonly secret?: string
}

/** Streams the records that are wanted, oldest first. It needs no daemon and checks nothing. */
export function exportRecords(context: Context, selection: Selection, nowMs: number): Promise<Answer> {
  const wanted = wantedBy(selection, nowMs)
  return Promise.resolve({ json: {}, lines: [], records: selected(context.paths.audit, wanted) })
}

async function* selected(directory: string, wanted: Wanted): AsyncGenerator<object, void> {
  for await (const entry of records(directory)) {
    // What is no record belongs to nobody and to every selection: it is never left out in silence.
    if (!('record' in entry)) yield entry
    else if (wanted(entry.record)) yield entry.record
  }
}

function wantedBy({ since, until, agent, secret }: Selection, nowMs: number): Wanted {
  const tests: Wanted[] = []
  if (since !== undefined) {
    const fromMs = timeOf(since, nowMs)
    tests.push((record) => Date.parse(record.time) >= fromMs)
  }
  if (until !== undefined) {
    const toMs = timeOf(until, nowMs)
    tests.push((record) => Date.parse(record.time) < toMs)
  }
  if (agent !== undefined) {
    const pattern = patternOf(agent)
    tests.push(
      (record) => record['session'] === agent || programsOf(record).some((exe) => matches(pattern, exe)),
    )
  }
  if (secret !== undefined) {
    const pattern = patternOf(secret)
    tests.push((record) => matches(pattern, textOf(record['ref'])))
  }
  return (record) => tests.every((test) => test(record))
}

/** Every program that the record names: who connected, all above it, and the agent that a session is bound to. */
function programsOf(record: Stored): string[] {
  const chain = record['chain']
  const named = [
    exeOf(record['peer']),
    exeOf(record['root']),
    ...(Array.isArray(chain) ? chain.map(textOf) : []),
  ]
  return named.filter((exe) => exe !== '')
}

function exeOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'exe' in value ? textOf(value.exe) : ''
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function patternOf(text: string): Glob {
  const glob = parseGlob(text)
  if ('fault' in glob) throw new Refusal('usage', `${text}: ${glob.fault}`)
  return glob.value
}

/** `2026-11-22`, `2026-11-22T08:00Z`, or `7d`: a week ago. */
function timeOf(text: string, nowMs: number): number {
  const back = parseDuration(text)
  if (back !== undefined) return nowMs - back
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : NaN
  if (!Number.isNaN(at)) return at
  throw new Refusal('usage', `${text} is no time: 2026-11-22T08:00Z, or 7d for a week ago`)
}
