// What a vault on the network, and the way there, can do to us: each has its message, and leaves nothing behind.
import { createHash } from 'node:crypto'
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { certificateFor } from '../packages/courier/test/certificates.ts'
import { bodyBytesMax } from '../packages/courier/src/limits.ts'
import * as meddling from './fakes/meddling.ts'
import { OpenBao } from './fakes/openbao.ts'
import { Agent, type Given, type Ran } from './rig/agent.ts'
import { Instance } from './rig/instance.ts'
import { configure, courierOf, letIn, mountTable, networkTable } from './rig/mounting.ts'

const certificate = certificateFor()
const stranger = certificateFor()
const [bao, elsewhere] = [await OpenBao.start(certificate), await OpenBao.start(certificate)]
bao.tokens.roles.set('dev', { ttlSeconds: 3600, maxTtlSeconds: 7200, denied: ['secret/data/forbidden'] })

const policy =
  '[[rule]]\nsecrets = ["corp/**", "wrapped/**", "program/**"]\nexposure = ["run", "read"]\napproval = "never"\n' +
  'ttl = "5m"\n'
const instance = await Instance.create(policy)
const provider = join(instance.home, 'provider')
const counted = join(instance.home, 'counted')
writeFileSync(
  provider,
  `#!/bin/sh\necho "$1" >>${counted}\ntest "$1" != none && printf 'value of %s\\n' "$1"\n`,
)
chmodSync(provider, 0o755)
await letIn(instance, bao, 'a secret id')
await configure(
  instance,
  mountTable(bao, 'corp') +
    mountTable(bao, 'wrapped', 'wrap = "60s"\n') +
    `[[mount]]\nat = "program"\ntype = "exec"\ncommand = "${provider}"\n` +
    networkTable(certificate),
)
const agent = await Agent.start(instance)
const { pid } = await instance.status()
t.teardown(async () => {
  await agent.stop()
  instance.remove()
  await Promise.all([bao.stop(), elsewhere.stop()])
})

const sget = `${join(instance.programs, 'sget')} --home ${instance.home}`
const asked = (part: string): number => bao.heard.filter((line) => line.includes(part)).length

/** Runs a command of the agent that sees whether it has this very value, without a handle. */
const runs = (ref: string, value: string): Promise<Ran> =>
  agent.bash(`${sget} run -e V=${ref} -- /bin/sh -c 'test "$V" = "${value}"'`)

/** A script that takes what a handle is for, and sees whether it is this very value. */
const uses = ({ script, variables }: Given, value: string): string =>
  `${script}\ntest "$${String(variables[0])}" = "${value}"`

bao.kv.set('kept', { password: 'a value that is kept' })
const keptRef = 'corp/secret/kept#password'
const keptIs = (): Promise<Ran> => runs(keptRef, 'a value that is kept')

/** A way in which a vault gives no value. */
interface Fault {
  readonly name: string
  readonly begins: () => void
  /** What stopped it, and what the human does next. */
  readonly says: readonly [string, string]
  /** Where it is mounted, if not as usual. */
  readonly mount?: 'corp' | 'wrapped'
  /** The name of the secret there. */
  readonly secret?: string
}

const unreadable = [
  'what answered is no vault of the kind that config.toml names',
  'see the address and type of its mount: a proxy or login page may stand in its place',
] as const
const unreachable = [
  'the vault cannot be reached over the network',
  'see that this machine is online, and that address, proxy and ca of its mount in config.toml are right',
] as const

/** Answers so where values are read, and nowhere else. */
const answers = (answer: Parameters<typeof meddling.at>[1]): (() => void) => {
  return () => (bao.meddle = meddling.at('secret/data/', answer))
}

