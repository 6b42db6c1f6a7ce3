// How long what was fetched may be used: until either clock says that it is too old.

/** Now, on two clocks in ms: CLOCK_BOOTTIME, which runs while the machine sleeps, and the wall's, which people set. */
export interface Instant {
  readonly bootMs: number
  readonly wallMs: number
}

/** Whether so much has passed since, on either clock; the wall's counts whichever way it was set. */
export function isOver(since: Instant, now: Instant, lifetimeMs: number): boolean {
  return Math.max(now.bootMs - since.bootMs, Math.abs(now.wallMs - since.wallMs)) >= lifetimeMs
}
