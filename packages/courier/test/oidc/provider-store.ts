// What a provider remembers, in a file: a restart loses nothing.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Adapter, AdapterPayload } from 'oidc-provider'

/** Makes adapters that share one file; without one they forget when the process ends. */
export function storeIn(file: string | undefined): (model: string) => Adapter {
  const all = new Map<string, AdapterPayload>(
    file !== undefined && existsSync(file)
      ? (JSON.parse(readFileSync(file, 'utf8')) as [string, AdapterPayload][])
      : [],
  )
  const keep = (): void => {
    if (file !== undefined) writeFileSync(file, JSON.stringify([...all]))
  }
  const first = (prefix: string, meets: (payload: AdapterPayload) => boolean): AdapterPayload | undefined =>
    all.entries().find(([key, payload]) => key.startsWith(prefix) && meets(payload))?.[1]

  return (model) => {
    const prefix = `${model}:`
    return {
      upsert: async (id, payload) => {
        all.set(prefix + id, structuredClone(payload))
        keep()
      },
      find: async (id) => structuredClone(all.get(prefix + id)),
      findByUserCode: async (code) => structuredClone(first(prefix, ({ userCode }) => userCode === code)),
      findByUid: async (uid) => structuredClone(first(prefix, (payload) => payload.uid === uid)),
      consume: async (id) => {
        const payload = all.get(prefix + id)
        if (payload) payload.consumed = Math.floor(Date.now() / 1000)
        keep()
      },
      destroy: async (id) => {
        all.delete(prefix + id)
        keep()
      },
      revokeByGrantId: async (grantId) => {
        for (const [key, payload] of all) if (payload.grantId === grantId) all.delete(key)
        keep()
      },
    }
  }
}
