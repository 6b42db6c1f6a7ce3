// Env files of real repositories: a new one is asked about once, by whoever; plain values pass by the config alone.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { Agent, type Ran } from './rig/agent.ts'
import { Instance, passphrase, programs } from './rig/instance.ts'
import { onTerminal } from './rig/terminal.ts'

const git = '/usr/bin/git'
const skip = existsSync(git) ? false : 'git is not installed'

const policy = `
[[rule]]
secrets = ["dev/**"]
exposure = ["run", "read"]
approval = "never"

[[rule]]
secrets = ["prod/**"]
exposure = ["run", "read"]
approval = "proof"
`
const instance = await Instance.create(policy)
t.teardown(() => instance.remove())
const live = `sk_live_${'a1B2c3D4'.repeat(3)}`
await instance.import('dev', `A='value of dev/a'\nB='value of dev/b'\nLIVE=${live}`)
await instance.put('prod/a', 'value of prod/a')
const sget = `${join(programs, 'sget')} --home ${instance.home}`
const places = realpathSync(mkdtempSync(join(tmpdir(), 'sget-repositories-')))
t.teardown(() => rmSync(places, { recursive: true, force: true }))

interface Waiting {
  readonly id: string
  readonly needs: string
  readonly summary: string
}

async function pending(): Promise<readonly Waiting[]> {
  const { stdout } = await instance.sgetctl(['pending', '--json'])
  return (JSON.parse(stdout) as { requests: Waiting[] }).requests
}

async function waiting(): Promise<Waiting> {
  for (;;) {
    const [request] = await pending()
    if (request !== undefined) return request
    await setTimeout(30)
  }
}

const approve = async (): Promise<Waiting> => {
  const request = await waiting()
  await instance.sgetctl(['approve', request.id, '--passphrase-fd', '3'], { passphrase })
  return request
}

/** A repository with these files; returns its root. */
function repository(name: string, files: Readonly<Record<string, string>>): string {
  const root = join(places, name)
  mkdirSync(root)
  execFileSync(git, ['init', '-q', root], { env: { HOME: places, PATH: '/usr/bin:/bin' } })
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return root
}

const tells = (variable: string, value: string): string => `/bin/sh -c 'test "$${variable}" = "${value}"'`

const agent = await Agent.start(instance)
t.teardown(() => agent.stop())

const runs = (agent: Agent, root: string, file = '.env', more = ''): Promise<Ran> =>
  agent.bash(`cd ${root} && ${sget} run ${more} --env-file ${file} -- ${tells('A', 'value of dev/a')}`)

