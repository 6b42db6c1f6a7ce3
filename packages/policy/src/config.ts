// The config in force: what its text may say, and what holds where it says nothing.
import type { Converted, Reading } from './reading.ts'
import { converted, duration, flag, oneOf, optional, readToml, table, text } from './schema.ts'

/** The config as the daemon uses it. */
export interface Config {
  /** When the audit log reaches the disk: within a second, or with each record. */
  readonly auditSync: 'second' | 'always'
  /** The datagram socket of the system's journal, which is told of each release; nothing where it is not to be told. */
  readonly auditJournal: string | undefined
  /** What git ignores is left out when a search goes through folders. */
  readonly skipIgnored: boolean
  /** The vault locks itself after so much time without use. */
  readonly idleLockMs: number
}

interface Journal {
  readonly path: string | undefined
}

/** Where syslog(3) sends to on Linux. */
const usualJournal: Journal = { path: '/dev/log' }

/** `sun_path` of unix(7) is 108 bytes with its NUL. */
const socketPathCharsMax = 107

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** How long a vault may stay open without use, at most; and where nothing is said. */
const idleLockMsMax = 7 * 24 * hourMs
const usualIdleLockMs = 8 * hourMs

const configTable = table({
  lock: optional(table({ idle: optional(duration(minuteMs, idleLockMsMax), undefined) }), undefined),
  sweep: optional(table({ skip_ignored: optional(flag, undefined) }), undefined),
  audit: optional(
    table({
      sync: optional(oneOf(['second', 'always']), undefined),
      journal: optional(converted(text(socketPathCharsMax), journalOf), undefined),
    }),
    undefined,
  ),
})

/** Reads a config, or says with line and column what is wrong with it. */
export function readConfig(text: string): Reading<Config> {
  const reading = readToml(text, configTable)
  if (!reading.ok) return reading
  const { lock, audit, sweep } = reading.value
  return {
    ok: true,
    value: {
      auditSync: audit?.sync ?? 'second',
      auditJournal: (audit?.journal ?? usualJournal).path,
      skipIgnored: sweep?.skip_ignored ?? false,
      idleLockMs: lock?.idle ?? usualIdleLockMs,
    },
  }
}

function journalOf(value: string): Converted<Journal> {
  if (value === 'off') return { value: { path: undefined } }
  const fits = value.startsWith('/') && Buffer.byteLength(value) <= socketPathCharsMax
  return fits
    ? { value: { path: value } }
    : { fault: 'the journal is a path from the root, or "off"', why: 'at most 107 bytes' }
}
