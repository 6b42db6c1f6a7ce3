// sget against a daemon that does what it should, and against daemons that do not.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encode, failures, type FailureName } from '@sget/wire/broker'
import t, { type Test } from 'tap'
import { Broker, valueFrame, type Script } from './broker.ts'
import { build, builds, folder, isRoot, plain, run } from './program.ts'
import { copiesIn } from './memory.ts'
import { ask, both, refused, socketOf, stage } from './scene.ts'

const valueBytesMax = 1024 * 1024
const asNobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups']

// Processes wait more than they work.
t.jobs = 4
t.setTimeout(120_000)

/** A socket that nobody listens on any more, as a killed daemon leaves it. */
async function leaveDeadSocket(path: string): Promise<void> {
  const broker = await Broker.listen(`${path}.alive`, () => Promise.resolve())
  linkSync(`${path}.alive`, path)
  await broker.close()
}

/* Reading. */

both('a value is written byte for byte', async (t, bin) => {
  const values = {
    short: Buffer.from('x'),
    newline: Buffer.from('two\nlines\n'),
    bytes: Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
    largest: Buffer.alloc(valueBytesMax, 'sget\0\n'),
    empty: Buffer.alloc(0),
  }
  for (const [name, value] of Object.entries(values)) {
    const { ask } = await stage(t, bin, async (peer) => {
      const read = await peer.greet('read')
      const wanted = [{ variable: '', ref: 'db/prod#pin' }]
      t.same(read.body, { reveal: false, grant: '', wanted })
      await peer.give(read, { '': value })
    })
    const outcome = await ask(['db/prod#pin'])
    t.equal(outcome.code, 0, outcome.stderr)
    t.ok(outcome.stdout.equals(value), name)
    t.equal(outcome.stderr, '')
  }
})

both('a handle, and the wish to reveal, reach the daemon', async (t, bin) => {
  const { ask } = await stage(t, bin, async (peer) => {
    const read = await peer.greet('read')
    t.match(read.body, { reveal: true, grant: 'sget_k7q2m4xa_secret' })
    await peer.give(read, { '': 'v' })
  })
  t.equal((await ask(['--grant', 'sget_k7q2m4xa_secret', '--reveal', 'db/prod'])).code, 0)
  t.equal((await ask(['db/prod', '--reveal', '--grant=sget_k7q2m4xa_secret'])).code, 0)
})

both('nothing is written unless all of it has come, wherever the stream ends', async (t, bin) => {
  const whole = Buffer.concat([
    encode('welcome', 0, { version: 1, program: 'sgetd' }),
    encode('ready', 1, { values: 1 }),
    valueFrame(1, 0, '', Buffer.from('hunter2')),
    encode('done', 1, {}),
  ])
  const step = bin === builds[0] ? 3 : 13
  for (let length = 0; length < whole.length; length += step) {
    const { ask } = await stage(t, bin, async (peer) => {
      await peer.expect('hello')
      peer.socket.end(whole.subarray(0, length))
      await peer.gone()
    })
    refused(t, await ask(['db/prod']), 'connection-lost')
  }
})

