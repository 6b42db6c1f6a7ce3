// Removes files of the audit log that are old enough, once the whole log was found sound, and only in order.
import { archivesIn, AuditFailure, expiredOf, mayHaveExpired, removeArchives, type Log } from '@sget/audit'
import { BackendFailure } from '@sget/backend'
import type { Clock } from './clock.ts'
import type { Epochs } from './epochs.ts'
import type { Logger } from './log.ts'

/** What retiring needs. */
export interface RetiringOptions {
  readonly directory: string
  readonly audit: Log
  readonly clock: Clock
  readonly log: Logger
}

/**
 * First the record of it, then in the vault where the log begins from now on, then the files: a crash leaves files that
 * nobody misses, and the next call removes them. A log that is not sound is left as it is, for a human to look at.
 */
export async function retire(epochs: Epochs, options: RetiringOptions): Promise<void> {
  const { log } = options
  try {
    await epochs.alone(() => retireAlone(epochs, options))
  } catch (error) {
    if (!(error instanceof AuditFailure) && !(error instanceof BackendFailure)) throw error
    log.error({ code: error.code }, 'cannot retire old files of the audit log')
  }
}

async function retireAlone(epochs: Epochs, { directory, audit, clock, log }: RetiringOptions): Promise<void> {
  const { anchors } = epochs
  const begun = anchors.start?.sequence ?? 0
  const isLeftOver = archivesIn(directory).some(({ first }) => first <= begun)
  if (!isLeftOver && !mayHaveExpired(directory, clock.wallMs())) return
  const { files, bad } = await epochs.check()
  if (bad !== undefined) {
    log.error({ ...bad }, 'the audit log is not sound: no old file is removed')
    return
  }
  removeArchives(directory, begun)
  const expired = expiredOf(files, clock.wallMs())
  const last = expired.at(-1)
  if (last === undefined) return
  const { sequence } = last.end
  audit.append({ event: 'audit-retired', count: expired.length, reason: `records up to ${sequence}` })
  await anchors.begin(last.end)
  log.info({ files: removeArchives(directory, sequence) }, 'old files of the audit log were removed')
}
