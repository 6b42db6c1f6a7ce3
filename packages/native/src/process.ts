// What /proc tells of a process: its ancestors, its program, its ids, and what it may hide.
import { addon } from './addon.ts'

/** Doubles that process.c writes of a process, and of one that is watched. */
const fieldsOfAncestor = 5
const fieldsOfWatched = 7

/**
 * One process. `startTicks`: clock ticks since boot (see `bootTicks`); pid and startTicks name a process for good.
 * `session`: its session id. `terminal`: device number of its controlling terminal, 0 for none. `uid`: the effective
 * one, also when the process is not dumpable.
 */
export type Ancestor = {
  pid: number
  parent: number
  startTicks: number
  session: number
  terminal: number
  uid: number
}

const room = new Float64Array(fieldsOfWatched)
const roomOfAncestor = room.subarray(0, fieldsOfAncestor)

const inRoom = (pid: number): Ancestor => ({
  pid,
  parent: field(0),
  startTicks: field(1),
  session: field(2),
  terminal: field(3),
  uid: field(4),
})

const field = (index: number) => room[index] ?? 0

/** A process as it is now; undefined when there is none. */
export const ancestor = (pid: number): Ancestor | undefined =>
  addon.ancestor(pid, roomOfAncestor) ? inRoom(pid) : undefined

/**
 * A process that is watched. `descriptor`: of its directory in /proc, through which no later process of that pid ever
 * answers; to be closed. `fileMark`: of the file that it runs, with owner and mode, and of its
 * uid; 0 where the file is hidden. `imageMark`:
 * changes with each exec too, also of the same file, and with its name where the file is hidden.
 */
export type Watched = { ancestor: Ancestor; descriptor: number; fileMark: number; imageMark: number }

/** Watches a process; undefined when there is none, or no descriptor to be had. */
export function watch(pid: number): Watched | undefined {
  const descriptor = addon.watch(pid, room)
  if (descriptor === undefined) return undefined
  return { ancestor: inRoom(pid), descriptor, fileMark: field(5), imageMark: field(6) }
}

/** Doubles for each watched process in what `unchanged` compares. */
export const fieldsOfRow = 3

/**
 * Whether each of some watched processes lives and has its mark still. `rows`: of each the descriptor, then 0 and the
 * file's mark or 1 and the image's.
 */
export const unchanged = (rows: Float64Array): boolean => addon.unchanged(rows)

/** When the process started, in ticks since boot; undefined when there is none. */
export const started = (pid: number): number | undefined => addon.started(pid)

/**
 * The processes that the first thread of a process has started and that live. Undefined when there are none, too many for
 * 4 KiB, or the kernel does not tell (CONFIG_PROC_CHILDREN).
 */
export const children = (pid: number): number[] | undefined => addon.children(pid)

/**
 * What the process is doing, as the letter of /proc/PID/stat: `R` runs or would, `S` waits for an event, `D` for the
 * kernel, `T` is stopped, `Z` has ended. Undefined when there is none.
 */
export const state = (pid: number): string | undefined => addon.state(pid)

/**
 * The file that a process runs: its path as the kernel resolved it, without the " (deleted)" that the kernel appends
 * when the file has been removed or replaced; its device, inode, owner and mode (st_mode). `deleted`: it has no name left.
 * `elsewhere`: it was reached through a mount of another mount namespace, so to us the path is a name and no more.
 */
export type Executable = {
  path: string
  deleted: boolean
  elsewhere: boolean
  device: number
  inode: bigint
  uid: number
  mode: number
}

/** What the process runs; undefined when we may not know, as of another user's or a non-dumpable process. */
export const executable = (pid: number): Executable | undefined => addon.executable(pid)

/**
 * The directory that a process works in, as the kernel names it; one that was removed has " (deleted)" behind its name.
 * Undefined when we may not know, as of a non-dumpable process, and when its name is no UTF-8.
 */
export function directory(pid: number): string | undefined {
  const path = addon.directory(pid)
  return path?.includes('\ufffd') === true ? undefined : path
}

/** The first argument of a command line that is no flag, and the directory that it is relative to. */
export type Operand = { argument: string; directory: string }

/** Flags of an interpreter: those that take the next word as their value, and those that stand instead of a script. */
export type Flags = { valued: readonly string[]; inlined: readonly string[] }

/**
 * The script that an interpreter says it runs. The process may have written that line itself: it is a claim. Nothing
 * behind the script is looked at. Undefined without a script, or when it stands behind the first 4 KiB.
 */
export const script = (pid: number, flags: Flags): Operand | undefined =>
  addon.script(pid, words(flags.valued), words(flags.inlined))

const words = (flags: readonly string[]) => ` ${flags.join(' ')} `

/** The name a process gives itself (at most 15 bytes), and its four user ids. */
export type Credentials = {
  name: string
  uids: { real: number; effective: number; saved: number; filesystem: number }
}

/** Name and user ids; readable for every process of the machine. Undefined when there is none. */
export const credentials = (pid: number): Credentials | undefined => addon.credentials(pid)

/** The pid of a process's tracer, 0 for none; readable for every process. Undefined when there is no such process. */
export const tracer = (pid: number): number | undefined => addon.tracer(pid)

/** What a process may hide. `tracer`: pid of its tracer, 0 for none. `hidden`: we may not know its user namespace. */
export type Guard = { tracer: number; userNamespace: 'ours' | 'foreign' | 'hidden' }

/** Undefined when there is no such process. */
export const guard = (pid: number): Guard | undefined => addon.guard(pid)

/**
 * Who else could read a process's memory. `tracer`: pid of its tracer, 0 for none. `dumpable`: whether its memory is open
 * to its user; missing for a process of root, of which /proc does not tell.
 */
export type Exposure = { tracer: number; dumpable?: boolean }

/** Undefined when there is no such process. */
export const exposure = (pid: number): Exposure | undefined => addon.exposure(pid)