both('what is no reply to the request is refused', async (t, bin) => {
  const ready = encode('ready', 1, { values: 1 })
  const good = valueFrame(1, 0, '', Buffer.from('hunter2'))
  const late = Buffer.from(good)
  late.writeUInt8(2, 4)
  const streams: Record<string, Buffer[]> = {
    garbage: [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    'a length of 4': [Buffer.from('00000004810000000000', 'hex')],
    'a length of 4 GiB': [Buffer.from('ffffffff8100000000', 'hex')],
    'a plain frame of more than 68 KiB': [Buffer.from('00011001820000000100', 'hex')],
    'an unknown type': [Buffer.from('00000005ff00000001', 'hex')],
    'a trailing byte': [Buffer.from('000000068400000001ff', 'hex')],
    'a second welcome': [encode('welcome', 1, { version: 1, program: '' })],
    'done before ready': [encode('done', 1, {})],
    'no values at all': [encode('ready', 1, { values: 0 })],
    'more values than were asked for': [encode('ready', 1, { values: 2 })],
    'more values than there may be': [encode('ready', 1, { values: 33 })],
    'a value before ready': [good],
    'a value of another request': [ready, valueFrame(7, 0, '', Buffer.from('hunter2'))],
    'a value of another index': [ready, valueFrame(1, 1, '', Buffer.from('hunter2'))],
    'a second value': [ready, good, valueFrame(1, 1, '', Buffer.from('x'))],
    'ready once more': [ready, ready],
    'a secret that clients send': [ready, Buffer.from('0000000a180000000100000001ff', 'hex')],
    'a read': [ready, late],
    room: [ready, encode('room', 1, {})],
  }
  for (const [name, stream] of Object.entries(streams)) {
    const { ask } = await stage(t, bin, async (peer) => {
      await peer.greet('read')
      peer.socket.write(Buffer.concat(stream))
      await peer.gone()
    })
    const outcome = await ask(['db/prod'])
    t.equal(outcome.code, failures['bad-message'].exit, name)
    t.equal(outcome.stdout.length, 0, name)
    t.notMatch(outcome.stderr, 'hunter2', name)
  }
})

both('replies under ids that nobody knows are ignored', async (t, bin) => {
  const { ask } = await stage(t, bin, async (peer) => {
    const read = await peer.greet('read')
    peer.send('done', 99, {})
    peer.fail(98, 'internal')
    peer.send('ready', 0, { values: 1 })
    await peer.give(read, { '': 'v' })
  })
  t.equal((await ask(['db/prod'])).stdout.toString(), 'v')
})

both(
  'a failure of the daemon is told in our words, with its argument and its exit status',
  async (t, bin) => {
    const cases: [FailureName, string][] = [
      ['locked', ''],
      ['denied', ''],
      ['which-field', 'username pin'],
      ['grant-spent', ''],
      ['sink-file', '/tmp/out'],
      ['audit-failed', ''],
      ['output-failed', ''],
    ]
    for (const [failure, argument] of cases) {
      const { ask } = await stage(t, bin, async (peer) => {
        const read = await peer.greet('read')
        peer.fail(read.id, failure, argument)
        await peer.gone()
      })
      const outcome = await ask(['db/prod'])
      refused(t, outcome, failure, argument)
      t.match(outcome.stderr, 'sget: cannot read db/prod: ', 'what was tried')
    }
  },
)

both(
  'a failure of a later version reads as internal, and so does one that only sget itself has',
  async (t, bin) => {
    for (const number of [0, 999, 1001, 65535]) {
      const { ask } = await stage(t, bin, async (peer) => {
        const read = await peer.greet('read')
        peer.send('failure', read.id, { number, argument: 'x' })
        await peer.gone()
      })
      refused(t, await ask(['db/prod']), 'internal')
    }
  },
)

both('a failure under id 0 ends whatever is under way', async (t, bin) => {
  const { ask } = await stage(t, bin, async (peer) => {
    await peer.greet('read')
    peer.fail(0, 'shutting-down')
    await peer.gone()
  })
  refused(t, await ask(['db/prod']), 'shutting-down')
})

both('a failure cannot steer the terminal', async (t, bin) => {
  const { ask } = await stage(t, bin, async (peer) => {
    const read = await peer.greet('read')
    peer.fail(read.id, 'which-field', '\u001b[2Ja\u202eb\u0085\u{e0041}c\r\n')
    await peer.gone()
  })
  const { stderr } = await ask(['db/prod'])
  t.match(stderr, 'name one: ?[2Ja?b??c??\n')
})

both('another version is told apart, whoever notices', async (t, bin) => {
  const older = await stage(t, bin, async (peer) => {
    const hello = await peer.expect('hello')
    t.match(hello, { id: 0, body: { version: 1, role: 0, program: /^sget \d+\.\d+\.\d+$/ } })
    peer.fail(hello.id, 'version-mismatch', 'sgetd 9.0.0 (protocol 9)')
    peer.socket.end()
    await peer.gone()
  })
  refused(t, await older.ask(['db/prod']), 'version-mismatch', 'sgetd 9.0.0 (protocol 9)')
  const newer = await stage(t, bin, async (peer) => {
    await peer.expect('hello')
    peer.send('welcome', 0, { version: 2, program: 'sgetd 2.0.0' })
    await peer.gone()
  })
  refused(t, await newer.ask(['db/prod']), 'version-mismatch', 'sgetd 2.0.0')
})

both('a closed standard output is told, and kills nobody', async (t, bin) => {
  const { home, sget } = await stage(t, bin, async (peer) => {
    const read = await peer.greet('read')
    await peer.give(read, { '': Buffer.alloc(valueBytesMax) })
  })
  const line = `set -o pipefail; '${sget}' --home '${home}' db/prod | true; echo "\${PIPESTATUS[0]}"`
  const outcome = await run('/bin/bash', ['--norc', '-c', line])
  t.equal(outcome.stdout.toString(), `${failures['output-failed'].exit}\n`)
  t.match(outcome.stderr, failures['output-failed'].text)
})

both('the process cannot be looked at from ack on, and can before', async (t, bin) => {
  const ownerOf = (pid: number) => statSync(`/proc/${pid}/environ`).uid
  let pid = 0
  const { ask } = await stage(t, bin, async (peer) => {
    const read = await peer.greet('read')
    if (!isRoot) t.equal(ownerOf(pid), process.getuid?.())
    peer.send('ready', read.id, { values: 1 })
    await peer.expect('ack')
    t.equal(ownerOf(pid), 0, 'its /proc belongs to root')
    peer.value(read.id, 0, '', 'v')
    peer.send('done', read.id, {})
  })
  t.equal((await ask(['db/prod'], { started: (started) => (pid = started) })).code, 0)
})

void t.test(
  'secrets stand once, in memory that is locked, and not longer than needed',
  { skip: !isRoot && 'needs root' },
  async (t) => {
    let pid = 0
    const start = { descriptors: ['open sesame'], started: (started: number) => (pid = started) }
    const { ask } = await stage(t, join(build, 'bin'), async (peer) => {
      const prove = await peer.greet('prove')
      peer.send('ready', prove.id, { values: 1 })
      await peer.expect('ack')
      t.same(copiesIn(pid, 'open sesame'), { copies: 1, guarded: true }, 'the passphrase')
      peer.send('room', prove.id, {})
      await peer.expect('supply')
      // What it does next, it does after it has wiped.
      peer.send('done', prove.id, {})
      const read = await peer.expect('run')
      t.same(copiesIn(pid, 'open sesame').copies, 0, 'the passphrase is gone')
      peer.send('ready', read.id, { values: 2 })
      await peer.expect('ack')
      peer.send('terms', read.id, { human: false, cleaned: false })
      peer.value(read.id, 0, 'A', 'hunter2-one')
      peer.value(read.id, 1, 'B', 'x'.repeat(100 * 1024))
      peer.send('waiting', 99, { request: '', level: 0, summary: '', seconds: 0 })
      while (copiesIn(pid, 'x'.repeat(100 * 1024)).copies < 2) await new Promise(setImmediate)
      t.same(copiesIn(pid, 'hunter2-one'), { copies: 1, guarded: true }, 'the value, in its variable alone')
      peer.send('done', read.id, {})
    })
    const outcome = await ask(
      ['run', '--no-mask', '--passphrase-fd', '3', '--grant', 'h', '--', 'true'],
      start,
    )
    t.equal(outcome.code, 0, outcome.stderr)
  },
)

void t.test('whatever the daemon sends, it ends as it should', async (t) => {
  const whole = Buffer.concat([
    encode('welcome', 0, { version: 1, program: 'sgetd' }),
    encode('waiting', 1, { request: 'r', level: 1, summary: 's', seconds: 1 }),
    encode('ready', 1, { values: 1 }),
    valueFrame(1, 0, '', Buffer.from('hunter2')),
    encode('done', 1, {}),
  ])
  let seed = 88172645
  const below = (limit: number) => (seed = (seed * 48271) % 2147483647) % limit
  const mutated = () => {
    const stream = Buffer.from(whole)
    for (let edits = 1 + below(3); edits > 0; edits--) stream[below(stream.length)] = below(256)
    return stream
  }
  const statuses = new Set<number>([0, ...Object.values(failures).map(({ exit }) => exit)])
  await Promise.all(
    Array.from({ length: 40 }, async () => {
      const stream = mutated()
      const { home, sget } = await stage(t, join(build, 'sanitized/bin'), async (peer) => {
        await peer.expect('hello')
        peer.socket.end(stream)
        await peer.gone()
      })
      const { code, stderr } = await run('setsid', ['--wait', sget, '--home', home, 'db/prod'])
      t.ok(code !== null && statuses.has(code), `${stream.toString('hex')}: ${code}`)
      t.notMatch(stderr, /hunter2|Sanitizer|runtime error/)
    }),
  )
})

/* Who is not there, and who should not be. */

both('no socket, a dead one, a forbidden one and a sandbox are four messages', async (t, bin) => {
  const home = folder(t)
  refused(t, await ask(bin, home)(['db/prod']), 'no-daemon')
  writeFileSync(join(home, 'state'), '')
  refused(t, await ask(bin, home)(['db/prod']), 'no-daemon')

  rmSync(join(home, 'state'))
  await leaveDeadSocket(socketOf(home))
  refused(t, await ask(bin, home)(['db/prod']), 'daemon-gone')

  chmodSync(home, 0)
  const args = ['--home', home, 'db/prod']
  const forbidden = isRoot
    ? await run('setpriv', [...asNobody, join(bin, 'sget'), ...args])
    : await run(join(bin, 'sget'), args)
  chmodSync(home, 0o700)
  refused(t, forbidden, 'socket-forbidden')

  const listening = await stage(t, bin, () => Promise.resolve())
  const sandboxed = [join(bin, 'sget'), '--home', listening.home, 'db/prod']
  for (const call of ['socket', 'setsockopt', 'connect', 'getsockopt'])
    refused(t, await run(join(build, 'test/sandbox'), [call, ...sandboxed]), 'sandboxed')
})

both('a path that no socket can have is refused before anything is tried', async (t, bin) => {
  const home = join(folder(t), 'd'.repeat(100))
  mkdirSync(home)
  refused(t, await ask(bin, home)(['db/prod']), 'socket-path-too-long', socketOf(home))
})

both('a socket of another user gets not one byte', foreignDaemon, !isRoot && 'needs root')

async function foreignDaemon(t: Test, bin: string): Promise<void> {
  const home = folder(t)
  mkdirSync(join(home, 'state/run'), { recursive: true })
  for (const part of ['', 'state', 'state/run']) chmodSync(join(home, part), 0o777)
  const listen = `require('node:net').createServer((s) => s.on('data', (d) => console.log(d.length)).on('close', () =>
    process.exit())).listen(process.argv[1], () => console.log('listening'))`
  const args = [...asNobody, process.execPath, '-e', listen, socketOf(home)]
  const foreign = spawn('setpriv', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(foreign, 'close')
  const [said] = (await once(foreign.stdout, 'data')) as [Buffer]
  t.equal(said.toString(), 'listening\n')
  const heard: Buffer[] = []
  foreign.stdout.on('data', (piece: Buffer) => heard.push(piece))
  refused(t, await ask(bin, home)(['db/prod']), 'foreign-daemon', socketOf(home))
  await closed
  t.same(heard, [], 'it was told nothing')
}

void t.test(
  'memory that cannot be locked holds no secret',
  { skip: isRoot && 'root may lock any' },
  async (t) => {
    const { home, sget } = await stage(t, join(build, 'bin'), async (peer) => {
      const read = await peer.greet('read')
      peer.send('ready', read.id, { values: 1 })
      await peer.expect('ack')
      peer.value(read.id, 0, '', 'hunter2')
      await peer.gone()
    })
    const outcome = await run('/bin/bash', [
      '--norc',
      '-c',
      `ulimit -l 0; exec '${sget}' --home '${home}' db/prod`,
    ])
    t.match(outcome, { code: 82, stderr: /gives no memory that stays out of swap/ })
    t.equal(outcome.stdout.length, 0)
  },
)

/* What is typed. */

both('a line that is not understood costs nothing', async (t, bin) => {
  const { ask } = await stage(t, bin, () => Promise.reject(new Error('nobody should connect')))
  const lines: [string, FailureName][] = [
    ['', 'usage'],
    ['--nonsense db/prod', 'usage'],
    ['--grant', 'usage'],
    ['--reveal=yes db/prod', 'usage'],
    ['db/prod db/test', 'usage'],
    ['--trim db/prod', 'usage'],
    ['--passphrase-fd db/prod', 'usage'],
    ['--passphrase-fd 9 db/prod', 'usage'],
    ['--passphrase-fd -1 db/prod', 'usage'],
    ['db/prod -- true', 'usage'],
    ['run -- true', 'usage'],
    ['run -e A=a/b', 'usage'],
    ['run -e A=a/b --', 'usage'],
    ['run -e A=a/b true', 'usage'],
    ['run -e A -- true', 'usage'],
    ['run -e A=a/b -e A=a/c -- true', 'usage'],
    ['run -e A=a/b --file A=a/c -- true', 'usage'],
    ['run --pipe A=a/b --file A=a/b -- true', 'usage'],
    ['run --file A -- true', 'usage'],
    ['run --file A=b -- true', 'bad-ref'],
    ['run --file LD_PRELOAD=a/b -- true', 'bad-variable'],
    ['run --pipe BASH_ENV=a/b -- true', 'bad-variable'],
    ['run -e KUBECONFIG=a/b -- true', 'bad-variable'],
    ['--no-mask a/b', 'usage'],
    ['put --file A=a/b a/b', 'usage'],
    ['run --trim -e A=a/b -- true', 'usage'],
    ['run -e A=b -- true', 'bad-ref'],
    ['run -e PATH=a/b -- true', 'bad-variable'],
    ['run -e 1A=a/b -- true', 'bad-variable'],
    [`run ${Array.from({ length: 33 }, (_, i) => `-e A${i}=a/b`).join(' ')} -- true`, 'too-many-refs'],
    ['put', 'usage'],
    ['put a', 'bad-ref'],
    ['put a/b c/d', 'usage'],
    ['import', 'usage'],
    ['unlock now', 'usage'],
    ['prove', 'usage'],
    ['passwd old', 'usage'],
    ['a//b', 'bad-ref'],
    ['/a', 'bad-ref'],
    ['a/b#', 'bad-ref'],
    ['a/../b', 'bad-ref'],
    [`a/${'x'.repeat(511)}`, 'bad-ref'],
  ]
  for (const [line, failure] of lines) {
    const outcome = await ask(line === '' ? [] : line.split(' '))
    t.equal(outcome.code, line.startsWith('run') ? 125 : failures[failure].exit, line)
    t.match(outcome.stderr, failures[failure].hint, line)
    t.equal(outcome.stdout.length, 0)
  }
})

both('help and version need no daemon', async (t, bin) => {
  const { ask } = await stage(t, bin, () => Promise.reject(new Error('nobody should connect')))
  const root = JSON.parse(readFileSync(join(build, '../package.json'), 'utf8')) as { version: string }
  t.equal((await ask(['--version'])).stdout.toString(), `sget ${root.version} (protocol 1)\n`)
  for (const args of [['--help'], ['-h'], ['run', '--help']]) {
    const outcome = await ask(args)
    t.equal(outcome.code, 0)
    t.match(outcome.stdout.toString(), 'sget run [--grant HANDLE]')
  }
})

/* Running commands. */

both('run becomes the command, with the environment of the caller and the values', async (t, bin) => {
  const { ask, home } = await stage(t, bin, async (peer) => {
    const read = await peer.greet('run')
    const wanted = [
      { variable: 'DB_PASS', ref: 'db/prod' },
      { variable: 'db_user', ref: 'db/prod#username' },
    ]
    t.match(read.body, {
      masked: false,
      grant: 'sget_k7q2m4xa_s',
      program: /^\/usr\/bin\/(env|printf|pwd)$/,
      wanted,
    })
    await peer.give(read, { DB_PASS: secret, db_user: 'app' })
  })
  const secret = 'p w=\n$(x)"\''
  const given = [
    '--no-mask',
    '--grant',
    'sget_k7q2m4xa_s',
    '-e',
    'DB_PASS=db/prod',
    '-e',
    'db_user=db/prod#username',
  ]
  const env = { ...plain, KEEP: 'kept', DB_PASS: 'old', LD_LIBRARY_PATH: '/nonexistent', odd: '=' }
  const become = async (...command: string[]) => {
    const outcome = await ask(['run', ...given, '--', ...command], { env, cwd: home })
    t.equal(outcome.code, 0, outcome.stderr)
    return outcome.stdout.toString()
  }
  const strings = (await become('env', '-0'))
    .split('\0')
    .filter((string) => !/^(_TAPJS|NODE_OPTIONS|$)/.test(string))
  const expected = { ...env, DB_PASS: secret, db_user: 'app' }
  t.same(
    strings.sort(),
    Object.entries(expected)
      .map(([name, value]) => `${name}=${value}`)
      .sort(),
  )
  t.equal(
    await become('/usr/bin/printf', '[%s]', 'a b', '', '--grant', '--', '-e'),
    '[a b][][--grant][--][-e]',
  )
  t.equal(await become('pwd'), `${home}\n`)
})

both('run with a handle alone takes the names that the daemon gives', async (t, bin) => {
  const { ask } = await stage(t, bin, async (peer) => {
    const read = await peer.greet('run')
    t.same(read.body.wanted, [])
    await peer.give(read, { ONE: '1', TWO: '2' })
  })
  const outcome = await ask(['run', '--grant', 'sget_k7q2m4xa_s', '--', 'sh', '-c', 'echo "$ONE$TWO"'])
  t.equal(outcome.stdout.toString(), '12\n')
})

both('run refuses names and values that no environment should have', async (t, bin) => {
  const cases: [string, Record<string, string | Buffer>, string][] = [
    ['a name that programs obey', { LD_PRELOAD: 'x' }, 'bytes that are no message'],
    ['no name', { '': 'x' }, 'bytes that are no message'],
    ['a name with =', { 'A=B': 'x' }, 'bytes that are no message'],
    ['NUL', { A: 'a\0b' }, 'holds a NUL byte'],
    ['more than the system allows', { A: Buffer.alloc(128 * 1024 - 2, 'x') }, 'larger than the 128 KiB'],
  ]
  for (const [name, values, why] of cases) {
    const { ask } = await stage(t, bin, async (peer) => {
      await peer.give(await peer.greet('run'), values).catch(() => undefined)
    })
    const outcome = await ask(['run', '--grant', 'h', '--', 'true'])
    t.equal(outcome.code, 125, name)
    t.match(outcome.stderr, why, name)
  }
  const { ask } = await stage(t, bin, async (peer) => {
    await peer.give(await peer.greet('run'), { A: '1', B: '2' }).catch(() => undefined)
  })
  t.match(await ask(['run', '-e', 'A=a/b', '-e', 'C=a/c', '--', 'true']), { code: 125 }, 'another name')
})

both('the largest value that the system allows reaches the command', async (t, bin) => {
  const { ask } = await stage(t, bin, async (peer) => {
    await peer.give(await peer.greet('run'), { A: Buffer.alloc(128 * 1024 - 3, 'x') })
  })
  const outcome = await ask(['run', '-e', 'A=a/b', '--', 'sh', '-c', 'echo ${#A}'])
  t.equal(outcome.stdout.toString(), `${128 * 1024 - 3}\n`)
})

both('an environment that the system does not allow is told', async (t, bin) => {
  const values = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`A${i}`, 'x'.repeat(120 * 1024)]))
  const { ask } = await stage(t, bin, async (peer) => peer.give(await peer.greet('run'), values))
  const outcome = await ask(['run', '--no-mask', '--grant', 'h', '--', 'true'])
  t.match(outcome, { code: 126, stderr: 'allows no environment as large' })
})

