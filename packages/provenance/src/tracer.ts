// Tells who asks and where the bytes will land, from what /proc says of the peer's process.
import { setTimeout } from 'node:timers/promises'
import { type OpenFile } from '@sget/native'
import { callerOf, type Caller } from './caller.ts'
import { machine, type Facts } from './facts.ts'
import { Lineages } from './lineages.ts'
import { type Named, type Process } from './process.ts'
import { refusalOf, refusalOfAttested } from './refusal.ts'
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
   * afterwards that it has not exited. `attested`: the path of the genuine sget, where the peer was proved to be that: what
   * such a process runs is closed to us.
   */
  trace(pid: number, roots: readonly Named[], startTicks?: number, attested?: string): Caller | undefined {
    const { processes, complete } = this.#lineages.of(pid)
    const [found, parent] = processes
    if (!found || found.startTicks !== (startTicks ?? found.startTicks)) return undefined
    if (attested === undefined) {
      const refusal = refusalOf(found, parent, this.#facts)
      return callerOf({ peer: found, attested: false, processes, complete, roots, refusal })
    }
    const peer = genuine(found, attested)
    const refusal = refusalOfAttested(peer, parent, this.#facts)
    return callerOf({
      peer,
      attested: true,
      processes: [peer, ...processes.slice(1)],
      complete,
      roots,
      refusal,
    })
  }

  /** The same, with nothing taken from memory: terminals and sessions of ancestors are what they are now. */
  traceAfresh(pid: number, roots: readonly Named[], startTicks?: number): Caller | undefined {
    this.#lineages.forget()
    return this.trace(pid, roots, startTicks)
  }

  /**
   * Where a value that the caller writes to its standard output would land. Takes 100 ms at most, and mostly none.
   * `lives`: whether the caller's process has not exited. `told`: what an attested caller reported of its standard output;
   * what anybody else says of that is not looked at.
   */
  landing(caller: Caller, lives: () => boolean, told?: OpenFile): Promise<Sink> {
    const scene = { caller, lives, told, facts: this.#facts, lineages: this.#lineages }
    return sinkOf(scene, this.#pause)
  }
}

const genuine = ({ pid, parent, startTicks, session, terminal, uid }: Process, path: string): Process => ({
  ...{ pid, parent, startTicks, session, terminal, uid },
  kind: 'program',
  executable: path,
})
