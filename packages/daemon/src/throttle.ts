// What wrong passphrases cost: five are free, each further one doubles the wait. Who ends the daemon wins nothing by it.
import { Refusal } from '@sget/wire/broker'
import type { Clock } from './clock.ts'
import { freeTriesMax, throttleSecondsMax } from './limits.ts'
import { forgetTries, readTries, writeTries } from './tries.ts'

/**
 * The wait for the next try. It is counted on CLOCK_BOOTTIME alone, so setting the wall clock neither shortens nor
 * lengthens it. No clock runs through a start of the machine: after one the wait begins anew, `throttleSecondsMax` at most.
 */
export class Throttle {
  readonly #path: string
  readonly #clock: Clock
  #wrong = 0
  /** The latest try, in milliseconds since boot. */
  #since = 0

  /** @param path of the file where tries are counted */
  constructor(path: string, clock: Clock) {
    this.#path = path
    this.#clock = clock
    const tries = readTries(path)
    if (tries === undefined) return
    this.#wrong = tries.wrong
    this.#since = tries.boot === clock.bootId() ? tries.sinceMs : clock.bootMs()
  }

  /** Throws `passphrase-throttled` while the wait lasts. Ask before anybody types. */
  check(): void {
    const waitMs = waitMsAfter(this.#wrong)
    const leftMs = Math.min(this.#since + waitMs - this.#clock.bootMs(), waitMs)
    if (leftMs > 0) throw new Refusal('passphrase-throttled', String(Math.ceil(leftMs / 1000)))
  }

  /**
   * Counts a try as a wrong one before it is looked at: who ends the daemon while it looks has had a try all the same.
   *
   * @throws Refusal `passphrase-throttled`; `tries-unwritten` when it cannot be counted, and then nothing is tried
   */
  begin(): void {
    this.check()
    this.#since = this.#clock.bootMs()
    this.#count(this.#wrong + 1)
  }

  /** The try was wrong: the wait begins now that it was looked at. */
  wrong(): void {
    this.#since = this.#clock.bootMs()
    this.#count(this.#wrong)
  }

  /** The try failed for another reason: it told nothing about the passphrase. */
  undo(): void {
    this.#count(this.#wrong - 1)
  }

  right(): void {
    this.#wrong = 0
    forgetTries(this.#path)
  }

  #count(wrong: number): void {
    writeTries(this.#path, { wrong, boot: this.#clock.bootId(), sinceMs: this.#since })
    this.#wrong = wrong
  }
}

function waitMsAfter(wrong: number): number {
  const doublings = wrong - freeTriesMax
  return doublings < 0 ? 0 : Math.min(2 ** doublings, throttleSecondsMax) * 1000
}
