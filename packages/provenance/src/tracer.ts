// Tells who asks and where the bytes will land, from what /proc says of the peer's process.
import { setTimeout } from 'node:timers/promises'
import { callerOf, type Caller } from './caller.ts'
import { machine, type Facts } from './facts.ts'
import { Lineages } from './lineages.ts'
import { type Named } from './process.ts'
import { refusalOf } from './refusal.ts'
import { Shells } from './shells.ts'
import { sinkOf, type Sink } from './sink.ts'

type Pause = (ms: number) => Promise<unknown>

export class Tracer {
  readonly #facts: Facts
  readonly #pause: Pause
  readonly #lineages: Lineages

  /**
   * `shells`: path of the list of shells (shells(5)). `facts`: where facts of processes come from. `pause`: resolves after
   * some milliseconds.
   */
  constructor(shells = '/etc/shells', facts: Facts = machine, pause: Pause = setTimeout) {
    this.#facts = facts
    this.#pause = pause
    this.#lineages = new Lineages(facts, new Shells(shells))
  }

  /**
   * Who asks: the process that has this pid now; undefined when none has, or another than the one that started at
   * `startTicks`. `roots`: those of all live sessions. What is said here is said of the peer as long as its pidfd tells
   * afterwards that it has not exited.
   */
  trace(pid: number, roots: readonly Named[], startTicks?: number): Caller | undefined {
    const { processes, complete } = this.#lineages.of(pid)
    const [peer, parent] = processes
    if (!peer || peer.startTicks !== (startTicks ?? peer.startTicks)) return undefined
    const refusal = refusalOf(peer, parent, this.#facts)
    return callerOf({ peer, processes, complete, roots, refusal })
  }

  /** The same, with nothing taken from memory: terminals and sessions of ancestors are what they are now. */
  traceAfresh(pid: number, roots: readonly Named[], startTicks?: number): Caller | undefined {
    this.#lineages.forget()
    return this.trace(pid, roots, startTicks)
  }

  /**
   * Where a value that the caller writes to its standard output would land. Takes 100 ms at most, and mostly none.
   * `lives`: whether the caller's process has not exited.
   */
  landing(caller: Caller, lives: () => boolean): Promise<Sink> {
    const scene = { caller, lives, facts: this.#facts, lineages: this.#lineages }
    return sinkOf(scene, this.#pause)
  }
}
