// A vault that has people sign in itself, through the real programs: who is told, who waits, and what ends a login.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { certificateFor } from '../packages/courier/test/certificates.ts'
import { failureIn, Peer, want } from '../packages/daemon/test/peer.ts'
import { encode, type Body } from '../packages/wire/src/broker.ts'
import { OpenBao } from './fakes/openbao.ts'
import { signInAt } from './rig/browser.ts'
import { Instance } from './rig/instance.ts'
import { configure } from './rig/signing-in.ts'

const certificate = certificateFor()
const bao = await OpenBao.start(certificate)
const policy = '[[rule]]\nsecrets = ["**"]\nexposure = ["run", "read"]\napproval = "never"\nttl = "5m"\n'
const instance = await Instance.create(policy)
/** A place for each test, where nobody has signed in before. */
const places = Array.from({ length: 16 }, (_, at) => `corp-${at}`)
const mount = (at: string, more = ''): string =>
  `[[mount]]\nat = "${at}"\ntype = "openbao"\nurl = "${bao.origin}"\nauth = "oidc"\nrole = "dev"\n${more}`
await configure(
  instance,
  `${places.map((at) => mount(at)).join('')}${mount('aging', 'ttl = "1s"\nstale = "1h"\n')}[network]\nca = """\n${certificate.cert}"""\n`,
)
t.teardown(async () => {
  instance.remove()
  await bao.stop()
})

/** The next place. */
function place(): string {
  const next = places.shift()
  if (next === undefined) throw new Error('more places are needed')
  return next
}

const asked = (part: string): number => bao.heard.filter((line) => line.includes(part)).length
const begun = (): number => asked('auth_url')

/** One who asks for something that takes a login, under the id 2. */
class Asker {
  readonly peer = new Peer(instance.home).hello()

  constructor(frame: Buffer) {
    this.peer.say(frame)
  }

