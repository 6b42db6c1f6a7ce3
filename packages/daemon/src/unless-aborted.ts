// Waiting for work that goes on for others when somebody who waits for it has gone.

/** For what goes on although the one who began it has left: others may wait for it, and the courier has deadlines. */
export const unending = new AbortController().signal

/** Settles like the work, or rejects with the signal's reason as soon as that fires. */
export async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const abandon = (): void => reject(signal.reason as Error)
  signal.addEventListener('abort', abandon, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abandon)
    signal.throwIfAborted()
  }
}
