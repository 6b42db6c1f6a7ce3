// A login from its request to the page that thanks for it, with the real programs and a real provider: asked for at the
// command line and by an agent, finished, refused and given up.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import { failures } from '@sget/wire'
import { Human, type Manner } from '../packages/courier/test/oidc/human.ts'
import { RunningProvider } from '../packages/courier/test/oidc/provider.ts'
import { Agent, type ToolResult } from './rig/agent.ts'
import { Instance } from './rig/instance.ts'
import { end, plainEnvironment } from './rig/process.ts'
import { configFor, configure } from './rig/signing-in.ts'
import { onTerminal } from './rig/terminal.ts'

const provider = await RunningProvider.start(t)
const instance = await Instance.create()
t.teardown(() => instance.remove())
await configure(instance, configFor(provider.issuer))
const sgetctl = join(instance.programs, 'sgetctl')

/** Does as a human does who is shown the address. */
async function browse(url: string, manner: Manner = {}): Promise<void> {
  const landed = await new Human().follow(url, manner)
  if (landed.startsWith('http')) await fetch(landed)
}

/** Signs in at the command line; returns all that it said. */
async function signIn(
  words: readonly string[],
  manner?: Manner,
): Promise<{ code: number | null; said: string }> {
  const child = spawn(sgetctl, ['--home', instance.home, 'login', ...words], { env: plainEnvironment })
  const ended = end(child)
  const said: string[] = []
  const listen = (line: string): void => {
    said.push(line)
    const url = /^sign in: (http.*)$/.exec(line)?.[1]
    if (url !== undefined) void browse(url, manner)
  }
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', listen)
  const { code } = await ended
  return { code, said: said.join('\n') }
}

t.test('a human signs in at the command line, sees that, and signs out', async (t) => {
  const before = await instance.sgetctl(['status'])
  t.match(
    before.stdout,
    `signed in          nobody at ${provider.issuer}: sgetctl --home ${instance.home} login\n`,
  )
  const { code, said } = await signIn([])
  t.equal(code, 0, said)
  t.match(said, /^sign in: http/)
  t.match(said, 'no browser is opened: there is no screen here')
  t.match(said, new RegExp(`signed in +.*ada.* at ${provider.issuer}, since 20`))
  const status: unknown = JSON.parse((await instance.sgetctl(['status', '--json'])).stdout)
  t.match(status, { session: { issuer: provider.issuer, signedIn: true, subject: 'ada', inviting: false } })
  const again = await instance.sgetctl(['login'])
  t.match(again.stdout, /^you are signed in already; to sign in anew: /)
  const out = await instance.sgetctl(['logout', '--no-browser'])
  t.match(out, { code: 0, stdout: /^signed out: / })
  t.match(out.stdout, `to sign out in your browser too: ${provider.issuer}/`)
  t.notMatch(out.stdout, /id_token_hint|eyJ/, 'with no token in the address')
  t.match((await instance.sgetctl(['logout', '--no-browser'])).stdout, /^nobody was signed in/)
})

t.test('a login that the human refuses is told as that', async (t) => {
  const { code, said } = await signIn([], { refuses: 'login' })
  t.equal(code, failures['sso-refused'].exit)
  t.match(said, /sgetctl: cannot sign in: the login was refused, by you or by the identity provider/)
})

t.test('Ctrl-C gives the login up, for sgetd too', async (t) => {
  const shown = await onTerminal([['Ctrl-C gives up', '\u0003']], [sgetctl, '--home', instance.home, 'login'])
  t.not(shown.code, 0)
  t.match(shown.stdout, /sign in: http/)
  let said: string
  do said = (await instance.sgetctl(['status'])).stdout
  while (said.includes('a login waits'))
  t.match(said, `nobody at ${provider.issuer}: sgetctl`)
})

t.test('an agent asks for a login, shows the address and learns who signed in, and no token', async (t) => {
  const agent = await Agent.start(instance)
  t.teardown(() => agent.stop())
  const told = await agent.tool('request_login')
  t.match(told.structuredContent, { status: 'waiting' })
  const url = /^http.*$/m.exec(told.content[0]?.text ?? '')?.[0] ?? ''
  t.match((await agent.tool('request_login')).content[0]?.text, url, 'the same address')
  t.match((await agent.tool('secret_status')).structuredContent, {
    identity: { issuer: provider.issuer, signedIn: false, loginWaits: true },
  })
  await browse(url)
  let asked: ToolResult
  do asked = await agent.tool('request_login')
  while (asked.structuredContent?.['status'] === 'waiting')
  t.match(asked.structuredContent, { status: 'signed-in', identity: { subject: 'ada', loginWaits: false } })
  const status = await agent.tool('secret_status')
  t.match(status.structuredContent, { ready: true, identity: { signedIn: true, subject: 'ada' } })
  t.notMatch(JSON.stringify([asked, status]), /eyJ|token/)
  const forbidden = await agent.run(sgetctl, '--home', instance.home, 'logout')
  t.match(forbidden, {
    code: failures['agent-forbidden'].exit,
    stderr: /cannot sign out: an agent may not do this/,
  })
})