both('a command that is not there, or is none, costs no handle', async (t, bin) => {
  const { ask, home } = await stage(t, bin, () => Promise.reject(new Error('nobody should connect')))
  const file = join(home, 'file')
  writeFileSync(file, '#!/bin/sh\n', { mode: 0o644 })
  const empty = { env: { PATH: `/nonexistent:${home}` } }
  for (const command of ['nonexistent', '', './nonexistent', join(file, 'below')]) {
    const outcome = await ask(['run', '-e', 'A=a/b', '--', command], empty)
    t.match(outcome, { code: 127, stderr: /is not found/ }, command)
  }
  for (const command of ['file', file, home, './file']) {
    const outcome = await ask(['run', '-e', 'A=a/b', '--', command], { ...empty, cwd: home })
    t.match(outcome, { code: 126, stderr: /cannot be executed/ }, command)
  }
})

both('commands are found and started as execvp does', async (t, bin) => {
  const { ask, home } = await stage(t, bin, async (peer) => {
    await peer.give(await peer.greet('run'), { A: 'v' })
  })
  const write = (name: string, text: string) => writeFileSync(join(home, name), text, { mode: 0o755 })
  write('no-interpreter', 'echo "$A $1"\n')
  write('lost-interpreter', '#!/nonexistent\n')
  const here = (command: string, PATH?: string) =>
    ask(['run', '-e', 'A=a/b', '--', command, 'x'], { cwd: home, env: PATH === undefined ? {} : { PATH } })
  t.equal((await here('no-interpreter', '')).stdout.toString(), 'v x\n', 'an empty PATH is this folder')
  t.equal((await here('no-interpreter', '/nonexistent:')).stdout.toString(), 'v x\n', 'so is an empty part')
  t.equal((await here('./no-interpreter')).stdout.toString(), 'v x\n')
  t.equal((await here('no-interpreter')).code, 127, 'without PATH the folder is not searched')
  t.equal((await here('true')).code, 0, 'but the folders of the system are')
  t.match(await here('./lost-interpreter'), { code: 127 })
})

