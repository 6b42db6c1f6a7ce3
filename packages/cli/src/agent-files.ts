// The login agent's files on disk: whether they are ours and as they would be written now; writing and removing them.
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Refusal } from '@sget/wire'
import type { AgentFile } from './login-agent.ts'

/** `same` as it would be written now; `other`: ours, of another version or place, or edited. */
export type Found = 'missing' | 'same' | 'other'

/** In the comment at the beginning of each file of ours. */
const mark = /^(?:<\?xml[^\n]*\n<!--|#) [^\n]*`sgetctl service install` fills in/

/** @throws Refusal `service-foreign` for anything that we did not write */
export function found({ path, content }: AgentFile): Found {
  const entry = lstatSync(path, { throwIfNoEntry: false })
  if (entry === undefined) return 'missing'
  if (!entry.isFile()) throw new Refusal('service-foreign', `${path} is not a file`)
  const there = acting(path, () => readFileSync(path, 'utf8'))
  if (!mark.test(there)) throw new Refusal('service-foreign', `${path} was not written by sgetctl`)
  return there === content ? 'same' : 'other'
}

/** Puts a file in its place at once: a service manager that reads it now reads the old one or the new one. */
export function write({ path, content }: AgentFile): void {
  acting(path, () => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.new`, content, { mode: 0o644 })
    renameSync(`${path}.new`, path)
  })
}

export function removeFile({ path }: AgentFile): void {
  acting(path, () => rmSync(path, { force: true }))
}

/** What the system refuses is the user's to mend, and told as such. */
function acting<T>(path: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    throw new Refusal('service-failed', `${path}: ${String(error.code)}`)
  }
}
