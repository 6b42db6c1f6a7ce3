// The file that counts wrong passphrases: small, ours alone, and never half written.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { Refusal } from '@sget/wire/broker'

/** Wrong tries since the last right one, and the latest: on the start of the machine of that name, in its `bootMs`. */
export interface Tries {
  readonly wrong: number
  readonly boot: string
  readonly sinceMs: number
}

/** What is counted there; undefined where nothing is, or what no program of ours wrote. */
export function readTries(path: string): Tries | undefined {
  try {
    const { wrong, boot, sinceMs } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    return isCount(wrong) && isCount(sinceMs) && typeof boot === 'string'
      ? { wrong, boot, sinceMs }
      : undefined
  } catch {
    return undefined
  }
}

/** Replaces the count, so that it stays when this process is killed or the machine stops. Throws `tries-unwritten`. */
export function writeTries(path: string, tries: Tries): void {
  const fresh = `${path}.new`
  try {
    rmSync(fresh, { force: true })
    const descriptor = openSync(fresh, 'wx', 0o600)
    try {
      writeSync(descriptor, JSON.stringify(tries))
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(fresh, path)
  } catch {
    throw new Refusal('tries-unwritten')
  }
}

/** Nothing is counted any more. Where the file cannot be removed the next daemon counts on from there. */
export function forgetTries(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // A folder that cannot be written to: the count is too high then, never too low.
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
