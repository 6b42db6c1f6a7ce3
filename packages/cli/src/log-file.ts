// The end of a log file, however long that is.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { Refusal } from '@sget/wire'

/** Of the end of the file, what is looked at. */
const bytesMax = 4 * 1024 * 1024

/**
 * The last lines of a file; none where there is no such file.
 *
 * @throws Refusal `service-failed` where it cannot be read
 */
export function lastLines(path: string, count: number): string[] {
  const descriptor = open(path)
  if (descriptor === undefined) return []
  try {
    const { size } = fstatSync(descriptor)
    const bytes = Buffer.alloc(Math.min(size, bytesMax))
    const read = readSync(descriptor, bytes, 0, bytes.length, size - bytes.length)
    const lines = bytes.toString('utf8', 0, read).trimEnd().split('\n')
    return lines.slice(-count).filter((line) => line !== '')
  } finally {
    closeSync(descriptor)
  }
}

function open(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new Refusal('service-failed', `${path}: ${code}`)
  }
}
