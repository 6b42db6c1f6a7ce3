// What stands in the courier's place and does as it likes: each time the job fails, sgetd lives, and the next is done.
import { copyFileSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { bundleFiles } from '../scripts/bundle/bundle.ts'
import { bundleCourier, Errands, gone, type Came, type Told } from './rig/errands.ts'

const folder = await bundleCourier()
t.teardown(() => rmSync(folder, { recursive: true }))
await bundleFiles([{ in: join(import.meta.dirname, 'rig/hostile-program.ts'), out: 'hostile' }], folder)

const odd = { kind: 'odd' }
const fetch = { job: 'fetch', subject: 'odd/empty', place: odd } as const
const describe = { job: 'describe', subject: 'a/b', place: odd } as const
const list = { job: 'list', place: odd } as const
const signIn = { job: 'signIn', place: odd } as const
const patience = { jobMs: 15_000, startMs: 10_000, cancelMs: 300 }

interface Mood {
  readonly job?: Omit<Told, 'id'>
  /** Of the process's end, as the log tells it. */
  readonly why: string | RegExp
}

const noMessage = /no message/

/** What each does, and how that is told. */
const moods: Readonly<Record<string, Mood>> = {
  'gone-at-once': { why: /ended by itself \(0\)|closed its socket/ },
  open: { why: 'others can look into it' },
  'job-before-ready': { why: 'it sent done unasked' },
  garbage: { why: noMessage },
  'bad-text': { why: noMessage },
  oversize: { why: noMessage },
  'half-and-gone': { why: /ended by itself \(0\)|closed its socket/ },
  closes: { why: /ended by itself|closed its socket/ },
  'closes-and-stays': { why: 'it closed its socket' },
  'unasked-value': { why: noMessage },
  'unknown-job': { why: 'it sent done unasked' },
  'ready-twice': { why: 'it sent ready unasked' },
  'a-job': { why: 'it sent cancel unasked' },
  'unknown-failure': { why: 'it sent failed unasked' },
  nothing: { job: describe, why: 'it sent done unasked' },
  'another-answer': { why: 'it sent admitted unasked' },
  'told-twice': { why: 'it sent version unasked' },
  invites: { why: 'it sent invited unasked' },
  'invites-twice': { job: signIn, why: 'it sent invited unasked' },
  'large-offer': { why: 'it sent offer unasked' },
  'two-offers': { why: 'it sent offer unasked' },
  'no-value': { why: 'it does not send what it offered' },
  'another-length': { why: noMessage },
  'another-id': { why: noMessage },
  'done-before-value': { why: 'it sent done unasked' },
  'many-fields': { why: 'it sent offer unasked' },
  'flood-of-names': { job: list, why: 'it sent names unasked' },
  'flood-of-short-names': { job: list, why: 'it sent names unasked' },
  'flood-of-halves': { why: noMessage },
}

/** The program of one mood. */
function courierThatIs(mood: string): string {
  const name = `hostile-${mood}.mjs`
  copyFileSync(join(folder, 'hostile.mjs'), join(folder, name))
  return name
}

const kibibytes = (pid: number, what: string): number =>
  Number(new RegExp(`^${what}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1])

t.test('each is ended, its job fails, and the next is done by another', async (t) => {
  const errands = await Errands.start(folder, { patience })
  t.teardown(() => errands.stop())
  t.match(await errands.do(fetch), { result: {} })
  const lockedKib = kibibytes(errands.pid, 'VmLck')
  const peakKib = kibibytes(errands.pid, 'VmHWM')
  for (const [mood, { job = fetch, why }] of Object.entries(moods)) {
    errands.use(courierThatIs(mood))
    errands.endCourier()
    t.match(await errands.do(job), { failure: 'courier-failed' }, mood)
    const [last] = errands.told('courier started').slice(-1)
    await gone(Number(last?.['courier']))
    errands.use('courier.mjs')
    t.match(await errands.do(fetch), { result: { values: [{ bytes: 0 }] } }, `after ${mood}`)
    const ended = await errands.endOf(Number(last?.['courier']))
    t.match(ended, { why }, `${mood}, as the log has it`)
  }
  t.equal(kibibytes(errands.pid, 'VmLck'), lockedKib, 'no more memory is locked')
  const grownKib = kibibytes(errands.pid, 'VmHWM') - peakKib
  t.ok(grownKib < 48 * 1024, `the floods made it ${grownKib} KiB larger`)
})

t.test('one that hangs is ended when the time of its jobs is up, whatever it has begun to say', async (t) => {
  const hasty = { ...patience, jobMs: 1000 }
  const errands = await Errands.start(folder, { patience: hasty }, courierThatIs('half'))
  t.teardown(() => errands.stop())
  const came = await Promise.all(Array.from({ length: 5 }, () => errands.do(fetch)))
  for (const { failure } of came) t.equal(failure, 'vault-slow')
  const [hung] = errands.told('courier started')
  await gone(Number(hung?.['courier']))
  t.match(await errands.endOf(Number(hung?.['courier'])), { why: 'it does not let go of a job' })
})

t.test('one that does not begin is ended, and so is the job', async (t) => {
  const errands = await Errands.start(
    folder,
    { patience: { ...patience, startMs: 300 } },
    courierThatIs('never-ready'),
  )
  t.teardown(() => errands.stop())
  t.match(await errands.do(fetch), { failure: 'courier-failed' })
  t.match(errands.told('courier ended'), [{ why: 'it did not start in time' }])
})

t.test('one that ends at once is not started again and again', async (t) => {
  const hasty = { ...patience, jobMs: 250 }
  const errands = await Errands.start(folder, { patience: hasty }, courierThatIs('gone-at-once'))
  t.teardown(() => errands.stop())
  const together: Came[] = await Promise.all(Array.from({ length: 30 }, () => errands.do(fetch)))
  for (const { failure } of together) t.match(failure, /^(courier-failed|vault-slow)$/)
  t.equal(errands.told('courier started').length, 1, '30 jobs at once, one start')
  for (let at = 0; at < 10; at++) t.match((await errands.do(fetch)).failure, /^(courier-failed|vault-slow)$/)
  const starts = errands.told('courier started').length
  t.ok(starts < 9, `${starts} starts for 11 jobs in a row`)
})

t.test('one that is not there is a failure like others', async (t) => {
  const errands = await Errands.start(folder, { patience }, 'none.mjs')
  t.teardown(() => errands.stop())
  t.match(await errands.do(fetch), { failure: 'courier-failed' })
  t.match(errands.told('courier not started'), [{ code: 'ENOENT' }])
  errands.use('courier.mjs')
  t.match(await errands.do(fetch), { result: {} })
})
