// sgetctl mount, and what check and apply say of mounts and sign-ins: the real program against a daemon that is told what to say.
import { chmodSync, readdirSync, statSync } from 'node:fs'
import t, { type Test } from 'tap'
import { mountKeys } from '@sget/policy'
import { failures, level, type Body, type FailureName } from '@sget/wire'
import { fail, type Answers, type StandIn } from '../../../test/standin/daemon.ts'
import type { Outcome } from '../../../test/rig/process.ts'
import { readCommandLine } from '../src/command-line.ts'
import { House, removeProgram } from './house.ts'

const mine = '# my config\n\n[lock]\nidle = "1h" # not long\n'
const corp = '\n[[mount]]\nat = "corp"\ntype = "openbao"\nurl = "https://bao.example"\n'
const adding = ['mount', 'add', 'corp', 'openbao', 'https://bao.example']
const hostile = 'a\u001b[2J\u202eb'
const steering = /(?!\t|\n)[\p{Cc}\p{Cf}]/u

t.teardown(removeProgram)

async function house(t: Test, answers?: Answers): Promise<{ house: House; daemon: StandIn }> {
  const house = new House()
  t.teardown(() => house.remove())
  const daemon = await house.daemon(answers)
  t.teardown(() => daemon.close())
  return { house, daemon }
}

function refused(t: Test, ran: Outcome, failure: FailureName, why: RegExp): void {
  t.match(ran, { code: failures[failure].exit })
  t.match(ran.stderr, why)
}

const entry = (path: string): Body<'entries'>['entries'][number] => ({
  ...{ path, fields: 'password', created: 1, changed: 2 },
})

/** What is in force, which of the embedded vault's secrets are listed, and that a change is taken. */
const serving = (content: string, paths: readonly string[] = []): Answers => ({
  document: ({ body, reply }) => reply('documentText', { name: body.name, generation: 4, content }),
  list: ({ reply }) => reply('entries', { entries: paths.map(entry), more: false }),
  stage: ({ reply }) => reply('done', {}),
})
const noSecrets: Answers['list'] = ({ reply }) => reply('entries', { entries: [], more: false })
const names = ({ asked }: StandIn): readonly string[] => asked.map(({ name }) => name)

