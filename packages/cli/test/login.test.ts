// Signing in and out at the command line: the real sgetctl on real terminals, a program that stands where the browser is
// started, and a daemon that says what the test wants.
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { failures, type Body, type FailureName } from '@sget/wire'
import { fail, nobody, type Answers, type StandIn } from '../../../test/standin/daemon.ts'
import { end, plainEnvironment } from '../../../test/rig/process.ts'
import { onTerminal } from '../../../test/rig/terminal.ts'
import { openBrowser, screenOf } from '../src/browser.ts'
import { House, removeProgram } from './house.ts'

t.teardown(removeProgram)

const launcher = resolve(import.meta.dirname, '../../../build/bin/sgetctl')

const url = "https://id.example/auth?client_id=sget&state=a'b;c$(d)&x=%20"
const invitation: Body<'invitation'> = { url, code: '', seconds: 300 }

const ann: Body<'sessionState'> = {
  ...nobody,
  issuer: 'https://id.example',
  signedIn: true,
  name: 'Ann',
  subject: '248289761001',
  since: 1_790_000_000_000,
  until: 1_790_003_600_000,
  renewable: true,
  acr: 'urn:mfa',
  amr: 'pwd otp',
}

const steering = /(?!\t|\n|\r)[\p{Cc}\p{Cf}]/u

interface Scene {
  readonly house: House
  readonly daemon: StandIn
  /** An environment in which `xdg-open` is a script of ours, and there is a screen. */
  readonly env: NodeJS.ProcessEnv
  /** Waits until a browser is started; returns what it was given, an argument a line. */
  readonly opened: () => Promise<string>
}

async function scene(t: Test, answers: Answers = {}): Promise<Scene> {
  const house = new House()
  t.teardown(() => house.remove())
  const daemon = await house.daemon(answers)
  t.teardown(() => daemon.close())
  const desktop = join(house.folder, 'desktop')
  const browsed = join(desktop, 'opened')
  mkdirSync(desktop)
  execFileSync('mkfifo', [browsed])
  const script = `#!/bin/sh\nprintf '%s\\n' "$@" >'${browsed}'\n`
  writeFileSync(join(desktop, 'xdg-open'), script, { mode: 0o755 })
  const env = { ...plainEnvironment, PATH: `${desktop}:${plainEnvironment.PATH}`, DISPLAY: ':0' }
  return { house, daemon, env, opened: () => readFile(browsed, 'utf8') }
}

/** Where somebody is signed in. */
const signedIn: Answers = { session: ({ reply }) => reply('sessionState', ann) }

/** Signs in with these words where no browser can be started or none is to be; returns all that was said. */
async function signInWith(
  { house, daemon }: Scene,
  words: readonly string[],
  { env, invited = invitation }: { env?: NodeJS.ProcessEnv; invited?: Body<'invitation'> } = {},
): Promise<string> {
  const ran = house.sgetctl(['login', ...words], env === undefined ? {} : { env })
  const { reply } = await daemon.take('login')
  reply('invitation', invited)
  reply('done', {})
  const { stdout, stderr } = await ran
  return stdout + stderr
}

t.test('login opens the browser without a shell, says where and who, and waits', async (t) => {
  const { house, daemon, env, opened } = await scene(t, signedIn)
  const ran = house.sgetctl(['login'], { env })
  const { body, reply } = await daemon.take('login')
  t.same(body, { device: false, again: false })
  reply('invitation', invitation)
  t.equal(await opened(), `${url}\n`, 'one argument, as it came')
  reply('done', {})
  const { code, stdout, stderr } = await ran
  t.match({ code, stderr }, { code: 0, stderr: '' })
  t.ok(stdout.startsWith(`sign in: ${url}\n    your browser opens it\n`), stdout)
  t.match(stdout, 'waits for 5 min; Ctrl-C gives up')
  t.match(
    stdout,
    'signed in          Ann (248289761001) at https://id.example, since 2026-09-21 14:13:20 UTC',
  )
  t.match(stdout, 'session            until 2026-09-21 15:13:20 UTC, renewed without you, ends with sgetd')
  t.match(stdout, 'proved             the provider does not tell when, by pwd, otp, acr urn:mfa')
})

t.test('login opens nothing where nobody would see it, and says why', async (t) => {
  const at = await scene(t, signedIn)
  const blind = { ...at.env, DISPLAY: '' }
  t.match(
    await signInWith(at, [], { env: blind }),
    /sign in: https.*\n.*no browser is opened: there is no screen/,
  )
  const remote = await signInWith(at, [], { env: { ...blind, SSH_CONNECTION: '1' } })
  t.match(remote, /no browser is opened: this is a session over SSH/)
  t.match(remote, `for one elsewhere: sgetctl --home ${at.house.home} login --device`)
  const unasked = await signInWith(at, ['--no-browser'], { env: at.env })
  t.match(unasked, `sign in: ${url}\n    waits`)
  t.notMatch(unasked, /browser opens|is opened/)
  const nothing = { ...at.env, PATH: plainEnvironment.HOME }
  t.match(await signInWith(at, [], { env: nothing }), /no browser is opened: .*xdg-open.*ENOENT/)
})

