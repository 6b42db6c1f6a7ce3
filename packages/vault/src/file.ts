// The file on the disk: read with suspicion, replaced atomically, the generation before it kept.
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, link, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { BackendFailure, type BackendCode } from '@sget/backend'
import { vaultBytesMax } from './contents.ts'
import { markBytes } from './header.ts'
import { damaged } from './unseal.ts'

/** Where a vault is, and who may touch it. */
export interface Place {
  /** Its directory has to be ours alone (0700). */
  readonly path: string
  /** The uid that must own file and directory: by default our own. */
  readonly owner?: number | undefined
  /** Held during each write, so that no second process writes: undefined means that one does. */
  readonly lock?: (() => Disposable | undefined) | undefined
}

/** What a writer adds to the name while it writes. */
const temporarySuffix = /^\.[0-9a-f]{16}\.(new|old)$/

/** Where the generation before the present one is kept. */
export function previousPath(path: string): string {
  return `${path}.previous`
}

/** Where a file of an older version is kept when it is written as one of the newest. */
export function versionPath(path: string, version: number): string {
  return `${path}.version-${version}`
}

/** The file that a write replaces. */
export interface Replaced {
  readonly mark: Buffer
  readonly keepAs?: string | undefined
}

/** Reads the whole file. Throws BackendFailure `absent`, `unsafe`, `damaged` (too long) or `unreadable`. */
export async function readFile(place: Place): Promise<Buffer> {
  const { path, owner } = place
  return await reading(async () => {
    await checkDirectory(place)
    await using handle = await openToRead(path)
    await checkFile(handle, owner)
    return await handle.readFile()
  })
}

/** Makes the directory and a file where none was. Throws BackendFailure `exists`, `unsafe`, `full`, `unwritable`, `busy`. */
export async function createFile(place: Place, bytes: Buffer): Promise<void> {
  const { path } = place
  await writing(place, async (temporary) => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await checkDirectory(place)
    if (await exists(previousPath(path))) throw new BackendFailure('exists', 'a previous generation is there')
    await writeDurably(`${temporary}.new`, bytes)
    await link(`${temporary}.new`, path)
    await syncDirectory(path)
  })
}

/**
 * Puts `bytes` in the place of the file, which becomes the previous generation. There is a whole file under the
 * name at every moment, and after a power cut too.
 *
 * @param replaced the first `markBytes` of the file as it must still be, and where it shall stay for good, if anywhere
 * @throws BackendFailure `moved`, `unsafe`, `full`, `unwritable`, `busy`
 */
export async function replaceFile(place: Place, bytes: Buffer, replaced: Replaced): Promise<void> {
  const { path } = place
  await writing(place, async (temporary) => {
    await checkDirectory(place)
    await writeDurably(`${temporary}.new`, bytes)
    await checkMark(path, replaced.mark)
    if (replaced.keepAs !== undefined) await keep(path, replaced.keepAs)
    await link(path, `${temporary}.old`)
    await rename(`${temporary}.old`, previousPath(path))
    await rename(`${temporary}.new`, path)
    await syncDirectory(path)
  })
}

/** Removes the generation before the present one. Throws BackendFailure `unwritable`, `busy`. */
export async function forgetPrevious(place: Place): Promise<void> {
  await writing(place, async () => {
    await rm(previousPath(place.path), { force: true })
    await syncDirectory(place.path)
  })
}

/** Removes what killed writers left. */
export async function sweep({ path }: Place): Promise<void> {
  for (const name of await readdir(dirname(path))) {
    const left = name.startsWith(basename(path)) && temporarySuffix.test(name.slice(basename(path).length))
    if (left) await rm(join(dirname(path), name), { force: true })
  }
}

/** Throws BackendFailure `unsafe` unless the vault's directory is ours alone. */
export async function checkDirectory({ path, owner = process.geteuid?.() }: Place): Promise<void> {
  const stat = await lstat(dirname(path))
  if (!stat.isDirectory()) throw unsafe('its directory is a link or no directory')
  if (stat.uid !== owner) throw unsafe('its directory belongs to somebody else')
  if (stat.mode & 0o077) throw unsafe('its directory is open to others: chmod 700')
}

async function checkFile(handle: FileHandle, owner = process.geteuid?.()): Promise<void> {
  const stat = await handle.stat()
  if (!stat.isFile()) throw unsafe('it is no regular file')
  if (stat.uid !== owner) throw unsafe('it belongs to somebody else')
  if (stat.mode & 0o077) throw unsafe('it is open to others: chmod 600')
  if (stat.size > vaultBytesMax) throw damaged('it is larger than a vault can be')
}

async function checkMark(path: string, mark: Buffer): Promise<void> {
  await using handle = await openToRead(path)
  const { buffer } = await handle.read(Buffer.alloc(markBytes), 0, markBytes, 0)
  if (!buffer.equals(mark)) throw new BackendFailure('moved', 'somebody else changed the vault')
}

/** Neither through a symbolic link, nor waiting for the writer of a FIFO. */
async function openToRead(path: string): Promise<FileHandle> {
  return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
}

/** Where one was kept before, that one stays: it is older. */
async function keep(path: string, name: string): Promise<void> {
  if (!(await exists(name))) await link(path, name)
}

/** Writes a file that is not there yet, and waits until the disk has it. */
export async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  await using handle = await open(path, 'wx', 0o600)
  await handle.writeFile(bytes)
  await handle.sync()
}

/** Waits until the disk has the names in the file's directory. */
export async function syncDirectory(path: string): Promise<void> {
  await using handle = await open(dirname(path), 'r')
  await handle.sync()
}

/** Whether there is a file of any kind by this name. */
export async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  )
}

/** Runs `work`, and tells the system's errors as failures of reading. */
export async function reading<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw explained(error, { ENOENT: 'absent', ELOOP: 'unsafe', ENOTDIR: 'absent' }, 'unreadable')
  }
}

/** Runs `work` with the lock and a name for temporary files (`.new`, `.old`), which are gone afterwards. */
export async function writing<Result>(
  { path, lock }: Place,
  work: (temporary: string) => Promise<Result>,
): Promise<Result> {
  const temporary = `${path}.${randomBytes(8).toString('hex')}`
  const held = lock?.()
  if (lock && !held) throw new BackendFailure('busy', 'another process writes the vault')
  try {
    return await work(temporary)
  } catch (error) {
    const codes = {
      ENOENT: 'moved',
      EEXIST: 'exists',
      ELOOP: 'unsafe',
      ENOSPC: 'full',
      EDQUOT: 'full',
    } as const
    throw explained(error, codes, 'unwritable')
  } finally {
    // A rename between two names of one file does nothing: the name to be replaced may still be there.
    await rm(`${temporary}.old`, { force: true })
    await rm(`${temporary}.new`, { force: true })
    held?.[Symbol.dispose]()
  }
}

type ErrorCodes = Readonly<Record<string, BackendCode>>

/** The failure that a system error means; what is a failure already, or a bug, stays what it is. */
function explained(error: unknown, codes: ErrorCodes, otherwise: BackendCode): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error
  const code = String(error.code)
  return new BackendFailure(codes[code] ?? otherwise, `the vault: ${code}`)
}

function unsafe(how: string): BackendFailure {
  return new BackendFailure('unsafe', `the vault is not safe: ${how}`)
}