t.test(
  'the first use of a reference from a repository is asked about, and the next is not',
  { skip },
  async (t) => {
    const root = repository('first', {
      '.env': 'A=sget://dev/a',
      'sub/more.env': "A='sget://dev/a#password'\nB=sget://dev/b",
    })
    const first = runs(agent, root)
    const request = await approve()
    t.match(request, { needs: 'ack' })
    t.ok(
      request.summary.startsWith(`for the first time from ${root}: run sh -c `),
      `what is new stands first: ${request.summary}`,
    )
    t.match(request.summary, /with dev\/a#password \(attested: no\)$/)
    const ran = await first
    t.match(ran, { code: 0, stdout: '' })
    t.match(ran.stderr, `sgetctl approve ${request.id}`, 'and the agent could tell its human')
    t.match(await runs(agent, root), { code: 0, stderr: '' }, 'in the same session')
    t.match(await instance.sget(['run', '--env-file', join(root, '.env'), '--', '/bin/true']), {
      code: 0,
      stderr: '',
    })
    const more = runs(agent, root, 'sub/more.env')
    t.match((await approve()).summary, 'with dev/a#password, dev/b#password')
    t.match(await more, { code: 0 }, 'another reference is another matter')
    const [released] = instance.audit().filter((record) => record['event'] === 'released')
    t.match(released, { origin: root, program: 'sh', exposure: 'run', ref: 'dev/a' })
    t.type(released?.['masked'], 'boolean')
    t.match(released?.['command'], /^[0-9a-f]{32}$/)
    t.notMatch(JSON.stringify(instance.audit()), /test \\?"\$A/, 'no argument is on record')
  },
)

t.test(
  'an agent cannot answer that itself, and a human who says no is not asked again',
  { skip },
  async (t) => {
    const root = repository('refused', { '.env': 'A=sget://dev/a' })
    const first = runs(agent, root)
    const { id } = await waiting()
    t.not((await agent.bash(`${join(programs, 'sgetctl')} --home ${instance.home} approve ${id}`)).code, 0)
    t.match(await pending(), [{ id }])
    t.match(await instance.sgetctl(['deny', id]), { code: 0 })
    t.match(await first, { code: 125, stdout: '', stderr: /a human refused this/ })
    t.match(await runs(agent, root), { code: 125, stderr: /a human refused this/ })
    t.match(
      await agent.bash(`(cd ${root} && setsid ${sget} run --env-file .env -- /bin/true </dev/null); exit $?`),
      {
        stderr: /a human refused this/,
      },
    )
    t.same(await pending(), [])
    const elsewhere = repository('elsewhere', { '.env': 'A=sget://dev/a' })
    const allowed = runs(agent, elsewhere)
    await approve()
    t.match(await allowed, { code: 0 }, 'which says nothing of other repositories')
  },
)

t.test('what a rule wants and what a new repository wants is one question', { skip }, async (t) => {
  const root = repository('both', { '.env': 'P=sget://prod/a\nA=sget://dev/a' })
  const dialogue = [['sget passphrase: ', `${passphrase}\n`]] as const
  const line = ['run', '--env-file', join(root, '.env'), '--', '/bin/echo', 'it', 'ran']
  const before = instance.audit().length
  const seen = await onTerminal(dialogue, [join(programs, 'sget'), '--home', instance.home, ...line])
  t.match(seen.stdout, /for the first time from .*: run echo it ran with prod\/a#password, dev\/a#password/)
  t.match(seen.stdout, /it ran\r\n$/)
  t.equal(seen.stdout.split('sget passphrase: ').length, 2, 'one prompt')
  t.equal(instance.audit(before).filter((record) => record['event'] === 'proved').length, 1)
  t.match(
    (await instance.sgetctl(['origins'])).stdout,
    new RegExp(`${root} +prod/a#password\n${root} +dev/a#password`),
  )
})

t.test('a proof on the same connection is an answer as well', { skip }, async (t) => {
  const root = repository('proved', { '.env': 'A=sget://dev/a' })
  const ran = await instance.sget(['run', '--passphrase-fd', '3', '--env-file', '.env', '--', '/bin/true'], {
    cwd: root,
    passphrase,
  })
  t.match(ran, { code: 0, stderr: '' })
  t.match(await runs(agent, root), { code: 0, stderr: '' })
})

t.test(
  'with a handle the references must be its own, and a refusal costs no use of it',
  { skip },
  async (t) => {
    const root = repository('handle', {
      '.env': 'A=sget://dev/b',
      'foreign.env': 'A=sget://dev/a',
      'plain.env': 'A=sget://dev/b\nLOG_LEVEL=debug',
    })
    const { handle } = await agent.get({ path: 'dev/b' })
    const run = (file: string): Promise<Ran> =>
      agent.bash(
        `cd ${root} && ${sget} run --grant ${handle} --env-file ${file} -- ${tells('A', 'value of dev/b')}`,
      )
    t.match(await run('plain.env'), { code: 125, stderr: /an env file may not set LOG_LEVEL/ })
    t.match(await run('foreign.env'), { code: 125, stderr: /the handle is not for that secret/ })
    t.same(await pending(), [], 'and nobody was asked')
    const ran = run('.env')
    await approve()
    t.match(await ran, { code: 0 })
    t.match(await run('.env'), { code: 125, stderr: /used already/ })
  },
)

t.test('plain values pass when their names are in the config in force', { skip }, async (t) => {
  const root = repository('plain', { '.env': 'A=sget://dev/a\nLOG_LEVEL=debug\nPGHOST=evil' })
  const config = (names: string): Promise<unknown> => {
    writeFileSync(join(instance.home, 'config/config.toml'), `[run]\nplain = [${names}]\n`, { mode: 0o600 })
    return instance.sgetctl(['config', 'apply', '--passphrase-fd', '3'], { passphrase })
  }
  t.match(await runs(agent, root), {
    code: 125,
    stderr: /may not set LOG_LEVEL\n +list its name under \[run\] plain/,
  })
  await config('"LOG_LEVEL"')
  t.match(await runs(agent, root), { code: 125, stderr: /may not set PGHOST/ })
  t.same(await pending(), [])
  writeFileSync(join(root, '.env'), 'A=sget://dev/a\nLOG_LEVEL=debug')
  const ran = agent.bash(`cd ${root} && ${sget} run --env-file .env -- ${tells('LOG_LEVEL', 'debug')}`)
  await approve()
  t.match(await ran, { code: 0 })
})

t.test('what was allowed is listed and forgotten by a human, and outlives a lock', { skip }, async (t) => {
  const root = join(places, 'first')
  const list = async (): Promise<string> => (await instance.sgetctl(['origins'])).stdout
  t.match(await list(), /FOLDER +SECRET\n/)
  await instance.sgetctl(['lock'])
  await instance.sget(['unlock', '--passphrase-fd', '3'], { passphrase })
  t.match(await runs(agent, root), { code: 0, stderr: '' })
  const forget = ['origins', 'forget', root]
  t.match(await agent.bash(`${join(programs, 'sgetctl')} --home ${instance.home} ${forget.join(' ')}`), {
    code: 74,
  })
  t.match(await agent.bash(`${join(programs, 'sgetctl')} --home ${instance.home} origins`), { code: 74 })
  t.match(await instance.sgetctl(forget), { code: 0, stdout: `forgot ${root}\n` })
  t.match(await instance.sgetctl(forget), { code: 64, stderr: /nothing is allowed to the env files of/ })
  t.notMatch(await list(), root)
  t.match(await list(), join(places, 'elsewhere'), 'the others stay')
  const again = runs(agent, root)
  await approve()
  t.match(await again, { code: 0 }, 'and it is asked about again')
})

t.test(
  'the warning for a literal secret is the same whether or not it is one that is stored',
  { skip },
  async (t) => {
    const perFile = 64
    const guesses = Array.from({ length: 1000 }, (_, at) =>
      at % 2 === 0 ? live : `sk_live_${at.toString(36).padStart(24, 'x')}`,
    )
    const tails = new Set<string>()
    let count = 0
    for (let from = 0; from < guesses.length; from += perFile) {
      const lines = guesses.slice(from, from + perFile).map((guess, at) => `N${at}=${guess}`)
      const file = join(places, 'guesses.env')
      writeFileSync(file, ['A=sget://dev/live', ...lines].join('\n'))
      const { code, stderr } = await instance.sget(['run', '--env-file', file, '--', '/bin/true'])
      t.equal(code, 125, 'and none of it is set')
      const warnings = stderr.split('\n').filter((line) => line.startsWith('sget: warning: '))
      count += warnings.length
      for (const [at, warning] of warnings.entries())
        tails.add(warning.replace(`${file}:${at + 2}:`, '').replaceAll(`N${at}`, 'NAME'))
      t.notMatch(stderr, 'sk_live')
    }
    t.equal(count, guesses.length)
    t.same(
      [...tails],
      [
        'sget: warning:  NAME looks like a key of Stripe: store it (sget put), and write NAME=sget://PATH#FIELD',
      ],
    )
  },
)
