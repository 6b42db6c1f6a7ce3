// Too little memory: each program says so, or ends; nothing is released without a record, and nothing is half written.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Instance, passphrase, programs } from './rig/instance.ts'
import { run, type Outcome } from './rig/process.ts'

const rule = '[[rule]]\nsecrets = ["dev/**"]\nexposure = ["run", "read", "pipe"]\napproval = "never"\n'
const mib = 1 << 20
const value = 'v'.repeat(mib)

t.setTimeout(180_000)
const instance = await Instance.create(rule)
t.teardown(() => instance.remove())
await instance.put('dev/big', value)
await instance.put('dev/small', 'a small value')

const sget = `${join(programs, 'sget')} --home ${instance.home}`

const released = (): number => instance.audit().filter(({ event }) => event === 'released').length

/** A read as a script does it, by an sget under a limit; it prints how long the value is that the shell then has. */
function readUnder(limit: string, ref: string): Promise<Outcome> {
  return run('/bin/bash', [
    '-c',
    `X="$(/usr/bin/prlimit ${limit} ${sget} ${ref})"; code=$?; echo "$\{#X}"; exit $code`,
  ])
}

const unlockUnder = (limit: string): Promise<Outcome> =>
  run(
    '/usr/bin/prlimit',
    [limit, join(programs, 'sget'), '--home', instance.home, 'unlock', '--passphrase-fd', '3'],
    {
      passphrase,
    },
  )

const addressSpaceBytes = (pid: number): number =>
  Number(/^VmSize:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

/** The memory that sget says it lacks, and what a shell says of a program that the kernel would not even load. */
const notLocked = 82
const killedBySegv = 128 + 11

for (const [ref, length] of [
  ['dev/small', 13],
  ['dev/big', mib],
] as const)
  t.test(`sget under any limit gives all of ${ref} or nothing, and the record comes first`, async (t) => {
    const sizes = [64 << 10, 1 * mib, 1.5 * mib, 2 * mib, 4 * mib]
    const limits = ['--as', '--data', '--memlock', '--stack'].flatMap((name) =>
      sizes.map((bytes) => `${name}=${bytes}:${bytes}`),
    )
    let [gave, refused] = [0, 0]
    for (const limit of limits) {
      const before = released()
      const { code, stdout, stderr } = await readUnder(limit, ref)
      const recorded = released() - before
      const had = Number(stdout)
      if (code === 0) {
        t.same([had, recorded], [length, 1], limit)
        gave += 1
      } else {
        t.equal(had, 0, limit)
        refused += 1
        if (code === notLocked) t.match(stderr, /no memory that stays out of swap\n/, limit)
        else
          t.same([code === killedBySegv || code === 127, recorded], [true, 0], `${limit}: ${code} ${stderr}`)
      }
    }
    t.ok(gave > 0 && refused > 0, `${gave} gave it, ${refused} refused`)
  })

t.test('sgetd that may not lock memory does not start, and says why', async (t) => {
  await instance.stop()
  for (const bytes of [0, 64 << 10, 1 * mib, 4 * mib]) {
    const refused = await unlockUnder(`--memlock=${bytes}:${bytes}`)
    t.match(refused, { code: 66, stderr: /did not start: cannot lock .*RLIMIT_MEMLOCK/ }, `${bytes}`)
  }
  t.match(await instance.sget(['unlock', '--passphrase-fd', '3'], { passphrase }), { code: 0 })
  await instance.learnPid()
  t.match(await instance.sgetctl(['audit', 'verify']), { code: 0, stdout: /^sound/ })
})

t.test('sgetd that has no room for the look at a passphrase says so, and counts no wrong one', async (t) => {
  const { pid } = await instance.status()
  // Less than what Argon2 takes, and enough to start and to answer; now and then not for V8, which then ends sgetd.
  const bytes = addressSpaceBytes(pid) + 128 * mib
  await instance.stop()
  let told = 0
  for (let tries = 0; tries < 6; tries++) {
    const { code, stderr } = await unlockUnder(`--as=${bytes}:${bytes}`)
    const isTold = code === 75 && stderr.includes('does not get the memory')
    if (isTold) told += 1
    t.ok(isTold || code === 66, `${code} ${stderr}`)
  }
  t.ok(told > 0, `told ${told} times`)
  await instance.learnPid().catch(() => undefined)
  await instance.stop().catch(() => undefined)
  t.match(await instance.sget(['unlock', '--passphrase-fd', '3'], { passphrase }), { code: 0 })
  await instance.learnPid()
})

t.test('sgetd that gets no more memory while it serves refuses or ends, and leaves all sound', async (t) => {
  const { pid } = await instance.status()
  const before = released()
  const limited = await run('/usr/bin/prlimit', ['--pid', String(pid), `--as=${addressSpaceBytes(pid)}:`])
  t.match(limited, { code: 0, stderr: '' })
  let had = 0
  let failed = 0
  for (let at = 0; at < 60 && failed < 2; at++) {
    const { code, stdout } = await readUnder('--nofile=64', 'dev/big')
    if (code === 0 && Number(stdout) === mib) had += 1
    else failed += 1
    if (at % 20 === 19)
      await instance.sget(['put', 'dev/big', '--replace', '--passphrase-fd', '3'], {
        input: value,
        passphrase,
      })
  }
  t.comment(`${had} had the value, ${failed} did not`)
  const recorded = released() - before
  t.ok(
    recorded === had || (failed > 0 && recorded === had + 1),
    `${had} had the value, ${recorded} on record`,
  )
  await instance.kill().catch(() => undefined)
  t.match(await instance.sget(['unlock', '--passphrase-fd', '3'], { passphrase }), { code: 0 })
  await instance.learnPid()
  t.match(await instance.sgetctl(['audit', 'verify']), { code: 0, stdout: /^sound/ })
  t.match(await readUnder('--nofile=64', 'dev/big'), { code: 0, stdout: `${mib}\n` })
})
