// What takes a vault's place: a backup, or nothing. The vault that was there is moved aside, never overwritten.
//
// At every moment there is under the vault's name the old vault, the new one or, after a reset, none. A process that is
// killed in between may have moved the generation before the old vault aside, and no more.
import { createHash } from 'node:crypto'
import { link, rename, rm } from 'node:fs/promises'
import { BackendFailure } from '@sget/backend'
import {
  type Place,
  checkDirectory,
  exists,
  previousPath,
  readFile,
  syncDirectory,
  writeDurably,
  writing,
} from './file.ts'
import { formatOf } from './format.ts'
import { markBytes } from './header.ts'

/** So many vaults may be moved aside in one second. */
const namesMax = 100

/** Where it stands which file was restored. */
function notePath(path: string): string {
  return `${path}.restored`
}

/**
 * Puts a backup, as `readBackup` gave it, in the place of the vault. The note beside it lets the next opening know that
 * this very file was restored.
 *
 * @param aside whether a vault that is there may be moved aside
 * @returns where it lies now, or undefined where there was none
 * @throws BackendFailure `exists`, `damaged`, `newer`, `unsafe`, `full`, `unwritable`, `busy`
 */
export async function restoreVault(
  place: Place,
  backup: Buffer,
  aside: boolean,
): Promise<string | undefined> {
  formatOf(backup).header(backup)
  return await writing(place, async (temporary) => {
    const { path } = place
    await checkDirectory(place)
    const isThere = await exists(path)
    if (isThere && !aside) throw new BackendFailure('exists', 'there is a vault already')
    const name = await freeName(path)
    await writeDurably(`${temporary}.old`, noteOf(backup))
    await rename(`${temporary}.old`, notePath(path))
    await writeDurably(`${temporary}.new`, backup)
    if (isThere) await link(path, name)
    await movePrevious(path, name)
    await rename(`${temporary}.new`, path)
    await syncDirectory(path)
    return isThere ? name : undefined
  })
}

/**
 * Moves the vault aside with the generation before it, so that none is there.
 *
 * @returns where it lies now
 * @throws BackendFailure `absent`, `unsafe`, `unwritable`, `busy`
 */
export async function setAside(place: Place): Promise<string> {
  return await writing(place, async () => {
    await refuseAbsent(place)
    const name = await freeName(place.path)
    await movePrevious(place.path, name)
    await rename(place.path, name)
    await rm(notePath(place.path), { force: true })
    await syncDirectory(place.path)
    return name
  })
}

/** Removes the vault and the generation before it. Throws BackendFailure `absent`, `unsafe`, `unwritable`, `busy`. */
export async function eraseVault(place: Place): Promise<void> {
  await writing(place, async () => {
    await refuseAbsent(place)
    await rm(previousPath(place.path), { force: true })
    await rm(place.path)
    await rm(notePath(place.path), { force: true })
    await syncDirectory(place.path)
  })
}

/** Whether this file, just read, is the one that `restoreVault` put there and nothing was written since. */
export async function wasRestored(place: Place, file: Buffer): Promise<boolean> {
  if (!(await exists(notePath(place.path)))) return false
  const note = await readFile({ ...place, path: notePath(place.path) })
  return note.equals(noteOf(file))
}

function noteOf(file: Buffer): Buffer {
  return createHash('sha256').update(file.subarray(0, markBytes)).digest()
}

async function refuseAbsent(place: Place): Promise<void> {
  await checkDirectory(place)
  if (!(await exists(place.path))) throw new BackendFailure('absent', 'there is no vault')
}

/** A name with the time in it that no file has. */
async function freeName(path: string): Promise<string> {
  const time = new Date().toISOString().replace(/\.\d+|[-:]/g, '')
  for (let number = 1; number <= namesMax; number += 1) {
    const name = `${path}.aside-${time}${number === 1 ? '' : `-${number}`}`
    if (!(await exists(name)) && !(await exists(previousPath(name)))) return name
  }
  throw new BackendFailure('busy', 'too many vaults were moved aside at once')
}

/** The generation before goes with its vault: beside another one it would be taken for that one's. */
async function movePrevious(path: string, name: string): Promise<void> {
  if (await exists(previousPath(path))) await rename(previousPath(path), previousPath(name))
}