t.test('mount add', (t) => {
  t.test('adds a table to the draft, and nothing else, and puts that in force with a proof', async (t) => {
    const { document } = serving(mine)
    const { house: at, daemon } = await house(t, { ...(document && { document }), list: noSecrets })
    at.draft('config', mine)
    chmodSync(at.paths.configuration, 0o640)
    const more = ['--role', 'dev', '--auth', 'jwt', '--stale', '8h', '--passphrase-fd', '3']
    const ran = at.sgetctl([...adding, ...more], { passphrase: 'pw' })
    const { body, reply } = await daemon.take('stage')
    const content = `${mine}${corp}stale = "8h"\nauth = "jwt"\nrole = "dev"\n`
    t.same(new Set(body.content.split('\n')), new Set(content.split('\n')))
    t.ok(body.content.startsWith(mine + corp))
    t.equal(at.read(at.paths.configuration), body.content, 'the draft is what is put in force')
    t.equal(statSync(at.paths.configuration).mode & 0o777, 0o640)
    t.strictSame(readdirSync(at.paths.config), ['config.toml'])
    reply('waiting', { request: 'k3fp', summary: 'x', level: level.proof, seconds: 300 })
    t.equal(await at.handed(), `--home ${at.home} prove k3fp --passphrase-fd 3\npw`)
    reply('done', {})
    t.match(await ran, { code: 0, stderr: '' })
    t.match((await ran).stdout, /\+ at = "corp"\n.*config: generation 4 is in force\n$/s)
    t.notMatch((await ran).stdout, /^- /m)
  })

  t.test('leaves it in the draft where that is enough, without a daemon', async (t) => {
    const at = new House()
    t.teardown(() => at.remove())
    at.draft('config', mine)
    const ran = await at.sgetctl([...adding, '--draft'])
    t.match(ran, { code: 0, stderr: '' })
    t.match(ran.stdout, /\+ at = "corp"\n.*to put it in force: sgetctl --home \S+ config apply\n$/s)
    t.equal(at.read(at.paths.configuration), mine + corp)
    t.match(await at.sgetctl(['config', 'check']), { code: 0 })
    const house = ['mount', 'add', 'in/house', 'http', 'https://s.example', '--draft', '--health', '/ok']
    t.match(await at.sgetctl([...house, '--field', 'password=/a/0', '--field', 'x=y=/b=c']), { code: 0 })
    t.match(at.read(at.paths.configuration), '\nfields = { password = "/a/0", "x=y" = "/b=c" }\n')
    t.match(await at.sgetctl(['mount', 'add', 'pass', 'exec', '/usr/bin/gopass', '--draft', '--json']), {
      code: 0,
      stdout: /"applied": false/,
    })
    t.match(at.read(at.paths.configuration), '\ntype = "exec"\ncommand = "/usr/bin/gopass"\n')
    t.match(await at.sgetctl(['config', 'check']), { code: 0 })
  })

  t.test('refuses what no config may say, in the words of who reads it, and asks nobody', async (t) => {
    const { house: at, daemon } = await house(t, serving(mine))
    at.draft('config', mine)
    const wrong: [string[], RegExp][] = [
      [
        ['corp', 'vault', 'https://v'],
        /expected one of "openbao", "http", "exec" at 8:8: found "vault", in the config as it would be/,
      ],
      [['corp/', 'openbao', 'https://v'], /no place for a mount: "corp\/"/],
      [['corp', 'openbao', 'v'], /no address "v" at 9:7/],
      [['corp', 'exec', 'gopass'], /no program "gopass"/],
      [['corp', 'exec', '/x', '--role', 'dev'], /unknown key "role"/],
      [['corp', 'openbao', 'https://v', '--ttl', '5'], /a duration such as/],
      [['corp', 'http', 'https://v', '--field', 'a=/x', '--field', 'a=/y'], / at 10:/],
      [['corp', 'openbao', 'https://v', '--role', 'x'.repeat(513)], /a string of 1 to 512/],
    ]
    for (const [words, why] of wrong)
      refused(t, await at.sgetctl(['mount', 'add', ...words]), 'document-invalid', why)
    for (const words of [
      ['--field', 'password'],
      ['--field', '=/x'],
      ['--field', 'a=b'],
    ])
      refused(t, await at.sgetctl([...adding, ...words]), 'usage', /--field wants NAME=\/POINTER, not/)
    refused(t, await at.sgetctl(['mount', 'add', 'corp', 'openbao']), 'usage', /missing required argument/)
    t.equal(at.read(at.paths.configuration), mine)
    at.draft('config', `${mine}colour = 1\n`)
    refused(t, await at.sgetctl(adding), 'document-invalid', /unknown key "colour" at 5:1/)
    at.draft('config', `# ${'ü'.repeat(32_760)}\n`)
    refused(t, await at.sgetctl([...adding, '--draft']), 'document-invalid', /more than 64 KiB/)
    t.same(daemon.asked, [])
  })

  t.test('changes nothing where sgetd is not there, locked, or of another mind', async (t) => {
    const at = new House()
    t.teardown(() => at.remove())
    at.draft('config', mine)
    refused(t, await at.sgetctl(adding), 'no-daemon', /cannot mount corp: no sgetd is running/)
    const daemon = await at.daemon({ ...serving(mine), document: ({ reply }) => fail(reply, 'locked') })
    t.teardown(() => daemon.close())
    refused(t, await at.sgetctl(adding), 'locked', /cannot mount corp: the vault is locked/)
    t.equal(at.read(at.paths.configuration), mine)
  })

  t.test('says where the change is when it is not put in force', async (t) => {
    const { house: at } = await house(t, {
      ...serving(mine),
      stage: ({ reply }) => fail(reply, 'approval-denied'),
    })
    at.draft('config', mine)
    const ran = await at.sgetctl(adding)
    refused(t, ran, 'approval-denied', /cannot mount corp: a human refused this/)
    t.match(ran.stdout, /wrote \S+\/config\.toml, where it stays if it is not put in force now/)
    t.equal(at.read(at.paths.configuration), mine + corp)
  })

  t.test('overwrites no edit that was made meanwhile', async (t) => {
    const { house: at, daemon } = await house(t, {
      ...serving(mine),
      list: ({ reply }) => {
        at.draft('config', '# edited\n')
        reply('entries', { entries: [], more: false })
      },
    })
    at.draft('config', mine)
    refused(t, await at.sgetctl(adding), 'document-invalid', /was edited meanwhile.*try again/)
    t.equal(at.read(at.paths.configuration), '# edited\n')
    t.notOk(names(daemon).includes('stage'))
  })

  t.test('hides no secret of the embedded vault silently', async (t) => {
    const paths = [
      'corp/a',
      `corp/${hostile}`,
      'corpse/b',
      ...Array.from({ length: 12 }, (_, n) => `corp/n${n}`),
    ]
    const { house: at, daemon } = await house(t, serving(mine, paths))
    at.draft('config', mine)
    const ran = await at.sgetctl(adding)
    refused(t, ran, 'usage', /there is no terminal to ask on: --force/)
    t.match(
      ran.stdout,
      /a mount at corp hides .*: corp\/a, corp\/a\\u\{1b\}\[2J\\u\{202e\}b, .* and 4 more\n/,
    )
    t.notMatch(ran.stdout, /corpse/)
    t.notMatch(ran.stdout + ran.stderr, steering)
    t.same(daemon.asked.find(({ name }) => name === 'list')?.body, { pattern: 'corp/**', after: '' })
    t.notOk(names(daemon).includes('stage'))
    t.equal(at.read(at.paths.configuration), mine)
    t.match(await at.sgetctl([...adding, '--force']), { code: 0 })
    t.equal(at.read(at.paths.configuration), mine + corp)
    at.draft('config', mine)
    await at.sgetctl(['mount', 'add', 'a[*]/{x}', 'openbao', 'https://v'])
    t.match(daemon.asked.findLast(({ name }) => name === 'list')?.body, { pattern: 'a???/?x?/**' })
    at.draft('config', mine + corp)
    const applied = await at.sgetctl(['config', 'apply'])
    t.match(applied, { code: 0, stdout: /a mount at corp hides what the embedded vault has there: corp\/a,/ })
  })

  t.test('asks nothing of what is hidden by mounts in force', async (t) => {
    const { house: at, daemon } = await house(t, serving(mine + corp, ['corp/a']))
    at.draft('config', mine)
    t.match(await at.sgetctl(adding), { code: 0, stdout: /nothing to apply/ })
    t.equal(at.read(at.paths.configuration), mine + corp, 'but the draft follows')
    t.notOk(names(daemon).some((name) => name === 'list' || name === 'stage'))
  })

  t.test('can be told every key that a mount may have', async (t) => {
    const elsewhere = ['at', 'type', 'url', 'command', 'fields']
    for (const key of new Set([...mountKeys.values()].flat())) {
      if (elsewhere.includes(key)) continue
      const words = [...adding, `--${key.replaceAll('_', '-')}`, 'x']
      t.match(await readCommandLine(words, '0'), { task: { row: { usage: /^add/ } } }, key)
    }
    const { task } = await readCommandLine(['mount', 'add', '--help'], '0')
    t.notMatch('help' in task && task.help.join('\n'), /the key \S+ of the mount/, 'each with a meaning')
  })
  t.end()
})

t.test('mount rm takes the table out of the draft and of what is in force', async (t) => {
  const { house: at, daemon } = await house(t, serving(mine + corp))
  at.draft('config', mine + corp)
  refused(t, await at.sgetctl(['mount', 'rm', 'corp/x']), 'usage', /no \[\[mount\]\] with at = "corp\/x"/)
  t.match(await at.sgetctl(['mount', 'rm', 'corp', '--draft']), { code: 0, stdout: /- at = "corp"\n/ })
  t.equal(at.read(at.paths.configuration), mine)
  t.same(daemon.asked, [])
  at.draft('config', mine + corp)
  t.match(await at.sgetctl(['mount', 'rm', 'corp']), {
    code: 0,
    stderr: '',
    stdout: /- at = "corp"\n.*in force\n$/s,
  })
  t.equal(at.read(at.paths.configuration), mine)
  t.same(daemon.asked.findLast(({ name }) => name === 'stage')?.body, { name: 'config', content: mine })
  const inline = 'mount = [{ at = "corp", type = "exec", command = "/x" }]\n'
  at.draft('config', inline)
  refused(t, await at.sgetctl(['mount', 'rm', 'corp']), 'usage', /no \[\[mount\]\]/)
  t.equal(at.read(at.paths.configuration), inline)
})

t.test('mount ls', async (t) => {
  const row = {
    kind: 'openbao',
    address: 'https://bao.example',
    login: 'jwt',
    ttlSeconds: 300,
    staleSeconds: 28_800,
  }
  const shown = [
    { ...row, at: 'corp', state: 'open' },
    {
      ...row,
      at: hostile,
      kind: 'exec',
      address: '/usr/bin/gopass',
      login: '',
      state: hostile,
      staleSeconds: 0,
    },
  ]
  let mounts: typeof shown = []
  const { house: at } = await house(t, { mounts: ({ reply }) => reply('mountList', { mounts }) })
  const told = async (there: typeof shown, ...words: string[]): Promise<string> => {
    mounts = there
    const ran = await at.sgetctl(['mount', 'ls', ...words])
    t.match(ran, { code: 0, stderr: '' })
    return ran.stdout
  }
  t.test('shows what is in force and how it stands, whatever the names hold', async (t) => {
    const stdout = await told(shown)
    t.match(
      stdout,
      /^AT +TYPE +ADDRESS +LOGIN +STATE +TTL +STALE\ncorp +openbao +https:\S+ +jwt +open +5 min +8 h\n/,
    )
    t.match(stdout, /\\u\{1b\}\[2J\\u\{202e\}b +exec +\/usr\/bin\/gopass +- +a\\u.* +5 min +-\n$/)
    t.notMatch(stdout, steering)
    t.match(JSON.parse(await told(shown, '--json')), { mounts: shown })
  })
  t.test('says how to mount one where there is none', async (t) => {
    t.match(await told([]), `sgetctl --home ${at.home} mount add --help`)
  })
})

t.test('mount test says that a vault answers, or what stops it', async (t) => {
  const { house: at, daemon } = await house(t, {
    testMount: ({ body, reply }) => {
      if (body.at === 'corp') reply('done', {})
      else fail(reply, 'vault-sealed')
    },
  })
  t.match(await at.sgetctl(['mount', 'test', 'corp']), { code: 0, stdout: /^the vault at corp answers/ })
  t.same(daemon.asked.at(-1)?.body, { at: 'corp' })
  refused(
    t,
    await at.sgetctl(['mount', 'test', 'x']),
    'vault-sealed',
    /cannot test the mount x: the vault on .* sealed/,
  )
})

t.test('policy check warns of a demand that nobody can meet', async (t) => {
  const at = new House()
  t.teardown(() => at.remove())
  const rule = '[[rule]]\nsecrets = ["a/b"]\nexposure = ["run"]\napproval = "never"\n'
  const sso = '[sso]\nissuer = "https://id.example"\nclient_id = "sget"\n'
  const check = async (policy: string, config: string | undefined): Promise<Outcome> => {
    at.draft('policy', policy)
    if (config !== undefined) at.draft('config', config)
    return at.sgetctl(['policy', 'check'])
  }
  const valid = /policy\.toml is valid\n$/
  t.match(
    await check(`${rule}acr = "mfa"\n`, undefined),
    { code: 0, stdout: valid },
    'of no config nothing is known',
  )
  t.match(await check(`${rule}acr = "mfa"\n`, mine), {
    ...{ code: 0, stderr: '' },
    stdout:
      /is valid\nwarning: rule 1 demands a sign-in at 1:1: the config has no \[sso\], so nobody can sign in\n$/,
  })
  t.match(JSON.parse((await at.sgetctl(['policy', 'check', '--json'])).stdout), {
    ...{ faults: [], warnings: [/^rule 1 demands/] },
  })
  t.match(await check(`${rule}acr = "mfa"\n`, sso), { code: 0, stdout: valid })
  t.match(
    await check(`${rule}acr = "mfa"\n`, 'x = \n'),
    { code: 0, stdout: valid },
    'config check tells that',
  )
  t.match(await check(rule, mine), { code: 0, stdout: valid })
  t.match(await check(`${rule}acr = []\n`, mine), {
    code: failures['document-invalid'].exit,
    stdout: /^no way to/,
  })
})