both('the status of the command is that of run', async (t, bin) => {
  const { ask } = await stage(t, bin, async (peer) => {
    await peer.give(await peer.greet('run'), { A: 'v' })
  })
  t.match(await ask(['run', '-e', 'A=a/b', '--', 'sh', '-c', 'exit 67']), { code: 67, signal: null })
  t.match(await ask(['run', '-e', 'A=a/b', '--', 'sh', '-c', 'kill -9 $$']), {
    code: null,
    signal: 'SIGKILL',
  })
})

both('a failure of run is 125, whatever it is', async (t, bin) => {
  for (const failure of ['locked', 'run-only', 'grant-spent', 'needs-proof'] as const) {
    const { ask } = await stage(t, bin, async (peer) => {
      const read = await peer.greet('run')
      peer.fail(read.id, failure)
      await peer.gone()
    })
    const outcome = await ask(['run', '-e', 'A=a/b', '--', 'echo'])
    t.match(outcome, { code: 125, stderr: `sget: cannot run echo: ${failures[failure].text}` })
    t.equal(outcome.stdout.length, 0)
  }
})

both('the command inherits what sget inherited, and nothing of its own', async (t, bin) => {
  const { ask } = await stage(t, bin, async (peer) => {
    const prove = await peer.greet('prove')
    t.equal((await peer.take(prove.id)).toString(), 'open sesame')
    peer.send('done', prove.id, {})
    await peer.give(await peer.expect('run'), { A: 'v' })
  })
  const look = 'cat; ls -x /proc/$$/fd; cat <&4; exec grep -E "^Sig(Ign|Blk)" /proc/$$/status'
  const start = { input: 'stdin ', descriptors: ['open sesame\nrest', 'inherited '] }
  const args = ['--passphrase-fd', '3', 'run', '-e', 'A=a/b', '--', '/bin/sh', '-c', look]
  const [seen, without] = await Promise.all([ask(args, start), run('/bin/sh', ['-c', look], start)])
  t.match(without.stdout.toString(), /^stdin .*\b3\b.*\b4\b/)
  t.equal(seen.stdout.toString(), without.stdout.toString().replace(/\b3 +/, ''), 'all but the passphrase')
})

