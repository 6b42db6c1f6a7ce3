// What was given to agents: who had it, since when, in which directory. Never a value: what is looked for later is fetched again.
import type { ProcessId } from '@sget/policy'
import { itemName } from './item.ts'
import { givenItemsMax, givenPlacesMax } from './limits.ts'

/** A field that was given, and when it was last, by the wall clock. */
export interface GivenItem {
  readonly ref: string
  readonly field: string
  readonly sinceMs: number
}

/** Who was given something: for a grant, or without one to all that hangs from an agent. */
export interface Recipient {
  /** The id of the grant; undefined where the rules give without one. */
  readonly grant: string | undefined
  readonly session: string | undefined
  /** The process that is the agent. */
  readonly root: ProcessId
}

/** All that one recipient was given. */
export class Giving implements Recipient {
  readonly grant: string | undefined
  readonly session: string | undefined
  readonly root: ProcessId
  /** When the first of it was given, by the wall clock. */
  readonly sinceMs: number
  readonly #items = new Map<string, GivenItem>()
  readonly #places = new Set<string>()
  #isWhole = true
  #hasRead = false

  constructor({ grant, session, root }: Recipient, sinceMs: number) {
    this.grant = grant
    this.session = session
    this.root = { pid: root.pid, startTicks: root.startTicks }
    this.sinceMs = sinceMs
  }

  get items(): readonly GivenItem[] {
    return [...this.#items.values()]
  }

  /** The working directories of those who asked. */
  get places(): readonly string[] {
    return [...this.#places]
  }

  /** Whether all of it is known: beyond a bound it is only known that there was more. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  /** Whether some of it was read, and not given to a command: then nobody sees when it is no longer in use. */
  get hasRead(): boolean {
    return this.#hasRead
  }

  /** Adds a field. `place`: the working directory of who asked, where it could be told. */
  add(item: GivenItem, place: string | undefined, isRun: boolean): void {
    this.#hasRead ||= !isRun
    this.#isWhole &&= place !== undefined && this.#hasRoomFor(item, place)
    if (!this.#hasRoomFor(item, place)) return
    this.#items.set(itemName(item), item)
    if (place !== undefined) this.#places.add(place)
  }

  #hasRoomFor(item: GivenItem, place: string | undefined): boolean {
    const hasItem = this.#items.has(itemName(item)) || this.#items.size < givenItemsMax
    const hasPlace = place === undefined || this.#places.has(place) || this.#places.size < givenPlacesMax
    return hasItem && hasPlace
  }
}
