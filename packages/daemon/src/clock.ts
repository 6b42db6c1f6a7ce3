// Time as the daemon knows it. Lifetimes end when either clock says so: one counts the time asleep, the other is set by people.
import { readFileSync } from 'node:fs'
import type { Instant } from '@sget/memory'
import { bootMillis, bootTicks } from '@sget/native'

/** Where the time comes from; tests bring their own. */
export interface Clock {
  /** CLOCK_BOOTTIME in milliseconds: it never jumps, and runs while the machine sleeps. */
  bootMs(): number
  /** Milliseconds since 1970, as the machine's clock is set. */
  wallMs(): number
  /** Ticks since boot, in which /proc tells when a process started. */
  ticks(): number
  /** Names this start of the machine: of another one `bootMs` tells nothing. */
  bootId(): string
}

/** The clocks of this machine (random(4) has the name of its start). */
export const systemClock: Clock = {
  bootMs: bootMillis,
  wallMs: Date.now,
  ticks: bootTicks,
  bootId: () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
}

/** Now, on both clocks, for a lifetime to be counted from. */
export function instant(clock: Clock): Instant {
  return { bootMs: clock.bootMs(), wallMs: clock.wallMs() }
}