  /** The invitations so far, after that many have come. Fails with what came instead. */
  async invited(count = 1): Promise<readonly string[]> {
    await this.peer.until(() => this.#invitations.length >= count || this.#end !== undefined)
    const urls = this.#invitations.map(({ url }) => url)
    if (urls.length < count) throw new Error(`not invited: ${await this.came()}`)
    return urls
  }

  /** How it ended: the name of the reply, or the failure. */
  async came(): Promise<string> {
    await this.peer.until(() => this.#end !== undefined)
    return failureIn(this.#end) || (this.#end?.name ?? 'nothing')
  }

  /** Signs in as the newest invitation says. */
  async signIn(count = 1): Promise<string> {
    const urls = await this.invited(count)
    await signInAt(urls.at(-1) ?? '', certificate.cert)
    return await this.came()
  }

  get #invitations(): Body<'invitation'>[] {
    return this.peer.heard.flatMap((message) => (message.name === 'invitation' ? [message.body] : []))
  }

  get #end(): Peer['heard'][number] | undefined {
    return this.peer.heard.find(({ id, name }) => id === 2 && name !== 'invitation')
  }
}

const tester = (at: string): Asker => new Asker(encode('testMount', 2, { at }))

t.test('a human signs in at the vault, and all who wait are told', async (t) => {
  const corp = place()
  const [one, other] = [tester(corp), tester(corp)]
  const [url] = await one.invited()
  t.same(await other.invited(), [url])
  const late = tester(corp)
  t.same(await late.invited(), [url])
  t.match(await one.signIn(), 'done')
  t.same([await other.came(), await late.came()], ['done', 'done'])
  t.equal(begun(), 1)
  t.equal(await tester(corp).came(), 'done', 'nobody is asked again')
  const listing = new Asker(encode('mounts', 2, {}))
  t.equal(await listing.came(), 'mountList')
  const list = listing.peer.heard.at(-1)
  t.match(list?.name === 'mountList' && list.body.mounts.filter(({ state }) => state !== 'unused'), [
    { at: corp, login: 'oidc', state: 'ready' },
  ])
})

t.test('sget tells a human where, and goes on when they have signed in', async (t) => {
  const corp = place()
  bao.kv.set('db', { password: 'some password' })
  const child = spawn(
    join(instance.programs, 'sget'),
    [
      '--home',
      instance.home,
      'run',
      '-e',
      `V=${corp}/secret/db`,
      '--',
      '/bin/sh',
      '-c',
      'test "$V" = "some password"',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  while (!said.includes('\n')) await delay(10)
  const url = /until you have signed in, in your browser: (https:\S+)\n/.exec(said)?.[1] ?? ''
  t.equal(await signInAt(url, certificate.cert), 200)
  const [code] = (await once(child, 'close')) as [number]
  t.equal(code, 0, said)
})

t.test('what nobody asks for is not begun', async (t) => {
  const corp = place()
  const before = begun()
  t.equal(await new Asker(encode('list', 2, { pattern: '', after: '' })).came(), 'entries')
  t.equal(await new Asker(encode('list', 2, { pattern: 'c*/**', after: '' })).came(), 'entries')
  t.equal(await new Asker(encode('mounts', 2, {})).came(), 'mountList')
  t.equal(begun(), before)
  const meant = new Asker(encode('list', 2, { pattern: `${corp}/secret/*`, after: '' }))
  t.equal(await meant.signIn(), 'entries')
  t.match(meant.peer.heard.at(-1)?.body, { entries: [{ path: `${corp}/secret/db` }] })
})

t.test(
  'one at a time: who needs another vault is told of the login before, and then of their own',
  async (t) => {
    const [corp, team] = [place(), place()]
    const [first, second] = [tester(corp), tester(team)]
    const [url] = await first.invited()
    t.same(await second.invited(), [url])
    t.equal(await first.signIn(), 'done')
    const [, own] = await second.invited(2)
    t.not(own, url)
    t.equal(await second.signIn(2), 'done')
  },
)

t.test('one request for two vaults has two logins', async (t) => {
  const [corp, team] = [place(), place()]
  const both = new Asker(
    encode('run', 2, {
      masked: true,
      grant: '',
      program: '/usr/bin/true',
      digest: '',
      words: [],
      origin: '',
      plain: [],
      wanted: [`${corp}/secret/db`, `${team}/secret/db`].map((ref) => ({ variable: '', ref })),
    }),
  )
  const [url = ''] = await both.invited()
  t.equal(await signInAt(url, certificate.cert), 200)
  t.equal(await both.signIn(2), 'ready')
  t.equal((await both.invited(2)).length, 2, 'of each it is told once')
})

t.test(
  'a login is given up with the last who waits, whoever watches, and the next begins at once',
  async (t) => {
    const [corp, team] = [place(), place()]
    const [first, second] = [tester(corp), tester(team)]
    const [url = ''] = await first.invited()
    await second.invited()
    first.peer.leave()
    const [, own] = await second.invited(2)
    t.not(own, url)
    t.equal(await signInAt(url, certificate.cert), 400, 'the answer of the other is nobody’s')
    t.equal(await second.signIn(2), 'done')
  },
)

t.test('each way in which it comes to nothing has a message of its own', async (t) => {
  const corp = place()
  bao.oidc.manner = 'refuses'
  t.equal(await tester(corp).signIn(), 'sso-refused')
  bao.oidc.manner = 'agrees'
  bao.oidc.refusal = 'error validating claims: claim "groups" does not match'
  t.equal(await tester(corp).signIn(), 'vault-refused')
  bao.oidc.refusal = undefined
  const other = createServer()
  await once(other.listen(8250, '127.0.0.1'), 'listening')
  t.equal(await tester(corp).came(), 'sso-port')
  other.close()
  await once(other, 'close')
  bao.oidc.redirects.clear()
  t.equal(await tester(corp).came(), 'vault-redirect')
  bao.oidc.redirects.add('http://localhost:8250/oidc/callback')
  bao.mood.sealed = true
  t.equal(await tester(corp).came(), 'vault-sealed')
  bao.mood.sealed = false
  t.equal(await tester(corp).signIn(), 'done', 'and none of it lasts')
})

t.test('a token that the vault has ended is told, and the next who asks is invited', async (t) => {
  const corp = place()
  t.equal(await tester(corp).signIn(), 'done')
  const before = begun()
  bao.tokens.endAll()
  t.equal(await new Asker(want(2, `${corp}/secret/db`)).came(), 'vault-expired')
  t.equal(begun(), before)
  t.equal(await new Asker(want(2, `${corp}/secret/db`)).signIn(), 'ready')
})

t.test('each who asks what is known of a secret is told, though the vault is asked once', async (t) => {
  const ref = `${place()}/secret/db`
  const asking = (): Asker => new Asker(encode('describe', 2, { ref }))
  const before = asked('subkeys')
  const [one, other] = [asking(), asking()]
  const [url] = await one.invited()
  t.same(await other.invited(), [url])
  t.same([await one.signIn(), await other.came()], ['description', 'description'])
  t.equal(asked('subkeys'), before + 1)
})

t.test('an old value serves while nobody can sign in since the vault is away', async (t) => {
  const wanted = (): Asker => new Asker(want(2, 'aging/secret/db#password'))
  t.equal(await wanted().signIn(), 'ready')
  await delay(1100)
  bao.tokens.endAll()
  t.equal(await wanted().came(), 'vault-expired')
  bao.mood.standby = true
  t.equal(await wanted().came(), 'stale')
  bao.mood.standby = false
  t.equal(await wanted().signIn(), 'ready')
})

t.test('a lock ends a login that waits, and gives the tokens of others back', async (t) => {
  const [corp, team] = [place(), place()]
  t.equal(await tester(corp).signIn(), 'done')
  const waiting = tester(team)
  await waiting.invited()
  const watching = tester(place())
  await watching.invited()
  const before = { revoked: asked('revoke-self'), begun: begun() }
  t.match(await instance.sgetctl(['lock']), { code: 0 })
  t.same([await waiting.came(), await watching.came()], ['sso-unfinished', 'sso-unfinished'])
  while (asked('revoke-self') === before.revoked) await delay(20)
  t.equal(begun(), before.begun)
  t.equal(await tester(team).came(), 'locked')
  const free = createServer()
  await once(free.listen(8250, '127.0.0.1'), 'listening')
  free.close()
})
