// Durations as people write them in a document: a number and one unit.

const unitsMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** `90s`, `5m`, `8h`, `2d` in ms; nothing where the text is no such duration. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit] = /^([1-9][0-9]{0,5})([smhd])$/.exec(text) ?? []
  return unit === undefined ? undefined : Number(digits) * unitsMs[unit as keyof typeof unitsMs]
}

/** The shortest way to write it. */
export function formatDuration(durationMs: number): string {
  const [unit, unitMs] = Object.entries(unitsMs).findLast(([, ms]) => durationMs % ms === 0) ?? ['s', 1000]
  return `${String(durationMs / unitMs)}${unit}`
}
