// What the audit log costs: a record on a small and on a large log, and checking a large one.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLog, verify, type AuditRecord, type Log } from '../../packages/audit/src/index.ts'
import { type Result } from './result.ts'

/** A log of 25 MiB takes a quarter of the time that one of 100 MiB takes, where checking is linear. */
const partBytes = 25 * 1024 * 1024
const parts = 4
const appends = 5000

/** As long as the record of an ordinary release. */
const record: AuditRecord = {
  event: 'released',
  peer: { uid: 1000, pid: 123_456, exe: '/home/somebody/.local/bin/sget' },
  attested: false,
  chain: ['/home/somebody/.local/bin/sget', '/usr/bin/bash', '/usr/bin/node', '/usr/bin/bash'],
  caller: 'agent',
  session: 'k7q2m4xa',
  ref: 'prod/database/main',
  field: 'password',
  rule: 'rule 2',
  exposure: 'read',
  grant: 'abcdefgh',
  sink: 'substitution in /usr/bin/bash',
  decision: 'release',
}

/** What a record costs as the log grows, and how fast 100 MiB of it are checked. */
export async function auditing(): Promise<Result[]> {
  const { appendSmall, appendLarge, verifyQuarter, verifyWhole } = await auditCost()
  return [
    { name: 'audit_append_small_log', value: appendSmall, unit: 'µs' },
    { name: 'audit_append_100_mib_log', value: appendLarge, unit: 'µs' },
    {
      name: 'audit_append_ratio_100_mib_to_small',
      value: appendLarge / appendSmall,
      unit: '×',
      goal: { atMost: 1.25 },
    },
    { name: 'audit_verify_25_mib', value: verifyQuarter, unit: 'MiB/s' },
    { name: 'audit_verify_100_mib', value: verifyWhole, unit: 'MiB/s', goal: { atLeast: 20 } },
  ]
}

/** Processor time, which other work on the machine does not lengthen as it does the clock's: µs, and MiB a second. */
interface AuditCost {
  readonly appendSmall: number
  readonly appendLarge: number
  readonly verifyQuarter: number
  readonly verifyWhole: number
}

/** Measures on a log of its own, of 100 MiB in several files. */
async function auditCost(): Promise<AuditCost> {
  const directory = mkdtempSync(join(tmpdir(), 'sget-audit-'))
  const seed = randomBytes(32)
  const log = openLog({ directory, sync: 'second' })
  log.beginEpoch(1, seed)
  try {
    appendMicros(log)
    const appendSmall = appendMicros(log)
    fill(log, directory, partBytes)
    const verifyQuarter = await verifyRate(directory, seed)
    fill(log, directory, parts * partBytes)
    const appendLarge = appendMicros(log)
    return { appendSmall, appendLarge, verifyQuarter, verifyWhole: await verifyRate(directory, seed) }
  } finally {
    await log.close()
    rmSync(directory, { recursive: true })
  }
}

function appendMicros(log: Log): number {
  const before = processorMicros()
  for (let at = 0; at < appends; at += 1) log.append(record)
  return (processorMicros() - before) / appends
}

function fill(log: Log, directory: string, bytes: number): void {
  while (sizeOf(directory) < bytes) for (let at = 0; at < 1000; at += 1) log.append(record)
}

function sizeOf(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)
}

/** MiB a second. */
async function verifyRate(directory: string, seed: Buffer): Promise<number> {
  const bytes = sizeOf(directory)
  const before = processorMicros()
  const { bad } = await verify({ directory, seeds: () => seed })
  if (bad) throw new Error(`the log is not sound: ${bad.found}`)
  return bytes / 1024 / 1024 / ((processorMicros() - before) / 1e6)
}

function processorMicros(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}
