// Tells who asks and where the bytes will land, from what /proc says of the peer's process.
import { callerOf, type Caller } from './caller.ts'
import { machine, type Facts } from './facts.ts'
import { Identities } from './identities.ts'
import { type Named } from './process.ts'
import { refusalOf } from './refusal.ts'
import { Shells } from './shells.ts'
import { sinkOf, type Sink } from './sink.ts'

export class Tracer {
  readonly #facts: Facts
  readonly #identities: Identities

  /** `shells`: path of the list of shells (shells(5)). `facts`: where facts of processes come from. */
  constructor(shells = '/etc/shells', facts: Facts = machine) {
    this.#facts = facts
    this.#identities = new Identities(facts, new Shells(shells))
  }

  /**
   * Who asks: the process that has this pid now; undefined when none has, or another than the one that started at
   * `startTicks`. `roots`: those of all live sessions. What is said here is said of the peer as long as its pidfd tells
   * afterwards that it has not exited.
   */
  trace(pid: number, roots: readonly Named[], startTicks?: number): Caller | undefined {
    const { ancestors, complete } = this.#facts.chain(pid)
    const processes = this.#identities.ofChain(ancestors)
    const [peer, parent] = processes
    if (!peer || peer.startTicks !== (startTicks ?? peer.startTicks)) return undefined
    const refusal = refusalOf(peer, parent, this.#facts)
    return callerOf({ peer, processes, complete, roots, refusal })
  }

  /** Where a value that the caller writes to its standard output would land. */
  landing(caller: Caller): Sink {
    return sinkOf(caller, this.#facts, this.#identities)
  }
}
