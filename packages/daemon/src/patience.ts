// How long one connection lets us wait: for its hello, the rest of a frame, its reading of replies, its next request.
import { frameWaitMs, helloWaitMs, plainIdleMs, unreadWaitMs } from './limits.ts'

/** Notes what a connection does; `isOver` tells when it has kept us waiting for too long. Times are of performance.now(). */
export class Patience {
  #greeted = false
  #stays = false
  #since = performance.now()
  #frameSince: number | undefined
  #unreadSince: number | undefined

  /** It has said hello. `stays`: it may be silent for as long as it likes. */
  greeted(stays: boolean): void {
    this.#greeted = true
    this.#stays = stays
  }

  /** It has been given what it asked for, and stays for as long as its command runs. */
  stay(): void {
    this.#stays = true
  }

  /** Bytes have come. `frames`: so many became whole; `isPartial`: one is not yet. */
  heard(frames: number, isPartial: boolean): void {
    this.#since = performance.now()
    if (frames > 0 || !isPartial) this.#frameSince = undefined
    if (isPartial) this.#frameSince ??= this.#since
  }

  /** A request was answered: the wait for the next begins. */
  answered(): void {
    this.#since = performance.now()
  }

  /** More replies wait than we keep for it. */
  unread(): void {
    this.#unreadSince ??= performance.now()
  }

  /** It has read them. */
  read(): void {
    this.#unreadSince = undefined
  }

  /** @param isBusy whether one of its requests is being answered, which takes as long as a human does */
  isOver(isBusy: boolean): boolean {
    const now = performance.now()
    const isLate = (since: number | undefined, maxMs: number): boolean =>
      since !== undefined && now - since > maxMs
    if (isLate(this.#frameSince, frameWaitMs) || isLate(this.#unreadSince, unreadWaitMs)) return true
    if (!this.#greeted) return isLate(this.#since, helloWaitMs)
    return !isBusy && !this.#stays && isLate(this.#since, plainIdleMs)
  }
}