both('the command can be looked at again, as any other', async (t, bin) => {
  const { ask } = await stage(t, bin, async (peer) => {
    await peer.give(await peer.greet('run'), { A: 'v' })
  })
  const outcome = await ask(['run', '-e', 'A=a/b', '--', 'sh', '-c', 'stat -c %u /proc/$$/environ'])
  t.equal(outcome.stdout.toString(), `${process.getuid?.() ?? 0}\n`)
})

/* Bringing secrets in. */

both('put stores standard input, byte for byte', async (t, bin) => {
  const cases: [string[], Buffer, Buffer, RegExp][] = [
    [[], Buffer.from('hunter2'), Buffer.from('hunter2'), /^$/],
    [
      [],
      Buffer.from('a\0b\xff\n\n'),
      Buffer.from('a\0b\xff\n\n'),
      /^sget: the value of db\/prod#pin ends in a newline/,
    ],
    [['--trim'], Buffer.from('two\n\n'), Buffer.from('two\n'), /^$/],
    [['--trim'], Buffer.from('none'), Buffer.from('none'), /^$/],
    [[], Buffer.alloc(valueBytesMax, 'x'), Buffer.alloc(valueBytesMax, 'x'), /^$/],
  ]
  for (const [options, input, stored, said] of cases) {
    const { ask } = await stage(t, bin, async (peer) => {
      const put = await peer.greet('put')
      t.same(put.body, { ref: 'db/prod#pin', replace: false })
      t.ok((await peer.take(put.id)).equals(stored))
      peer.send('done', put.id, {})
    })
    const outcome = await ask(['put', 'db/prod#pin', ...options], { input })
    t.equal(outcome.code, 0)
    t.equal(outcome.stdout.length, 0)
    t.match(outcome.stderr, said)
  }
})

