// The courier as a process: what it does for sgetd, what it can not do, and that nothing of it is there too long.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { courierProgram } from '../packages/daemon/src/courier-process.ts'
import { nodeFlags } from '../packages/daemon/src/surroundings.ts'
import { exposure, state } from '../packages/native/src/index.ts'
import { pack } from '../packages/courier/src/oidc/tokens.ts'
import { certificateFor } from '../packages/courier/test/certificates.ts'
import { OpenBao } from './fakes/openbao.ts'
import { bundleCourier, Errands, gone, type Answered, type ErrandsOptions } from './rig/errands.ts'
import { run } from './rig/process.ts'

const folder = await bundleCourier()
t.teardown(() => rmSync(folder, { recursive: true }))
const odd = { kind: 'odd' }
const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

async function start(t: Test, options: ErrandsOptions = {}): Promise<Errands> {
  const errands = await Errands.start(folder, options)
  t.teardown(() => errands.stop())
  return errands
}

t.test('each job does what Remote says, and its secrets land in locked memory', async (t) => {
  const errands = await start(t)
  const credential = join(folder, 'credential')
  const session = join(folder, 'session')
  writeFileSync(credential, 'hvs.one')
  const [access, refresh, id] = [Buffer.from('eyJ.access'), Buffer.from('refresh'), Buffer.from('eyJ.id')]
  writeFileSync(session, pack({ access, refresh, id, key: Buffer.alloc(0) }))
  t.match(await errands.do({ job: 'describe', subject: 'a/b', place: odd }), {
    result: { path: 'a/b', created: 1, changed: 2, fields: [{ name: 'a', bytes: 5 }, { name: 'b' }] },
  })
  t.strictSame((await errands.do({ job: 'renew', subject: 'l/1', place: odd })).result, {
    lease: 'l/1',
    seconds: 9,
    renewable: false,
  })
  t.match(await errands.do({ job: 'release', subject: 'l/1', place: odd }), { result: null })
  const login = await errands.do({ job: 'login', place: odd, session, secret: credential })
  const token = (text: string): Answered['values'] => [
    { name: 'token', bytes: text.length, digest: digest(text) },
  ]
  t.strictSame(login.result, { seconds: 3600, renewable: true, values: token('eyJ.idhvs.one') })
  const place = { ...odd, settings: { bearer: 'access' } }
  const other = await errands.do({ job: 'login', place, session })
  t.match(other.result, { values: token('eyJ.access') }, 'the token that the mount wants')
  t.match((await errands.do({ job: 'login', place })).result, { values: token('') }, 'nobody is signed in')
  const prolonged = await errands.do({ job: 'prolong', place: odd, credential })
  t.strictSame(prolonged.result, { seconds: 3600, renewable: true, values: token('hvs.one') })
  for (const job of ['rotate', 'logout'] as const)
    t.match(
      await errands.do({ job, subject: 'x', place: odd }),
      { failure: 'vault-unable' },
      'not of that kind',
    )
  t.match(await errands.do({ job: 'health', place: odd }), { failure: 'vault-sealed' })
  t.match(await errands.do({ job: 'health', place: { kind: 'none' } }), { failure: 'vault-unable' })
  const long = { kind: 'odd', settings: { url: 'x'.repeat(4097) } }
  t.match(await errands.do({ job: 'health', place: long }), { failure: 'document-invalid' })
})

t.test('lists are as long as they may be, and values as large', async (t) => {
  const errands = await start(t)
  const list = async (count: number): Promise<unknown> =>
    (await errands.do({ job: 'list', subject: `${count}/`, place: odd })).result
  for (const count of [0, 1, 256, 257, 10_000])
    t.strictSame(
      await list(count),
      Array.from({ length: count }, (_, at) => `name-${at}`),
    )
  t.match(await errands.do({ job: 'list', subject: '10001/', place: odd }), { failure: 'value-too-large' })
  const fetch = (subject: string): ReturnType<Errands['do']> =>
    errands.do({ job: 'fetch', subject, place: odd })
  const large = { bytes: 1024 * 1024, digest: digest('x'.repeat(1024 * 1024)) }
  t.match(await fetch('odd/large'), { result: { values: [large, large] } })
  t.match(await fetch('odd/empty'), { result: { values: [{ bytes: 0, digest: digest('') }] } })
  t.equal(
    (await fetch('odd/many')).result && ((await fetch('odd/many')).result as Answered).values.length,
    64,
  )
  t.match(await fetch('odd/too-large'), { failure: 'value-too-large' })
  t.match(await fetch('odd/name'), { failure: 'vault-unreadable' }, 'a name that no message can hold')
  t.match(await fetch('odd/empty'), { result: {} }, 'none of which ended it')
  t.equal(errands.told('courier started').length, 1)
})

