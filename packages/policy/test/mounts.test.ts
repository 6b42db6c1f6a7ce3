// What the config may say of other vaults and of the network.
import t from 'tap'
import { mounts, type Mount } from '../src/mounts.ts'
import { network, type Network } from '../src/network.ts'
import { optional, readToml, table } from '../src/schema.ts'

const document = table({ mount: optional(mounts, []), network: optional(network, undefined) })

function read(text: string): readonly Mount[] | string {
  const reading = readToml(text, document)
  return reading.ok ? reading.value.mount : (reading.errors[0]?.message ?? '')
}

function reach(text: string): Network | string | undefined {
  const reading = readToml(text, document)
  return reading.ok ? reading.value.network : (reading.errors[0]?.message ?? '')
}

const openbao = '[[mount]]\nat = "corp"\ntype = "openbao"\nurl = "https://vault.example:8200"\n'
const bridge = '[[mount]]\nat = "in/house"\ntype = "http"\nurl = "https://secrets.example/v2"\n'

t.test('a mount has its place, its kind, and the settings of that kind', (t) => {
  const more = 'namespace = "team/a"\nauth = "jwt"\nrole = "dev"\nwrap = "60s"\nttl = "1m"\nstale = "8h"\n'
  t.same(read(openbao + more), [
    {
      at: 'corp',
      kind: 'openbao',
      settings: new Map(
        Object.entries({
          url: 'https://vault.example:8200',
          namespace: 'team/a',
          auth: 'jwt',
          role: 'dev',
          wrap: '60s',
        }),
      ),
      ttlMs: 60_000,
      staleMs: 8 * 3600_000,
    },
  ])
  const [direct] = read(`${openbao}auth = "oidc"\nauth_mount = "sso"\n`) as readonly Mount[]
  t.match(
    direct,
    {
      settings: new Map([
        ['auth', 'oidc'],
        ['auth_mount', 'sso'],
      ]),
    },
    'the role is for the vault to choose',
  )
  const [usual] = read(openbao) as readonly Mount[]
  t.match(usual, { ttlMs: 300_000, staleMs: 0 })
  t.same([...(usual?.settings.keys() ?? [])], ['url'], 'what is not said is no setting')
  const [service] = read(
    `${bridge}fields = { password = "/data/0/pw", "user name" = "/u" }\n`,
  ) as readonly Mount[]
  t.same(Object.fromEntries(service?.settings ?? []), {
    url: 'https://secrets.example/v2',
    'field.password': '/data/0/pw',
    'field.user name': '/u',
  })
  const [provider] = read(
    '[[mount]]\nat = "pass"\ntype = "exec"\ncommand = "/usr/bin/gopass"\n',
  ) as readonly Mount[]
  t.match(provider, { at: 'pass', kind: 'exec', settings: new Map([['command', '/usr/bin/gopass']]) })
  t.same(read(''), [])
  t.end()
})

t.test('a key of another kind, a wrong word and a missing one are told with their place', (t) => {
  const rows: readonly (readonly [string, RegExp])[] = [
    [`${openbao}command = "/x"`, /unknown key "command" at 5:1/],
    [`${openbao}namespce = "a"`, /unknown key "namespce" at 5:1: did you mean "namespace"\?/],
    [`${openbao}auth = "password"`, /expected one of "jwt", "oidc", "approle", "token" at 5:8/],
    [`${bridge}auth = "oidc"`, /unknown key "auth" at 5:1/],
    [`${openbao}wrap = "soon"`, /no time to wrap for: "soon" at 5:8/],
    [`${openbao}ttl = "25h"`, /expected a duration from 1s to 1d/],
    [`${openbao}stale = "8d"`, /expected a duration from 1m to 7d/],
    [`${openbao}fields = {}`, /unknown key "fields"/],
    ['[[mount]]\nat = "corp"\ntype = "vault"\n', /expected one of "openbao", "http", "exec" at 3:8/],
    ['[[mount]]\nat = "corp"\n', /missing key "type" at 1:/],
    ['[[mount]]\nat = "corp"\ntype = "openbao"\n', /missing key "url" at 1:/],
    ['[[mount]]\ntype = "exec"\ncommand = "gopass"\nat = "p"\n', /no program "gopass" at 3:11/],
    ['[[mount]]\ntype = "toString"\nat = "p"\n', /expected one of/],
    [openbao + openbao, /two mounts at "corp" at 5:/],
    [`${bridge}fields = { password = "data" }`, /no JSON pointer "data" at 5:/],
    [`${bridge}fields = { password = "/a~2" }`, /no JSON pointer/],
    [`${bridge}fields = { "a/b" = "/a" }`, /at most 64 fields, each with a name/],
    [
      `${bridge}fields = { ${Array.from({ length: 65 }, (_, at) => `f${at} = "/a"`).join(', ')} }`,
      /at most 64 fields/,
    ],
    ['mount = 1', /expected a list at 1:9/],
    [openbao.repeat(33), /at most 32 items/],
  ]
  for (const [text, message] of rows) t.match(read(text), message, text.slice(-60))
  t.end()
})

t.test('a mount lies where a secret could', (t) => {
  const at = (place: string): unknown => read(openbao.replace('"corp"', JSON.stringify(place)))
  for (const place of ['corp', 'corp/a b', 'ü']) t.match(at(place), [{ at: place }])
  for (const place of ['/corp', 'corp/', 'a//b', 'a/../b', '.', '-x', 'a#b', 'a\u202eb', 'a\nb'])
    t.match(at(place), /no place for a mount/, place)
  t.match(at(''), /expected a string/)
  t.end()
})

t.test('an address has no name, password, query or fragment in it', (t) => {
  const url = (address: string): unknown => read(openbao.replace('https://vault.example:8200', address))
  for (const good of ['https://v', 'https://v:1/a/b', 'http://127.0.0.1:8200', 'https://[::1]:8200/'])
    t.match(url(good), [{ kind: 'openbao' }], good)
  for (const bad of [
    'vault.example',
    'ftp://v',
    'https://',
    'https://u:p@v',
    'https://v/?a',
    'https://v#a',
    'https://v/a b',
    'https://v@w/',
  ])
    t.match(url(bad), /no address/, bad)
  t.end()
})

t.test('the network is what the config says, and the system’s where it says nothing', (t) => {
  const pem = '-----BEGIN CERTIFICATE-----\nMIIB+/=\n-----END CERTIFICATE-----\n'
  t.equal(reach(''), undefined)
  t.same(reach('[network]\n'), { ca: undefined, proxy: undefined, loopbackHttp: false })
  t.same(reach(`[network]\nca = """\n${pem}${pem}"""\nproxy = "http://proxy:3128"\nloopback_http = true\n`), {
    ca: pem + pem,
    proxy: 'http://proxy:3128',
    loopbackHttp: true,
  })
  for (const bad of ['/etc/ca.pem', 'x', '-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----'])
    t.match(reach(`network.ca = """${bad}"""`), /no certificates at 1:14/)
  t.match(reach('network.proxy = "proxy:3128"'), /no address/)
  t.match(reach('network.loopback_http = "yes"'), /expected true or false/)
  t.end()
})
