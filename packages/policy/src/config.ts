// The config in force: what its text may say, and what holds where it says nothing.
import type { Reading } from './reading.ts'
import { duration, oneOf, optional, readToml, table } from './schema.ts'

/** The config as the daemon uses it. */
export interface Config {
  /** When the audit log reaches the disk: within a second, or with each record. */
  readonly auditSync: 'second' | 'always'
  /** The vault locks itself after so much time without use. */
  readonly idleLockMs: number
}

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

const configTable = table({
  lock: optional(table({ idle: optional(duration(minuteMs, 7 * dayMs), 8 * 60 * minuteMs) }), undefined),
  audit: optional(table({ sync: optional(oneOf(['second', 'always']), undefined) }), undefined),
})

/** Reads a config, or says with line and column what is wrong with it. */
export function readConfig(text: string): Reading<Config> {
  const reading = readToml(text, configTable)
  if (!reading.ok) return reading
  const { lock, audit } = reading.value
  return {
    ok: true,
    value: { auditSync: audit?.sync ?? 'second', idleLockMs: lock?.idle ?? 8 * 60 * minuteMs },
  }
}
