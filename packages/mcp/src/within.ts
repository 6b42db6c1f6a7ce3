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
