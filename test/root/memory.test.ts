// What lies in sgetd's memory, read by root: no copy of a value at rest, after expiry, or after lock.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { Agent } from '../rig/agent.ts'
import { Instance, passphrase, programs } from '../rig/instance.ts'
import { end, run } from '../rig/process.ts'
import { testUser } from '../rig/users.ts'

const policy =
  '[[rule]]\nsecrets = ["dev/**"]\nexposure = ["run", "read", "pipe"]\napproval = "never"\nttl = "2s"\n'
const instance = await Instance.create(policy, testUser())
t.teardown(() => instance.remove())
const { pid } = await instance.status()
const sget = `${join(programs, 'sget')} --home ${instance.home}`

/** A value that cannot be in memory by chance. */
const fresh = (bytes: number): string => randomBytes(bytes).toString('hex')

/** Counts copies of values in the daemon's whole address space, or in a core of it; they go in by standard input. */
async function copies(values: string, place = String(pid)): Promise<{ code: number | null; said: string }> {
  const scan = spawn(process.execPath, [join(import.meta.dirname, '../rig/memscan.ts'), place], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  scan.stdin.end(values)
  const [said, { code }] = await Promise.all([text(scan.stdout), end(scan)])
  return { code, said }
}

t.test('the scan finds what is there', async (t) => {
  t.match(await copies('sgetd 0.1.0'), { code: 1 }, 'the name of the program')
})

t.test('after 200 puts and 1,000 reads no copy is left', async (t) => {
  const values = Array.from({ length: 200 }, (_, at) => fresh(at % 10 === 0 ? 4000 : 24))
  const file = join(instance.home, 'env')
  writeFileSync(file, values.map((one, at) => `S${at}=${one}\n`).join(''))
  const stored = await instance.sget(['import', file, '--prefix', 'dev/all', '--passphrase-fd', '3'], {
    passphrase,
  })
  t.match(stored, { code: 0 })
  rmSync(file)
  const reads = Array.from({ length: 1000 }, (_, at) => `X="$(${sget} dev/all/s${at % 200})" || exit 1`)
  const shell = spawn('/bin/bash', ['-c', reads.join('\n')], {
    uid: instance.uid,
    gid: instance.uid,
    stdio: 'ignore',
  })
  t.match(await end(shell), { code: 0 })
  for (const value of [values[0], values[1], values[100], values[199]])
    t.match(await copies(value ?? ''), { code: 0 }, 'at rest')
})

t.test('after a handle has expired, and after lock', async (t) => {
  const value = fresh(32)
  await instance.put('dev/last', value)
  const agent = await Agent.start(instance)
  t.teardown(() => agent.stop())
  const given = await agent.get({ path: 'dev/last' })
  const redeem = `X="$(${sget} --grant ${given.handle} 'dev/last#password')"`
  const late = await agent.bash(
    `while test $(date +%s) -le $(date -d '${given.expiresAt}' +%s); do sleep 0.1; done; ${redeem}`,
  )
  t.match(late, { code: 71, stdout: '' })
  t.match(late.stderr, /expired/)
  t.match(await copies(value), { code: 0 }, 'after expiry')
  t.match(await instance.sgetctl(['lock']), { code: 0 })
  t.match(await copies(value), { code: 0 }, 'after lock')
  t.match(await agent.bash(`X="$(${sget} dev/last)"`), { code: 68 }, 'and nothing is served')
  t.match(await copies(passphrase), { code: 0 }, 'nor is the passphrase there')
})

const gdb = '/usr/bin/gdb'

/** A core of the daemon as only root can take it, with what it asked the kernel to leave out. */
async function withCore<T>(look: (core: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'sget-core-'))
  const core = join(folder, 'core')
  try {
    const taken = await run(gdb, [
      ...['-batch', '-ex', 'set dump-excluded-mappings on', '-ex', `gcore ${core}`, '-p', String(pid)],
    ])
    if (!existsSync(core)) throw new Error(taken.stderr)
    return await look(core)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

t.test(
  'a core that root takes holds no copy',
  { skip: !existsSync(gdb) && `there is no ${gdb}` },
  async (t) => {
    const [short, long] = [fresh(24), fresh(4000)]
    await instance.sget(['unlock', '--passphrase-fd', '3'], { passphrase })
    for (const [name, value] of Object.entries({ short, long })) {
      await instance.put(`dev/${name}`, value)
      const shell = ['-c', `X="$(${sget} dev/${name})"; test $\{#X} = ${value.length}`]
      t.match(await run('/bin/bash', shell, { uid: instance.uid }), { code: 0 })
    }
    // The first is there: it is the name of the program.
    const sought = ['sgetd 0.1.0', short, long, passphrase].join('\n')
    const onlyTheFirst = /^[1-9]\d* 0 0 0 copies$/m
    await withCore(async (core) =>
      t.match((await copies(sought, core)).said, onlyTheFirst, 'after puts and reads'),
    )
    await instance.sgetctl(['lock'])
    await withCore(async (core) => t.match((await copies(sought, core)).said, onlyTheFirst, 'after lock'))
  },
)

t.test('locked memory stays under 5 MiB', (t) => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const lockedKib = Number(/^VmLck:\s+(\d+)/m.exec(status)?.[1])
  t.ok(lockedKib > 4 * 1024 && lockedKib < 5 * 1024, `${lockedKib} KiB`)
  t.end()
})
