// The main job, end to end: an agent asks by name, runs what it was given, and the program it starts has the value.
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Agent, type Given } from './rig/agent.ts'
import { Instance, programs } from './rig/instance.ts'

const value = 'pa$$ "word" `touch /tmp/pwned` $(touch /tmp/pwned) naïve ✓ end'
const sget = join(programs, 'sget')

const instance = await Instance.create()
t.teardown(() => instance.remove())
await instance.put('dev/db#password', value)
await instance.put('dev/db#username', 'app')
await instance.put('other/api#token', 'tok-0123456789')

/** A command whose output tells whether the variable holds the value, without showing it. */
const tells = (variable: string): string =>
  `test "$(printenv ${variable} | sha256sum)" = "$(cat ${expectedSum})"`
const expectedSum = join(mkdtempSync(join(tmpdir(), 'sum-')), 'sum')
await import('node:child_process').then(({ execFileSync }) =>
  execFileSync('/bin/bash', ['-c', `sha256sum > ${expectedSum}`], { input: `${value}\n` }),
)

for (const era of ['legacy', 'modern'] as const) {
  t.test(`an agent of the ${era} era`, async (t) => {
    const agent = await Agent.start(instance, era)
    t.teardown(() => agent.stop())

    for (const shell of ['bash', 'zsh', 'sh']) {
      const path = shell === 'zsh' ? '/usr/bin/zsh' : `/bin/${shell}`
      const skip = existsSync(path) ? false : `${shell} is not installed`
      t.test(`runs the script in ${shell}, and the program it starts has the value`, { skip }, async (t) => {
        const given = await agent.get({ path: 'dev/db', shell, reason: 'tests' })
        const ran = await agent.run(path, '-c', `${given.script}\n${tells('DEV_DB_PASSWORD')}`)
        t.match(ran, { code: 0, stdout: '', stderr: '' })
        t.notOk(existsSync('/tmp/pwned'), 'nothing in the value was executed')
      })
    }

    t.test('runs one line with sget run, and the program has the value', async (t) => {
      const given = await agent.get({ path: 'dev/db' })
      const ran = await agent.bash(`${given.run} /bin/sh -c '${tells('DEV_DB_PASSWORD')}'`)
      t.match(ran, { code: 0, stdout: '', stderr: '' })
    })

    t.test('gets two fields at once', async (t) => {
      const given = await agent.get({ path: 'dev/db', fields: ['username', 'password'] })
      const ran = await agent.bash(
        `${given.script}\n${tells('DEV_DB_PASSWORD')} && test "$DEV_DB_USERNAME" = app`,
      )
      t.match(ran, { code: 0, stdout: '', stderr: '' })
    })

    t.test('sees no value in any answer', async (t) => {
      const answers = await Promise.all([
        agent.tool('get_secret_environment_variable', { path: 'dev/db' }),
        agent.tool('list_secrets'),
        agent.tool('search_secrets', { query: 'db' }),
        agent.tool('describe_secret', { path: 'dev/db' }),
        agent.tool('secret_status'),
      ])
      for (const answer of answers) {
        t.not(answer.isError, true)
        t.notMatch(JSON.stringify(answer), /pa\$\$|tok-0123|naïve/)
      }
    })
  })
}

