// sget run where it takes root to set the scene: a human who logged in, and works in what a run started.
import { join } from 'node:path'
import t from 'tap'
import { Instance, programs } from '../rig/instance.ts'
import { atLogin } from '../rig/terminal.ts'
import { testUser } from '../rig/users.ts'

const uid = testUser()
const policy = `
[[rule]]
secrets = ["dev/**"]
exposure = ["read", "run", "pipe"]
approval = "never"
`
const instance = await Instance.create(policy, uid)
t.teardown(() => instance.remove())
await instance.put('dev/a', 'the-value-of-a')
await instance.put('dev/b', 'the-value-of-b')
const sget = `${join(programs, 'sget')} --home ${instance.home}`

t.test('a human below a run is still the human at their login', async (t) => {
  const earlier = instance.audit().length
  const seen = await atLogin('sget-test', [
    ['$ ', `${sget} run -e X=dev/a -- bash --norc\n`],
    ['bash-5', `Y="$(${sget} dev/b)"; echo "got $\{#Y} $X"\n`],
    ['got 14 [sget', `${sget} run -e Z=dev/b -- sh -c 'echo "deep $Z $X"'\n`],
    ['deep [sget', `exit 5\n`],
    ['$ ', 'echo "status $?"\n'],
  ])
  t.match(seen.stdout, 'got 14 [sget:dev/a#password]')
  t.match(seen.stdout, 'deep [sget:dev/b#password] [sget:dev/a#password]')
  t.match(seen.stdout, /status 5\s/)
  t.notMatch(seen.stdout, /the-value/)
  const released = instance.audit().slice(earlier)
  t.same(
    released.map(({ event, caller }) => [event, caller]),
    [
      ['released', 'human'],
      ['released', 'human'],
      ['released', 'human'],
    ],
  )
})

t.test('so are they where only what is printed is a terminal', async (t) => {
  const earlier = instance.audit().length
  const inner = `${sget} run -e Y=dev/b -- sh -c "echo \\"in \\$Y\\""`
  const seen = await atLogin('sget-test', [['$ ', `echo x | ${sget} run -e X=dev/a -- sh -c '${inner}'\n`]])
  t.match(seen.stdout, 'in [sget:dev/b#password]')
  t.match(instance.audit().slice(earlier), [{ caller: 'human' }, { caller: 'human' }])
})
