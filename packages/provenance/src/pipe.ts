// Who gets what is written into a pipe.
import { type OpenFile, type Reader } from '@sget/native'
import { type Caller } from './caller.ts'
import { type Facts } from './facts.ts'
import { type Lineages } from './lineages.ts'
import { isAmong, isBoundary, isSame, type Process } from './process.ts'
import { type Sink } from './sink.ts'

/** Who asked and what it told of itself, whether that process lives still, and how to look around there. */
export type Scene = {
  caller: Caller
  told: OpenFile | undefined
  lives: () => boolean
  facts: Facts
  lineages: Lineages
}

/** Readers of one pipe at most; more are not looked at one by one. */
export const readersMax = 16

const unknown: Sink = { kind: 'unknown' }

/** The sink of a pipe, or that a shell is still at work on it. The processes above the peer come first: few, and likely. */
export function behindPipe(pipe: OpenFile, scene: Scene): Sink | 'unsettled' {
  const { processes } = scene.caller
  const rootAt = processes.findIndex((process) => isRoot(process, scene.caller))
  const below = rootAt < 0 ? processes : processes.slice(0, rootAt)
  const above = rootAt < 0 ? [] : processes.slice(rootAt)
  return captured(pipe, below, scene) ?? overheard(pipe, above, scene) ?? shared(pipe, scene)
}

const isRoot = (process: Process, { roots }: Caller) =>
  process.kind === 'agent' || isBoundary(process) || isAmong(process, roots)

/**
 * When the nearest reader above the peer is a shell or helper, with only shells in between that nobody traces (a tracer
 * on the peer's parent is a refusal), and it made the pipe for this: one that keeps the write end was left both by others,
 * and one above which the pipe is read too was given it.
 */
function captured(
  pipe: OpenFile,
  [peer, ...above]: readonly Process[],
  { facts, caller }: Scene,
): Sink | 'unsettled' | undefined {
  for (const [at, process] of above.entries()) {
    if (at > 0 && facts.tracer(process.pid) !== 0) return undefined
    // Its state first: what it holds while it sleeps it will hold until there is something to read.
    const isBusy = isAtWork(process, facts)
    const [reader] = readersAmong(pipe, [process.pid], facts)
    if (reader && (isBusy || hasHeir(pipe, process, peer, facts))) return 'unsettled'
    if (reader) return isShared(pipe, reader, caller, facts) ? undefined : capturedBy(process, facts)
    if (process.kind !== 'shell') return undefined
  }
  return undefined
}

/**
 * Whether it keeps the other end, or one above it reads too, up to the agent: that did not come about for this. Terminals,
 * logins and the first process of all are not at the command of who asks, and may have hundreds of descriptors.
 */
function isShared(pipe: OpenFile, { pid, writes }: Reader, caller: Caller, facts: Facts): boolean {
  const above = caller.processes.slice(caller.processes.findIndex((process) => process.pid === pid) + 1)
  const rootAt = above.findIndex((process) => isRoot(process, caller))
  const upToRoot = rootAt < 0 ? above : above.slice(0, rootAt + 1)
  const suspects = upToRoot.filter((process) => isAtCommand(process, caller))
  return writes || readersAmong(pipe, pidsOf(suspects), facts).length > 0
}

const firstPid = 1

const isAtCommand = (process: Process, caller: Caller) =>
  !isBoundary(process) && (process.pid !== firstPid || isRoot(process, caller))

/** A shell runs the last command in its own place where it can: then it is that program that reads. */
function capturedBy({ kind, executable, pid }: Process, facts: Facts): Sink | undefined {
  const isStill = facts.executable(pid)?.path === executable
  return isStill && (kind === 'shell' || kind === 'helper') ? { kind, reader: executable } : undefined
}

const isAtWork = ({ kind, pid }: Process, facts: Facts) =>
  (kind === 'shell' || kind === 'helper') && facts.state(pid) !== 'S'

/** Whether another child reads the pipe too: zsh sleeps while that becomes the next command of a pipeline. */
function hasHeir(pipe: OpenFile, { pid }: Process, peer: Process | undefined, facts: Facts): boolean {
  const known = [pid, peer?.pid]
  const others = facts.children(pid)?.filter((child) => !known.includes(child))
  return readersAmong(pipe, others, facts).some((heir) => !known.includes(heir.pid))
}

const pidsOf = (processes: readonly Process[]) => processes.map(({ pid }) => pid)

const readersAmong = (pipe: OpenFile, pids: readonly number[] | undefined, facts: Facts): readonly Reader[] =>
  facts.readers(pipe.device, pipe.inode, pids).readers

/** When the root or one above it can read the pipe. */
function overheard(pipe: OpenFile, above: readonly Process[], { facts }: Scene): Sink | undefined {
  const [reader] = readersAmong(pipe, pidsOf(above), facts)
  const process = above.find(({ pid }) => pid === reader?.pid)
  return process && { kind: 'agent', reader: process.executable }
}

/** What all readers on this machine make of the pipe, none of whom is the root or above it. */
function shared(pipe: OpenFile, { caller, facts, lineages }: Scene): Sink | 'unsettled' {
  const readers = readersAmong(pipe, undefined, facts)
  if (readers.length > readersMax) return unknown
  const processes: Process[] = []
  for (const { pid } of readers) {
    const [process] = lineages.of(pid).processes
    if (!process || process.kind === 'hidden' || isSame(process, caller.peer)) return unknown
    if (isAtWork(process, facts)) return 'unsettled'
    processes.push(process)
  }
  const agent = processes.find((process) => isRoot(process, caller))
  if (agent) return { kind: 'agent', reader: agent.executable }
  return processes[0] ? { kind: 'pipe', reader: processes[0].executable } : unknown
}
