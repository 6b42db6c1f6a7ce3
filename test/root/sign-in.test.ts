// What root finds in sgetd's memory of whoever is signed in: facts, and no token.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { Front } from '../../packages/courier/test/oidc/front.ts'
import { Human } from '../../packages/courier/test/oidc/human.ts'
import { RunningProvider } from '../../packages/courier/test/oidc/provider.ts'
import { Instance } from '../rig/instance.ts'
import { asUser, run } from '../rig/process.ts'
import { configFor, configure } from '../rig/signing-in.ts'
import { testUser } from '../rig/users.ts'

const front = await Front.open(t)
front.port = (await RunningProvider.start(t, { issuer: front.issuer, accessSeconds: 9 })).port
const instance = await Instance.create(undefined, testUser())
t.teardown(() => instance.remove())
await configure(instance, configFor(front.issuer, 'remember = true'))
const { pid } = await instance.status()

/** All that the provider gave out, in its order. */
const given: string[] = []
front.alter(t, '/token', (answer) => {
  const body = JSON.parse(answer.body.toString()) as Record<string, string>
  given.push(...['access_token', 'refresh_token', 'id_token'].map((name) => body[name] ?? ''))
  return answer
})

/** How often each of these is in the memory of sgetd, in the order of asking. */
async function copies(...values: readonly string[]): Promise<string> {
  const scan = [join(import.meta.dirname, '../rig/memscan.ts'), String(pid)]
  const { stdout } = await run(process.execPath, scan, { input: values.join('\n') })
  return stdout.trim()
}

// Root is nobody's peer: who asks is of the user whose daemon it is.
const program = join(import.meta.dirname, '../rig/asker-program.ts')
const words = ['-u', 'NODE_OPTIONS', process.execPath, '--no-warnings', program, instance.home]
const asker = spawn('/usr/bin/env', words, { ...asUser(instance.uid), stdio: ['pipe', 'pipe', 'inherit'] })
const lines = createInterface({ input: asker.stdout })[Symbol.asyncIterator]()
t.teardown(() => asker.stdin.end())

/** What is looked at of a session. */
interface State {
  readonly signedIn: boolean
  readonly until: number
}

async function ask<Answer>(word: string): Promise<Answer> {
  asker.stdin.write(`${word}\n`)
  return JSON.parse(String((await lines.next()).value)) as Answer
}

t.test('no copy of a token is left in sgetd, signed in, renewed, remembered, and signed out', async (t) => {
  const { url } = await ask<{ url: string }>('browser')
  await fetch(await new Human().follow(url))
  t.equal(await ask('came'), 'done')
  t.equal(given.length, 3)
  t.ok(given.every((token) => token.length > 20))
  const none = (): string => `${given.map(() => '0').join(' ')} copies`
  t.match(await copies('ada', ...given), /^[1-9]\d* 0 0 0 copies$/, 'at rest; who it is can be seen')
  const { until } = await ask<State>('session')
  let state = await ask<State>('session')
  while (state.signedIn && state.until === until) {
    await delay(50)
    state = await ask<State>('session')
  }
  t.match(state, { signedIn: true, remembered: true, subject: 'ada' })
  t.equal(given.length, 6)
  t.equal(await copies(...given), none(), 'after a renewal')
  t.match(await ask('logout'), /^http/)
  t.equal(await copies(...given), none(), 'after the logout')
})
