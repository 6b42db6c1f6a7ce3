// The files that people edit. They count for nothing until they are sealed into the vault.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { documentBytesMax, type Paths } from '@sget/wire/broker'

/** The two documents that can be in force. */
export const documentNames = ['policy', 'config'] as const
export type DocumentName = (typeof documentNames)[number]

/** A draft's text; `missing` where there is none, `invalid` where it is not a file that only its owner writes. */
export type Draft = { readonly text: string } | 'missing' | 'invalid'

/** Reads a draft with suspicion: our own, no link, not writable by others, not longer than a document may be. */
export function readDraft(paths: Paths, name: DocumentName): Draft {
  const descriptor = openDraft(name === 'policy' ? paths.policy : paths.configuration)
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

function openDraft(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return undefined
  }
}
