// What a repository, an agent or a stray signal can put around our programs, and that it changes nothing.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Agent } from './rig/agent.ts'
import { Instance, passphrase, programs } from './rig/instance.ts'
import { end, plainEnvironment, run } from './rig/process.ts'

const instance = await Instance.create()
t.teardown(() => instance.remove())
await instance.put('dev/db', 'the-value')
await instance.put('prod/db', 'the-other-value')

t.test('an edited draft is not in force until it was proved', async (t) => {
  const policy = join(instance.home, 'config/policy.toml')
  const config = join(instance.home, 'config/config.toml')
  const before = readFileSync(policy, 'utf8')
  const open = '[[rule]]\nsecrets = ["**"]\nexposure = ["run", "read", "pipe"]\napproval = "never"\n'
  const agent = await Agent.start(instance)
  t.teardown(() => agent.stop())
  const reads = (): Promise<{ code: unknown }> =>
    agent.bash(`X="$(${join(programs, 'sget')} --home ${instance.home} prod/db)"`)

  t.test('status says so', async (t) => {
    writeFileSync(policy, open)
    writeFileSync(config, '[audit]\nsync = "always"\n')
    const { drafts } = JSON.parse((await instance.sgetctl(['status', '--json'])).stdout) as {
      drafts: { name: string; draft: string; generation: number }[]
    }
    t.match(drafts, [
      { name: 'policy', draft: 'differs', generation: 1 },
      { name: 'config', draft: 'differs', generation: 1 },
    ])
    t.match((await instance.sgetctl(['status'])).stdout, /draft differs, not in force/)
  })
  t.test('the agent gets nothing of it', async (t) => {
    t.match(await reads(), { code: 72 })
  })
  t.test('a wrong passphrase leaves it so, on record', async (t) => {
    const tried = await instance.sgetctl(['policy', 'apply', '--passphrase-fd', '3'], {
      passphrase: 'a guess',
    })
    t.not(tried.code, 0)
    t.match(tried.stderr, /passphrase is wrong/)
    t.match(await reads(), { code: 72 })
    t.ok(instance.audit().some((record) => record['event'] === 'proof-refused'))
  })
  t.test('an agent cannot apply it', async (t) => {
    const argv = `${join(programs, 'sgetctl')} --home ${instance.home} policy apply --passphrase-fd 3`
    const tried = await agent.bash(`${argv} 3<<<'${passphrase}'`)
    t.not(tried.code, 0)
    t.match(await reads(), { code: 72 })
  })
  t.test('once proved, it is', async (t) => {
    const applied = await instance.sgetctl(['policy', 'apply', '--passphrase-fd', '3'], { passphrase })
    t.match(applied, { code: 0 })
    t.match(applied.stdout, /^\s*\+ exposure = \["run", "read", "pipe"\]/m, 'and the difference was shown')
    t.match(await reads(), { code: 0 })
    await instance.applyPolicy(before)
    t.match(await reads(), { code: 72 })
  })
  t.test('a draft that is wrong is refused with its place', async (t) => {
    writeFileSync(policy, `${before}\n[[rule]]\nsecrets = ["a/**"]\nexposur = ["run"]\napproval = "never"\n`)
    const tried = await instance.sgetctl(['policy', 'apply', '--passphrase-fd', '3'], { passphrase })
    t.not(tried.code, 0)
    t.match(tried.stderr, /"exposure" at \d+:1/)
    const checked = await instance.sgetctl(['policy', 'check'])
    t.not(checked.code, 0)
    t.match(checked.stdout + checked.stderr, /"exposur" at \d+:1/)
  })
})

const hostile = {
  ...plainEnvironment,
  HOME: '/nonexistent/home',
  XDG_CONFIG_HOME: '/nonexistent/config',
  XDG_RUNTIME_DIR: '/nonexistent/run',
  XDG_STATE_HOME: '/nonexistent/state',
  NODE_OPTIONS: '--require=/nonexistent/hook.js --inspect=127.0.0.1:0',
  NODE_EXTRA_CA_CERTS: '/nonexistent/ca.pem',
  NODE_PATH: '/nonexistent',
  NODE_V8_COVERAGE: join(mkdtempSync(join(tmpdir(), 'coverage-')), 'out'),
  HTTPS_PROXY: 'http://127.0.0.1:9',
  LD_PRELOAD: '/nonexistent/hook.so',
  LD_LIBRARY_PATH: '/nonexistent',
  BASH_ENV: '/nonexistent/bash-env',
  SGET_HOME: '/nonexistent/sget',
}

