// Questions to the human: asked once, each time, or with proof; answered, refused, and never by an agent.
import { join } from 'node:path'
import t from 'tap'
import { Agent, type Given } from './rig/agent.ts'
import { Instance, passphrase, programs } from './rig/instance.ts'

const policy = `
[[rule]]
secrets = ["once/**"]
exposure = ["run", "read"]
approval = "once"

[[rule]]
secrets = ["always/**"]
exposure = ["run", "read"]
approval = "always"
reason = "required"

[[rule]]
secrets = ["prod/**"]
exposure = ["run"]
approval = "proof"

[[rule]]
secrets = ["brief/**"]
exposure = ["run", "read"]
approval = "never"
ttl = "1s"
`
const instance = await Instance.create(policy)
t.teardown(() => instance.remove())
for (const path of ['once/a', 'once/b', 'always/a', 'prod/a', 'brief/a'])
  await instance.put(path, `value of ${path}`)
const sget = `${join(programs, 'sget')} --home ${instance.home}`
const sgetctl = `${join(programs, 'sgetctl')} --home ${instance.home}`

interface Waiting {
  readonly id: string
  readonly needs: string
  readonly summary: string
  readonly asker: string
}

/** The one request that waits, as soon as there is one. */
async function waiting(): Promise<Waiting> {
  for (;;) {
    const { requests } = JSON.parse((await instance.sgetctl(['pending', '--json'])).stdout) as {
      requests: Waiting[]
    }
    if (requests[0] !== undefined) return requests[0]
  }
}

const approve = (id: string): Promise<{ code: number | null }> =>
  instance.sgetctl(['approve', id, '--passphrase-fd', '3'], { passphrase })

/** Asks, and has the human allow it. */
async function allowed(agent: Agent, args: Record<string, unknown>, session = 0): Promise<Given> {
  const given = agent.get(args, session)
  await approve((await waiting()).id)
  return given
}

