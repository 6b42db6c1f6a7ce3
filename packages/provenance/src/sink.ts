// Where the bytes will land: what stands behind the peer's standard output, and who reads it.
import { type OpenFile } from '@sget/native'
import { behindPipe, type Scene } from './pipe.ts'

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
 * the root. A shell that is not asleep is still at work on its pipes: it may hold the end that it will give to the next
 * command, or one that it will close. Then we look again, for a while.
 */
export type Sink =
  | { kind: 'shell' | 'helper' | 'pipe' | 'agent'; reader: string }
  | { kind: 'file'; path: string }
  | { kind: 'terminal' | 'socket' | 'null' | 'unknown' }

/** How often we look until a shell has settled, and the pause between two looks: 100 ms in all. */
const looksMax = 50
const pauseMs = 2

const standardOutput = 1
const unknown: Sink = { kind: 'unknown' }

/** The sink of the peer's standard output; unknown when the peer has ended meanwhile, and another may have its pid. */
export async function sinkOf(scene: Scene, pause: (ms: number) => Promise<unknown>): Promise<Sink> {
  const { caller, told, facts, lives } = scene
  for (let look = 0; look < looksMax; look++) {
    if (look > 0) await pause(pauseMs)
    const output = caller.attested ? told : facts.openFile(caller.peer.pid, standardOutput)
    const sink = output ? behind(output, scene) : unknown
    if (!lives()) return unknown
    if (sink !== 'unsettled') return sink
  }
  return unknown
}

function behind(output: OpenFile, scene: Scene): Sink | 'unsettled' {
  switch (output.kind) {
    case 'pipe':
      return output.access === 'write' ? behindPipe(output, scene) : unknown
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
