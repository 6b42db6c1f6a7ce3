// Rules that name commands, with real programs: who may run what, in which environment, and what a human is shown.
import { chmodSync, copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Agent } from './rig/agent.ts'
import { Instance, passphrase, programs } from './rig/instance.ts'
import { onTerminal } from './rig/terminal.ts'

const own = mkdtempSync(join(tmpdir(), 'sget-own-'))
t.teardown(() => rmSync(own, { recursive: true, force: true }))
copyFileSync('/usr/bin/env', join(own, 'env'))
chmodSync(join(own, 'env'), 0o755)
symlinkSync('/usr/bin/env', join(own, 'link'))

const policy = `
[[rule]]
secrets = ["pinned/**"]
exposure = ["run"]
approval = "never"
command = ["/usr/bin/env", "/usr/bin/env -u * *", "/bin/sh -c 'echo done'", "${own}/env", "${own}/link"]

[[rule]]
secrets = ["asked/**"]
exposure = ["run"]
approval = "proof"
command = "/usr/bin/env *"

[[rule]]
secrets = ["signed/**"]
exposure = ["run", "read"]
approval = "never"
acr = ["mfa", "hwk"]
max_age = "15m"
`
const instance = await Instance.create(policy)
t.teardown(() => instance.remove())
for (const ref of ['pinned/a', 'asked/a', 'signed/a']) await instance.put(ref, `value of ${ref}`)
const sget = `${join(programs, 'sget')} --home ${instance.home} run -e A=pinned/a --`

t.test('the named command runs, in an environment that nobody chose for it', async (t) => {
  const agent = await Agent.start(instance)
  t.teardown(() => agent.stop())
  const hostile = 'LD_LIBRARY_PATH=/x PGHOST=evil PYTHONPATH=/x HOME=/tmp/evil SHELL=/x TERM=dumb'
  const ran = await agent.bash(`${hostile} ${sget} /usr/bin/env`)
  t.match(ran, { code: 0, stderr: '' })
  const names = ran.stdout.split('\n').map((line) => line.split('=')[0])
  t.ok(names.includes('A') && names.includes('HOME') && names.includes('TERM'))
  for (const name of ['LD_LIBRARY_PATH', 'PGHOST', 'PYTHONPATH', 'SHELL', 'PWD'])
    t.notOk(names.includes(name), name)
  t.match(ran.stdout, 'PATH=/usr/bin:/bin:/usr/sbin:/sbin\n')
  t.notMatch(ran.stdout, '/tmp/evil')
  t.match(
    await agent.bash(`cd /usr/bin && ${sget} env -u B true`),
    { code: 0 },
    'by its name, where PATH finds it',
  )
  t.match(await agent.bash(`${sget} /bin/sh -c 'echo done'`), { code: 0, stdout: 'done\n' })
  t.match(
    instance.audit().findLast((record) => record['event'] === 'released'),
    {
      program: 'sh',
      rule: 'rule 1',
      ref: 'pinned/a',
    },
  )
})

t.test('no other command, no other file and no other arguments', async (t) => {
  const agent = await Agent.start(instance)
  t.teardown(() => agent.stop())
  for (const command of [
    '/usr/bin/printenv A',
    '/usr/bin/env true',
    '/usr/bin/env -i -u',
    "/bin/sh -c 'echo done; env'",
    '/bin/sh',
    '/usr/bin/../bin/env',
    `${own}/env`,
    `${own}/link`,
  ]) {
    const ran = await agent.bash(`${sget} ${command}`)
    t.match(ran, { code: 125, stdout: '' }, command)
    t.match(ran.stderr, /to another command line only\n +sgetctl show REF tells which/, command)
  }
  const told = await agent.bash(`${join(programs, 'sgetctl')} --home ${instance.home} show pinned/a`)
  t.match(told.stdout, /command +\/usr\/bin\/env or \/usr\/bin\/env -u \* \* or /)
  const described = await agent.tool('describe_secret', { path: 'pinned/a' })
  t.match(described.structuredContent, { commands: [/^\/usr\/bin\/env or /] })
})

t.test('a human is shown the command that they prove, and the audit log its name', async (t) => {
  const words = ['x y', "it's", '\u001b[2J\u202e', '-u']
  const seen = await onTerminal(
    [['sget passphrase: ', `${passphrase}\n`]],
    [
      join(programs, 'sget'),
      '--home',
      instance.home,
      'run',
      '-e',
      'A=asked/a',
      '--',
      '/usr/bin/env',
      ...words,
    ],
  )
  t.ok(
    seen.stdout.includes(
      "run env 'x y' 'it'\\''s' '\\u{1b}[2J\\u{202e}' -u with asked/a#password (attested: no)",
    ),
    seen.stdout,
  )
  t.match(
    instance.audit().findLast((record) => record['event'] === 'proved'),
    { reason: 'run env with asked/a#password (attested: no)' },
  )
})

t.test('status tells what rules for run alone are worth without the attested sget', async (t) => {
  const { stdout } = await instance.sgetctl(['status'])
  t.match(
    stdout,
    /attested +no, .*; so 2 rules for run alone hold careless agents, and to a directed one run is read\n/,
  )
})

t.test('what a rule demands of the sign-in is told to whoever looks at the secret', async (t) => {
  const agent = await Agent.start(instance)
  t.teardown(() => agent.stop())
  const sgetctl = `${join(programs, 'sgetctl')} --home ${instance.home} show`
  t.match(await agent.bash(`${sgetctl} signed/a`), { stdout: /^sign-in +acr mfa or hwk, max_age 15m$/m })
  t.notMatch((await agent.bash(`${sgetctl} pinned/a`)).stdout, /sign-in/)
})
