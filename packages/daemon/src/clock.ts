// Time as the daemon knows it. Lifetimes end when either clock says so: one counts the time asleep, the other is set by people.
import { bootMillis, bootTicks } from '@sget/native'

/** Where the time comes from; tests bring their own. */
export interface Clock {
  /** CLOCK_BOOTTIME in milliseconds: it never jumps, and runs while the machine sleeps. */
  bootMs(): number
  /** Milliseconds since 1970, as the machine's clock is set. */
  wallMs(): number
  /** Ticks since boot, in which /proc tells when a process started. */
  ticks(): number
}

/** The clocks of this machine. */
export const systemClock: Clock = { bootMs: bootMillis, wallMs: Date.now, ticks: bootTicks }