t.test('no address is opened that a browser is not for', async (t) => {
  const screen = screenOf({ WAYLAND_DISPLAY: 'wayland-0' }, 'linux')
  for (const address of [
    'file:///etc/passwd',
    '--help',
    '/bin/id',
    'javascript:1',
    'x https://y',
    ' https://y',
    '',
  ])
    t.match(
      await openBrowser(screen, address),
      /^no browser is opened: the address begins with neither/,
      address,
    )
})

t.test('there is a screen where the system says so', async (t) => {
  const unseen = { display: false, overSsh: false }
  t.same(screenOf({ DISPLAY: '', WAYLAND_DISPLAY: '', SSH_CONNECTION: '' }, 'linux'), unseen)
  t.same(screenOf({ DISPLAY: 'localhost:10.0', SSH_CONNECTION: '1' }, 'linux'), {
    display: true,
    overSsh: true,
  })
  t.same(screenOf({}, 'darwin'), { display: true, overSsh: false })
  t.same(screenOf({ SSH_CONNECTION: '1' }, 'darwin'), { display: false, overSsh: true })
})

t.test('login --device shows the code, and needs no screen', async (t) => {
  const at = await scene(t, signedIn)
  const ran = at.house.sgetctl(['login', '--device', '--again'], { env: { ...at.env, SSH_CONNECTION: '1' } })
  const { body, reply } = await at.daemon.take('login')
  t.same(body, { device: true, again: true })
  reply('invitation', { url: 'https://id.example/device', code: 'BDSD-HQMK', seconds: 600 })
  reply('done', {})
  const { stdout } = await ran
  t.match(
    stdout,
    'sign in: https://id.example/device\n    in any browser; type there: BDSD-HQMK\n    waits for 10 min',
  )
  t.notMatch(stdout, /browser opens|is opened|login --device/)
})

t.test('login asks nobody who is signed in', async (t) => {
  const { house } = await scene(t, { ...signedIn, login: ({ reply }) => reply('done', {}) })
  const { stdout } = await house.sgetctl(['login'])
  t.match(
    stdout,
    `you are signed in already; to sign in anew: sgetctl --home ${house.home} login --again\nsigned in `,
  )
})

t.test('login --json keeps the address out of the document', async (t) => {
  const { house, daemon } = await scene(t, signedIn)
  const ran = house.sgetctl(['login', '--json'])
  const { reply } = await daemon.take('login')
  reply('invitation', invitation)
  reply('done', {})
  const { stdout, stderr } = await ran
  t.match(stderr, `sign in: ${url}`)
  t.match(JSON.parse(stdout), {
    asked: true,
    session: {
      signedIn: true,
      subject: '248289761001',
      until: '2026-09-21T15:13:20.000Z',
      authenticatedAt: null,
      amr: ['pwd', 'otp'],
    },
  })
})

t.test('Ctrl-C ends the wait, and with it the login', async (t) => {
  const { house, daemon } = await scene(t)
  const shown = onTerminal([['Ctrl-C gives up', '\u0003']], house.commandLine(['login']))
  const { reply, gone } = await daemon.take('login')
  reply('invitation', invitation)
  await gone
  const { code, stdout } = await shown
  t.not(code, 0)
  t.match(stdout, `sign in: ${url}`)
  t.notMatch(stdout, /signed in {10}/)
})

t.test('a login that is refused says why and what to do', async (t) => {
  const refusals: FailureName[] = ['locked', 'sso-refused', 'sso-absent']
  const { house } = await scene(t, { login: ({ reply }) => fail(reply, refusals.shift() ?? 'internal') })
  for (const failure of [...refusals]) {
    const { code, stdout, stderr } = await house.sgetctl(['login'])
    t.match({ code, stdout }, { code: failures[failure].exit, stdout: '' })
    t.ok(stderr.startsWith(`sgetctl: cannot sign in: ${failures[failure].text}\n    `), stderr)
  }
})

t.test('a login that nobody finishes is told as that', async (t) => {
  const { house, daemon } = await scene(t)
  const ran = house.sgetctl(['login'])
  const request = await daemon.take('login')
  request.reply('invitation', { ...invitation, seconds: 1 })
  fail(request.reply, 'approval-expired')
  t.match(await ran, {
    code: failures['approval-expired'].exit,
    stderr: /cannot sign in: nobody answered in time/,
  })
})

t.test('what a provider or a daemon says cannot steer the terminal', async (t) => {
  const hostile = 'https://x/\u001b[2J\u009b\u0007\u202e'
  const session = { ...ann, issuer: hostile, name: hostile, subject: hostile, acr: hostile, amr: hostile }
  const at = await scene(t, {
    session: ({ reply }) => reply('sessionState', session),
    logout: ({ reply }) => reply('loggedOut', { url: hostile }),
  })
  const told = await signInWith(at, [], { invited: { url: hostile, code: hostile, seconds: 1 } })
  t.notMatch(told, steering)
  t.match(told, 'type there: https://x/\\u{1b}[2J')
  const { stdout } = await at.house.sgetctl(['logout', '--no-browser'])
  t.notMatch(stdout, steering)
})

