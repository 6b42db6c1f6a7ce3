// Who has proved with the passphrase that they are the human, for what, and until when.
import type { Caller } from '@sget/provenance'
import { Refusal } from '@sget/wire/broker'
import type { Clock } from './clock.ts'
import { freeTriesMax, proofIdleMs, throttleSecondsMax } from './limits.ts'

/**
 * What names the terminal on which a human sits. Only theirs is remembered: a process that left an agent's tree may
 * still share its terminal.
 */
export function ownTerminal({ class: kind, terminal }: Caller): string | undefined {
  return kind === 'human' && terminal !== undefined ? `${terminal.device}:${terminal.session}` : undefined
}

/** Wrong passphrases cost time: five are free, each further one doubles the wait. */
export class Throttle {
  readonly #clock: Clock
  #wrong = 0
  #closedUntil = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Throws `passphrase-throttled` while the wait lasts. Ask before anybody types. */
  check(): void {
    const seconds = Math.ceil((this.#closedUntil - this.#clock.bootMs()) / 1000)
    if (seconds > 0) throw new Refusal('passphrase-throttled', String(seconds))
  }

  wrong(): void {
    this.#wrong += 1
    const doublings = this.#wrong - freeTriesMax
    if (doublings >= 0)
      this.#closedUntil = this.#clock.bootMs() + Math.min(2 ** doublings, throttleSecondsMax) * 1000
  }

  right(): void {
    this.#wrong = 0
    this.#closedUntil = 0
  }
}

/** Terminals and connections on which the passphrase was typed. Nothing here outlives the unlocked vault. */
export class Proofs {
  readonly #clock: Clock
  readonly #connections = new WeakSet()
  readonly #terminals = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The connection's owner gave the passphrase for all that follows on it. */
  proveConnection(connection: object): void {
    this.#connections.add(connection)
  }

  isProvedConnection(connection: object): boolean {
    return this.#connections.has(connection)
  }

  /** The passphrase was typed on a terminal, so the human there is not asked again for a while. */
  proveTerminal(terminal: string): void {
    this.#terminals.set(terminal, this.#clock.bootMs())
  }

  /** Whether the terminal was proved and has not been idle since; asking counts as use. */
  isProvedTerminal(terminal: string): boolean {
    const used = this.#terminals.get(terminal)
    if (used === undefined) return false
    const idle = this.#clock.bootMs() - used > proofIdleMs
    if (idle) this.#terminals.delete(terminal)
    else this.#terminals.set(terminal, this.#clock.bootMs())
    return !idle
  }

  /** Forgets all terminals. */
  clear(): void {
    this.#terminals.clear()
  }
}
