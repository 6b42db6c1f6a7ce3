// Where the bytes will land: what stands behind the peer's standard output, and who reads it.
import { type OpenFile } from '@sget/native'
import { type Caller } from './caller.ts'
import { type Facts } from './facts.ts'
import { type Identities } from './identities.ts'
import { isAmong, isBoundary, isSame, type Process } from './process.ts'

/**
 * Where a value written to standard output would go. `reader`: the executable that reads the pipe.
 *
 * | kind       | standard output is                                                                                  |
 * |------------|-----------------------------------------------------------------------------------------------------|
 * | `shell`    | a pipe whose read end a root-owned shell above the peer holds, with only such shells in between:    |
 * |            | command substitution                                                                                |
 * | `helper`   | the same, read by the tool that asked: git, docker, kubectl                                         |
 * | `pipe`     | a pipe read by others below the root: the next command of a pipeline, a python or make above        |
 * | `agent`    | a pipe that an agent, the session root or anything above it can read                                |
 * | `file`     | a regular file                                                                                      |
 * | `terminal` | a terminal                                                                                          |
 * | `socket`   | a socket                                                                                            |
 * | `null`     | /dev/null                                                                                           |
 * | `unknown`  | anything else: closed, a FIFO, a pipe whose reader cannot be seen, is hidden, or is the peer itself |
 *
 * Without a session root or agent the nearest terminal emulator, login, multiplexer, session manager or init stands for
 * the root.
 */
export type Sink =
  | { kind: 'shell' | 'helper' | 'pipe' | 'agent'; reader: string }
  | { kind: 'file'; path: string }
  | { kind: 'terminal' | 'socket' | 'null' | 'unknown' }

/** Readers of one pipe at most; more are not looked at one by one. */
export const readersMax = 16

const standardOutput = 1
const unknown: Sink = { kind: 'unknown' }

/** The sink of the peer's standard output, of what was seen while the peer was the process that it was at first. */
export function sinkOf(caller: Caller, facts: Facts, identities: Identities): Sink {
  const output = facts.openFile(caller.peer.pid, standardOutput)
  const sink = output ? behind(output, caller, facts, identities) : unknown
  return facts.started(caller.peer.pid) === caller.peer.startTicks ? sink : unknown
}

function behind(output: OpenFile, caller: Caller, facts: Facts, identities: Identities): Sink {
  switch (output.kind) {
    case 'pipe':
      return output.access === 'write' ? behindPipe(output, caller, facts, identities) : unknown
    case 'file':
      return { kind: 'file', path: output.path }
    case 'terminal':
    case 'socket':
    case 'null':
      return { kind: output.kind }
    case 'fifo':
    case 'other':
      return unknown
  }
}

function behindPipe(pipe: OpenFile, caller: Caller, facts: Facts, identities: Identities): Sink {
  const rootAt = caller.processes.findIndex((process) => isRoot(process, caller))
  const below = rootAt < 0 ? caller.processes : caller.processes.slice(0, rootAt)
  const above = rootAt < 0 ? [] : caller.processes.slice(rootAt)
  const captor = captorOf(pipe, below, facts)
  if (captor?.kind === 'shell' || captor?.kind === 'helper')
    return { kind: captor.kind, reader: captor.executable }
  return overheardBy(pipe, above, facts) ?? shared(pipe, caller, facts, identities)
}

const isRoot = (process: Process, { roots }: Caller) =>
  process.kind === 'agent' || isBoundary(process) || isAmong(process, roots)

/**
 * The nearest process above the peer that reads the pipe, if only shells are in between and nobody traces them (a
 * tracer on the peer's parent is a refusal). One that holds the write end too has not made the pipe for what it started: it was left both ends by those who did.
 */
function captorOf(pipe: OpenFile, [, ...above]: readonly Process[], facts: Facts): Process | undefined {
  for (const [at, process] of above.entries()) {
    if (at > 0 && facts.tracer(process.pid) !== 0) return undefined
    const [reader] = facts.readers(pipe.device, pipe.inode, [process.pid]).readers
    if (reader) return reader.writes ? undefined : process
    if (process.kind !== 'shell') return undefined
  }
  return undefined
}

/** The root or one above it, when it holds the pipe for reading. */
function overheardBy(pipe: OpenFile, above: readonly Process[], facts: Facts): Sink | undefined {
  const pids = above.map(({ pid }) => pid)
  const [reader] = facts.readers(pipe.device, pipe.inode, pids).readers
  const process = above.find(({ pid }) => pid === reader?.pid)
  return process && { kind: 'agent', reader: process.executable }
}

/** A pipe between processes below the root: a walk over all processes of the machine. */
function shared(pipe: OpenFile, caller: Caller, facts: Facts, identities: Identities): Sink {
  const { readers } = facts.readers(pipe.device, pipe.inode)
  if (readers.length > readersMax) return unknown
  const processes = readers.map(({ pid }) => identities.ofChain(facts.chain(pid).ancestors)[0])
  const overhearing = processes.find((process) => process !== undefined && isRoot(process, caller))
  if (overhearing) return { kind: 'agent', reader: overhearing.executable }
  const [first] = processes
  const isOpaque = (process?: Process) =>
    process === undefined || process.kind === 'hidden' || isSame(process, caller.peer)
  return first === undefined || processes.some(isOpaque)
    ? unknown
    : { kind: 'pipe', reader: first.executable }
}