t.test('logout', (t) => {
  t.test('ends the session here, and shows where the one in the browser ends', async (t) => {
    const { house, env, opened } = await scene(t, {
      ...signedIn,
      logout: ({ reply }) => reply('loggedOut', { url }),
    })
    const ran = house.sgetctl(['logout'], { env })
    t.equal(await opened(), `${url}\n`)
    const { stdout } = await ran
    t.match(stdout, /^signed out: .*grants and cached values/)
    t.match(stdout, `to sign out in your browser too: ${url}\n    your browser opens it\n`)
    const { stdout: quiet } = await house.sgetctl(['logout', '--json', '--no-browser'], { env })
    t.same(JSON.parse(quiet), { wasSignedIn: true, url })
  })
  t.test('says that nobody was signed in, and opens nothing where there is no such place', async (t) => {
    const { house, env } = await scene(t, { logout: ({ reply }) => reply('loggedOut', { url: '' }) })
    t.match(await house.sgetctl(['logout'], { env }), {
      code: 0,
      stdout: 'nobody was signed in; no login waits any more\n',
    })
  })
  t.test('that is refused says why, and what is over all the same', async (t) => {
    const states = [ann, nobody, ann, ann]
    const failing: FailureName[] = ['sso-unreachable', 'agent-forbidden']
    const { house } = await scene(t, {
      session: ({ reply }) => reply('sessionState', states.shift() ?? nobody),
      logout: ({ reply }) => fail(reply, failing.shift() ?? 'internal'),
    })
    const half = await house.sgetctl(['logout'])
    t.equal(half.code, failures['sso-unreachable'].exit)
    t.equal(half.stdout, 'signed out here; at the provider the tokens serve until they end:\n')
    t.match(half.stderr, /^sgetctl: cannot sign out: the identity provider cannot be reached now/)
    const none = await house.sgetctl(['logout'])
    t.match(none, { code: failures['agent-forbidden'].exit, stdout: '' })
    t.match(none.stderr, /^sgetctl: cannot sign out: an agent may not do this\n {4}/)
  })
  t.end()
})

t.test('another command that needs a session shows the address, opens nothing, and goes on', async (t) => {
  const { house, daemon, env } = await scene(t)
  const ran = house.sgetctl(['ls'], { env })
  const { reply } = await daemon.take('list')
  reply('invitation', { ...invitation, code: 'BDSD-HQMK' })
  reply('entries', {
    entries: [{ path: 'corp/db', fields: 'password', created: 1, changed: 2 }],
    more: false,
  })
  const { code, stdout } = await ran
  t.equal(code, 0)
  t.match(stdout, `waiting until you have signed in: ${url}\n    type there: BDSD-HQMK\n`)
  t.match(stdout, 'corp/db')
  t.notMatch(stdout, /browser opens/)
})

t.test('of the environment the launcher lets through where windows go, and nothing else', async (t) => {
  const { house, daemon } = await scene(t)
  const environmentOf = async (env: NodeJS.ProcessEnv): Promise<string[]> => {
    const sgetctl = spawn(launcher, ['--home', house.home, 'login'], { env, stdio: 'ignore' })
    const { reply } = await daemon.take('login')
    const text = readFileSync(`/proc/${sgetctl.pid}/environ`, 'utf8')
    fail(reply, 'approval-expired')
    await end(sgetctl)
    return text.split('\0').filter((line) => !/^(HOME|PATH|LANG|)(=|$)/.test(line))
  }
  const seat = {
    TERM: 'xterm-256color',
    DISPLAY: 'localhost:10.0',
    WAYLAND_DISPLAY: 'wayland-0',
    XAUTHORITY: '/run/user/1000/.mutter-Xwaylandauth.1',
    SSH_CONNECTION: '2001:db8::1%eth0 50022 192.0.2.1 22',
  }
  const hooks = { BROWSER: '/x', XDG_RUNTIME_DIR: '/x', XDG_DATA_DIRS: '/x', NODE_OPTIONS: '--inspect' }
  const told = Object.entries(seat).map((pair) => pair.join('='))
  const session = `XDG_RUNTIME_DIR=/run/user/${process.geteuid?.()}`
  t.same(await environmentOf({ ...seat, ...hooks }), [...told, session])
  const hostile = {
    TERM: '../x',
    DISPLAY: 'evil.example:0',
    WAYLAND_DISPLAY: '/tmp/evil',
    XAUTHORITY: 'relative',
    SSH_CONNECTION: 'x\ny',
  }
  t.same(await environmentOf(hostile), [])
  const odd = {
    TERM: '',
    DISPLAY: 'localhost',
    WAYLAND_DISPLAY: 'w'.repeat(65),
    XAUTHORITY: `/${'x'.repeat(256)}`,
  }
  t.same(await environmentOf(odd), [])
  t.same(await environmentOf({ DISPLAY: ':' }), [])
  t.same(await environmentOf({ DISPLAY: ':0/../x' }), [])
})
