// The KV engine of the fake vault, version 2 and, over the same values, version 1.
import { refuse, type Answer, type Asked, type Engine } from './openbao-answers.ts'

type Data = Readonly<Record<string, unknown>>

interface Version {
  readonly data: Data
  readonly created: string
  deleted: string
  destroyed: boolean
}

export class KeyValue implements Engine {
  readonly type = 'kv'
  readonly options = { version: '2' }
  readonly #secrets = new Map<string, Version[]>()

  /** Writes a new version, as somebody else would. */
  set(path: string, data: Data): void {
    const version = { data, created: new Date().toISOString(), deleted: '', destroyed: false }
    this.#secrets.set(path, [...(this.#secrets.get(path) ?? []), version])
  }

  /** As `delete` (it can be brought back) or `destroy` does it to the newest version. */
  delete(path: string, forGood: boolean): void {
    const newest = this.#secrets.get(path)?.at(-1)
    if (newest === undefined) return
    newest.deleted = new Date().toISOString()
    newest.destroyed = forGood
  }

  answer({ method, path, query, body }: Asked): Answer | undefined {
    const [kind = '', ...rest] = path.split('/')
    const name = rest.join('/')
    if (kind === 'metadata' && method === 'LIST') return this.list(name)
    if (kind === 'metadata' && method === 'GET') return this.#metadata(name)
    if (kind === 'data' && method === 'GET') return this.#read(name, query.get('version'), (data) => data)
    if (kind === 'subkeys' && method === 'GET') return this.#subkeys(name, query.get('version'))
    if (kind === 'data' && (method === 'POST' || method === 'PUT')) return this.#write(name, body)
    return undefined
  }

  asVersion1(): Engine {
    return { type: 'kv', options: { version: '1' }, answer: (asked) => this.#version1(asked) }
  }

  list(folder: string): Answer {
    const prefix = folder === '' || folder.endsWith('/') ? folder : `${folder}/`
    const below = [...this.#secrets.keys()].filter((path) => path.startsWith(prefix))
    const keys = below.map((path) => path.slice(prefix.length).replace(/\/.*$/, '/'))
    return keys.length === 0
      ? refuse(404)
      : { status: 200, body: { data: { keys: [...new Set(keys)].sort() } } }
  }

  #version1({ method, path }: Asked): Answer | undefined {
    if (method === 'LIST') return this.list(path)
    const newest = this.#secrets.get(path)?.at(-1)
    if (method !== 'GET' || newest === undefined) return undefined
    return {
      status: 200,
      body: { data: newest.data, lease_id: '', lease_duration: 2764800, renewable: false },
    }
  }

  #metadata(name: string): Answer | undefined {
    const versions = this.#secrets.get(name)
    if (versions === undefined) return undefined
    const told = versions.map((version, at) => [at + 1, timesOf(version)] as const)
    const data = {
      current_version: versions.length,
      created_time: versions[0]?.created,
      updated_time: versions.at(-1)?.created,
      versions: Object.fromEntries(told),
    }
    return { status: 200, body: { data } }
  }

  /** A version that was deleted is 404 with data that says so. */
  #read(name: string, wanted: string | null, show: (data: Data) => unknown): Answer | undefined {
    const versions = this.#secrets.get(name) ?? []
    const number = wanted === null || wanted === '0' ? versions.length : Number(wanted)
    const version = versions[number - 1]
    if (version === undefined) return undefined
    const metadata = { ...timesOf(version), version: number, custom_metadata: null }
    if (version.deleted !== '') return { status: 404, body: { data: { data: null, metadata } } }
    return { status: 200, body: { data: { data: show(version.data), metadata } } }
  }

  #subkeys(name: string, wanted: string | null): Answer | undefined {
    const answer = this.#read(name, wanted, (data) =>
      Object.fromEntries(Object.keys(data).map((key) => [key, null])),
    )
    if (answer?.status !== 200) return answer
    const { data, metadata } = (answer.body as { data: { data: unknown; metadata: unknown } }).data
    return { status: 200, body: { data: { subkeys: data, metadata } } }
  }

  #write(name: string, { data, options }: Data): Answer {
    const expected = (options as Data | undefined)?.['cas']
    const current = this.#secrets.get(name)?.length ?? 0
    if (expected !== undefined && expected !== current)
      return refuse(400, 'check-and-set parameter did not match the current version')
    this.set(name, data as Data)
    return { status: 200, body: { data: { version: current + 1 } } }
  }
}

function timesOf({ created, deleted, destroyed }: Version): object {
  return { created_time: created, deletion_time: deleted, destroyed }
}
