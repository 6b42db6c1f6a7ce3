// Clocks that jump: what has a lifetime ends when either clock says so, at its next use, though no timer has fired.
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import { Agent, type ToolResult } from './rig/agent.ts'
import { Instance, passphrase } from './rig/instance.ts'
import { jump, jumps, land, type Jump } from './rig/jump.ts'
import { end, type Outcome } from './rig/process.ts'
import { programsWith } from './rig/programs.ts'

const hourMs = 60 * 60_000
const proving = ['--passphrase-fd', '3']

const policy = `
[[rule]]
secrets = ["dev/**"]
exposure = ["run", "read"]
approval = "never"

[[rule]]
secrets = ["once/**"]
exposure = ["run", "read"]
approval = "once"

[[rule]]
secrets = ["always/**"]
exposure = ["run", "read"]
approval = "always"
`
t.setTimeout(240_000)
const bin = join(await programsWith('jumping-program.ts'), 'bin')
const instance = await Instance.create(policy, undefined, bin)
const agent = await Agent.start(instance)
t.teardown(async () => {
  await agent.stop()
  instance.remove()
  rmSync(dirname(bin), { recursive: true })
})
for (const path of ['dev/a', 'once/a', 'always/a']) await instance.put(path, `value of ${path}`)

/** The one request that waits, as soon as there is one. */
async function waiting(): Promise<string> {
  for (;;) {
    const { stdout } = await instance.sgetctl(['pending', '--json'])
    const [request] = (JSON.parse(stdout) as { requests: { id: string }[] }).requests
    if (request !== undefined) return request.id
  }
}

const unlock = (words = passphrase): Promise<Outcome> =>
  instance.sget(['unlock', ...proving], { passphrase: words })

/** A read as a script does it. */
const read = (): Promise<Outcome> => instance.sget(['run', '-e', 'X=dev/a', '--', '/bin/true'])

/** What the agent's shell does with a handle. */
const redeem = (handle: string): string =>
  `X="$(${bin}/sget --home ${instance.home} --grant ${handle} dev/a)" || exit; echo "$X"`

for (const [name, to] of Object.entries(jumps)) {
  t.test(`when ${name}, a handle serves no more, and none the less when the clocks land`, async (t) => {
    const { handle } = await agent.get({ path: 'dev/a' })
    const script = redeem(handle)
    jump(instance, to)
    const late = await agent.bash(script)
    t.match(late, { code: 71, stdout: '' })
    t.match(late.stderr, /expired/)
    land(instance)
    t.match(await agent.bash(script), { code: 71, stdout: '' })
  })

  for (const path of ['once/a', 'always/a'])
    t.test(`when ${name}, nobody can allow ${path} any more`, async (t) => {
      const asking: Promise<ToolResult> = agent.tool('get_secret_environment_variable', { path })
      const id = await waiting()
      jump(instance, to)
      const { stdout } = await instance.sgetctl(['pending', '--json'])
      t.match(stdout, /"requests": ?\[\]/)
      const given = await instance.sgetctl(['approve', id, ...proving], { passphrase })
      t.match(given, { code: 74, stderr: /no request waits/ })
      const proved = await instance.sget(['prove', id, ...proving], { passphrase })
      t.match(proved, { code: 74, stderr: /no request waits/ })
      t.match(await asking, { isError: true, content: [{ text: /nobody answered in time/ }] })
      land(instance)
    })
}

