// The drafts of policy and config: files that people edit. Nothing in them holds until it is applied with a proof.
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import type { Stats } from 'node:fs'
import { dirname } from 'node:path'
import { documentBytesMax, Refusal } from '@sget/wire'
import type { Context } from './context.ts'
import type { DocumentName } from './document.ts'

/** The bits of a mode that are permissions: chmod(2). */
const permissions = 0o777

/** Bits of a mode that let anyone but the owner write: umask(2). */
const foreignWrite = 0o022

/** The kind of file is a matter of taste, its owner is not: each is refused with `document-invalid`. */
type Fault = string | undefined

/** Where the draft of a document lies. */
export function draftPath({ paths }: Context, name: DocumentName): string {
  return name === 'policy' ? paths.policy : paths.configuration
}

/**
 * Reads a draft, whole and exactly: what is shown is what is sent.
 *
 * @throws Refusal `document-invalid` when there is none, it is not the user's alone, too long, or not UTF-8
 */
export function readDraft(path: string, uid: number): string {
  refuse(path, folderFault(path, uid))
  const descriptor = openDraft(path)
  try {
    refuse(path, fileFault(fstatSync(descriptor), uid))
    return decode(path, readAll(path, descriptor))
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Writes a first draft where there is none, in a folder that nobody else can open. An existing one is left alone.
 *
 * @returns whether it was written
 * @throws Refusal `document-invalid` when what is there cannot be trusted
 */
export function writeFirstDraft(path: string, uid: number, content: string): boolean {
  return telling(path, 'cannot be written', () => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    refuse(path, folderFault(path, uid))
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (found === undefined) writeFileSync(path, content, { flag: 'wx', mode: 0o600 })
    else refuse(path, fileFault(found, uid))
    return found === undefined
  })
}

/**
 * Writes a draft anew, whole or not at all, unless somebody has edited it since it was read.
 *
 * @throws Refusal `document-invalid` when it has changed, or cannot be written
 */
export function replaceDraft(path: string, uid: number, { from, to }: { from: string; to: string }): void {
  if (readDraft(path, uid) !== from) refuse(path, 'was edited meanwhile, so it was left as it is: try again')
  const fresh = `${path}.new`
  telling(path, 'cannot be written', () => {
    rmSync(fresh, { force: true })
    writeFileSync(fresh, to, { flag: 'wx', mode: lstatSync(path).mode & permissions, flush: true })
    renameSync(fresh, path)
  })
}

/** O_NONBLOCK: a FIFO in the file's place must not keep us waiting; it is refused as what it is. */
function openDraft(path: string): number {
  return telling(path, 'cannot be read', () =>
    openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK),
  )
}

/** What the system refuses is the user's to mend, and told as such. */
function telling<T>(path: string, what: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    const code = String(error.code)
    throw new Refusal('document-invalid', `${path} ${systemFaults[code] ?? `${what} (${code})`}`)
  }
}

const systemFaults: Readonly<Record<string, string>> = {
  ENOENT: 'is not there: sgetctl init writes a first one',
  ELOOP: 'is a symbolic link',
}

function folderFault(path: string, uid: number): Fault {
  const found = lstatSync(dirname(path), { throwIfNoEntry: false })
  if (found === undefined) return 'is not there: sgetctl init writes a first one'
  if (!found.isDirectory()) return 'lies in a folder that is none (a link?)'
  if (found.uid !== uid) return 'lies in a folder of another user'
  return (found.mode & foreignWrite) === 0 ? undefined : 'lies in a folder that others can write to'
}

function fileFault(found: Stats, uid: number): Fault {
  if (found.isSymbolicLink()) return 'is a symbolic link'
  if (!found.isFile()) return 'is not a file'
  if (found.uid !== uid) return 'belongs to another user'
  return (found.mode & foreignWrite) === 0 ? undefined : 'can be written by others: chmod go-w'
}

function readAll(path: string, descriptor: number): Buffer {
  const bytes = Buffer.alloc(documentBytesMax + 1)
  let filled = 0
  for (;;) {
    const count = readSync(descriptor, bytes, filled, bytes.length - filled, null)
    if (count === 0) return bytes.subarray(0, filled)
    filled += count
    if (filled > documentBytesMax) refuse(path, `is longer than ${documentBytesMax / 1024} KiB`)
  }
}

function decode(path: string, bytes: Buffer): string {
  if (bytes.includes(0)) refuse(path, 'holds a NUL byte')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new Refusal('document-invalid', `${path} is not UTF-8`)
  }
}

function refuse(path: string, fault: Fault): void {
  if (fault !== undefined) throw new Refusal('document-invalid', `${path} ${fault}`)
}