t.test('a vault is read over TLS, by what is lent alone', async (t) => {
  const certificate = certificateFor()
  const bao = await OpenBao.start(certificate)
  t.teardown(() => bao.stop())
  const credential = join(folder, 'token')
  writeFileSync(credential, bao.tokens.make('test').id)
  bao.kv.set('db/prod', { password: 'päss', user: 'app' })
  // What an agent's settings or a repository were seen to put into an environment.
  const env = {
    NODE_OPTIONS: '--max-http-header-size=9999',
    NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    HTTPS_PROXY: 'http://127.0.0.1:9',
    https_proxy: 'http://127.0.0.1:9',
    SSL_CERT_FILE: join(folder, 'ca.pem'),
    SSLKEYLOGFILE: join(folder, 'keys'),
  }
  writeFileSync(env.NODE_EXTRA_CA_CERTS, certificate.cert)
  const errands = await start(t, { env })
  const place = { kind: 'bao', settings: { url: `${bao.origin}/v1/secret/data/` }, ca: certificate.cert }
  const fetch = (changed: object): ReturnType<Errands['do']> =>
    errands.do({ job: 'fetch', subject: 'db/prod', place, credential, ...changed })
  t.match((await fetch({})).result, {
    version: 7,
    lease: { lease: 'lease/1', seconds: 60, renewable: true },
    values: [
      { name: 'password', digest: digest('päss') },
      { name: 'user', digest: digest('app') },
    ],
  })
  t.match(
    await fetch({ place: { ...place, ca: '' } }),
    { failure: 'vault-untrusted' },
    'not by its environment',
  )
  t.match(await fetch({ credential: undefined }), { failure: 'vault-forbidden' })
  t.match(await fetch({ subject: 'db/none' }), { failure: 'denied' })
  const plain = { ...place, settings: { url: place.settings.url.replace('https', 'http') } }
  t.match(await fetch({ place: plain }), { failure: 'vault-address' })
  const closed = { ...place, settings: { url: 'https://127.0.0.1:9/' } }
  t.match(await fetch({ place: closed }), { failure: 'vault-unreachable' })
  t.notOk(existsSync(env.SSLKEYLOGFILE))
  const isOfTheNetwork = /^socket:\[(\d+)\]$/
  const network = ['tcp', 'tcp6', 'udp', 'udp6'].map((name) =>
    readFileSync(`/proc/${errands.pid}/net/${name}`, 'latin1'),
  )
  const inodes = network.flatMap((table) =>
    table
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/)[9]),
  )
  for (const descriptor of readdirSync(`/proc/${errands.pid}/fd`)) {
    const inode = isOfTheNetwork.exec(linkOf(errands.pid, descriptor))?.[1]
    if (inode !== undefined) t.notOk(inodes.includes(inode), 'who has it done has no socket of the network')
  }
})

