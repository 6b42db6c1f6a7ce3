// The attested install: which group proves at connect(2) that a peer is the genuine sget, and whether it really does.
import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What there is to be seen of an install. `fault`: why its sget proves nothing, where it is meant to. */
export type Attestation =
  | { readonly kind: 'sound'; readonly group: number; readonly path: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unsound'; readonly fault: string }

/** Where the system keeps users, groups, and the groups that users may take in namespaces (passwd(5), group(5), subgid(5)). */
export interface Databases {
  readonly passwd: string
  readonly group: string
  readonly subgid: string
}

const systemDatabases: Databases = { passwd: '/etc/passwd', group: '/etc/group', subgid: '/etc/subgid' }

/** Bits of st_mode (inode(7)). */
const setGroupId = 0o2000
const setUserId = 0o4000
const othersWrite = 0o022

/** The sget of the install that this very program belongs to: no other could be vouched for by code that is root's. */
const place = import.meta.url.endsWith('/src/attestation.ts') ? '../../../build/bin/sget' : '../bin/sget'
export const installedSget = fileURLToPath(new URL(place, import.meta.url))

/**
 * Looks at the sget that lies at `path`. A process can have its group only by executing it, as long as the file is root's
 * wherever it can be changed, and nobody is in the group by any other way. `groups`: those of this process.
 */
export function attestationOf(
  path: string,
  groups: readonly number[],
  databases = systemDatabases,
): Attestation {
  try {
    const file = lstatSync(path, { throwIfNoEntry: false })
    if (file === undefined || (file.mode & setGroupId) === 0) return { kind: 'absent' }
    const fault = faultOfFile(path) ?? faultOfGroup(file.gid, groups, databases)
    return fault === undefined ? { kind: 'sound', group: file.gid, path } : { kind: 'unsound', fault }
  } catch (error) {
    return { kind: 'unsound', fault: error instanceof Error ? error.message : String(error) }
  }
}

/** The file, and every folder on the way to it: who can change one of them can put another program in its place. */
function faultOfFile(path: string): string | undefined {
  const file = lstatSync(path)
  if (!file.isFile()) return `${path} is no file`
  if ((file.mode & setUserId) !== 0) return `${path} is setuid`
  for (let at = path; ; at = dirname(at)) {
    const { uid, mode } = lstatSync(at)
    if (uid !== 0) return `${at} does not belong to root`
    if ((mode & othersWrite) !== 0) return `${at} can be written by others than root`
    if (at === dirname(at)) return undefined
  }
}

/** The group has no members, is nobody's own, is not one that we are in, and cannot be mapped into a namespace. */
function faultOfGroup(gid: number, groups: readonly number[], databases: Databases): string | undefined {
  if (gid === 0) return 'its group is that of root'
  if (groups.includes(gid)) return 'this user is in its group'
  const named = linesOf(databases.group).filter((fields) => fields[2] === `${gid}`)
  if (named.length !== 1) return `group ${gid} does not stand once in ${databases.group}`
  const [name = '', , , members] = named[0] ?? []
  if (members !== '') return `the group ${name} has members: ${members ?? 'a line of it is broken'}`
  const owner = linesOf(databases.passwd).find((fields) => fields[3] === `${gid}`)
  if (owner !== undefined) return `the group ${name} is that of the user ${owner[0] ?? ''}`
  const isMapped =
    existsSync(databases.subgid) && linesOf(databases.subgid).some((fields) => maps(fields, gid))
  return isMapped ? `${databases.subgid} lets a user take the group ${name}` : undefined
}

/** A line of subgid(5): whose it is, the first group, and how many. */
const maps = ([, first = '', count = '']: readonly string[], gid: number): boolean =>
  first !== '' && gid >= Number(first) && gid < Number(first) + Number(count)

const linesOf = (path: string): string[][] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
