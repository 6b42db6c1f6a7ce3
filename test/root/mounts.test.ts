// What root sees of sgetd while it reads from a vault on the network, and afterwards: no copy, no socket, no more locked memory.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { certificateFor } from '../../packages/courier/test/certificates.ts'
import * as meddling from '../fakes/meddling.ts'
import { OpenBao } from '../fakes/openbao.ts'
import { Instance } from '../rig/instance.ts'
import { configure, courierGone, courierOf, letIn, mountTable, networkTable } from '../rig/mounting.ts'
import { networkSockets } from '../rig/open-files.ts'
import { end, run } from '../rig/process.ts'
import { programsWith } from '../rig/programs.ts'
import { testUser } from '../rig/users.ts'

/** A value that cannot be in memory by chance. */
const fresh = (bytes: number): string => randomBytes(bytes).toString('hex')

const certificate = certificateFor()
const bao = await OpenBao.start(certificate)
const folder = await programsWith('hasty-program.ts')
const policy = '[[rule]]\nsecrets = ["corp/**"]\nexposure = ["run", "read"]\napproval = "never"\nttl = "5m"\n'
const instance = await Instance.create(policy, testUser(), join(folder, 'bin'))
const secretId = fresh(24)
await letIn(instance, bao, secretId)
await configure(instance, mountTable(bao, 'corp') + networkTable(certificate))
const { pid } = await instance.status()
t.teardown(async () => {
  instance.remove()
  await bao.stop()
  rmSync(folder, { recursive: true })
})

const readsCount = 100
const hangingReads = 50
const values = Array.from({ length: readsCount }, (_, at) => fresh(at % 10 === 0 ? 4000 : 24))
for (const [at, value] of values.entries()) bao.kv.set(`all-${at}`, { password: value, other: fresh(12) })

/** Runs a script as the user whose instance it is. */
async function shell(script: string): Promise<number | null> {
  const { uid = 0 } = instance
  return (await end(spawn('/bin/bash', ['-c', script], { uid, gid: uid, stdio: 'ignore' }))).code
}

const read = (name: string): string =>
  `X="$(${join(instance.programs, 'sget')} --home ${instance.home} corp/secret/${name})"`

/** Looks for each of these in the memory of sgetd, and for the name of the program, which is there. */
async function areNotThere(t: Test, sought: readonly string[], when: string): Promise<void> {
  t.ok(
    sought.every((one) => one.length >= 24),
    'there is something to look for',
  )
  const scan = [join(import.meta.dirname, '../rig/memscan.ts'), String(pid)]
  const { stdout } = await run(process.execPath, scan, { input: ['sgetd 0.1.0', ...sought].join('\n') })
  t.match(stdout, new RegExp(`^[1-9]\\d*( 0){${sought.length}} copies\n$`), when)
}

const lockedKib = (): number =>
  Number(/^VmLck:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1])

t.test('after 100 reads no copy is left: of a value, the token, or what it was had for', async (t) => {
  const reads = values.map((value, at) => `${read(`all-${at}`)} && test $\{#X} = ${value.length} || exit 1`)
  t.equal(await shell(reads.join('\n')), 0)
  const [token = ''] = bao.tokens.serving
  const sample = [0, 1, 50, readsCount - 1].map((at) => values[at] ?? '')
  await areNotThere(t, [...sample, token, secretId], 'at rest')
  await courierGone(pid)
  await areNotThere(t, [...sample, token, secretId], 'when the courier had nothing to do')
  t.equal(await shell(read('all-1')), 0)
  t.equal(courierOf(pid), undefined, 'what is kept needs none')
})

t.test(
  'while 50 cold reads hang, sgetd has no socket of the network, and locks no more memory',
  async (t) => {
    t.teardown(() => (bao.meddle = undefined))
    const before = lockedKib()
    for (let at = 0; at < hangingReads; at++) bao.kv.set(`hanging-${at}`, { password: fresh(24) })
    const hold = new meddling.Hold('secret/data/hanging-')
    bao.meddle = hold.meddle
    const reads = Array.from(
      { length: hangingReads },
      (_, at) => `{ ${read(`hanging-${at}`)}; } & pids+=($!)`,
    )
    const over = shell(`${reads.join('\n')}\nfor pid in "$\{pids[@]}"; do wait "$pid" || exit; done`)
    await hold.has(hangingReads)
    t.strictSame(networkSockets(pid), [])
    t.ok(networkSockets(courierOf(pid) ?? 0).length >= hangingReads, 'the courier has them')
    t.equal(lockedKib(), before)
    hold.letGo()
    t.equal(await over, 0)
    t.equal(lockedKib(), before)
  },
)

t.test('after a lock nothing is left, nor is the courier', async (t) => {
  const value = fresh(24)
  bao.kv.set('last', { password: value })
  t.equal(await shell(read('last')), 0)
  const [token = ''] = bao.tokens.serving
  t.ok(courierOf(pid) !== undefined && token !== '')
  t.match(await instance.sgetctl(['lock']), { code: 0 })
  await courierGone(pid)
  t.same(bao.tokens.serving, [])
  await areNotThere(t, [value, token, secretId], 'after the lock')
  t.not(await shell(read('last')), 0)
})
