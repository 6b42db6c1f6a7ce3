// Remembers what the processes of a chain are, for as long as each runs the same program in the same place.
import { type Ancestor } from '@sget/native'
import { type Facts } from './facts.ts'
import { identify } from './identity.ts'
import { type Identity, type Process } from './process.ts'
import { type Shells } from './shells.ts'

/** Processes remembered at most; the one remembered first makes room. */
export const rememberedMax = 4096

export class Identities {
  readonly #facts: Facts
  readonly #shells: Shells
  readonly #remembered = new Map<number, Process>()

  constructor(facts: Facts, shells: Shells) {
    this.#facts = facts
    this.#shells = shells
  }

  /** The processes of a chain with what each is. The first one, who asks, is looked at afresh each time. */
  ofChain([asking, ...above]: readonly Ancestor[]): Process[] {
    if (!asking) return []
    const processes: Process[] = []
    for (const ancestor of above.reverse()) processes.push(this.#recall(ancestor, processes.at(-1)))
    processes.push(this.#look(asking, processes.at(-1)))
    return processes.reverse()
  }

  #look(ancestor: Ancestor, parent: Identity | undefined): Process {
    return { ...ancestor, ...identify(ancestor, parent, this.#facts, this.#shells) }
  }

  #recall(ancestor: Ancestor, parent: Identity | undefined): Process {
    const known = this.#remembered.get(ancestor.pid)
    if (known && isUnchanged(known, ancestor)) return known
    const process = this.#look(ancestor, parent)
    this.#forget(ancestor.pid)
    this.#remembered.set(ancestor.pid, process)
    return process
  }

  #forget(pid: number): void {
    if (this.#remembered.delete(pid) || this.#remembered.size < rememberedMax) return
    for (const first of this.#remembered.keys()) {
      this.#remembered.delete(first)
      return
    }
  }
}

const isUnchanged = (known: Ancestor, now: Ancestor): boolean =>
  known.startTicks === now.startTicks &&
  known.image === now.image &&
  known.parent === now.parent &&
  known.session === now.session &&
  known.terminal === now.terminal &&
  known.uid === now.uid
