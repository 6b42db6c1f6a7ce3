// The config in force: what its text may say, and what holds where it says nothing.
import { mounts, type Mount } from './mounts.ts'
import { network as networkTable, usualNetwork, type Network } from './network.ts'
import { quoted } from './printable.ts'
import type { Converted, Reading } from './reading.ts'
import {
  converted,
  duration,
  flag,
  list,
  oneOf,
  optional,
  readToml,
  table,
  text,
  type Reader,
} from './schema.ts'
import { sso as ssoTable, type Sso } from './sso.ts'

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
  /** The variables that an env file may set to a plain value. */
  readonly plainVariables: readonly string[]
  /** The vaults beside the embedded one. */
  readonly mounts: readonly Mount[]
  readonly network: Network
  /** Where people sign in, if anywhere. */
  readonly sso: Sso | undefined
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

/** Names that env files may give a plain value. */
const plainVariablesMax = 64

const lockTable = table({ idle: optional(duration(minuteMs, idleLockMsMax), undefined) })

const auditTable = table({
  sync: optional(oneOf(['second', 'always']), undefined),
  journal: optional(converted(text(socketPathCharsMax), journalOf), undefined),
})

const configTable = (variable: Reader<string>) =>
  table({
    lock: optional(lockTable, undefined),
    audit: optional(auditTable, undefined),
    sweep: optional(table({ skip_ignored: optional(flag, undefined) }), undefined),
    run: optional(table({ plain: optional(list(variable, plainVariablesMax), []) }), undefined),
    mount: optional(mounts, []),
    network: optional(networkTable, usualNetwork),
    sso: optional(ssoTable, undefined),
  })

/**
 * Reads a config, or says with line and column what is wrong with it.
 *
 * @param isSafeVariable whether a variable of that name is one that no loader, shell or interpreter obeys
 */
export function readConfig(content: string, isSafeVariable: (name: string) => boolean): Reading<Config> {
  const variable = converted(text(), (name): Converted<string> => {
    if (isSafeVariable(name)) return { value: name }
    return {
      fault: `no plain variable can be named ${quoted(name)}`,
      why: 'programs obey it, or it is no name',
    }
  })
  const reading = readToml(content, configTable(variable))
  if (!reading.ok) return reading
  const { lock, audit, run, sweep, mount, network, sso } = reading.value
  return {
    ok: true,
    value: {
      auditSync: audit?.sync ?? 'second',
      auditJournal: (audit?.journal ?? usualJournal).path,
      skipIgnored: sweep?.skip_ignored ?? false,
      idleLockMs: lock?.idle ?? usualIdleLockMs,
      plainVariables: run?.plain ?? [],
      mounts: mount,
      network,
      sso,
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
