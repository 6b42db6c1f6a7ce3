// sget run in whole systems: who stands below it is still known for whom they are, and rules hold for what it prints.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Agent } from './rig/agent.ts'
import { Instance } from './rig/instance.ts'

const value = 'hunter2-is-long-enough-x'
const label = '[sget:dev/a#password]'

const policy = `
[[rule]]
secrets = ["dev/**"]
exposure = ["read", "run"]
approval = "never"
`

const instance = await Instance.create(policy)
t.teardown(() => instance.remove())
for (const ref of ['dev/a', 'dev/b']) await instance.put(ref, ref === 'dev/a' ? value : `${value}-b`)
await instance.put('dev/binary', Buffer.from([0, 1, 2, 3, 4, 5, 6, 0]))

const sget = `${join(instance.programs, 'sget')} --home ${instance.home}`
const agent = await Agent.start(instance)
t.teardown(() => agent.stop())

t.test('an agent sees what the command prints, masked', async (t) => {
  const ran = await agent.bash(`${sget} run -e X=dev/a -- bash -c 'echo "<$X>"; echo "<$X>" >&2; exit 3'`)
  t.same(ran, { code: 3, stdout: `<${label}>\n`, stderr: `<${label}>\n` })
})

t.test('what stands below a run may ask for more, without a handle and with one', async (t) => {
  const inner = `X="$(${sget} dev/b)"; echo "\${#X} <$X>"`
  const ran = await agent.bash(`${sget} run -e Y=dev/a -- bash -c '${inner}'`)
  t.same(ran, { code: 0, stdout: `${value.length + 2} <${label}-b>\n`, stderr: '' })
  const { handle } = await agent.get({ path: 'dev/b' })
  const second = `${sget} run --grant ${handle} -- bash -c "echo \\"\\$DEV_B_PASSWORD\\""`
  const both = await agent.bash(`${sget} run -e Y=dev/a -- bash -c '${second}; echo "$Y"'`)
  t.same(both, { code: 0, stdout: `[sget:dev/b#password]\n${label}\n`, stderr: '' })
  const thrice = `${sget} run -e A=dev/a -- ${sget} run -e B=dev/b -- ${sget} run -e C=dev/a -- env`
  t.match((await agent.bash(thrice)).stdout, new RegExp(`C=\\[sget:dev/a#password\\]`))
})

t.test('a run below a run is the agent’s own', async (t) => {
  const earlier = instance.audit().length
  await agent.bash(`${sget} run -e Y=dev/a -- bash -c '${sget} run -e X=dev/b -- true'`)
  const released = instance.audit().slice(earlier)
  t.equal(released.length, 2)
  t.match(released, [{ caller: 'agent' }, { caller: 'agent' }])
  t.same(released[0]?.['agent'], released[1]?.['agent'])
})

t.test('any bytes may be in a file, and none with NUL in a variable', async (t) => {
  const file = await agent.bash(`${sget} run --file F=dev/binary -- sh -c 'wc -c <"$F"'`)
  t.same(file, { code: 0, stdout: '8\n', stderr: '' })
  const variable = await agent.bash(`${sget} run -e F=dev/binary -- true`)
  t.match(variable, { code: 125, stderr: /holds a NUL byte/ })
})

t.test('clients of databases and languages work as ever', async (t) => {
  const rows: [program: string, line: string, stdout: string][] = [
    ['/bin/bash', `bash -c 'echo "$X"'`, `${label}\n`],
    ['/usr/bin/python3', `python3 -c 'import os; print(os.environ["X"])'`, `${label}\n`],
    [process.execPath, `${process.execPath} -e 'console.log(process.env.X)'`, `${label}\n`],
    ['/usr/bin/psql', `psql --version | cut -d " " -f 1`, 'psql\n'],
  ]
  for (const [program, line, stdout] of rows) {
    if (!existsSync(program)) continue
    const ran = await agent.bash(`${sget} run -e X=dev/a -- ${line}`)
    t.same(ran, { code: 0, stdout, stderr: '' }, program)
  }
})