const faults: readonly Fault[] = [
  {
    name: 'a certificate of somebody else',
    begins: () => bao.present(stranger),
    says: [
      'the vault could not prove who it is',
      'give the certificates of your organization in config.toml, or ask its keepers: never go on without',
    ],
  },
  {
    name: 'a redirect to another host',
    begins: answers(meddling.redirectTo(`${elsewhere.origin}/v1/secret/data/fault`)),
    says: [
      'the address of the vault in config.toml may not be used',
      'write one that begins with https:// and needs no redirection to another host',
    ],
  },
  { name: 'a web page', begins: answers(meddling.webPage), says: unreadable },
  {
    name: 'more than 4 MiB',
    begins: answers(meddling.ofBytes(bodyBytesMax + 1)),
    says: ['the value is larger than 1 MiB', 'store a smaller one'],
  },
  {
    name: 'JSON that ends too early',
    begins: answers(meddling.text('{"data":{"data":{"password":"a va')),
    says: unreadable,
  },
  {
    name: 'half a pair of surrogates',
    begins: answers(meddling.text(String.raw`{"data":{"data":{"password":"\ud83d"},"metadata":{}}}`)),
    says: unreadable,
  },
  { name: 'a connection cut within the answer', begins: answers(meddling.cutOff), says: unreachable },
  {
    name: 'sealed',
    begins: () => (bao.mood.sealed = true),
    says: ['the vault on the network is sealed, so nobody can read from it', 'its keepers have to unseal it'],
  },
  {
    name: 'standby',
    begins: () => (bao.mood.standby = true),
    says: [
      'this server of the vault does not answer now',
      'try again, or name the server that is active in config.toml',
    ],
  },
  {
    name: 'a limit of its rate',
    begins: () => (bao.mood.quota = 0),
    says: ['the vault wants fewer requests', 'try again in a minute'],
  },
  {
    name: 'a wrapping that somebody else opened',
    mount: 'wrapped',
    begins: () =>
      (bao.meddle = (path) => {
        if (path === 'sys/wrapping/unwrap') bao.unwrapAll()
        return false
      }),
    says: [
      'somebody else has opened what the vault had wrapped for sget alone',
      'tell its keepers at once: who can do that reads along between you and the vault',
    ],
  },
]

function allIsWell(): void {
  bao.meddle = undefined
  Object.assign(bao.mood, { sealed: false, standby: false, quota: undefined, namespace: undefined })
}

/** It says what stopped it and what to do next, and nothing that the vault sent; sgetd lives. */
async function isRefused(t: Test, ran: Ran, [what, next]: readonly [string, string]): Promise<void> {
  t.not(ran.code, 0)
  t.equal(ran.stdout, '')
  t.ok(ran.stderr.includes(what), ran.stderr)
  t.ok(ran.stderr.includes(next), ran.stderr)
  t.equal((await instance.status()).pid, pid, 'sgetd lives')
}

async function isFine(t: Test, running: Promise<Ran>, what: string): Promise<void> {
  t.same(await running, { code: 0, stdout: '', stderr: '' }, what)
}

for (const [index, { name, begins, says, mount = 'corp' }] of faults.entries())
  t.test(`${name}: refused in its own words, and nothing is spent or kept of it`, async (t) => {
    t.teardown(allIsWell)
    const [secret, value] = [`fault-${index}`, `value ${index}`]
    bao.kv.set(secret, { password: value })
    await isFine(t, keptIs(), 'before')
    const given = await agent.get({ path: `${mount}/secret/${secret}` })
    const use = uses(given, value)
    begins()
    await isRefused(t, await agent.bash(use), says)
    await isFine(t, keptIs(), 'what was there serves still')
    allIsWell()
    bao.present(certificate)
    const before = asked(`secret/data/${secret}`)
    await isFine(t, agent.bash(use), 'the handle serves still')
    t.equal(asked(`secret/data/${secret}`), before + 1, 'the next request asks again')
  })

const missing = [
  'no such secret, or the policy does not give it to this caller',
  'sgetctl ls shows what there is; sgetctl show REF tells which rule applies',
] as const
const deleted = [
  'the secret was deleted at its vault',
  'its keepers can bring it back there, or store a new version',
] as const

t.test('what was there when the agent asked for it, and is not to be had when it reads', async (t) => {
  const rows = [
    {
      name: 'forbidden',
      becomes: () => undefined,
      says: ['the vault refuses this to your login', 'ask its keepers for the right'],
    },
    { name: 'deleted', becomes: () => bao.kv.delete('deleted', false), says: deleted },
    { name: 'destroyed', becomes: () => bao.kv.delete('destroyed', true), says: deleted },
    { name: 'fieldless', becomes: () => bao.kv.set('fieldless', { other: 'x' }), says: missing },
  ] as const
  for (const { name, becomes, says } of rows) {
    bao.kv.set(name, { password: `value of ${name}` })
    const { script } = await agent.get({ path: `corp/secret/${name}` })
    becomes()
    await isRefused(t, await agent.bash(script), says)
  }
})

