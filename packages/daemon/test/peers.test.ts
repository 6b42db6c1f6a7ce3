// Peers that break the protocol's rules, on the socket of a real daemon: each loses its own connection and no more.
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { encode, failures, messages, protocolVersion } from '@sget/wire/broker'
import type { MessageName, role } from '@sget/wire/broker'
import { Instance, passphrase, programs } from '../../../test/rig/instance.ts'
import { run } from '../../../test/rig/process.ts'
import { failureIn, Peer, want, status } from './peer.ts'

const policy = '[[rule]]\nsecrets = ["dev/**"]\nexposure = ["run", "read", "pipe"]\napproval = "never"\n'
const instance = await Instance.create(policy)
t.teardown(() => instance.remove())
const { pid } = await instance.status()
const big = randomBytes(1024 * 1024)
await instance.put('dev/big', big)
await instance.put('dev/small', 'a small value')

const peerOf = (): Peer => new Peer(instance.home)

/** What an attested sget would say of a terminal. */
const report = encode('attest', 0, {
  ...{ device: 1, inodeHigh: 0, inodeLow: 1, special: 34816, mode: 0o20620, access: 1 },
  ...{ path: '/dev/pts/0', command: '0'.repeat(64) },
})

t.test('whoever breaks the rules loses the connection', async (t) => {
  const breaches: Record<string, (peer: Peer) => unknown> = {
    'a request before hello': (peer) => peer.say(status(1)),
    'two hellos': (peer) => peer.hello().hello(),
    'a reply instead of a request': (peer) => peer.hello().say(encode('done', 2, {})),
    'an ack that nobody waits for': (peer) => peer.hello().say(encode('ack', 2, {})),
    'an id that is in flight': (peer) => peer.hello().say(want(2, 'dev/small'), want(2, 'dev/small')),
    'a secret that nobody waits for': (peer) =>
      peer.hello().say(Buffer.from('0000000a18000000020000000141', 'hex')),
    'two reports': (peer) => peer.hello().say(report, report),
    'a report after a request': (peer) => peer.hello().say(status(2), report),
    'a report of an MCP server': (peer) => peer.hello('mcp').say(report),
    'a report before hello': (peer) => peer.say(report),
    'a type that there is not': (peer) => peer.hello().say(Buffer.from('00000005ff00000002', 'hex')),
    'a frame that is too long': (peer) => peer.hello().say(Buffer.from('ffffffff0400000002', 'hex')),
    noise: (peer) => peer.say(randomBytes(4096)),
  }
  for (const [name, breach] of Object.entries(breaches)) {
    t.test(name, async (t) => {
      const peer = peerOf()
      breach(peer)
      t.equal(await peer.isClosedWith(), 'bad-message')
      t.match((await peerOf().hello().say(status(2)).hears(2))[1], { name: 'state' }, 'and others are served')
    })
  }
})

t.test('a report of a peer that is not attested changes nothing', async (t) => {
  const [, ready] = await peerOf().hello().say(report, want(2, 'dev/small')).hears(2)
  t.match(ready, { name: 'ready' })
  const records = readFileSync(join(instance.home, 'state/audit/audit.log'), 'utf8')
  t.notMatch(records, '"attested":true')
})

t.test('a peer of another version is told so, and nothing else ends', async (t) => {
  const peer = peerOf().hello('plain', protocolVersion + 1)
  t.equal(await peer.isClosedWith(), 'version-mismatch')
  t.match(peer.heard[0], { body: { argument: /sgetd .*protocol 1/ } })
  t.match(await instance.status(), { pid, locked: false })
})

t.test('who may send what', async (t) => {
  const failures = async (as: keyof typeof role, frame: Buffer): Promise<string> => {
    const peer = peerOf().hello(as).say(frame)
    const [, answer] = await peer.hears(2)
    peer.leave()
    await peer.ended
    return failureIn(answer) || (answer?.name ?? '')
  }
  t.equal(await failures('mcp', want(2, 'dev/small')), 'wrong-sender', 'an MCP server cannot be sent a value')
  t.equal(await failures('mcp', encode('put', 2, { ref: 'dev/x', replace: false })), 'wrong-sender')
  t.equal(await failures('mcp', encode('approve', 2, { request: 'x' })), 'wrong-sender')
  t.equal(await failures('mcp', encode('prove', 2, { request: '' })), 'wrong-sender')
  t.equal(await failures('plain', encode('grant', 2, { reason: '', shell: '', wanted: [] })), 'wrong-sender')
  t.equal(await failures('plain', encode('clear', 2, { grant: 'x' })), 'wrong-sender')
  t.equal(await failures('mcp', status(2)), 'state')
  const requests = Object.entries(messages).filter(([, { sender }]) => sender !== 'daemon')
  t.ok(requests.length > 20, 'the table is the real one')
})

t.test('a peer that can be read by its siblings is sent nothing', async (t) => {
  const peer = peerOf().hello().say(want(2, 'dev/small'))
  t.match((await peer.hears(2))[1], { name: 'ready' }, 'it may have the value')
  const [, , answer] = await peer.say(encode('ack', 2, {})).hears(3)
  if (process.getuid?.() === 0) {
    t.match(instance.audit().at(-1), { event: 'released', reason: /not seen/ }, 'of root nobody can tell')
    return
  }
  t.equal(failureIn(answer), 'not-hardened')
})