t.test('once a session', async (t) => {
  const agent = await Agent.start(instance)
  t.teardown(() => agent.stop())
  const asking = agent.get({ path: 'once/a', reason: 'to migrate' })
  const request = await waiting()
  t.match(request, { needs: 'ack', summary: /once\/a#password.*to migrate/, asker: /agent-program\.ts$/ })
  t.test('an agent cannot answer it', async (t) => {
    t.match(await agent.bash(`${sgetctl} approve ${request.id}`), { code: 74 })
    t.match(await agent.bash(`${sget} prove ${request.id} --passphrase-fd 3 3<<<'${passphrase}'`), {
      code: 76,
    })
    t.match(await agent.bash(`(setsid ${sgetctl} approve ${request.id} </dev/null); exit $?`), { stdout: '' })
    t.match(await waiting(), { id: request.id }, 'and it still waits')
  })
  t.test('who is no human in a terminal needs the passphrase even for a click', async (t) => {
    t.not((await instance.sgetctl(['approve', request.id])).code, 0)
    t.match(await waiting(), { id: request.id })
  })
  t.test('allowed, it is given, and given again without a question', async (t) => {
    t.match(await approve(request.id), { code: 0 })
    t.match((await asking).handle, /^sget_/)
    const again = await agent.get({ path: 'once/a' })
    t.match(await agent.bash(`${again.script}; test "$ONCE_A_PASSWORD" = 'value of once/a'`), { code: 0 })
  })
  t.test('another secret, and another session of the same agent, ask again', async (t) => {
    await allowed(agent, { path: 'once/b' })
    await allowed(agent, { path: 'once/a' }, await agent.openSession())
    t.pass('both waited for the human')
  })
})

t.test('each time, with a reason and a proof', async (t) => {
  const agent = await Agent.start(instance)
  t.teardown(() => agent.stop())
  const silent = await agent.tool('get_secret_environment_variable', { path: 'always/a' })
  t.equal(silent.isError, true)
  t.match(silent.content, [{ text: /reason/ }])
  for (const time of ['first', 'second']) {
    const asking = agent.get({ path: 'always/a', reason: time })
    t.match(await waiting(), { needs: 'proof' })
    await approve((await waiting()).id)
    t.match((await asking).handle, /^sget_/)
  }
})

t.test('to sget run only', async (t) => {
  const agent = await Agent.start(instance)
  t.teardown(() => agent.stop())
  const given = await allowed(agent, { path: 'prod/a' })
  t.equal(given.script, '', 'there is no script for it')
  const read = await agent.bash(`X="$(${sget} --grant ${given.handle} 'prod/a#password')"`)
  t.match(read, { code: 72, stdout: '' })
  t.match(read.stderr, /to sget run only/)
  const again = await allowed(agent, { path: 'prod/a' })
  t.match(await agent.bash(`${again.run} sh -c 'test "$PROD_A_PASSWORD" = "value of prod/a"'`), { code: 0 })
})

t.test('refused', async (t) => {
  const agent = await Agent.start(instance)
  t.teardown(() => agent.stop())
  const asking = agent.tool('get_secret_environment_variable', { path: 'once/a' })
  await instance.sgetctl(['deny', (await waiting()).id])
  t.match(await asking, { isError: true, content: [{ text: /refused/ }] })
  const again = await agent.tool('get_secret_environment_variable', {
    path: 'once/a',
    reason: 'but I need it',
  })
  t.match(again, { isError: true, content: [{ text: /refused/ }] }, 'and not asked again')
  t.match((await instance.sgetctl(['pending', '--json'])).stdout, /"requests": ?\[\]/)
})

t.test('a handle ends', async (t) => {
  const redeem = (given: Given, ref: string): string =>
    `X="$(${sget} --grant ${given.handle} '${ref}#password')"`
  const agent = await Agent.start(instance)
  t.teardown(() => agent.stop())

  t.test('with its time', async (t) => {
    const given = await agent.get({ path: 'brief/a' })
    const late = await agent.bash(`sleep 1.1; ${redeem(given, 'brief/a')}`)
    t.match(late, { code: 71, stdout: '' })
    t.match(late.stderr, /expired/)
  })
  t.test('when a human takes it back', async (t) => {
    const given = await allowed(agent, { path: 'once/a' })
    const { grants } = JSON.parse((await instance.sgetctl(['grants', '--json'])).stdout) as {
      grants: { id: string; state: string }[]
    }
    const id = given.handle.split('_')[1] ?? ''
    t.match(
      grants.find((grant) => grant.id === id),
      { state: 'granted' },
    )
    t.notMatch(JSON.stringify(grants), given.handle, 'lists show the id, never the handle')
    t.match(await instance.sgetctl(['revoke', id]), { code: 0 })
    t.match(await agent.bash(redeem(given, 'once/a')), { code: 71, stderr: /revoked/ })
  })
  t.test('with its agent', async (t) => {
    const other = await Agent.start(instance)
    const given = await other.get({ path: 'brief/a' })
    await other.stop()
    const id = given.handle.split('_')[1]
    for (;;)
      if (instance.audit().some((record) => record['event'] === 'grant-revoked' && record['grant'] === id))
        break
      else await new Promise((resolve) => setTimeout(resolve, 20))
    t.match(await agent.bash(redeem(given, 'brief/a')), { code: 71 })
  })
  t.test('when there are too many', async (t) => {
    const last = await Promise.all(
      Array.from({ length: 33 }, () => agent.tool('get_secret_environment_variable', { path: 'once/a' })),
    )
    t.equal(last.filter(({ isError }) => isError === true).length >= 1, true)
    t.match(last.find(({ isError }) => isError === true)?.content, [{ text: /32 live handles/ }])
  })
  t.test('with the lock', async (t) => {
    const second = await Agent.start(instance)
    const given = await second.get({ path: 'brief/a' })
    t.match(await instance.sgetctl(['lock']), { code: 0 })
    const locked = await second.bash(redeem(given, 'brief/a'))
    t.match(locked, { code: 68, stdout: '' })
    t.match(locked.stderr, /vault is locked\n +you, in a terminal of your own: .*sget.* unlock/)
    const tool = await second.tool('get_secret_environment_variable', { path: 'brief/a' })
    t.match(
      tool,
      { isError: true, content: [{ text: /sget --home .* unlock/ }] },
      'with the command for the human',
    )
    await second.stop()
  })
})

t.test('the audit log tells all of it, and verify agrees', async (t) => {
  t.match(await instance.sgetctl(['audit', 'verify']), { code: 68 }, 'it takes the open vault')
  await instance.sget(['unlock', '--passphrase-fd', '3'], { passphrase })
  t.match(await instance.sget(['unlock']), { code: 0, stderr: '' }, 'an open vault asks for nothing')
  const verified = await instance.sgetctl(['audit', 'verify'])
  t.match(verified, { code: 0 })
  const text = JSON.stringify(instance.audit())
  t.notMatch(text, /value of|sget_[a-z2-7]{8}_/, 'without a value or a handle')
})
