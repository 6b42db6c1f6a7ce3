// Whether root alone can change a program, or put another one in its place.
import { lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** As many links as the system follows on the way to one file (path_resolution(7)). */
const linksMax = 40

/** Bits of st_mode (inode(7)); who may write by an access control list shows in that of the group (acl(5)). */
const othersWrite = 0o022

/**
 * Whether the file, every folder on the way to it, and whatever links lead there, belong to root and are for root alone to
 * write. No for what is no file, or cannot be looked at.
 */
export function isRootsAlone(path: string): boolean {
  try {
    return isRootsWay(path, 0) && isRootsWay(realpathSync(path), 0) && statSync(path).isFile()
  } catch {
    return false
  }
}

/** From the root downwards: below a folder of somebody else nothing is looked at, whose file system may never answer. */
function isRootsWay(path: string, links: number): boolean {
  if (!path.startsWith('/') || links > linksMax) return false
  const names = path.split('/').slice(1)
  return ['/', ...names.map((_, at) => `/${names.slice(0, at + 1).join('/')}`)].every((at) =>
    isRootsStep(at, links),
  )
}

function isRootsStep(at: string, links: number): boolean {
  const found = lstatSync(at)
  if (found.uid !== 0) return false
  if (found.isSymbolicLink())
    return isRootsWay(resolve(realpathSync(dirname(at)), readlinkSync(at)), links + 1)
  return (found.mode & othersWrite) === 0
}