both('put reads nothing before the daemon is ready, and sends nothing that is no value', async (t, bin) => {
  const refusals: [FailureName, string[], string | Buffer][] = [
    ['value-empty', [], ''],
    ['value-empty', ['--trim'], '\n'],
    ['value-too-large', [], Buffer.alloc(valueBytesMax + 1)],
    ['value-too-large', ['--trim'], Buffer.alloc(valueBytesMax + 1, '\n')],
  ]
  for (const [failure, options, input] of refusals) {
    const { ask } = await stage(t, bin, async (peer) => {
      const put = await peer.greet('put')
      peer.send('ready', put.id, { values: 1 })
      await t.rejects(peer.expect('ack'), 'it hangs up')
    })
    refused(t, await ask(['put', 'db/prod', ...options], { input }), failure)
  }
  const { ask } = await stage(t, bin, async (peer) => {
    const put = await peer.greet('put')
    t.equal(put.body.replace, true)
    peer.fail(put.id, 'locked')
    await peer.gone()
  })
  refused(t, await ask(['put', '--replace', 'db/prod'], { input: 'x' }), 'locked')
})

both('a value that is there already is replaced only when asked for', async (t, bin) => {
  const { ask } = await stage(t, bin, async (peer) => {
    const put = await peer.greet('put')
    peer.fail(put.id, 'exists')
    await peer.gone()
  })
  refused(t, await ask(['put', 'db/prod'], { input: 'x' }), 'exists')
})

both('a passphrase comes from a descriptor, up to the first newline', async (t, bin) => {
  const secrets: [string, string][] = [
    ['open sesame\nrest', 'open sesame'],
    ['no newline', 'no newline'],
    [' \u00fcml\u00e4ut \r\n', ' \u00fcml\u00e4ut \r'],
    [`${'x'.repeat(1024)}\n`, 'x'.repeat(1024)],
  ]
  for (const [given, taken] of secrets) {
    const { ask } = await stage(t, bin, async (peer) => {
      const unlock = await peer.greet('unlock')
      t.same(unlock.body, { create: false })
      t.equal((await peer.take(unlock.id)).toString(), taken)
      peer.send('done', unlock.id, {})
    })
    t.match(await ask(['unlock', '--passphrase-fd', '3'], { descriptors: [given] }), { code: 0, stderr: '' })
  }
  const refusals: [string, number, RegExp][] = [
    ['', 76, /the passphrase is empty/],
    ['\nsecond line', 76, /the passphrase is empty/],
    ['x'.repeat(1025), 76, /longer than 1024 bytes/],
  ]
  for (const [given, code, why] of refusals) {
    const { ask } = await stage(t, bin, async (peer) => {
      const unlock = await peer.greet('unlock')
      peer.send('ready', unlock.id, { values: 1 })
      await t.rejects(peer.expect('ack'))
    })
    t.match(await ask(['unlock', '--passphrase-fd=3'], { descriptors: [given] }), { code, stderr: why })
  }
})

both('a wrong passphrase from a descriptor is not tried again', async (t, bin) => {
  const { ask } = await stage(t, bin, async (peer) => {
    const unlock = await peer.greet('unlock')
    await peer.take(unlock.id)
    peer.fail(unlock.id, 'passphrase-wrong')
    await t.rejects(peer.expect('unlock'))
  })
  refused(
    t,
    await ask(['unlock', '--passphrase-fd', '3'], { descriptors: ['a\nb\nc\n'] }),
    'passphrase-wrong',
  )
})

both('the passphrase may be the first line of standard input, and the value the rest', async (t, bin) => {
  const { ask } = await stage(t, bin, async (peer) => {
    const prove = await peer.greet('prove')
    t.same(prove.body, { request: '' })
    t.equal((await peer.take(prove.id)).toString(), 'open sesame')
    peer.send('done', prove.id, {})
    const put = await peer.expect('put')
    t.not(put.id, prove.id)
    t.equal((await peer.take(put.id)).toString(), 'hunter2\nmore')
    peer.send('done', put.id, {})
  })
  const outcome = await ask(['put', 'db/prod', '--passphrase-fd', '0'], {
    input: 'open sesame\nhunter2\nmore',
  })
  t.match(outcome, { code: 0, stderr: '' })
})

