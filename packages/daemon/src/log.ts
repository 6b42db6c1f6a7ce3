// The daemon's log: JSON lines about what it does, with fields; never a buffer, a cause or a handle.
import { constants, openSync } from 'node:fs'
import { destination, pino, type Logger } from 'pino'

export type { Logger } from 'pino'

/** Appends to `path` (0600, never through a link), or prints to standard error when there is no path. */
export function openLog(path: string | undefined, level: string): Logger {
  const stream = destination({ dest: path === undefined ? 2 : openPrivate(path), sync: true })
  return pino(
    { level, base: { pid: process.pid }, timestamp: () => `,"time":"${new Date().toISOString()}"` },
    stream,
  )
}

function openPrivate(path: string): number {
  return openSync(
    path,
    constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW,
    0o600,
  )
}

/** Tells on standard error why the daemon cannot start; before there is a log. */
export function complain(text: string): void {
  process.stderr.write(`sgetd: ${text}\n`)
}
