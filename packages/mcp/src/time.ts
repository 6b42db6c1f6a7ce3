// Times as agents read them.

/** A wall clock time in milliseconds as ISO 8601 in UTC; empty when there is none (0). */
export function isoTime(ms: number): string {
  return ms === 0 ? '' : new Date(ms).toISOString()
}
