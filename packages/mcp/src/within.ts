// Waiting that ends.
import { Refusal } from '@sget/wire'

/** The promise, unless it takes longer: then a Refusal `too-slow`. What it stands for goes on. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Refusal('too-slow')), ms)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** How long a call waits for a human. */
export interface Patience {
  readonly ms: number
  /** The client's: it gives the call up. */
  readonly signal: AbortSignal
}

/** Runs `wait` with a promise that settles when waiting is of no use any more. */
export async function patiently<T>(
  { ms, signal }: Patience,
  wait: (givenUp: Promise<undefined>) => Promise<T>,
): Promise<T> {
  const { promise: givenUp, resolve } = Promise.withResolvers<undefined>()
  const giveUp = (): void => resolve(undefined)
  const timer = setTimeout(giveUp, ms)
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    return await wait(givenUp)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
  }
}
