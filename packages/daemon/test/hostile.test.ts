// Peers that mean harm: crowds, drips, the deaf and the dying. Others are served meanwhile, and nothing is lost.
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { encode, protocolVersion, role } from '@sget/wire/broker'
import { Instance, programs } from '../../../test/rig/instance.ts'
import { end, run, type Outcome } from '../../../test/rig/process.ts'
import { approvalsPerAskerMax, connectionsPerProcessMax } from '../src/limits.ts'
import { failureIn, Peer, want, status } from './peer.ts'

/** One rule, in a text that makes long replies. */
const policy = `[[rule]]\nsecrets = ["dev/**"]\nexposure = ["run", "read", "pipe"]\napproval = "never"\n${`# ${'-'.repeat(97)}\n`.repeat(500)}`
t.setTimeout(120_000)
const instance = await Instance.create(policy)
t.teardown(() => instance.remove())
const { pid } = await instance.status()
const big = randomBytes(512 * 1024).toString('hex')
await instance.put('dev/big', big)
await instance.put('dev/small', 'a small value')

const peerOf = (): Peer => new Peer(instance.home)

/** A whole process of sget, as a script starts it. */
const reader = (ref = 'dev/small'): Promise<Outcome> =>
  run('/bin/bash', ['-c', `X="$(${join(programs, 'sget')} --home ${instance.home} ${ref})" && echo "$\{#X}"`])

/** That others are served, by the same daemon. */
async function othersAreServed(t: Test): Promise<void> {
  t.match(await reader(), { code: 0, stdout: '13\n' }, 'others are served')
  t.equal((await instance.status()).pid, pid)
}

/** Starts a process with many connections; it ends with the test. Returns what it said once it had them. */
async function crowd(t: Test, ...args: string[]): Promise<Record<string, unknown>> {
  const script = join(import.meta.dirname, 'crowd.ts')
  const child = spawn(process.execPath, [script, instance.home, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.teardown(() => {
    child.stdin.end()
    return end(child)
  })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  return JSON.parse(said.toString()) as Record<string, unknown>
}

const memoryKib = (field: 'VmRSS' | 'VmLck'): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])

t.test('frames cut at every length end with their connection, and leave nothing', async (t) => {
  const hello = encode('hello', 1, { version: protocolVersion, role: role.plain, program: 'a test' })
  const whole = Buffer.concat([
    hello,
    want(2, 'dev/small'),
    encode('put', 3, { ref: 'dev/x', replace: false }),
  ])
  const before = instance.audit().length
  for (let length = 0; length < whole.length; length++) {
    const peer = peerOf().say(whole.subarray(0, length))
    peer.finish()
    await peer.ended
  }
  t.same(
    instance
      .audit()
      .slice(before)
      .map(({ event }) => event),
    [],
    'nothing was done or released',
  )
  await othersAreServed(t)
})

t.test('one process has so many connections, and the next is told so', async (t) => {
  const { served, busy } = await crowd(t, 'idle', String(connectionsPerProcessMax + 50))
  t.same({ served, busy }, { served: connectionsPerProcessMax, busy: 50 })
  await othersAreServed(t)
})

t.test('a thousand idle connections of several processes stop nobody', async (t) => {
  const crowds = await Promise.all([1, 2, 3, 4].map(() => crowd(t, 'idle', '250')))
  t.same(
    crowds.map(({ served }) => served),
    [250, 250, 250, 250],
  )
  await othersAreServed(t)
  t.ok(memoryKib('VmLck') < 5 * 1024)
})

t.test(
  '64 requests of 1 MiB on each of 16 connections all come, and short values do not wait for them',
  async (t) => {
    const all = crowd(t, 'values', '16', '64', 'dev/big')
    const state = { isOver: false }
    void all.finally(() => (state.isOver = true))
    let served = 0
    while (!state.isOver) {
      if ((await reader()).code !== 0) t.fail('one was not served')
      served += 1
    }
    const sum = createHash('sha256').update(big).digest('hex')
    t.same(await all, { count: 1024, sums: [sum] }, 'nothing is lost')
    t.ok(served > 2, `${served} others were served meanwhile`)
  },
)

