import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { Pool, SealedCache } from '@sget/memory'
import { type Backend, cached, type FieldRef, valueBytesMax } from '@sget/backend'
import { conformance } from '@sget/backend/conformance'
import { shelf } from './fixtures/shelf.ts'

const pool = new Pool({ frameBytes: valueBytesMax, loanMs: 50 })
const now = (): { bootMs: number; wallMs: number } => ({ bootMs: performance.now(), wallMs: Date.now() })
const ref = { path: 'db/prod', field: 'password' }
const user = { path: 'db/prod', field: 'user' }

interface Scene {
  readonly remote: Backend
  readonly near: Backend
  readonly cache: SealedCache
  /** What the remote vault was asked for. */
  readonly asked: FieldRef[]
}

function scene(fetch?: Backend['fetch']): Scene {
  const asked: FieldRef[] = []
  const remote = shelf()
  const counting: Backend = {
    ...remote,
    fetch: (ref, into) => {
      asked.push(ref)
      return (fetch ?? remote.fetch)(ref, into)
    },
  }
  const cache = new SealedCache({ pool, now, lifetimeMs: 60_000 })
  t.teardown(() => cache.end())
  return { remote, near: cached(counting, cache), cache, asked }
}

async function read(backend: Backend, ref: FieldRef): Promise<string> {
  const into = Buffer.alloc(16)
  return into.toString('latin1', 0, await backend.fetch(ref, into))
}

t.test('a vault behind a cache keeps every promise of a vault', async (t) => {
  await conformance(t, () => Promise.resolve(scene().near))
})

t.test('after its session nothing is served, not even what was fetched before', async (t) => {
  const { near, cache, asked } = scene()
  await near.put(ref, Buffer.from('old'))
  t.equal(await read(near, ref), 'old')
  cache.end()
  await t.rejects(near.fetch(ref, Buffer.alloc(16)), { code: 'locked' })
  t.equal(asked.length, 1)
})

t.test('a value is asked for once, until it changes here', async (t) => {
  const { near, remote, asked } = scene()
  await near.put(ref, Buffer.from('old'))
  await near.put(user, Buffer.from('me'))
  t.equal(await read(near, ref), 'old')
  t.equal(await read(near, user), 'me')
  t.equal(await read(near, ref), 'old')
  t.strictSame(asked, [ref, user])
  await remote.put(ref, Buffer.from('theirs'), { replace: true })
  t.equal(await read(near, ref), 'old', 'what others change is seen later')
  await near.put(ref, Buffer.from('new'), { replace: true })
  t.equal(await read(near, ref), 'new')
  await near.remove('db/prod', 'password')
  await t.rejects(near.fetch(ref, Buffer.alloc(16)), { code: 'no-field' })
  t.equal(await read(near, user), 'me')
  t.equal(asked.length, 4, 'and its neighbour was not asked for again')
  await near.remove('db/prod')
  await t.rejects(near.fetch(user, Buffer.alloc(16)), { code: 'not-found' })
})

t.test('a change that failed may have happened, so the value is asked for again', async (t) => {
  const { near, remote, asked } = scene()
  await near.put(ref, Buffer.from('old'))
  await read(near, ref)
  await remote.put(ref, Buffer.from('theirs'), { replace: true })
  await t.rejects(near.put(ref, Buffer.from('new')), { code: 'exists' })
  t.equal(await read(near, ref), 'theirs')
  await t.rejects(near.remove('db/prod', 'port'), { code: 'no-field' })
  t.equal(asked.length, 2)
})

t.test('what was not there is looked for again', async (t) => {
  const { near, remote } = scene()
  await t.rejects(near.fetch(ref, Buffer.alloc(16)), { code: 'not-found' })
  await remote.put(ref, Buffer.from('made'))
  t.equal(await read(near, ref), 'made')
})

t.test('a vault that does not answer in time is busy', async (t) => {
  const { near } = scene(() => new Promise<number>(() => undefined))
  await t.rejects(near.fetch(ref, Buffer.alloc(16)), { code: 'busy' })
})

t.test('a lock while the vault is being asked comes first', async (t) => {
  const { near, cache } = scene(async () => {
    await setImmediate()
    return 3
  })
  const fetching = near.fetch(ref, Buffer.alloc(16))
  cache.end()
  await t.rejects(fetching, { code: 'locked' })
})
