// Who stands above a process. What the ancestors are is remembered, for as long as each lives and runs the same program.
import { fieldsOfRow, type Ancestor, type Watched } from '@sget/native'
import { type Facts } from './facts.ts'
import { identify } from './identity.ts'
import { type Identity, type Process } from './process.ts'
import { type Shells } from './shells.ts'

/** Processes remembered at most, each with a descriptor; the one remembered first makes room. */
export const rememberedMax = 256

/** Processes in a lineage at most; a longer one ends there and is not complete. */
export const lineageMax = 64

/**
 * A process and its ancestors, itself first, each at least as old as its child: where a parent is younger, its pid was
 * taken over while we looked, and the lineage ends there. `complete`: up to a process that has no parent.
 */
export type Lineage = { readonly processes: readonly Process[]; readonly complete: boolean }

/** A lineage that holds as long as its rows are unchanged; they name descriptors that are its own and those of `above`. */
type Remembered = Lineage & {
  readonly descriptor: number
  readonly rows: Float64Array
  readonly above: Remembered | undefined
  isForgotten: boolean
}

/** A process on the way up that is not remembered. */
type Met = { readonly ancestor: Ancestor; readonly watched: Watched | undefined }

const ended: Lineage = { processes: [], complete: true }
const cutOff: Lineage = { processes: [], complete: false }

export class Lineages {
  readonly #facts: Facts
  readonly #shells: Shells
  readonly #remembered = new Map<number, Remembered>()

  constructor(facts: Facts, shells: Shells) {
    this.#facts = facts
    this.#shells = shells
  }

  /**
   * The lineage of the process that has this pid now, itself looked at afresh; empty when there is none. Session and
   * terminal of an ancestor are those of when it was first met: see `forget`.
   */
  of(pid: number): Lineage {
    const ancestor = this.#facts.ancestor(pid)
    return ancestor ? this.#joined(ancestor, this.#above(ancestor)) : cutOff
  }

  /** Forgets everyone, so that each is looked at once more. */
  forget(): void {
    for (const known of this.#remembered.values()) this.#forgetOne(known)
    this.#remembered.clear()
  }

  /** The way up, to one whom we remember or to the end, and down again: what a process is can hang on its parent. */
  #above(child: Ancestor): Lineage {
    const met: Met[] = []
    let below = child
    for (;;) {
      const known = below.parent === 0 ? ended : this.#recall(below)
      const next = known === undefined && met.length < lineageMax ? this.#meet(below) : undefined
      if (next === undefined) return this.#wayDown(met, known ?? cutOff)
      met.push(next)
      below = next.ancestor
    }
  }

  #wayDown(met: readonly Met[], top: Lineage): Lineage {
    return met.reduceRight<Lineage>((above, { ancestor, watched }) => {
      const lineage = this.#joined(ancestor, above)
      return watched ? this.#remember(lineage, watched, above) : lineage
    }, top)
  }

  #joined(ancestor: Ancestor, above: Lineage): Lineage {
    const process = this.#identified(ancestor, above.processes[0])
    const isTooLong = above.processes.length === lineageMax
    const elders = isTooLong ? above.processes.slice(0, -1) : above.processes
    return { processes: [process, ...elders], complete: above.complete && !isTooLong }
  }

  #identified(ancestor: Ancestor, parent: Identity | undefined): Process {
    return { ...ancestor, ...identify(ancestor, parent, this.#facts, this.#shells) }
  }

  /** The parent's lineage, if it is remembered and nothing in it has changed. */
  #recall({ parent, startTicks }: Ancestor): Lineage | undefined {
    const known = this.#remembered.get(parent)
    if (!known) return undefined
    if (isElder(known.processes[0], startTicks) && isWhole(known) && this.#facts.unchanged(known.rows))
      return known
    this.#remembered.delete(parent)
    this.#forgetOne(known)
    return undefined
  }

  /** The parent, whom we do not know. One that cannot be watched, for want of a descriptor, will not be remembered. */
  #meet({ parent, startTicks }: Ancestor): Met | undefined {
    const watched = this.#facts.watch(parent)
    const ancestor = watched?.ancestor ?? this.#facts.ancestor(parent)
    if (isElder(ancestor, startTicks)) return { ancestor, watched }
    if (watched) this.#facts.closeDescriptor(watched.descriptor)
    return undefined
  }

  /** Only what was seen to its end is remembered: another caller may stand nearer to the end. */
  #remember(lineage: Lineage, watched: Watched, above: Lineage): Lineage {
    const [process] = lineage.processes
    const isOnFirmGround = above === ended || isRemembered(above)
    if (!process || !lineage.complete || !isOnFirmGround) {
      this.#facts.closeDescriptor(watched.descriptor)
      return lineage
    }
    const remembered: Remembered = {
      ...lineage,
      descriptor: watched.descriptor,
      rows: rowsOf(process, watched, above),
      above: isRemembered(above) ? above : undefined,
      isForgotten: false,
    }
    this.#makeRoom()
    this.#remembered.set(process.pid, remembered)
    return remembered
  }

  #makeRoom(): void {
    if (this.#remembered.size < rememberedMax) return
    for (const [pid, first] of this.#remembered) {
      this.#remembered.delete(pid)
      this.#forgetOne(first)
      return
    }
  }

  /** Its descriptor may soon be another's, so whatever stands on it falls with it. */
  #forgetOne(known: Remembered): void {
    known.isForgotten = true
    this.#facts.closeDescriptor(known.descriptor)
  }
}

const isRemembered = (lineage: Lineage): lineage is Remembered => 'rows' in lineage

const isElder = (parent: Ancestor | undefined, startTicks: number): parent is Ancestor =>
  parent !== undefined && parent.startTicks <= startTicks

function isWhole(known: Remembered): boolean {
  for (let at: Remembered | undefined = known; at; at = at.above) if (at.isForgotten) return false
  return true
}

/** A program is known by its file; what an interpreter runs, and whose file is hidden, may change without another file. */
function rowsOf(
  process: Process,
  { descriptor, fileMark, imageMark }: Watched,
  above: Lineage,
): Float64Array {
  const isKnownByFile =
    process.kind !== 'interpreter' && process.script === undefined && process.executable.startsWith('/')
  const row = isKnownByFile ? [descriptor, 0, fileMark] : [descriptor, 1, imageMark]
  const elders = isRemembered(above) ? above.rows : []
  const rows = new Float64Array(fieldsOfRow + elders.length)
  rows.set(row)
  rows.set(elders, fieldsOfRow)
  return rows
}