t.test('what is not there is refused like what may not be had, and asked for once in a while', async (t) => {
  t.teardown(allIsWell)
  await isRefused(t, await runs('corp/secret/nowhere#password', 'x'), missing)
  const before = bao.heard.length
  await isRefused(t, await runs('corp/secret/nowhere#password', 'x'), missing)
  t.equal(bao.heard.length, before, 'the vault is not asked again at once')
  await isRefused(t, await runs('corp/secret/kept#nothing', 'x'), missing)
  bao.kv.set('named', { password: 'a value' })
  bao.mood.namespace = 'team'
  await isRefused(t, await runs('corp/secret/named#password', 'x'), unreadable)
  allIsWell()
  await isFine(t, runs('corp/secret/named#password', 'a value'), 'nobody remembers that it was not there')
})

t.test('a secret with every kind of escape comes out byte for byte', async (t) => {
  t.teardown(allIsWell)
  const value = 'quote " backslash \\ slash / \b\f\n\r\t \u0001 \u007f é € \u2028 😀 𝄞 end'
  const units = Array.from({ length: value.length }, (_, at) =>
    value.charCodeAt(at).toString(16).padStart(4, '0'),
  )
  const escaped = units.map((unit, at) => `\\u${at % 2 === 0 ? unit : unit.toUpperCase()}`).join('')
  const short = JSON.stringify(value).slice(1, -1).replaceAll('/', '\\/')
  for (const [name, written] of Object.entries({ escaped, short })) {
    bao.kv.set(name, { password: 'not this one' })
    bao.meddle = meddling.at(
      `secret/data/${name}`,
      meddling.text(`{"data":{"data":{"password":"${written}"}}}`),
    )
    const ran = await agent.bash(
      `${sget} run --no-mask -e V=corp/secret/${name}#password -- /bin/sh -c 'printf %s "$V" | sha256sum'`,
    )
    t.same(
      ran,
      { code: 0, stdout: `${createHash('sha256').update(value).digest('hex')}  -\n`, stderr: '' },
      name,
    )
  }
})

t.test(
  'the courier is killed on the way: that request fails, and the next has another courier',
  async (t) => {
    t.teardown(allIsWell)
    bao.kv.set('killed', { password: 'not killed' })
    const given = await agent.get({ path: 'corp/secret/killed' })
    const hold = new meddling.Hold('secret/data/killed')
    bao.meddle = hold.meddle
    const ran = agent.bash(given.script)
    await hold.has(1)
    const courier = courierOf(pid) ?? 0
    process.kill(courier, 'SIGKILL')
    await isRefused(t, await ran, [
      'the part of sgetd that speaks to vaults on the network ended on the way',
      'try again; the log of sgetd tells more: sgetctl status names it',
    ])
    hold.letGo()
    await isFine(t, agent.bash(uses(given, 'not killed')), 'the next')
    t.not(courierOf(pid), courier)
  },
)

t.test('200 cold reads of 50 secrets side by side are 50 fetches', async (t) => {
  t.teardown(allIsWell)
  const names = Array.from({ length: 50 }, (_, at) => `many-${at}`)
  for (const name of names) bao.kv.set(name, { password: `value of ${name}` })
  const hold = new meddling.Hold('secret/data/many-')
  bao.meddle = hold.meddle
  const read = (at: number): string =>
    `${sget} run -e V=corp/secret/many-${at % 50}#password -- /bin/sh -c 'test "$V" = "value of many-${at % 50}"' || echo $? &`
  const ran = agent.bash(`${Array.from({ length: 200 }, (_, at) => read(at)).join('\n')}\nwait`)
  await hold.has(50)
  hold.letGo()
  await isFine(t, ran, 'all 200 have it')
  t.same(
    bao.heard.filter((line) => line.includes('secret/data/many-')).sort(),
    names.map((name) => `GET secret/data/${name}`).sort(),
  )
})

t.test('a program that prints secrets', async (t) => {
  await isFine(t, runs('program/a/b', 'value of a/b'), 'without the newline at its end')
  const times = (path: string): number =>
    readFileSync(counted, 'utf8')
      .split('\n')
      .filter((line) => line === path).length
  t.equal(times('a/b'), 1)
  await isFine(t, runs('program/a/b', 'value of a/b'), 'from the cache')
  t.equal(times('a/b'), 1, 'the program is not run again')
  await isRefused(t, await runs('program/none', 'x'), missing)
  await isRefused(t, await runs('program/none', 'x'), missing)
  t.equal(times('none'), 1)
  rmSync(provider)
  await isRefused(t, await runs('program/c', 'x'), [
    'the program that gives these secrets cannot be run, or took too long',
    'run it yourself, with the path behind that of its mount',
  ])
})