both('the process can be looked at again between a proof and what it is for', async (t, bin) => {
  let pid = 0
  const owner = () => statSync(`/proc/${pid}/environ`).uid
  const { ask } = await stage(t, bin, async (peer) => {
    const prove = await peer.greet('prove')
    peer.send('ready', prove.id, { values: 1 })
    await peer.expect('ack')
    t.equal(owner(), 0, 'closed while the passphrase is there')
    peer.send('room', prove.id, {})
    await peer.expect('supply')
    peer.send('done', prove.id, {})
    const read = await peer.expect('read')
    if (!isRoot) t.equal(owner(), process.getuid?.(), 'open for the daemon')
    await peer.give(read, { '': 'v' })
  })
  const start = { descriptors: ['open sesame'], started: (started: number) => (pid = started) }
  t.equal((await ask(['--passphrase-fd', '3', 'a/b'], start)).stdout.toString(), 'v')
})

both('prove and passwd take their passphrases from descriptors', async (t, bin) => {
  const proving = await stage(t, bin, async (peer) => {
    const prove = await peer.greet('prove')
    t.same(prove.body, { request: 'k7q2m4xa' })
    t.equal((await peer.take(prove.id)).toString(), 'open sesame')
    peer.send('done', prove.id, {})
  })
  const proven = await proving.ask(['prove', 'k7q2m4xa', '--passphrase-fd', '3'], {
    descriptors: ['open sesame'],
  })
  t.match(proven, { code: 0, stderr: '' })
  const changing = await stage(t, bin, async (peer) => {
    const prove = await peer.greet('prove')
    t.equal((await peer.take(prove.id)).toString(), 'old one')
    peer.send('done', prove.id, {})
    const passwd = await peer.expect('passwd')
    t.equal((await peer.take(passwd.id)).toString(), 'a new one')
    peer.send('done', passwd.id, {})
  })
  const args = ['passwd', '--passphrase-fd', '3', '--new-passphrase-fd', '4']
  t.match(await changing.ask(args, { descriptors: ['old one', 'a new one'] }), { code: 0, stderr: '' })
})

both('where there is no terminal nobody is asked', async (t, bin) => {
  const commands: [string[], 'unlock' | 'prove' | 'put'][] = [
    [['unlock'], 'unlock'],
    [['unlock', '--new'], 'unlock'],
    [['prove', 'k7q2m4xa'], 'prove'],
    [['passwd'], 'prove'],
  ]
  for (const [args, name] of commands) {
    const { home, sget } = await stage(t, bin, async (peer) => {
      const request = await peer.greet(name)
      peer.send('ready', request.id, { values: 1 })
      await t.rejects(peer.expect('ack'))
    })
    refused(t, await run('setsid', ['--wait', sget, '--home', home, ...args]), 'passphrase-unavailable')
  }
})

const question = { request: 'k7q2m4xa', summary: 'somebody wants db/prod', seconds: 300 }

both('where there is no terminal, a question that wants the passphrase ends the request', async (t, bin) => {
  const { home, sget } = await stage(t, bin, async (peer) => {
    const read = await peer.greet('read')
    peer.send('waiting', read.id, { ...question, level: 1 })
    await peer.gone()
  })
  const ended = await run('setsid', ['--wait', sget, '--home', home, 'db/prod'])
  refused(t, ended, 'passphrase-unavailable')
  t.notMatch(ended.stderr, 'k7q2m4xa', 'a request that has ended is not named')
})

both('where there is no terminal, a question that wants a click is waited for', async (t, bin) => {
  for (const answer of ['allowed', 'refused']) {
    const { home, sget } = await stage(t, bin, async (peer) => {
      const read = await peer.greet('read')
      peer.send('waiting', read.id, { ...question, level: 0 })
      if (answer === 'allowed') await peer.give(read, { '': 'v' })
      else peer.fail(read.id, 'approval-denied')
    })
    const ended = await run('setsid', ['--wait', sget, '--home', home, 'db/prod'])
    t.match(ended.stderr, 'sget: waits for a human: somebody wants db/prod\n')
    t.match(ended.stderr, 'sgetctl approve k7q2m4xa\n')
    if (answer === 'allowed') t.match(ended, { code: 0, stdout: Buffer.from('v') })
    else t.match(ended, { code: failures['approval-denied'].exit, stdout: Buffer.alloc(0) })
  }
})

/* Importing. */

const dotenv = `# a comment with hunter1
export DB_PASS='p w$x #1'
PLAIN=abc-123_/+=.:@%  # the rest of the line
QUOTED="line\\nnext \\"q\\" \\$x"

EMPTY=
PEM="-----BEGIN-----
x=y
-----END-----"\r
`

/** Takes whatever is put, until the client hangs up. */
function takeAll(stored: Map<string, string>, replaces: Set<boolean>): Script {
  return async (peer) => {
    for (let put = await peer.greet('put'); ; put = await peer.expect('put')) {
      replaces.add(put.body.replace)
      stored.set(put.body.ref, (await peer.take(put.id)).toString())
      peer.send('done', put.id, {})
    }
  }
}

both('import stores each value and prints the file of references', async (t, bin) => {
  const stored = new Map<string, string>()
  const replaces = new Set<boolean>()
  const { ask, home } = await stage(t, bin, (peer) => takeAll(stored, replaces)(peer).catch(() => undefined))
  mkdirSync(join(home, 'My App'))
  const file = join(home, 'My App/.env')
  writeFileSync(file, dotenv)
  const outcome = await ask(['import', file])
  t.equal(outcome.code, 0, outcome.stderr)
  t.same([...replaces], [false])
  t.same(Object.fromEntries(stored), {
    'my-app/db_pass#password': 'p w$x #1',
    'my-app/plain#password': 'abc-123_/+=.:@%',
    'my-app/quoted#password': 'line\nnext "q" $x',
    'my-app/pem#password': '-----BEGIN-----\nx=y\n-----END-----',
  })
  t.same(outcome.stdout.toString().split('\n'), [
    'DB_PASS=sget://my-app/db_pass#password',
    'PLAIN=sget://my-app/plain#password',
    'QUOTED=sget://my-app/quoted#password',
    'EMPTY=',
    'PEM=sget://my-app/pem#password',
    '',
  ])
  t.match(
    outcome.stderr,
    'sget: stored 4 values below my-app; 1 empty names stay as they are, comments were left out',
  )
  t.match(outcome.stderr, `sget: ${file} still holds the values`)
  t.equal(readFileSync(file, 'utf8'), dotenv, 'the file is as it was')

  stored.clear()
  replaces.clear()
  t.equal((await ask(['import', '--replace', '--prefix', 'team/app', file])).code, 0)
  t.ok(stored.has('team/app/plain#password'))
  t.same([...replaces], [true])
})

