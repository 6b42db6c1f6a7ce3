// A thousand live grants of 32 sessions: each is still asked for, redeemed, refused and ended for itself.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { peerUid } from '@sget/native'
import { connect, Refusal, type Connection } from '@sget/wire'
import { Instance, programs } from './rig/instance.ts'
import { run } from './rig/process.ts'

const sessionsCount = 32
const grantsOfSession = 32
const liveGrants = 1000
const mebibyte = 1024 * 1024
/** How long a grant for `brief/**` lives, and a little more. */
const briefMs = 5_100

const policy = `
[[rule]]
secrets = ["dev/**"]
exposure = ["run", "read"]
approval = "never"
ttl = "1h"

[[rule]]
secrets = ["brief/**"]
exposure = ["run", "read"]
approval = "never"
ttl = "5s"
`
const instance = await Instance.create(policy)
t.teardown(() => instance.remove())
await instance.put('dev/a', 'value of a')
await instance.put('brief/a', 'value of a')
const { pid } = await instance.status()
const sget = `${join(programs, 'sget')} --home ${instance.home}`

/** A session of an agent; the agent is the process that runs this test, or what has started it. */
function openSession(): Promise<Connection> {
  return connect({
    path: join(instance.home, 'state/run/socket'),
    role: 'mcp',
    program: 'a test',
    uid: process.getuid?.() ?? 0,
    uidOf: peerUid,
  })
}

async function handleFrom(session: Connection, path = 'dev/a'): Promise<string> {
  const body = { reason: '', shell: 'bash', wanted: [{ variable: '', ref: `${path}#password` }] }
  return (await session.request('grant', body, 'granted')).handle
}

/** The failure that a request for one more grant is refused with. */
async function refusalOf(session: Connection): Promise<string> {
  try {
    await handleFrom(session)
    return 'granted'
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return error.failure
  }
}

async function live(session: Connection): Promise<number> {
  return (await session.request('status', {}, 'state')).liveGrants
}

/** Redeems one after the other in one shell, as an agent's command does. Returns what each became: `0`, or an exit code. */
async function redeem(handles: readonly string[], path = 'dev/a'): Promise<string[]> {
  const lines = handles.map(
    (handle) =>
      `X="$(${sget} --grant ${handle} '${path}#password' 2>&-)"; C=$?; [ $C != 0 ] || [ "$X" = 'value of a' ] || C=wrong; echo $C`,
  )
  const { stdout } = await run('/bin/bash', ['-c', lines.join('\n')])
  return stdout.trim().split('\n')
}

function memory(field: 'VmRSS' | 'VmLck'): number {
  const line = new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1]) * 1024
}

t.test('a thousand live grants', async (t) => {
  const locked = memory('VmLck')
  const sessions = await Promise.all(Array.from({ length: sessionsCount }, openSession))
  const [first, second, third, last] = [sessions[0], sessions[1], sessions[2], sessions.at(-1)]
  if (!first || !second || !third || !last) throw new Error('there are too few')
  t.teardown(() => sessions.forEach((session) => session.close()))
  const counts = sessions.map((_, at) => Math.min(grantsOfSession, liveGrants - at * grantsOfSession))
  const handles = await Promise.all(
    sessions.map((session, at) =>
      Promise.all(Array.from({ length: counts[at] ?? 0 }, () => handleFrom(session))),
    ),
  )
  const ofSession = (at: number): readonly string[] => handles[at] ?? []

  t.test('are each another, and no session has more than its own', async (t) => {
    t.equal(new Set(handles.flat()).size, liveGrants)
    t.equal(await live(last), liveGrants)
    t.equal(await refusalOf(first), 'too-many-grants')
    t.equal(await live(last), liveGrants)
  })
  t.test('cost little memory, and none that is locked', async (t) => {
    t.ok(memory('VmRSS') < 130 * mebibyte, `${Math.round(memory('VmRSS') / mebibyte)} MiB`)
    t.equal(memory('VmLck'), locked)
  })
  t.test('are redeemed each once, whosever they are', async (t) => {
    const some = handles.flatMap(([one]) => (one === undefined ? [] : [one]))
    t.strictSame(new Set(await redeem(some)), new Set(['0']))
    t.equal(await live(last), liveGrants - some.length)
    const again = await redeem(some)
    t.equal(again.length, some.length)
    t.notOk(again.includes('0') || again.includes('wrong'), 'a second time none')
  })
  t.test('make room in their own session when one is spent, cleared or over', async (t) => {
    const before = await live(last)
    await handleFrom(first)
    t.equal(await refusalOf(first), 'too-many-grants')
    const [, cleared = ''] = ofSession(1)
    await second.request('clear', { grant: cleared }, 'cleared')
    t.notOk((await redeem([cleared])).includes('0'))
    const brief = [await handleFrom(second, 'brief/a'), await handleFrom(second, 'brief/a')]
    t.equal(await live(last), before + 2, 'one more of the first, one more of the second')
    t.equal(await refusalOf(second), 'too-many-grants')
    await delay(briefMs)
    t.notOk((await redeem(brief, 'brief/a')).includes('0'), 'expired')
    t.equal(await refusalOf(second), 'granted', 'before any sweep has looked')
  })
  t.test('end with their session and with no other', async (t) => {
    const [, , ofThird = ''] = ofSession(2)
    const before = await live(last)
    third.close()
    while ((await live(last)) === before) await delay(10)
    t.equal(await live(last), before - (grantsOfSession - 1))
    t.notOk((await redeem([ofThird])).includes('0'))
    t.strictSame(
      await redeem(ofSession(3).slice(1)),
      Array.from({ length: grantsOfSession - 1 }, () => '0'),
    )
  })
  t.test('end all at once with a lock', async (t) => {
    t.match(await instance.sgetctl(['lock']), { code: 0 })
    t.equal(await live(last), 0)
    t.notOk((await redeem(ofSession(4).slice(1))).includes('0'))
    const revoked = instance.audit().filter(({ event }) => event === 'grant-revoked')
    t.ok(revoked.length > 800, 'and the log has each')
  })
})