t.test(
  'peers that read nothing hold no memory for long, and keep it from nobody',
  { timeout: 60_000 },
  async (t) => {
    await Promise.all([1, 2, 3, 4, 5].map(() => crowd(t, 'deaf', '16', '16', 'dev/big')))
    await othersAreServed(t)
    t.match(await reader('dev/small'), { code: 0, stdout: '13\n' })
    const long = await run('/bin/bash', [
      '-c',
      `${join(programs, 'sget')} --home ${instance.home} dev/big | sha256sum`,
    ])
    t.equal(long.stdout.slice(0, 64), createHash('sha256').update(big).digest('hex'), 'nor from a long value')
    t.ok(memoryKib('VmLck') < 5 * 1024)
  },
)

t.test('a peer that asks and never reads is read from no more', async (t) => {
  const peer = peerOf().hello()
  await peer.hears(1)
  peer.pause()
  const before = memoryKib('VmRSS')
  for (let id = 2; id < 2 + 32; id++) peer.say(encode('document', id, { name: 'policy' }))
  await othersAreServed(t)
  for (let id = 100; id < 100_000; id++) peer.say(status(id))
  await othersAreServed(t)
  t.ok(peer.unsaid > 0, 'its requests stay with it')
  t.ok(memoryKib('VmRSS') - before < 32 * 1024, 'and its replies take no memory')
  peer.leave()
})

t.test('who asks on while too many of its requests are in flight is sent away', async (t) => {
  const peer = peerOf().hello()
  await peer.hears(1)
  for (let id = 2; id < 2 + 64; id++) peer.say(want(id, 'dev/small'))
  peer.say(...Array.from({ length: 7000 }, (_, at) => status(1000 + at)))
  t.equal(await peer.isClosedWith(), 'busy')
  t.ok(peer.heard.length < 300, `after ${peer.heard.length} replies`)
  await othersAreServed(t)
})

t.test('peers that die in the middle of a value take nothing along', async (t) => {
  const sget = `${join(programs, 'sget')} --home ${instance.home} dev/big`
  const dying = `for i in $(seq 40); do ${sget} | head -c 100000 >/dev/null & done; wait`
  await run('/bin/bash', ['-c', dying])
  for (let round = 0; round < 20; round++) {
    const child = spawn('/bin/bash', ['-c', `exec ${sget}`], { stdio: ['ignore', 'pipe', 'ignore'] })
    child.stdout.once('data', () => child.kill('SIGKILL'))
    await end(child)
  }
  await othersAreServed(t)
  t.match(await reader('dev/big'), { code: 0, stdout: `${big.length}\n` }, 'a long value too')
})

t.test('one asker has so many questions open, and others may ask all the same', async (t) => {
  const peer = peerOf().hello()
  const ids = Array.from({ length: approvalsPerAskerMax + 1 }, (_, at) => at + 2)
  peer.say(...ids.map((id) => encode('remove', id, { ref: 'dev/small' })))
  await peer.hears(1 + ids.length)
  const failures = peer.heard.map(failureIn).filter((name) => name !== '')
  t.same(failures, ['busy'])
  const pending = await instance.sgetctl(['pending', '--json'])
  t.match(JSON.parse(pending.stdout), { requests: { length: approvalsPerAskerMax } })
  const before = instance.audit().length
  peer.leave()
  await othersAreServed(t)
  const left = { event: 'refused', ref: 'dev/small', reason: 'connection-lost' }
  t.match(instance.audit().slice(before), [left, { event: 'released' }], 'who gives up is on record, once')
})

t.test('a byte a second is no conversation', async (t) => {
  const mute = peerOf()
  const dripping = peerOf().hello()
  await dripping.hears(1)
  const bytes = want(2, 'dev/small')
  let at = 0
  const drip = setInterval(() => dripping.say(bytes.subarray(at, ++at)), 1000)
  t.teardown(() => {
    clearInterval(drip)
  })
  await othersAreServed(t)
  t.equal(await dripping.isClosedWith(), 'too-slow')
  t.equal(await mute.isClosedWith(), 'too-slow', 'nor is silence')
  await othersAreServed(t)
})
