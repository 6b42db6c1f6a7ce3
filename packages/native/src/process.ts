// What /proc tells of a process: its ancestors, its program, its ids, and what it may hide.
import { addon } from './addon.ts'

/** Processes in a chain at most; a longer one ends there and is not complete. As in process.c. */
export const ancestorsMax = 64

/** Doubles for each process of a chain, as process.c writes them. */
const fieldsOfAncestor = 7

/**
 * One process of a chain. `startTicks`: clock ticks since boot (see `bootTicks`); pid and startTicks name a process for
 * good. `session`: its session id. `terminal`: device number of its controlling terminal, 0 for none. `uid`: the
 * effective one, also when the process is not dumpable. `image`: changes with each exec, and with whatever
 * `executable` and `credentials` would say of the program.
 */
export type Ancestor = {
  pid: number
  parent: number
  startTicks: number
  session: number
  terminal: number
  uid: number
  image: number
}

/** A process and its ancestors, itself first. `complete`: read up to a process that has no parent. */
export type Chain = { ancestors: Ancestor[]; complete: boolean }

const room = new Float64Array(ancestorsMax * fieldsOfAncestor)

/**
 * The process and its ancestors up to pid 1, each at least as old as its child: where a parent is younger, its pid was
 * taken over while we read, and the chain ends there, not complete. Empty when the process itself cannot be read.
 */
export function chain(pid: number): Chain {
  const written = addon.chain(pid, room)
  const ancestors: Ancestor[] = []
  for (let at = 0; at < Math.abs(written) * fieldsOfAncestor; at += fieldsOfAncestor)
    ancestors.push(ancestorAt(at))
  return { ancestors, complete: written > 0 }
}

const ancestorAt = (start: number): Ancestor => ({
  pid: field(start),
  parent: field(start + 1),
  startTicks: field(start + 2),
  session: field(start + 3),
  terminal: field(start + 4),
  uid: field(start + 5),
  image: field(start + 6),
})

const field = (index: number) => room[index] ?? 0

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
 * when the file has been removed or replaced; its device, inode, owner and mode (st_mode).
 */
export type Executable = {
  path: string
  deleted: boolean
  device: number
  inode: bigint
  uid: number
  mode: number
}

/** What the process runs; undefined when we may not know, as of another user's or a non-dumpable process. */
export const executable = (pid: number): Executable | undefined => addon.executable(pid)

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

/**
 * What a process may hide. `tracer`: pid of its tracer, 0 for none. `userNamespace`: whether it is ours, `hidden` when
 * we may not know. `dumpable`: whether its memory is open to its user; undefined for a process of root, of which
 * /proc does not tell.
 */
export type Guard = {
  tracer: number
  userNamespace: 'ours' | 'foreign' | 'hidden'
  dumpable: boolean | undefined
}

/** Undefined when there is no such process. */
export const guard = (pid: number): Guard | undefined => addon.guard(pid)
