// What can be refused here, and by which name a caller branches on it.

/**
 * - `unsafe`: the directory or the file is not ours alone (owner, mode, kind, links)
 * - `damaged`: the last whole line is no record, so nothing can follow on it
 * - `full`: no room (ENOSPC, EDQUOT, EFBIG)
 * - `unwritable`: the system refused otherwise
 * - `unreadable`: a journal that anchors were to be read from is not there, or breaks off
 * - `tampered`: the file is not as this log left it
 * - `unlockable`: the key cannot be kept in memory (RLIMIT_MEMLOCK)
 * - `epoch`: the number of an epoch must grow
 * - `closed`: the log was closed
 */
export type AuditCode =
  'unsafe' | 'damaged' | 'full' | 'unwritable' | 'unreadable' | 'tampered' | 'unlockable' | 'epoch' | 'closed'

/** The one expected failure of this package. Whoever meets it while answering a request answers no. */
export class AuditFailure extends Error {
  override readonly name = 'AuditFailure'
  readonly code: AuditCode

  constructor(code: AuditCode, message: string) {
    super(message)
    this.code = code
  }
}

const fullCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** The failure that stands for what the system answered; a bug stays what it is. */
export function failureOf(trying: string, error: unknown): AuditFailure {
  if (error instanceof AuditFailure) return error
  const code = codeOf(error)
  if (code === undefined) throw error
  return new AuditFailure(fullCodes.has(code) ? 'full' : 'unwritable', `${trying}: ${code}`)
}

/** The system's name of an error (errno(3)), or nothing when it is none of the system's. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
