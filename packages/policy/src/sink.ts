// Where the bytes will land, and what a rule must allow for that.
import { type CommandLine } from './command.ts'
import { type Caller } from './match.ts'
import { type Exposure } from './permission.ts'
import { type RefusalCode } from './refusals.ts'

/**
 * What holds the other end of the peer's standard output, as provenance finds it. `shell`: a shell of root that runs
 * nothing else, as in `$(…)`; `null`: the null device; `agent`: the agent or anything above it. Agents that are Node
 * programs give their commands a socket, so to an agent a socket is taken for its own.
 */
export type Sink = 'shell' | 'pipe' | 'helper' | 'null' | 'agent' | 'file' | 'terminal' | 'socket' | 'unknown'

/**
 * What somebody wants to do with a value. `reveal`: a human asked to see it on the terminal. `masked`: values are taken out
 * of what the command prints.
 */
export type Use =
  | { readonly purpose: 'print'; readonly sink: Sink; readonly reveal: boolean }
  | { readonly purpose: 'run'; readonly masked: boolean; readonly line: CommandLine }
  | { readonly purpose: 'write' }

export type Wanted = { readonly exposure: Exposure } | { readonly refusal: RefusalCode }

/** What a rule must allow for this, or why none can. */
export function wantedFor(use: Use, by: Caller['class']): Wanted {
  if (use.purpose !== 'print') return { exposure: use.purpose }
  switch (use.sink) {
    case 'shell':
    case 'null':
      return { exposure: 'read' }
    case 'pipe':
      return { exposure: by === 'human' ? 'read' : 'pipe' }
    case 'helper':
      return { exposure: 'helper' }
    case 'terminal':
      return use.reveal && by !== 'agent' ? { exposure: 'reveal' } : { refusal: 'sink-terminal' }
    case 'agent':
      return { refusal: 'sink-agent' }
    case 'file':
      return { refusal: 'sink-file' }
    case 'socket':
      return { refusal: by === 'agent' ? 'sink-agent' : 'sink-unknown' }
    case 'unknown':
      return { refusal: 'sink-unknown' }
  }
}

/** How a rule that lists other exposures refuses this one. */
export function missing(exposure: Exposure, listed: readonly Exposure[]): RefusalCode {
  if (exposure === 'pipe') return 'sink-pipe'
  if (exposure === 'helper') return 'sink-helper'
  if (exposure === 'write') return 'agent-forbidden'
  if (exposure === 'run') return listed.includes('read') ? 'read-only' : 'denied'
  return listed.includes('run') ? 'run-only' : 'denied'
}
