// The files of a log: the one that grows, and those set aside when they were full, named by their first record.
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf, failureOf } from './failure.ts'

/** The name of the file that grows. */
export const logName = 'audit.log'

/** A file of this size is set aside before the next record. */
export const logFileBytesMax = 32 * 1024 * 1024

/** A file that grows no more, with the sequence number of its first record. */
export type Archive = { readonly name: string; readonly first: number }

const archivePattern = /^audit\.(\d{16})\.log$/

/** The name says where the file belongs: a missing one can be named, and names sort as records do. */
export function archiveName(first: number): string {
  return `audit.${String(first).padStart(16, '0')}.log`
}

/** The files set aside, oldest first; none where there is no such directory. Throws AuditFailure. */
export function archivesIn(directory: string): readonly Archive[] {
  return namesIn(directory)
    .map((name) => ({ name, first: Number(archivePattern.exec(name)?.[1]) }))
    .filter(({ first }) => Number.isSafeInteger(first))
    .sort((a, b) => a.first - b.first)
}

/**
 * Removes the files set aside that begin at or before a record, oldest first, so that a crash leaves no gap.
 * Throws AuditFailure.
 */
export function removeArchives(directory: string, upTo: number): readonly string[] {
  const doomed = archivesIn(directory).filter(({ first }) => first <= upTo)
  try {
    for (const { name } of doomed) rmSync(join(directory, name))
  } catch (error) {
    throw failureOf(`cannot remove old files from ${directory}`, error)
  }
  return doomed.map(({ name }) => name)
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw failureOf(`cannot list ${directory}`, error)
  }
}
