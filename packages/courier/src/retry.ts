// Whether, and when, a call is made again.
import { retriesMax, retryAfterMsMax, retryMs } from './limits.ts'

/** What came of a try. */
export interface Outcome {
  readonly method: string
  readonly status: number
  /** The header as it came (RFC 9110, section 10.2.3): seconds or a date. */
  readonly retryAfter: string | undefined
}

/** Servers in trouble, as the ones in front of vaults tell it. */
const troubles: ReadonlySet<number> = new Set([502, 503, 504])

/**
 * How long to wait before the next try, in ms; undefined where there is to be none. Only what asks is repeated: a write may
 * have been done although its answer was lost.
 *
 * @param tries how many there were
 * @param random from 0 to 1
 * @param nowMs wall clock
 */
export function nextTryMs(
  { method, status, retryAfter }: Outcome,
  tries: number,
  random: number,
  nowMs: number,
): number | undefined {
  if (method !== 'GET' || !troubles.has(status) || tries > retriesMax) return undefined
  const wanted = retryAfter === undefined ? 0 : wantedMs(retryAfter, nowMs)
  if (wanted > retryAfterMsMax) return undefined
  return Math.max(wanted, retryMs * 2 ** (tries - 1) * (0.5 + random))
}

/** A header that makes no sense asks for nothing. */
function wantedMs(retryAfter: string, nowMs: number): number {
  const seconds = /^[0-9]{1,9}$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - nowMs
  return Number.isNaN(seconds) ? 0 : seconds
}
