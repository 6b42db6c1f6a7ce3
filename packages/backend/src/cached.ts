// A vault behind a sealed cache: what it gave once it is not asked for again, until it changes here or grows too old.
import { MemoryFailure, type SealedCache } from '@sget/memory'
import { type Backend, type FieldRef } from './backend.ts'
import { BackendFailure } from './failure.ts'

/** Names have no control characters, so no two fields share a key. */
const keyOf = ({ path, field }: FieldRef): string => `${under(path)}${field}`

const under = (path: string): string => `${path}\0`

/**
 * For a vault that is asked over a network; the embedded one needs none. What others change at the vault is seen when
 * the lifetime is over. Ending the cache closes this backend: it then fails with `locked`.
 */
export function cached(backend: Backend, cache: SealedCache): Backend {
  return {
    list: () => backend.list(),
    describe: (path) => backend.describe(path),
    health: () => backend.health(),
    fetch: (ref, into) =>
      told(async () => {
        const value = await cache.get(keyOf(ref), (room) => backend.fetch(ref, room))
        return value.open(into)
      }),
    put: async (ref, value, options) => {
      try {
        await backend.put(ref, value, options)
      } finally {
        cache.forget(keyOf(ref))
      }
    },
    remove: async (path, field) => {
      try {
        await backend.remove(path, field)
      } finally {
        if (field === undefined) cache.forgetUnder(under(path))
        else cache.forget(keyOf({ path, field }))
      }
    },
  }
}

/** In the words of backends: `busy` also when the vault did not answer in time. */
async function told(fetch: () => Promise<number>): Promise<number> {
  try {
    return await fetch()
  } catch (failure) {
    if (!(failure instanceof MemoryFailure)) throw failure
    const { code, message } = failure
    if (code === 'destroyed') throw new BackendFailure('locked', message)
    if (code === 'no-room') throw new BackendFailure('no-room', message)
    if (code === 'crowded' || code === 'ended') throw new BackendFailure('busy', message)
    throw failure
  }
}
