// The files that people edit. They count for nothing until they are sealed into the vault.
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs'
import { documentBytesMax, type Paths } from '@sget/wire/broker'

/** The two documents that can be in force. */
export const documentNames = ['policy', 'config'] as const
export type DocumentName = (typeof documentNames)[number]

/** A draft's text; `missing` where there is none, `invalid` where it is not a file that only its owner writes. */
export type Draft = { readonly text: string } | 'missing' | 'invalid'

/** Reads a draft with suspicion: our own, no link, not writable by others, not longer than a document may be. */
export function readDraft(paths: Paths, name: DocumentName): Draft {
  const descriptor = openDraft(draftPath(paths, name))
  if (descriptor === undefined) return 'missing'
  try {
    const { uid, mode, size } = fstatSync(descriptor)
    const isOurs =
      uid === process.getuid?.() && (mode & 0o022) === 0 && (mode & constants.S_IFMT) === constants.S_IFREG
    if (!isOurs || size > documentBytesMax) return 'invalid'
    const bytes = Buffer.alloc(size)
    const text = bytes.subarray(0, readSync(descriptor, bytes, 0, size, 0)).toString()
    return { text }
  } finally {
    closeSync(descriptor)
  }
}

/**
 * The kernel's time stamps are some milliseconds coarse: a file that changed again right after it was read may look as it
 * did. So what had changed so recently is read once more.
 */
const settledMs = 2_000

interface Known {
  readonly mark: string
  readonly draft: Draft
}

/** Reads drafts, and again only those that may have changed since. */
export class DraftReader {
  readonly #known = new Map<DocumentName, Known>()

  /** As `readDraft`. */
  read(paths: Paths, name: DocumentName): Draft {
    const mark = markOf(draftPath(paths, name))
    const known = this.#known.get(name)
    if (known !== undefined && known.mark === mark) return known.draft
    const draft = readDraft(paths, name)
    if (mark === undefined) this.#known.delete(name)
    else this.#known.set(name, { mark, draft })
    return draft
  }
}

/** What changes with a file; undefined where it cannot be looked at, or where it changed just now. */
function markOf(path: string): string | undefined {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = lstatSync(path, { bigint: true })
    const isSettled = Math.abs(Date.now() - Number(ctimeMs)) >= settledMs
    return isSettled ? [dev, ino, size, mtimeNs, ctimeNs].join(' ') : undefined
  } catch {
    return undefined
  }
}

function draftPath(paths: Paths, name: DocumentName): string {
  return name === 'policy' ? paths.policy : paths.configuration
}

function openDraft(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return undefined
  }
}