/** What a client has that sleeps between `ready` and `ack`, while the clocks do this. */
async function answerAfter(to: Jump): Promise<string> {
  const program = join(import.meta.dirname, 'rig/slow-program.ts')
  const client = spawn(process.execPath, [program, instance.home, 'dev/a'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: client.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<string> => String((await lines.next()).value)
  const first = await next()
  if (first !== 'ready') throw new Error(first)
  jump(instance, to)
  client.stdin.write('\n')
  const answer = await next()
  land(instance)
  await end(client)
  return answer
}

t.test('a client that slept between ready and ack has nothing, and no record says that it had', async (t) => {
  const released = (): number => instance.audit().filter(({ event }) => event === 'released').length
  const before = released()
  for (const to of Object.values(jumps)) t.equal(await answerAfter(to), 'too-slow')
  t.equal(released(), before)
  t.equal(await answerAfter({ bootMs: 0, wallMs: 0 }), 'value', 'one that did not sleep has it')
  t.equal(released(), before + 1)
})

t.test('a clock that is set back gives a handle no more time than it had', async (t) => {
  const { handle } = await agent.get({ path: 'dev/a' })
  jump(instance, { bootMs: 0, wallMs: -hourMs })
  const { handle: second } = await agent.get({ path: 'dev/a' })
  jump(instance, { bootMs: hourMs, wallMs: -hourMs })
  t.match(await agent.bash(redeem(handle)), { code: 71, stdout: '', stderr: /expired/ })
  t.match(await agent.bash(redeem(second)), { code: 71, stdout: '', stderr: /expired/ })
  land(instance)
})

const idle: Readonly<Record<string, Jump>> = {
  'the machine slept for eight hours': { bootMs: 8 * hourMs, wallMs: 8 * hourMs },
  'it slept, and its clock was set back to before': { bootMs: 8 * hourMs, wallMs: 0 },
  'its clock was set forward by a year': { bootMs: 0, wallMs: 365 * 24 * hourMs },
  'its clock was set back by a day': { bootMs: 0, wallMs: -24 * hourMs },
}
for (const [name, to] of Object.entries(idle))
  t.test(`when ${name}, the vault is locked before anybody is served`, async (t) => {
    const { handle } = await agent.get({ path: 'dev/a' })
    jump(instance, to)
    t.match(await read(), { code: 125, stderr: /vault is locked/ })
    t.match(await instance.status(), { locked: true })
    land(instance)
    t.match(await read(), { code: 125, stderr: /vault is locked/ }, 'for good')
    t.match(await unlock('a guess'), { code: 76, stderr: /passphrase is wrong/ })
    t.match(await unlock(), { code: 0, stderr: '' })
    t.match(await read(), { code: 0 })
    t.match(await agent.bash(redeem(handle)), { code: 71, stderr: /revoked/ })
  })

t.test('an idle vault is not taken for an open one by who unlocks it first', async (t) => {
  jump(instance, { bootMs: 8 * hourMs, wallMs: 8 * hourMs })
  t.match(await unlock('a guess'), { code: 76, stderr: /passphrase is wrong/ })
  t.match(await unlock(), { code: 0, stderr: '' })
  land(instance)
})

t.test('the wait after wrong passphrases outlives the daemon and each setting of the clock', async (t) => {
  await instance.sgetctl(['lock'])
  const minuteMs = 60_000
  const wrongTries = 12
  for (let wrong = 0; wrong < wrongTries; wrong++) {
    jump(instance, { bootMs: wrong * 5 * minuteMs, wallMs: 0 })
    t.match(await unlock(`guess ${wrong}`), { code: 76, stderr: /passphrase is wrong/ })
  }
  const bootMs = (wrongTries - 1) * 5 * minuteMs
  const yearMs = 365 * 24 * hourMs
  for (const wallMs of [0, -24 * hourMs, yearMs, -20 * yearMs]) {
    jump(instance, { bootMs, wallMs })
    t.match(await unlock(), { code: 76, stderr: /wait \d{2,3} seconds/ })
    await instance.learnPid()
    await instance.kill()
    t.match(await unlock(), { code: 76, stderr: /wait \d{2,3} seconds/ })
  }
  jump(instance, { bootMs: bootMs + 5 * minuteMs, wallMs: 0 })
  t.match(await unlock(), { code: 0 }, 'and is over when it is over')
  await instance.learnPid()
  land(instance)
})

t.test('and whatever the clocks did, the log is sound', async (t) => {
  t.match(await unlock(), { code: 0 })
  t.match(await instance.sgetctl(['audit', 'verify']), { code: 0, stdout: /^sound/ })
})
