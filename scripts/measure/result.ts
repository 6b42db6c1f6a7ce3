// What a measurement tells, and how many of them become one.

export interface Result {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What we want it to be: a number that it must not be over, or not be under. */
  readonly goal?: { readonly atMost: number } | { readonly atLeast: number }
}

/** The value below which a share of the samples lies. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5)
