// Who has proved with the passphrase that they are the human, for what, and until when.
import { isOver, type Instant } from '@sget/memory'
import type { Caller } from '@sget/provenance'
import { instant, type Clock } from './clock.ts'
import { proofIdleMs } from './limits.ts'

/**
 * What names the terminal on which a human sits. Only theirs is remembered: a process that left an agent's tree may
 * still share its terminal.
 */
export function ownTerminal({ class: kind, terminal }: Caller): string | undefined {
  return kind === 'human' && terminal !== undefined ? `${terminal.device}:${terminal.session}` : undefined
}

/** Terminals and connections on which the passphrase was typed. Nothing here outlives the unlocked vault. */
export class Proofs {
  readonly #clock: Clock
  #connections = new WeakMap<object, Instant>()
  readonly #terminals = new Map<string, Instant>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The connection's owner gave the passphrase for all that follows on it. */
  proveConnection(connection: object): void {
    this.#connections.set(connection, instant(this.#clock))
  }

  /** Whether the connection was proved and has not been idle since; asking counts as use. */
  isProvedConnection(connection: object): boolean {
    return this.#isFresh(this.#connections, connection)
  }

  /** The passphrase was typed on a terminal, so the human there is not asked again for a while. */
  proveTerminal(terminal: string): void {
    this.#terminals.set(terminal, instant(this.#clock))
  }

  /** Whether the terminal was proved and has not been idle since; asking counts as use. */
  isProvedTerminal(terminal: string): boolean {
    return this.#isFresh(this.#terminals, terminal)
  }

  /** Forgets all of them. */
  clear(): void {
    this.#connections = new WeakMap()
    this.#terminals.clear()
  }

  #isFresh<Key>(proved: Proved<Key>, key: Key): boolean {
    const used = proved.get(key)
    const now = instant(this.#clock)
    if (used === undefined || isOver(used, now, proofIdleMs)) {
      proved.delete(key)
      return false
    }
    proved.set(key, now)
    return true
  }
}

/** When each was last used. */
interface Proved<Key> {
  get(key: Key): Instant | undefined
  set(key: Key, used: Instant): unknown
  delete(key: Key): boolean
}
