// Remembers what the processes of a chain are, for as long as each runs the same program.
import { type Ancestor } from '@sget/native'
import { type Facts } from './facts.ts'
import { identify } from './identity.ts'
import { type Identity, type Process } from './process.ts'
import { type Shells } from './shells.ts'

/** Processes remembered at most; the one remembered first makes room. */
export const rememberedMax = 4096

type Remembered = { startTicks: number; image: number; identity: Identity }

export class Identities {
  readonly #facts: Facts
  readonly #shells: Shells
  readonly #remembered = new Map<number, Remembered>()

  constructor(facts: Facts, shells: Shells) {
    this.#facts = facts
    this.#shells = shells
  }

  /** The processes of a chain with what each is. The first one, who asks, is looked at afresh each time. */
  ofChain([asking, ...above]: readonly Ancestor[]): Process[] {
    if (!asking) return []
    const processes: Process[] = []
    for (const ancestor of above.reverse())
      processes.push({ ...ancestor, ...this.#recall(ancestor, processes.at(-1)) })
    processes.push({ ...asking, ...identify(asking, processes.at(-1), this.#facts, this.#shells) })
    return processes.reverse()
  }

  #recall(ancestor: Ancestor, parent: Identity | undefined): Identity {
    const { pid, startTicks, image } = ancestor
    const known = this.#remembered.get(pid)
    if (known?.startTicks === startTicks && known.image === image) return known.identity
    const identity = identify(ancestor, parent, this.#facts, this.#shells)
    this.#forget(pid)
    this.#remembered.set(pid, { startTicks, image, identity })
    return identity
  }

  #forget(pid: number): void {
    if (this.#remembered.delete(pid) || this.#remembered.size < rememberedMax) return
    for (const first of this.#remembered.keys()) {
      this.#remembered.delete(first)
      return
    }
  }
}