t.test('an environment full of hooks', async (t) => {
  t.test('changes nothing for sgetctl', async (t) => {
    const found = await instance.sgetctl(['status', '--json'], { env: hostile })
    t.match(found, { code: 0, stderr: '' })
    t.match(JSON.parse(found.stdout), { locked: false })
  })
  t.test('changes nothing for sget', async (t) => {
    const sget = `${join(programs, 'sget')} --home ${instance.home}`
    const found = await run('/bin/dash', ['-c', `X="$(${sget} dev/db)" && test "$X" = the-value`], {
      env: { ...hostile, LD_PRELOAD: '', LD_LIBRARY_PATH: '' },
    })
    t.match(found, { code: 0, stdout: '', stderr: '' })
    t.match(await instance.sget(['dev/none'], { env: hostile }), { code: 69 })
  })
  t.test('reaches the command of sget run, which is the caller’s own', async (t) => {
    const command =
      '/bin/sh -c \'test "$HOME" = /nonexistent/home && test "$BASH_ENV" && test "$X" = the-value\''
    const env = { ...hostile, LD_PRELOAD: '', LD_LIBRARY_PATH: '' }
    const sget = `${join(programs, 'sget')} --home ${instance.home}`
    t.match(await run('/bin/dash', ['-c', `${sget} run -e X=dev/db -- ${command}`], { env }), { code: 0 })
  })
  t.test('changes nothing for sgetd and sget-mcp: their environment is built from nothing', async (t) => {
    const home = mkdtempSync(join(tmpdir(), 'sget-hostile-'))
    const daemon = spawn(join(programs, 'sgetd'), ['--home', home], {
      env: hostile,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const server = spawn(join(programs, 'sget-mcp'), ['--home', home], {
      env: hostile,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    t.teardown(() => Promise.all([daemon, server].map((child) => (child.kill('SIGTERM'), end(child)))))
    await new Promise((resolve) => daemon.stderr.once('data', resolve))
    const environment = readFileSync(`/proc/${server.pid}/environ`, 'utf8')
    t.notMatch(environment, /nonexistent|NODE_|LD_|PROXY|BASH_ENV|XDG_/)
    t.match(environment, /^HOME=\//m)
    t.equal(readdirSync(home).includes('state'), true, 'and its instance is where --home says')
  })
})

t.test('a signal that opens inspectors or writes reports elsewhere', async (t) => {
  const { pid } = await instance.status()
  for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGQUIT'] as const) {
    t.test(`${signal} opens no inspector and writes no report`, async (t) => {
      process.kill(pid, signal)
      const alive = await instance.sgetctl(['status', '--json'])
      const inspector = createServer()
      await new Promise<void>((resolve, reject) =>
        inspector.once('error', reject).listen(9229, '127.0.0.1', resolve),
      )
      inspector.close()
      t.pass('nothing listens where an inspector would')
      t.match(JSON.parse(alive.stdout), { pid }, 'and the daemon goes on')
    })
  }
  t.test('no report or dump lies about', (t) => {
    const files = readdirSync(instance.home, { recursive: true }) as string[]
    t.notOk(files.some((file) => /report|core|heap/.test(file)))
    t.end()
  })
})

t.test('SIGTERM answers, wipes, removes the socket and exits 0', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'sget-term-'))
  const daemon = spawn(join(programs, 'sgetd'), ['--home', home], {
    env: plainEnvironment,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  await new Promise((resolve) => daemon.stderr.once('data', resolve))
  const second = await run(join(programs, 'sgetd'), ['--home', home])
  t.match(
    second,
    { code: 1, stderr: /another sgetd serves this instance/ },
    'a second one does not take over',
  )
  daemon.kill('SIGTERM')
  t.match(await end(daemon), { code: 0, signal: null })
  t.same(readdirSync(join(home, 'state/run')), [])
})

t.test('sgetd refuses to start', async (t) => {
  const node = join(programs, '../lib/node')
  const bundle = join(programs, '../lib/sgetd.mjs')
  const home = mkdtempSync(join(tmpdir(), 'sget-bare-'))
  t.test('without its launcher', async (t) => {
    t.match(await run(node, [bundle, '--home', home]), { code: 1, stderr: /was not started by its launcher/ })
  })
  t.test('with an inspector', async (t) => {
    t.match(await run(node, ['--inspect=127.0.0.1:0', bundle, '--home', home]), { code: 1 })
  })
  t.test('in a user namespace of its own', async (t) => {
    const found = await run('/usr/bin/unshare', ['-Ur', join(programs, 'sgetd'), '--home', home])
    t.match(found, { code: 1 })
    t.match(found.stderr, /user namespace|Operation not permitted/)
  })
  t.test('where the path of its socket is too long', async (t) => {
    const found = await run(join(programs, 'sgetd'), ['--home', join(home, 'x'.repeat(100))])
    t.match(found, { code: 1, stderr: /longer than 107 bytes/ })
  })
})