t.test('a peer has 64 requests in flight, and the next is refused alone', async (t) => {
  const peer = peerOf().hello()
  for (let id = 2; id < 2 + 65; id++) peer.say(want(id, 'dev/small'))
  const heard = await peer.hears(1 + 65)
  const names = heard.map(({ name }) => name)
  t.equal(names.filter((name: MessageName) => name === 'ready').length, 64)
  const refused = heard.find(({ name }) => name === 'failure')
  t.equal(failureIn(refused), 'busy')
  peer.leave()
})

t.test('64 readers of 1 MiB side by side all have it, and no more memory is locked', async (t) => {
  const lockedKib = (): number =>
    Number(/^VmLck:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  const before = lockedKib()
  const seen = new Set<number>()
  const watch = setInterval(() => seen.add(lockedKib()), 5)
  const command = `${join(programs, 'sget')} --home ${instance.home} dev/big | sha256sum`
  const sums = await Promise.all(
    Array.from({ length: 64 }, () => run('/bin/bash', ['-o', 'pipefail', '-c', command])),
  )
  clearInterval(watch)
  const sum = createHash('sha256').update(big).digest('hex')
  t.same(new Set(sums.map(({ code, stdout }) => `${code} ${stdout.slice(0, 64)}`)), new Set([`0 ${sum}`]))
  t.ok(before > 4 * 1024 && before < 5 * 1024, `${before} KiB are locked`)
  t.same([...seen], [before], 'at every look')
})

t.test('names of any lawful length are told, cut to what a message has room for', async (t) => {
  const path = `dev/${'long'.repeat(127)}`
  const lines = Array.from({ length: 50 }, (_, at) => `N${at}=x\n`).join('')
  const file = join(instance.home, 'many.env')
  writeFileSync(file, lines)
  const prefix = path.slice(0, 500)
  t.match(await instance.sget(['import', file, '--prefix', prefix, '--passphrase-fd', '3'], { passphrase }), {
    code: 0,
  })
  for (let at = 0; at < 3; at++) await instance.put(`dev/fields#${String(at).repeat(64)}`, 'x')
  const listed = JSON.parse((await instance.sgetctl(['ls', '--json'])).stdout) as { secrets: unknown[] }
  t.equal(listed.secrets.length, 53, 'over several pages')
  const which = await instance.sget(['dev/fields'])
  t.match(which, { code: 70, stderr: /name one: 0{64}, 1{64}, 2{64}/ })
  const asked = await peerOf()
    .hello()
    .say(want(2, `dev/${'é'.repeat(2000)}`))
    .hears(2)
  t.match(
    asked[1],
    { name: 'failure', body: { argument: /…$/ } },
    'what a peer sent is told back only in part',
  )
  t.match(await instance.status(), { pid }, 'and the daemon goes on')
})

t.test(
  'a lock in the middle of 100 readers: each has the value or is refused, and none after it',
  async (t) => {
    const command = `X="$(${join(programs, 'sget')} --home ${instance.home} dev/small)" && test "$X" = 'a small value'`
    const read50 = (): ReturnType<typeof run>[] =>
      Array.from({ length: 50 }, () => run('/bin/bash', ['-c', command]))
    const locker = peerOf().hello()
    await locker.hears(1)
    const readers = read50()
    locker.say(encode('lock', 2, {}))
    readers.push(...read50())
    t.match((await locker.hears(2))[1], { name: 'done' })
    const codes = (await Promise.all(readers)).map(({ code }) => code)
    t.same(new Set(codes), new Set([0, 68]), 'both were seen')
    const events = instance.audit().map((record) => record['event'])
    t.notOk(
      events.slice(events.lastIndexOf('locked')).includes('released'),
      'nothing was released from then on',
    )
    t.equal(
      events.filter((event) => event === 'released').length >= codes.filter((code) => code === 0).length,
      true,
    )
    t.match(await instance.sget(['unlock', '--passphrase-fd', '3'], { passphrase }), { code: 0 })
  },
)

t.test('SIGTERM answers what is in flight before it ends, and what waits for a human too', async (t) => {
  const reader = peerOf().hello().say(want(2, 'dev/small'))
  t.match((await reader.hears(2))[1], { name: 'ready' })
  const asker = peerOf()
    .hello()
    .say(want(2, 'other/secret'), encode('remove', 3, { ref: 'dev/small' }))
  await asker.hears(3)
  t.ok(
    asker.heard.some(({ name }) => name === 'waiting'),
    'one asks for a proof',
  )
  process.kill(pid, 'SIGTERM')
  await asker.hears(4)
  t.match(
    asker.heard.filter(({ id, name }) => id === 3 && name === 'failure').map(({ body }) => body),
    [{ number: failures['approval-expired'].number }],
  )
  const [, , answer] = await reader.say(encode('ack', 2, {})).hears(3)
  t.match(answer?.name, /^(failure|terms)$/, 'who acknowledges late is still answered')
  await reader.ended
  while (existsSync(`/proc/${pid}`)) await delay(5)
  t.equal(existsSync(join(instance.home, 'state/run/socket')), false)
  t.match(instance.audit().at(-1), { event: 'stopped' })
})