t.test('a handle is worthless', async (t) => {
  const agent = await Agent.start(instance)
  const other = await Agent.start(instance)
  t.teardown(() => Promise.all([agent.stop(), other.stop()]))
  const fresh = (): Promise<Given> => agent.get({ path: 'dev/db' })
  const redeem = (given: Given, ref = 'dev/db#password'): string =>
    `X="$(${sget} --home ${instance.home} --grant ${given.handle} '${ref}')"`
  const refused = (t: Test, ran: { code: unknown; stdout: string; stderr: string }, why: RegExp): void => {
    t.match(ran, { code: 71, stdout: '' })
    t.match(ran.stderr, why)
    t.match(instance.audit().at(-1), { event: 'refused' }, 'and the refusal is on record')
  }

  t.test('a second time', async (t) => {
    const given = await fresh()
    t.match(await agent.bash(redeem(given)), { code: 0 })
    refused(t, await agent.bash(redeem(given)), /used already/)
    t.ok(
      instance.audit().some((record) => record['event'] === 'alarm'),
      'a spent handle that comes again raises an alarm',
    )
  })

  t.test('after clear', async (t) => {
    const given = await fresh()
    t.not((await agent.tool('clear_secret_environment_variable', { handle: given.handle })).isError, true)
    refused(t, await agent.bash(redeem(given)), /revoked/)
  })

  t.test('for another field', async (t) => {
    const given = await fresh()
    refused(t, await agent.bash(redeem(given, 'dev/db#username')), /not for that secret/)
  })

  t.test("in a second agent's tree", async (t) => {
    refused(t, await other.bash(redeem(await fresh())), /another process tree/)
  })

  t.test('from a double-forked child', async (t) => {
    const given = await fresh()
    const out = join(instance.home, 'detached')
    const script = join(instance.home, 'detached.sh')
    writeFileSync(script, `exec 2>${out}\n${redeem(given)}\necho $? >${out}.code\n`)
    await agent.bash(`( setsid /bin/bash ${script} & ); until test -s ${out}.code; do sleep 0.05; done`)
    const { stdout } = await agent.bash(`cat ${out}.code ${out}`)
    t.match(stdout, /^71\n[^]*another process tree/)
  })

  t.test('by a process of the tree that is older than the grant', async (t) => {
    const go = join(instance.home, 'go')
    const older = agent.bash(
      `mkfifo ${go}; read handle <${go}; X="$(${sget} --home ${instance.home} --grant "$handle" 'dev/db#password')"`,
    )
    await agent.bash(`until test -p ${go}; do sleep 0.05; done`)
    const given = await fresh()
    await agent.bash(`echo ${given.handle} >${go}`)
    refused(t, await older, /older than the handle/)
  })

  t.test('over a second sget-mcp of the same tree', async (t) => {
    const second = await agent.openSession()
    const given = await fresh()
    const cleared = await agent.tool('clear_secret_environment_variable', { handle: given.handle }, second)
    t.equal(cleared.isError, true, 'another session cannot clear it')
    t.match(await agent.bash(redeem(given)), { code: 0 }, 'and it still serves its own')
  })

  t.test('that nobody ever gave', async (t) => {
    const given = await fresh()
    const guess = { ...given, handle: given.handle.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a')) }
    refused(t, await agent.bash(redeem(guess)), /not one of this daemon/)
  })
})

t.test('an agent without a handle', async (t) => {
  const agent = await Agent.start(instance)
  t.teardown(() => agent.stop())
  const bare = `${sget} --home ${instance.home}`

  t.test('gets nothing to read itself', async (t) => {
    const ran = await agent.bash(`${bare} dev/db`)
    t.match(ran, { code: 72, stdout: '' })
    t.match(ran.stderr, /would land in the agent/)
  })
  t.test('may use what a rule gives without a question, in a substitution', async (t) => {
    t.match(await agent.bash(`X="$(${bare} dev/db)" && test -n "$X"`), { code: 0, stdout: '' })
  })
  t.test('is refused what needs a question', async (t) => {
    t.match(await agent.bash(`X="$(${bare} other/api#token)"`), { code: 69, stdout: '' })
  })
  t.test('cannot tell what it may not have from what there is not', async (t) => {
    const denied = await agent.bash(`X="$(${bare} other/api#token)"`)
    const missing = await agent.bash(`X="$(${bare} other/none#token)"`)
    t.same(denied.stderr.replace('other/api', 'X'), missing.stderr.replace('other/none', 'X'))
  })
  t.test('cannot approve, reveal, prove or write', async (t) => {
    const { stdout, stderr, code } = await agent.bash(
      `exec 3<<<guess; ${bare} put dev/new --passphrase-fd 3 <<<x`,
    )
    t.match({ stdout, code }, { stdout: '', code: 76 })
    t.match(stderr, /agent/)
    t.match(await agent.bash(`${bare} --reveal dev/db`), { stdout: '' })
    t.match(await agent.bash(`${bare} approve abcd`), { code: 74 })
  })
})
