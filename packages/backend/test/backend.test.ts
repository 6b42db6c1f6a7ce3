import t, { Test, type TestOpts } from 'tap'
import { type Backend, BackendFailure, type Description, chooseField } from '@sget/backend'
import { conformance } from '@sget/backend/conformance'
import { shelf } from './fixtures/shelf.ts'

/** Each breaks one promise of a backend that keeps them all. */
const broken: Record<string, (backend: Backend) => Partial<Backend>> = {
  'lists nothing': () => ({ list: () => Promise.resolve([]) }),
  'finds everything': () => ({ fetch: () => Promise.resolve(0) }),
  'finds no field': (backend) => ({
    fetch: (ref, into) =>
      backend.fetch(ref, into).catch(() => {
        throw new BackendFailure('not-found', '')
      }),
  }),
  'loses the last byte': (backend) => ({ fetch: async (ref, into) => (await backend.fetch(ref, into)) - 1 }),
  'writes beyond the value': (backend) => ({
    fetch: async (ref, into) => {
      const length = await backend.fetch(ref, into)
      into.fill(0, length)
      return length
    },
  }),
  'fills what is too short': (backend) => ({
    fetch: async (ref, into) =>
      await backend.fetch(ref, into.length < 7 ? Buffer.concat([into.fill(0), Buffer.alloc(7)]) : into),
  }),
  'keeps what it was given': (backend) => ({
    put: (ref, value, options) => backend.put(ref, Buffer.from(value), options),
  }),
  'wipes only what it stores': (backend) => ({
    put: async (ref, value, options) => {
      const given = Buffer.from(value)
      await backend.put(ref, value, options).catch((failure: unknown) => {
        given.copy(value)
        throw failure
      })
    },
  }),
  'always replaces': (backend) => ({ put: (ref, value) => backend.put(ref, value, { replace: true }) }),
  'never replaces': (backend) => ({ put: (ref, value) => backend.put(ref, value) }),
  'has no limit for values': (backend) => ({
    put: (ref, value, options) =>
      backend.put(ref, value.length > 1 << 20 ? value.fill(0).subarray(0, 1) : value, options),
  }),
  'folds case': (backend) => ({
    put: (ref, value) => backend.put({ ...ref, path: ref.path.toLowerCase() }, value, { replace: true }),
    fetch: (ref, into) => backend.fetch({ ...ref, path: ref.path.toLowerCase() }, into),
  }),
  'mixes path and field': (backend) => ({
    put: ({ path, field }, value) =>
      backend.put({ path: `${path}/${field}`, field }, value, { replace: true }),
    fetch: ({ path, field }, into) => backend.fetch({ path: `${path}/${field}`, field }, into),
  }),
  'removes the whole secret': (backend) => ({ remove: (path) => backend.remove(path) }),
  'removes nothing': (backend) => ({
    remove: async (path) => {
      await backend.describe(path)
    },
  }),
  'tells wrong lengths': (backend) => ({
    describe: async (path) => {
      const description = await backend.describe(path)
      return { ...description, fields: description.fields.map((field) => ({ ...field, bytes: 1 })) }
    },
  }),
  'forgets when it was made': (backend) => ({
    describe: async (path) => ({ ...(await backend.describe(path)), created: Math.random() }),
  }),
  'is never ready': () => ({ health: () => Promise.resolve({ ready: false, code: 'locked' }) }),
}

t.test('a backend that breaks one promise does not pass for one', async (t) => {
  for (const [name, change] of Object.entries(broken)) {
    const options: TestOpts = { name }
    const run = new Test(options)
    run.resume()
    await conformance(run, () => {
      const backend = shelf()
      return Promise.resolve({ ...backend, ...change(backend) })
    })
    run.end()
    t.notOk(run.passing(), name)
  }
})

t.test('a backend that keeps every promise passes', async (t) => {
  await conformance(t, () => Promise.resolve(shelf()))
})

t.test('a reference that names no field means the obvious one, or is refused with the names', (t) => {
  const secret = (...names: string[]): Description => {
    const fields = names.map((name) => ({ name }))
    return { path: 'db/prod', created: 1, changed: 1, fields }
  }
  const names = { code: 'which-field', fields: ['user', 'host'] }
  t.throws(() => chooseField(secret('user', 'host')), names)
  t.throws(() => chooseField(secret('user'), 'password'), { code: 'no-field', fields: [] })
  t.throws(() => chooseField(secret('password'), ''), { code: 'no-field' })
  t.equal(chooseField(secret('user', 'password')), 'password')
  t.equal(chooseField(secret('user')), 'user')
  t.equal(chooseField(secret('user', 'password'), 'user'), 'user')
  t.end()
})
