// What sgetd has of the courier, without the rest of sgetd: it has jobs done as it is told, and keeps what was fetched sealed.
// usage: errands COURIER PATIENCE; obeys JSON lines on standard input, and tells what came of each on standard output.
import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Courier, type Asking, type Place } from '../../packages/daemon/src/courier.ts'
import { shortFrameBytes, shortFramesMax } from '../../packages/daemon/src/limits.ts'
import { refusalOf } from '../../packages/daemon/src/refusals.ts'
import type { Loaned } from '../../packages/daemon/src/shift.ts'
import type { CourierPatience } from '../../packages/daemon/src/shifts.ts'
import { Enclave, Pools, Receiver } from '../../packages/memory/src/index.ts'
import { harden } from '../../packages/native/src/index.ts'
import { frameBytesMax } from '../../packages/wire/src/broker.ts'
import type { Answered, Told } from './errands.ts'

const [, , program = '', patience = ''] = process.argv
const tell = (line: object): boolean => process.stdout.write(`${JSON.stringify(line)}\n`)
const note = (fields: object, text: string): void => void tell({ log: text, ...fields })

const courier = new Courier({
  program,
  receiver: new Receiver(),
  pools: new Pools(
    { frames: shortFramesMax, frameBytes: shortFrameBytes },
    { frameBytes: frameBytesMax + 1024 },
  ),
  log: { info: note as never, warn: note as never },
  patience: JSON.parse(patience) as CourierPatience,
})
const enclave = Enclave.random()
const kept: Buffer[] = []
const cancels = new Map<number, AbortController>()

/** A credential comes from a file straight into locked memory: in JSON it would stay in the heap. */
function fromFile(path: string): Loaned {
  return {
    bytesMax: 4096,
    fill: async (room) => {
      const descriptor = openSync(path, 'r')
      try {
        return readSync(descriptor, room, 0, 4096, 0)
      } finally {
        closeSync(descriptor)
      }
    },
  }
}

function loaned(path: string | undefined): Loaned | undefined {
  return path === undefined ? undefined : fromFile(path)
}

async function obey(told: Told, asking: Asking): Promise<unknown> {
  const { job, subject = '', secret } = told
  const values: Answered['values'][number][] = []
  const take = (name: string, value: Buffer): void => {
    // A hash leaves pieces of short values on the stack, where a scan would find them.
    const digest = told.seal === true ? '' : createHash('sha256').update(value).digest('hex')
    values.push({ name, bytes: value.length, digest })
    kept.push(enclave.seal(value, Buffer.from(name)))
  }
  if (job === 'fetch') return { ...(await courier.fetch(asking, subject, take)), values }
  if (job === 'login') {
    const proof = secret === undefined ? {} : { secret: fromFile(secret) }
    return { ...(await courier.login(asking, proof, take)), values }
  }
  if (job === 'signIn') {
    const invited: string[] = []
    const admitted = await courier.signIn(asking, ({ url }) => invited.push(url), take)
    return { ...admitted, invited, values }
  }
  if (job === 'prolong') return { ...(await courier.prolong(asking, take)), values }
  if (job === 'health' || job === 'logout') {
    await courier[job](asking)
    return
  }
  return await courier[job](asking, subject)
}

function placeOf({ settings = {}, ...place }: Told['place']): Place {
  return { ...place, settings: new Map(Object.entries(settings)) }
}

async function answer(told: Told): Promise<void> {
  const cancel = new AbortController()
  cancels.set(told.id, cancel)
  const credential = loaned(told.credential)
  const session = loaned(told.session)
  const asking = {
    place: placeOf(told.place),
    signal: cancel.signal,
    ...(credential && { credential }),
    ...(session && { session }),
  }
  try {
    tell({ id: told.id, result: (await obey(told, asking)) ?? null })
  } catch (error) {
    const failure = refusalOf(error)?.failure ?? `bug: ${String(error)}`
    tell({ id: told.id, failure })
  } finally {
    cancels.delete(told.id)
  }
}

if (process.argv.includes('hardened')) harden()
tell({ log: 'here' })
for await (const line of createInterface({ input: process.stdin })) {
  const told = JSON.parse(line) as Told & { cancel?: number; end?: boolean; ask?: boolean }
  if (told.cancel !== undefined) cancels.get(told.cancel)?.abort(new Error('nobody wants it'))
  else if (told.end === true) courier.end('locked')
  else if (told.ask === true) tell({ id: told.id, result: courier.pid ?? null })
  else void answer(told)
}
process.exit(0)
