// Where a log begins once its oldest files were removed.
import { genesis } from './chain.ts'
import { type Standing } from './epochs.ts'
import { type Line, parseLine } from './line.ts'
import { linesOfLog } from './reading.ts'

/** The last record that was removed, its tag in hex, and the key's standing then. */
export type Start = Standing & { readonly sequence: number; readonly tag: string }

/** A log from which nothing was removed. */
export const beginning: Start = { sequence: 0, tag: genesis.toString('hex'), epoch: 0, sealed: 0 }

const tagPattern = /^[0-9a-f]{64}$/

/**
 * Where the log begins as its oldest file says itself; nothing where it has its first record, or says nothing. It is for
 * who knows of no other start, and pins a later record. `sealed` tells no more than whether an epoch was open then. Throws
 * AuditFailure.
 */
export async function startOf(directory: string): Promise<Start | undefined> {
  for await (const { bytes } of linesOfLog(directory)) {
    const line = parseLine(bytes)
    return line && startBefore(line)
  }
  return undefined
}

function startBefore({ record }: Line): Start | undefined {
  const { seq, epoch, sealed, event } = record
  const after = record['after']
  if (event !== 'carried-on' || typeof after !== 'string' || !tagPattern.test(after)) return undefined
  return { sequence: seq - 1, tag: after, epoch, sealed: sealed ? 1 : 0 }
}