function linkOf(pid: number, descriptor: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${descriptor}`)
  } catch {
    return 'closed meanwhile'
  }
}

t.test('its descriptor 3 is a socketpair, and nobody can look into it', async (t) => {
  const errands = await start(t)
  await errands.do({ job: 'fetch', subject: 'odd/empty', place: odd })
  const pid = (await errands.courier()) ?? 0
  const unix = readFileSync('/proc/net/unix', 'latin1').split('\n')
  const ends = readdirSync(`/proc/${errands.pid}/fd`)
    .map((one) => /^socket:\[(\d+)\]$/.exec(linkOf(errands.pid, one))?.[1])
    .filter((inode) => inode !== undefined)
  const connected = ends.filter((inode) =>
    unix.some((line) => new RegExp(`^\\S+ \\S+ \\S+ \\S+ 0001 03 +${inode}$`).test(line)),
  )
  t.ok(connected.length > 0, 'a connected Unix stream socket without a name')
  t.match(exposure(pid), { tracer: 0, dumpable: false })
  for (const name of ['mem', 'environ', 'fd', 'maps'])
    t.throws(() => readFileSync(`/proc/${pid}/${name}`), { code: /EACCES|EPERM/ }, name)
  const limits = readFileSync(`/proc/${pid}/limits`, 'latin1')
  t.match(limits, /^Max core file size +0 +0 /m)
})

t.test('it can neither write, nor start anything, nor read what is not its own', async (t) => {
  const errands = await start(t)
  const file = join(folder, 'credential')
  writeFileSync(file, 'as the vault is')
  const place = { kind: 'wall', settings: { file } }
  t.strictSame((await errands.do({ job: 'list', place })).result, [
    'write: ERR_ACCESS_DENIED',
    'child: ERR_ACCESS_DENIED',
    'worker: ERR_ACCESS_DENIED',
    'passwd: ERR_ACCESS_DENIED',
    'file: ERR_ACCESS_DENIED',
    'environment: ',
    'folder: /',
  ])
})

t.test('the real one runs behind the same walls, and by nobody but sgetd', async (t) => {
  const program = courierProgram
  const walls = [
    '--permission',
    '--allow-addons',
    `--allow-fs-read=${program}`,
    '--allow-fs-read=/proc/self/status',
  ]
  const alone = async (descriptor: string, ...words: readonly string[]): Promise<string> => {
    const line = ['exec', descriptor, 'env -i', process.execPath, ...nodeFlags, ...words, program].join(' ')
    // At descriptor 3 there is a socket, unless the line puts something else there.
    const { code, stderr } = await run('/bin/bash', ['-c', line], { passphrase: '' })
    t.equal(code, 1)
    return stderr
  }
  t.equal(
    await alone('3<&-', ...walls),
    'sget-courier: only sgetd starts it\n',
    'with nothing at descriptor 3',
  )
  t.equal(
    await alone('3</dev/null', ...walls),
    'sget-courier: only sgetd starts it\n',
    'with no socket there',
  )
  const open = 'sget-courier: it runs without the walls that sgetd puts around it\n'
  for (const hole of [[], [...walls, '--allow-child-process'], [...walls, '--allow-fs-read=*']])
    t.equal(await alone('', ...hole), open, `with a socket there, and ${hole.at(-1) ?? 'no wall'}`)
  const { code } = await run('env', ['-i', process.execPath, ...nodeFlags, ...walls, program], {
    passphrase: '',
  })
  t.equal(code, 0, 'it ends when the other end of its socket is closed')
  const real = await Errands.start(folder, {}, program)
  t.teardown(() => real.stop())
  t.match(await real.do({ job: 'health', place: odd }), { failure: 'vault-unable' }, 'it answers')
})

t.test('it goes when there is nothing to do, when it is told, and with who started it', async (t) => {
  const errands = await start(t, { patience: { idleMs: 300 } })
  const health = { job: 'health', place: odd } as const
  await errands.do(health)
  const idle = (await errands.courier()) ?? 0
  await gone(idle)
  t.match(await errands.endOf(idle), { why: 'it had nothing to do' })
  t.equal(await errands.courier(), undefined)
  const hanging = errands.begin({ job: 'fetch', subject: 'odd/hangs', place: odd })
  await delay(600)
  const busy = (await errands.courier()) ?? 0
  t.ok(busy !== 0 && busy !== idle, 'it does not go while it has a job')
  errands.endCourier()
  t.match(await hanging.came, { failure: 'locked' })
  await gone(busy)
  const early = errands.begin(health)
  errands.endCourier()
  t.match(await early.came, { failure: 'locked' }, 'nor is one left that was only starting')
  t.equal(await errands.courier(), undefined)
  await errands.do(health)
  const last = (await errands.courier()) ?? 0
  void errands.do({ job: 'fetch', subject: 'odd/blocks', place: odd })
  while (state(last) !== 'R') await delay(5)
  await errands.kill()
  await gone(last)
  t.pass('though it is caught in a loop')
})

t.test('what nobody wants any more is let go of, and what hangs ends', async (t) => {
  const errands = await start(t, { patience: { jobMs: 1500, cancelMs: 500 } })
  const fetch = (subject: string): ReturnType<Errands['begin']> =>
    errands.begin({ job: 'fetch', subject, place: odd })
  const early = fetch('odd/hangs')
  early.cancel()
  t.match(await early.came, { failure: /nobody wants it/ }, 'before it has begun')
  const unwanted = fetch('odd/hangs')
  await errands.do({ job: 'health', place: odd })
  const pid = await errands.courier()
  unwanted.cancel()
  t.match(await unwanted.came, { failure: /nobody wants it/ })
  t.match(await fetch('odd/hangs').came, { failure: 'vault-slow' })
  t.match(await errands.do({ job: 'renew', subject: 'l', place: odd }), { result: {} })
  t.equal(await errands.courier(), pid, 'one that lets go goes on')
  t.match(await fetch('odd/blocks').came, { failure: 'vault-slow' })
  await gone(pid ?? 0)
  t.match(await errands.endOf(pid), { why: 'it does not let go of a job' })
  t.match(await fetch('odd/empty').came, { result: {} }, 'the next job starts another')
})

t.test('its death fails the jobs in flight and no other', async (t) => {
  const errands = await start(t)
  const fetch = (subject: string): ReturnType<Errands['do']> =>
    errands.do({ job: 'fetch', subject, place: odd })
  for (const death of ['bug', 'kill'] as const) {
    const hanging = Array.from({ length: 5 }, () => fetch('odd/hangs'))
    t.match(await fetch('odd/empty'), { result: {} })
    const pid = (await errands.courier()) ?? 0
    if (death === 'kill') process.kill(pid, 'SIGKILL')
    else void fetch('odd/bug')
    for (const { failure } of await Promise.all(hanging)) t.equal(failure, 'courier-failed', death)
    await gone(pid)
    t.match(await fetch('odd/empty'), { result: {} })
  }
})

t.test('so many jobs at once, and one process', async (t) => {
  const errands = await start(t)
  const jobs = Array.from({ length: 65 }, (_, at) =>
    errands.begin({ job: 'fetch', subject: at < 10 ? 'odd/hangs' : 'odd/many', place: odd }),
  )
  const came = await Promise.all(jobs.slice(10).map((job) => job.came))
  t.equal(came.filter(({ failure }) => failure === 'busy').length, 1)
  for (const { failure, result } of came)
    if (failure === undefined) t.equal((result as Answered).values.length, 64)
  for (const { cancel } of jobs.slice(0, 10)) cancel()
  for (const { came } of jobs.slice(0, 10)) t.match(await came, { failure: /nobody wants it/ })
  t.equal(errands.told('courier started').length, 1)
})
