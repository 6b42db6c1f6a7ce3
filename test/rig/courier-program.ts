// sget-courier with kinds of vault for tests: `bao` reads one path of a real server, `odd` does not behave, and `wall` tries
// what the process must not be able to do.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { VaultFailure } from '../../packages/courier/src/failure.ts'
import { copyValue, placeAt, readJson } from '../../packages/courier/src/json.ts'
import type { Harvest, Lent, Remote } from '../../packages/courier/src/remote.ts'
import { start } from '../../packages/courier/src/starting.ts'

const nothing = async (): Promise<void> => undefined

/** Waits for as long as the process lives. */
const forEver = (): Promise<never> => new Promise(() => setInterval(() => undefined, 1000))

async function harvest({ http, signal, settings, credential }: Lent, path: string): Promise<Harvest> {
  const headers = { 'x-vault-token': credential?.toString('latin1') ?? '' }
  const url = `${settings.get('url') ?? ''}${path}`
  const answer = await http.call({ method: 'GET', url, headers, ...(signal && { signal }) })
  if (answer.status !== 200) throw new VaultFailure(answer.status === 403 ? 'forbidden' : 'not-found', '')
  const fields = placeAt(readJson(answer.body), ['data', 'data'])
  if (fields?.kind !== 'table') throw new VaultFailure('refused', '')
  return {
    fields: [...fields.entries.keys()],
    version: 7,
    lease: { id: 'lease/1', seconds: 60, renewable: true },
    copy: (field, into) => {
      const place = fields.entries.get(field)
      return place && copyValue(answer.body, place, into)
    },
    [Symbol.dispose]: () => answer[Symbol.dispose](),
  }
}

const bao: Remote = {
  list: async () => [],
  describe: async (_, path) => ({ path, created: 0, changed: 0, fields: [] }),
  fetch: harvest,
  health: nothing,
}

/** So many fields of so many bytes. */
function filled(count: number, bytes: number): Harvest {
  return {
    fields: Array.from({ length: count }, (_, at) => `f${at}`),
    version: undefined,
    lease: undefined,
    copy: (_, into) => {
      if (bytes > into.length) return undefined
      into.fill('x', 0, bytes)
      return bytes
    },
    [Symbol.dispose]: () => undefined,
  }
}

const oddities: Readonly<Record<string, (lent: Lent) => Promise<Harvest>>> = {
  'odd/hangs': forEver,
  'odd/blocks': async () => {
    for (;;);
  },
  'odd/bug': async () => {
    throw new TypeError('a bug')
  },
  'odd/many': async () => filled(64, 10),
  'odd/large': async () => filled(2, 1024 * 1024),
  'odd/too-large': async () => filled(1, 1024 * 1024 + 1),
  'odd/empty': async () => filled(1, 0),
  'odd/name': async () => ({ ...filled(1, 1), fields: ['a\0b'] }),
}

const odd: Remote = {
  list: async (_, folder) => Array.from({ length: Number(folder.slice(0, -1)) }, (__, at) => `name-${at}`),
  describe: async (_, path) => ({
    path,
    created: 1,
    changed: 2,
    fields: [{ name: 'a', bytes: 5 }, { name: 'b' }],
  }),
  fetch: async (lent, path) => (await oddities[path]?.(lent)) ?? filled(1, 3),
  health: async () => {
    throw new VaultFailure('sealed', 'it is sealed')
  },
  renew: async (_, id) => ({ id, seconds: 9, renewable: false }),
  release: nothing,
  login: async (_, { bearer, secret }) => admission(Buffer.concat([bearer ?? none, secret ?? none])),
  prolong: async ({ credential }) => admission(Buffer.from(credential ?? none)),
}

const none = Buffer.alloc(0)
const admission = (token: Buffer): Awaited<ReturnType<NonNullable<Remote['login']>>> => ({
  token,
  seconds: 3600,
  renewable: true,
  [Symbol.dispose]: () => undefined,
})

/** What comes of something: its result, or the code with which it was refused. */
function tried(name: string, attempt: () => unknown): string {
  try {
    return `${name}: ${String(attempt())}`
  } catch (error) {
    return `${name}: ${error instanceof Error && 'code' in error ? String(error.code) : String(error)}`
  }
}

const wall: Remote = {
  ...bao,
  list: async ({ settings }) => [
    tried('write', () => writeFileSync('/tmp/sget-courier-was-here', '')),
    tried('child', () => execFileSync('/bin/true')),
    tried('worker', () => new Worker('1', { eval: true })),
    tried('passwd', () => readFileSync('/etc/passwd').length),
    tried('file', () => readFileSync(settings.get('file') ?? '').length),
    tried('environment', () => Object.keys(process.env).join()),
    tried('folder', () => process.cwd()),
  ],
}

start(new Map(Object.entries({ bao, odd, wall })), (code) => process.exit(code))
