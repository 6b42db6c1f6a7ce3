// Times as people and programs read them.

const unitsMs = [
  ['d', 24 * 60 * 60_000],
  ['h', 60 * 60_000],
  ['min', 60_000],
  ['s', 1000],
] as const

/** A wall clock time in milliseconds as ISO 8601 in UTC; null when there is none (0) or none that a calendar has. */
export function isoTime(ms: number): string | null {
  return ms === 0 || ms > dateMsMax ? null : new Date(ms).toISOString()
}

/** The same to the second, for people. */
export function readableTime(ms: number): string {
  return (
    isoTime(ms)
      ?.replace('T', ' ')
      .replace(/\.\d+Z$/, ' UTC') ?? 'never'
  )
}

/** A span in its largest whole unit: `8 h`, `90 s` as `1 min`. Less than a second is `0 s`. */
export function span(ms: number): string {
  const [unit, unitMs] = unitsMs.find(([, size]) => ms >= size) ?? ['s', 1000]
  return `${Math.max(0, Math.floor(ms / unitMs))} ${unit}`
}

/** ECMA-262, "Time Values and Time Range". */
const dateMsMax = 8.64e15
