// How long sget-mcp waits, and how much it returns at once.

/** Each is a parameter, so that a test need not wait. */
export interface Limits {
  /** Until sgetd has taken a connection or answered a request that needs no human. */
  readonly answerMs: number
  /** From one look for sgetd to the next while there is none. */
  readonly attendMs: number
  /** Until a human has decided; under the 60 seconds after which clients give a tool up. */
  readonly humanMs: number
  /** From one sign of life to the next while a human is waited for. */
  readonly progressMs: number
  /** How long a refusal that nobody was there to hear is kept for the next call that asks the same. */
  readonly refusalKeptMs: number
}

/** The limits of every instance. */
export const limits: Limits = {
  answerMs: 10_000,
  attendMs: 5_000,
  humanMs: 45_000,
  progressMs: 5_000,
  refusalKeptMs: 300_000,
}

/** Pages of names that one call reads, of up to 256 each. */
export const pagesMax = 1000

/** Secrets that one call returns. */
export const matchesMax = 200
