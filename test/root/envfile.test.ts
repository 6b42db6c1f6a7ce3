// Env files and a human who logged in: asked in their own terminal, or by a click for an agent that waits.
import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Agent } from '../rig/agent.ts'
import { Instance, passphrase, programs } from '../rig/instance.ts'
import { atLogin } from '../rig/terminal.ts'
import { testUser } from '../rig/users.ts'

const uid = testUser()
const git = '/usr/bin/git'
const skip = existsSync(git) ? false : 'git is not installed'
const instance = await Instance.create(undefined, uid)
t.teardown(() => instance.remove())
await instance.put('dev/db', 'the-value')
const program = (name: string): string => `${join(programs, name)} --home ${instance.home}`

/** A repository of the user's with an env file. */
function repository(): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sget-repository-')))
  t.teardown(() => rmSync(root, { recursive: true, force: true }))
  execFileSync(git, ['init', '-q', root], { env: { HOME: root, PATH: '/usr/bin:/bin' } })
  writeFileSync(join(root, '.env'), 'X=sget://dev/db')
  for (const path of ['', '.env']) chownSync(join(root, path), uid, uid)
  return root
}

const told = `sh -c 'echo "got $\{#X}"'`

t.test('a human is asked in their terminal for what is new, and not again', { skip }, async (t) => {
  const root = repository()
  const command = `${program('sget')} run --env-file ${root}/.env -- ${told}`
  const seen = await atLogin('sget-test', [
    ['$ ', `${command}\n`],
    ['assphrase', `${passphrase}\n`],
    ['got 9', `cd ${root}; ${program('sget')} run --env-file .env -- ${told}; echo over\n`],
  ])
  t.match(seen.stdout, `for the first time from ${root}: run sh -c `)
  t.match(seen.stdout, /got 9[^]*got 9[^]*over/)
  t.equal(seen.stdout.split('assphrase').length, 2, 'asked once')
})

t.test('a human lets an agent go on by a click', { skip }, async (t) => {
  const root = repository()
  const agent = await Agent.start(instance)
  t.teardown(() => agent.stop())
  const waits = agent.bash(`cd ${root} && ${program('sget')} run --env-file .env -- ${told}`)
  for (;;) if ((await instance.sgetctl(['pending'])).stdout.includes(root)) break
  const pending = `${program('sgetctl')} pending --json | grep -o '"id": *"[^"]*"' | cut -d'"' -f4`
  const seen = await atLogin('sget-test', [['$ ', `${program('sgetctl')} approve $(${pending})\n`]])
  t.match(seen.stdout, /approved [0-9a-f]{6}/)
  t.notMatch(seen.stdout, /assphrase/)
  t.match(await waits, { code: 0, stdout: 'got 9\n' })
  t.match(
    instance.audit().findLast(({ event }) => event === 'approved'),
    {
      caller: 'human',
      reason: `for the first time from ${root}: run sh with dev/db#password (attested: no)`,
    },
  )
})
