// `sgetctl audit verify --anchor`: the lines in which the system's journal, or a copy of it, names records of the log.
import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { AuditFailure } from '@sget/audit'

/** What is said in place of a file to mean the system's journal. */
export const journalName = 'journal'

const journalctl = '/usr/bin/journalctl'

/**
 * The lines of the journal, or of a file, as they come.
 *
 * @param uid whose daemon wrote them: anybody can write lines that look like ours, but not under another user's id
 *   (`_UID` of systemd.journal-fields(7) is the journal's own)
 * @throws AuditFailure `unreadable`, when the lines are read
 */
export function anchorLines(source: string, uid: number): AsyncIterable<string> {
  return source === journalName ? journalLines(uid) : fileLines(source)
}

async function* fileLines(path: string): AsyncGenerator<string, void> {
  try {
    yield* linesIn(createReadStream(path))
  } catch (error) {
    throw unreadable(path, error)
  }
}

async function* journalLines(uid: number): AsyncGenerator<string, void> {
  const words = ['--identifier=sgetd', `_UID=${uid}`, '--output=cat', '--no-pager', '--quiet']
  const child = spawn(journalctl, words, { stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  try {
    // A program that is missing is told by `ended`, which nobody looks at before the lines have come to their end.
    ended.catch(() => undefined)
    yield* linesIn(child.stdout)
    const status = await ended
    if (status !== 0) throw new Error(`${journalctl} ended with status ${status}`)
  } catch (error) {
    throw unreadable(journalName, error)
  } finally {
    child.kill()
  }
}

/** An error of the stream ends the lines with that error, which readline by itself would not tell. */
async function* linesIn(stream: Readable): AsyncGenerator<string, void> {
  const lines = createInterface({ input: stream, crlfDelay: Infinity })
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => undefined)
  stream.once('error', (error) => {
    reject(error)
    lines.close()
  })
  yield* lines
  await Promise.race([promise, Promise.resolve()])
}

function unreadable(source: string, error: unknown): AuditFailure {
  const reason = error instanceof Error ? error.message : 'no reason'
  return new AuditFailure('unreadable', `cannot read anchors from ${source}: ${reason}`)
}