both('import refuses what tools read differently, by line and never by content', async (t, bin) => {
  const { ask, home } = await stage(t, bin, () => Promise.reject(new Error('nobody should connect')))
  const file = join(home, '.env')
  const lines = [
    'hunter2',
    'A hunter2',
    'A =hunter2',
    'A= hunter2',
    'A-B=hunter2',
    '1A=hunter2',
    '=hunter2',
    'A=hunter2 x',
    'A=hunt"er2',
    "A=hunt'er2",
    'A=hunt\\er2',
    'A=hunt`er2`',
    'A=$hunter2',
    'A=${hunter2}',
    'A=$(hunter2)',
    'A=hunt#er2',
    'A="hunter2"x',
    'A="hunter2"#x',
    'A="$hunter2"',
    'A="hunt\\er2"',
    'A="`hunter2`"',
    'A=hunt\0er2',
    'PATH=hunter2',
    'NODE_OPTIONS=hunter2',
    `${'A'.repeat(129)}=hunter2`,
    'B=hunter2',
    'b=hunter2',
    'export\tA=hunter2',
    'A=hunter2$$x',
  ]
  writeFileSync(file, `# first\nB=1\n${lines.join('\n')}\nC=3\n`)
  const outcome = await ask(['import', file])
  t.equal(outcome.code, 65)
  t.equal(outcome.stdout.length, 0)
  t.match(outcome.stderr, 'nothing was stored')
  t.notMatch(outcome.stderr, /hunt/)
  const refused = outcome.stderr.match(/(?<=sget: line )\d+(?=, column \d+, is refused: )/g)
  t.same(
    refused?.map(Number),
    lines.map((_, index) => index + 3),
  )

  writeFileSync(file, 'A\nB=1\n\nC="\n1\n" x\nD=$E\nF="hunter2\nG\n\'')
  const { stderr } = await ask(['import', file])
  t.same(stderr.match(/line \d+/g), ['line 1', 'line 6', 'line 7', 'line 8', 'line 9', 'line 10'])
  t.notMatch(stderr, /hunt/)
})

both('import refuses files that are none', async (t, bin) => {
  const { ask, home } = await stage(t, bin, () => Promise.reject(new Error('nobody should connect')))
  const file = join(home, '.env')
  t.match(await ask(['import', file]), { code: 82, stderr: `${file} cannot be read` })
  t.match(await ask(['import', home]), { code: 82, stderr: `${home} cannot be read` })
  t.match(await ask(['import', '/dev/zero']), { code: 82, stderr: '/dev/zero cannot be read' })
  writeFileSync(file, Buffer.alloc(valueBytesMax + 1, '\n'))
  t.match(await ask(['import', file]), { code: 82 })
  writeFileSync(file, '# nothing\n')
  t.match(await ask(['import', file]), { code: 65, stderr: 'holds no NAME=VALUE' })
  writeFileSync(file, Array.from({ length: 257 }, (_, i) => `A${i}=1`).join('\n'))
  t.match(await ask(['import', file]), { code: 65, stderr: 'line 257, column 1, is refused' })
  for (const reference of ['A=sget://x/a#password', "A='sget://x/a'"]) {
    writeFileSync(file, reference)
    t.match(await ask(['import', file]), { code: 65, stderr: 'its value is a reference already' })
  }
  writeFileSync(file, 'A=1')
  refused(t, await ask(['import', file, '--prefix', '']), 'bad-ref', '/a#password')
  refused(t, await ask(['import', file, '--prefix', 'a//b']), 'bad-ref', 'a//b/a#password')
})

both('import says how far it came', async (t, bin) => {
  const { ask, home } = await stage(t, bin, async (peer) => {
    const first = await peer.greet('put')
    await peer.take(first.id)
    peer.send('done', first.id, {})
    const second = await peer.expect('put')
    peer.fail(second.id, 'vault-full')
    await t.rejects(peer.expect('put'))
  })
  const file = join(home, '.env')
  writeFileSync(file, 'A=1\nB=2\nC=3\n')
  const outcome = await ask(['import', '--prefix', 'x', file])
  t.equal(outcome.code, failures['vault-full'].exit)
  t.equal(outcome.stdout.toString(), 'A=sget://x/a#password\n')
  t.match(outcome.stderr, 'stored 1 values below x')
  t.match(outcome.stderr, `sget: cannot store x/b#password: ${failures['vault-full'].text}`)
})

both('import notices that the file changes under it', async (t, bin) => {
  const scene = await stage(t, bin, async (peer) => {
    const put = await peer.greet('put')
    writeFileSync(join(scene.home, '.env'), 'A=22\n')
    peer.send('ready', put.id, { values: 1 })
    await t.rejects(peer.expect('ack'))
  })
  writeFileSync(join(scene.home, '.env'), 'A=1\n')
  const outcome = await scene.ask(['import', '--prefix', 'x', join(scene.home, '.env')])
  t.match(outcome, { code: 82, stderr: 'changed while it was read' })
})
