// What stands behind another process's descriptor, and who else holds it.
import { addon } from './addon.ts'

/** `pipe` is an anonymous one, `fifo` has a name; `null` is /dev/null; `other` any other device, directory or such. */
export type OpenKind = 'pipe' | 'fifo' | 'file' | 'terminal' | 'socket' | 'null' | 'other'

/**
 * `access`: how it was opened. `path`: the kernel's name for it, the path of a file, "pipe:[INODE]" of a pipe. `rdev`: the
 * device's number where it is one.
 */
export type OpenFile = {
  kind: OpenKind
  access: 'read' | 'write' | 'both' | 'none'
  device: number
  inode: bigint
  rdev: number
  path: string
}

/** What /proc/PID/fd/N is (proc_pid_fd(5)); undefined when it is closed or we may not know. */
export const openFile = (pid: number, descriptor: number): OpenFile | undefined =>
  addon.openFile(pid, descriptor)

/** What a process told of its own descriptor, with device numbers as the C library packs them into 32 bits. */
export type Told = {
  device: number
  inode: bigint
  special: number
  mode: number
  /** Of fcntl(2): 0 to read, 1 to write, 2 both. */
  access: number
  path: string
}

const accesses = ['read', 'write', 'both'] as const

/** The same as `openFile`, from a process that was trusted to tell. */
export const toldFile = ({ device, inode, special, mode, access, path }: Told): OpenFile => ({
  kind: addon.kindOf(mode & modeBits, Math.min(special, specialMax), path),
  access: accesses[access] ?? 'none',
  device,
  inode,
  rdev: special,
  path,
})

/** What the addon takes; a device beyond it is none that we know. */
const specialMax = 0x7fffffff

/** Type and permissions in st_mode (inode(7)). */
const modeBits = 0xffff

/** A process that can read from a pipe; `writes` tells that it holds the other end as well. */
export type Reader = { pid: number; writes: boolean }

/** `unseen`: processes whose descriptors we could not look at. */
export type Readers = { readers: Reader[]; unseen: number }

/**
 * Who holds a pipe open for reading: among `pids`, or among all processes of the machine that we may look at, in which
 * case those of other users, root's too, count as unseen. Costs about 1 µs for each descriptor looked at.
 */
export const readers = (device: number, inode: bigint, pids?: readonly number[]): Readers =>
  addon.readers(device, inode, pids)
