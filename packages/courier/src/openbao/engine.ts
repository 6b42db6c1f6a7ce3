// Which secrets engine answers for a path, and under which mount: the server says so itself.
import type { Http } from '../http.ts'
import { textOf } from '../json.ts'
import type { Lent } from '../remote.ts'
import { ask } from './asking.ts'

/** `kv1` and `kv2`: the two versions of the KV engine. */
export type EngineKind = 'kv1' | 'kv2' | 'database' | 'pki' | 'ssh' | 'other'

/** A path, divided at its mount. `mount` ends in `/`. */
export interface Place {
  readonly kind: EngineKind
  readonly mount: string
  readonly rest: string
}

/** Mounts that are remembered of a server; what is no secret may be. */
const knownMax = 256

type Mounts = Map<string, EngineKind>

/** By server and namespace, for as long as the connections to it are kept. */
const known = new WeakMap<Http, Map<string, Mounts>>()

/** @throws VaultFailure `forbidden` also where there is no such mount: a server does not tell */
export async function engineAt(lent: Lent, path: string): Promise<Place> {
  const mounts = mountsOf(lent)
  for (const [mount, kind] of mounts)
    if (path.startsWith(mount)) return { kind, mount, rest: path.slice(mount.length) }
  using told = await ask(lent, { path: `sys/internal/ui/mounts/${path.replace(/\/$/, '')}` })
  const text = (...pointer: readonly string[]): string | undefined => {
    const place = told.at('data', ...pointer)
    return place && textOf(told.bytes, place)
  }
  const mount = text('path') ?? ''
  const kind = kindOf(text('type'), text('options', 'version'))
  if (mounts.size < knownMax && mount !== '') mounts.set(mount, kind)
  return { kind, mount, rest: path.slice(mount.length) }
}

function mountsOf({ http, settings }: Lent): Mounts {
  const servers = known.get(http) ?? new Map<string, Mounts>()
  known.set(http, servers)
  const server = `${settings.get('url') ?? ''} ${settings.get('namespace') ?? ''}`
  const mounts = servers.get(server) ?? new Map<string, EngineKind>()
  if (servers.size < knownMax) servers.set(server, mounts)
  return mounts
}

function kindOf(type: string | undefined, version: string | undefined): EngineKind {
  if (type === 'kv' || type === 'generic') return version === '2' ? 'kv2' : 'kv1'
  return type === 'database' || type === 'pki' || type === 'ssh' ? type : 'other'
}
