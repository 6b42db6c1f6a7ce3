// What root sees of sgetd's side and of the courier while they work: memory, descriptors, sockets.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { certificateFor } from '../../packages/courier/test/certificates.ts'
import { OpenBao } from '../fakes/openbao.ts'
import { bundleCourier, Errands } from '../rig/errands.ts'
import { descriptors, inodeOf, networkSockets } from '../rig/open-files.ts'
import { run } from '../rig/process.ts'
import { testUser } from '../rig/users.ts'

const folder = await bundleCourier()
t.teardown(() => rmSync(folder, { recursive: true }))
const certificate = certificateFor()
const uid = testUser()
const errands = await Errands.start(folder, { hardened: true, uid })
t.teardown(() => errands.stop())

/** A value that cannot be in memory by chance. */
const fresh = (bytes: number): string => randomBytes(bytes).toString('hex')

/** How often each of these is in the memory of a process, in the order of asking. */
async function copies(pid: number, ...values: readonly string[]): Promise<string> {
  const scan = [join(import.meta.dirname, '../rig/memscan.ts'), String(pid)]
  const { stdout } = await run(process.execPath, scan, { input: values.join('\n') })
  return stdout.trim()
}

t.test('no copy of what was fetched or lent is left on the side of sgetd', async (t) => {
  const bao = await OpenBao.start(certificate)
  t.teardown(() => bao.stop())
  const token = bao.tokens.make('test').id
  const credential = join(folder, 'token')
  writeFileSync(credential, token)
  chmodSync(credential, 0o644)
  const place = { kind: 'bao', settings: { url: `${bao.origin}/v1/secret/data/` }, ca: certificate.cert }
  const values = Array.from({ length: 40 }, (_, at) => fresh(at % 10 === 0 ? 100_000 : 12))
  for (const [at, value] of values.entries()) bao.kv.set(`all/${at}`, { value, other: fresh(12) })
  const jobs = values.map((_, at) =>
    errands.do({ job: 'fetch', subject: `all/${at}`, place, credential, seal: true }),
  )
  for (const [at, { result }] of (await Promise.all(jobs)).entries())
    t.match(result, { values: [{ name: 'value', bytes: values[at]?.length }, { name: 'other' }] })
  const sought = [values[0], values[1], values[20], values[39], token].map((value) => value ?? '')
  t.match(await copies(errands.pid, 'courier started', ...sought), /^[1-9]\d* 0 0 0 0 0 copies$/)
  const locked = Number(/^VmLck:\s+(\d+)/m.exec(readFileSync(`/proc/${errands.pid}/status`, 'latin1'))?.[1])
  t.ok(locked < 5 * 1024, `${locked} KiB are locked`)
})

t.test(
  'while the courier talks, it alone has a socket of the network, and nothing of its master',
  async (t) => {
    const server = createServer()
    await once(server.listen(0, '127.0.0.1'), 'listening')
    t.teardown(() => server.close())
    const connected = once(server, 'connection')
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const hanging = errands.begin({ job: 'fetch', subject: 'x', place: { kind: 'bao', settings: { url } } })
    await connected
    const pid = (await errands.courier()) ?? 0
    t.equal(networkSockets(pid).length, 1, 'to the server')
    t.strictSame(networkSockets(errands.pid), [])
    const open = descriptors(pid)
    t.strictSame(
      [0, 1, 2].map((at) => open.get(String(at))),
      ['/dev/null', '/dev/null', '/dev/null'],
    )
    t.match(open.get('3'), inodeOf)
    const others = [...open.values()].filter((link) => !/^(\/dev\/null|anon_inode:|pipe:)/.test(link))
    t.equal(others.length, 2, `a socketpair and a connection: ${others.join(' ')}`)
    // What whoever runs the tests left open in everything that it starts is not its master's.
    const outside = new Set(descriptors(process.pid).values())
    const masters = new Set([...descriptors(errands.pid).values()].filter((link) => !outside.has(link)))
    const shared = [...open.values()].filter((link) => /^(socket|pipe):/.test(link) && masters.has(link))
    t.strictSame(shared, [], 'it inherited nothing')
    t.equal(readFileSync(`/proc/${pid}/environ`, 'latin1'), '')
    hanging.cancel()
    t.match(await hanging.came, { failure: /nobody wants it/ })
    server.close()
  },
)
