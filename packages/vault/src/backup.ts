// Copies of the vault file in places that the user names. A copy is encrypted as the vault is: it opens with the
// passphrase that the vault had when the copy was made, and no program needs a key to make one.
import { constants } from 'node:fs'
import { type FileHandle, link, lstat, open, realpath, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { randomBytes } from 'node:crypto'
import { BackendFailure } from '@sget/backend'
import { vaultBytesMax } from './contents.ts'
import { type Place, readFile, reading, syncDirectory, writeDurably } from './file.ts'
import { formatOf } from './format.ts'
import { type Header } from './header.ts'
import { damaged } from './unseal.ts'

/** Where the copy shall lie. */
export interface Target {
  /** Absolute. Its folder need not be private: the file is encrypted. */
  readonly path: string
  /** Whether an older copy may be replaced; nothing else ever is. */
  readonly replace: boolean
}

/** The vault's file as it is, opened or not. Throws BackendFailure `absent`, `unsafe`, `damaged`, `newer`, `unreadable`. */
export async function readVault(place: Place): Promise<Buffer> {
  const file = await readFile(place)
  check(file)
  return file
}

/**
 * Writes a copy (0600), whole or not at all, and reads it back.
 *
 * @throws BackendFailure `exists`, `unsafe` (no regular file, no vault's copy, beside the vault itself), `full`,
 *   `unwritable`, `damaged` (what was read back is not what was written)
 */
export async function writeBackup({ path: vault }: Place, file: Buffer, target: Target): Promise<void> {
  const temporary = `${target.path}.${randomBytes(8).toString('hex')}.new`
  await naming(async () => {
    if ((await realpath(dirname(target.path))) === (await realpath(dirname(vault))))
      throw new BackendFailure('unsafe', 'a backup does not lie beside the vault')
    const isThere = await refuseForeign(target)
    try {
      await writeDurably(temporary, file)
      if (!(await readBackup(temporary)).equals(file)) throw damaged('the disk gave back other bytes')
      await (isThere ? rename(temporary, target.path) : nameFirst(temporary, target.path))
      await syncDirectory(target.path)
    } finally {
      await rm(temporary, { force: true })
    }
  })
}

/**
 * Reads a copy, of any owner, through a link or not: what it is worth, the passphrase tells.
 *
 * @throws BackendFailure `absent`, `unsafe` (no regular file), `damaged`, `newer`, `unreadable`
 */
export async function readBackup(path: string): Promise<Buffer> {
  return await reading(async () => {
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    const file = await readRegular(handle)
    check(file)
    return file
  })
}

/** What the head of a vault's file tells without a key. Throws BackendFailure `damaged`, `newer`. */
export function check(file: Buffer): Header {
  return formatOf(file).header(file)
}

async function readRegular(handle: FileHandle): Promise<Buffer> {
  const { size, isFile } = await handle.stat().then((stat) => ({ size: stat.size, isFile: stat.isFile() }))
  if (!isFile) throw new BackendFailure('unsafe', 'it is no regular file')
  if (size > vaultBytesMax) throw damaged('it is larger than a vault can be')
  return await handle.readFile()
}

/** @returns whether a file is there that may be replaced */
async function refuseForeign({ path, replace }: Target): Promise<boolean> {
  const found = await lstat(path).catch(absent)
  if (!found) return false
  if (!found.isFile()) throw new BackendFailure('unsafe', 'it is no regular file')
  if (!replace) throw new BackendFailure('exists', 'there is a file already')
  await readBackup(path).catch(() => {
    throw new BackendFailure('unsafe', 'it is no copy of a vault')
  })
  return true
}

/** Gives a file its name unless another has it. Where there are no hard links (FAT), an empty file takes the name first. */
async function nameFirst(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path)
  } catch (error) {
    if (!isError(error, 'EPERM', 'EOPNOTSUPP', 'ENOTSUP', 'EMLINK')) throw error
    const first = await open(path, 'wx', 0o600)
    await first.close()
    await rename(temporary, path)
  }
}

async function naming(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (isError(error, 'EEXIST')) throw new BackendFailure('exists', 'there is a file already')
    if (isError(error, 'ENOSPC', 'EDQUOT')) throw new BackendFailure('full', 'the disk is full')
    if (error instanceof Error && 'syscall' in error && 'code' in error)
      throw new BackendFailure('unwritable', `the backup: ${String(error.code)}`)
    throw error
  }
}

function absent(error: unknown): undefined {
  if (!isError(error, 'ENOENT')) throw error
  return undefined
}

function isError(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
