// `sget run --env-file`: what the daemon is asked for, what the command gets, what is refused, and what is warned of.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { type Body } from '@sget/wire/broker'
import t, { type Test } from 'tap'
import { Broker, type Peer } from './broker.ts'
import { build, builds, folder, plain, run, type Outcome, type Start } from './program.ts'

t.jobs = 4

type Told = Body<'run'>

interface Scene {
  readonly home: string
  /** What was asked for, by each run that came so far. */
  readonly asked: readonly Told[]
  /** Writes a file and the folders above it; returns its path. */
  readonly write: (path: string, content: string) => string
  readonly sget: (args: readonly string[], start?: Start) => Promise<Outcome>
}

/** A daemon that gives each variable that is asked for the value `value of REF`. */
async function stage(t: Test, bin: string, cleaned = false): Promise<Scene> {
  const home = folder(t)
  const asked: Told[] = []
  const give = async (peer: Peer): Promise<void> => {
    const request = await peer.greet('run')
    asked.push(request.body)
    peer.send('ready', request.id, { values: request.body.wanted.length })
    await peer.expect('ack')
    peer.send('terms', request.id, { human: false, cleaned })
    for (const [index, { variable, ref }] of request.body.wanted.entries())
      peer.value(request.id, index, variable, `value of ${ref}`)
    peer.send('done', request.id, {})
  }
  const broker = await Broker.listen(join(home, 'state/run/socket'), give)
  t.teardown(() => broker.close())
  const write = (path: string, content: string): string => {
    const file = join(home, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
    return file
  }
  const sget = (args: readonly string[], start?: Start): Promise<Outcome> =>
    run(join(bin, 'sget'), ['--home', home, ...args], start)
  return { home, asked, write, sget }
}

function both(name: string, play: (t: Test, bin: string) => Promise<void>): void {
  for (const bin of builds)
    void t.test(`${name} (${relative(build, bin)})`, { buffered: true }, (t) => play(t, bin))
}

/** What it shows is looked at here, so it is not masked. */
const env = ['--no-mask', '--', '/usr/bin/env']
/** What env(1) shows, without what the test runner puts around each process that a test starts. */
const linesOf = ({ stdout }: Outcome): string[] =>
  stdout
    .toString()
    .split('\n')
    .filter((line) => /^(?!NODE_OPTIONS=)[A-Z]\w*=/.test(line))

both('references and plain values come from files, in any quotes that mean one thing', async (t, bin) => {
  const { asked, write, sget, home } = await stage(t, bin)
  write('app/.git/HEAD', '')
  write(
    'app/conf/.env',
    [
      '# what it needs',
      'DB_PASS=sget://db/prod#password   # inline',
      "export USER_NAME='sget://db/prod#username'",
      'TOKEN="sget://api/token"',
      'LOG_LEVEL=debug',
      "GREETING='two words'",
      'EMPTY=',
    ].join('\n'),
  )
  write('app/more.env', 'PORT=8080')
  const files = ['--env-file', 'conf/.env', '--env-file=more.env']
  const ran = await sget(['run', ...files, '-e', 'OTHER=x/y', ...env], { cwd: join(home, 'app') })
  t.match(ran, { code: 0, stderr: '' })
  t.match(asked[0], {
    origin: join(home, 'app'),
    grant: '',
    plain: ['LOG_LEVEL', 'GREETING', 'EMPTY', 'PORT'].map((variable) => ({ variable })),
    wanted: [
      { variable: 'OTHER', ref: 'x/y' },
      { variable: 'DB_PASS', ref: 'db/prod#password' },
      { variable: 'USER_NAME', ref: 'db/prod#username' },
      { variable: 'TOKEN', ref: 'api/token' },
    ],
  })
  t.same(linesOf(ran).toSorted(), [
    'DB_PASS=value of db/prod#password',
    'EMPTY=',
    'GREETING=two words',
    'LOG_LEVEL=debug',
    'OTHER=value of x/y',
    `PATH=${plain.PATH}`,
    'PORT=8080',
    'TOKEN=value of api/token',
    'USER_NAME=value of db/prod#username',
  ])
})

both('what -e names goes before a file, and a file before what the caller has', async (t, bin) => {
  const { asked, write, sget } = await stage(t, bin)
  const file = write('.env', 'A=sget://file/a\nB=plain\nC=new\nD=sget://file/d')
  const caller = { ...plain, C: 'old', D: 'old', E: 'kept' }
  const ran = await sget(['run', '-e', 'A=line/a', '--env-file', file, '-e', 'B=line/b', ...env], {
    env: caller,
  })
  t.match(asked[0], {
    plain: [{ variable: 'C' }],
    wanted: [
      { variable: 'A', ref: 'line/a' },
      { variable: 'B', ref: 'line/b' },
      { variable: 'D', ref: 'file/d' },
    ],
  })
  t.same(linesOf(ran).toSorted(), [
    'A=value of line/a',
    'B=value of line/b',
    'C=new',
    'D=value of file/d',
    'E=kept',
    `PATH=${plain.PATH}`,
  ])
})

both('a run without a file tells of none, and one with a handle tells the handle too', async (t, bin) => {
  const { asked, write, sget } = await stage(t, bin)
  t.match(await sget(['run', '-e', 'A=x/y', '--', '/bin/true']), { code: 0 })
  t.match(asked[0], { origin: '', plain: [] })
  const file = write('.env', 'A=sget://x/y')
  t.match(await sget(['run', '--grant', 'sget_h', '--env-file', file, '--', '/bin/true']), { code: 0 })
  t.match(asked[1], { grant: 'sget_h', wanted: [{ variable: 'A', ref: 'x/y' }] })
})

both('the origin is the nearest repository above the file, a worktree too, or its folder', async (t, bin) => {
  const { asked, write, sget, home } = await stage(t, bin)
  write('outer/.git/HEAD', '')
  write('outer/inner/.git', 'gitdir: elsewhere')
  const rows: readonly [file: string, cwd: string, name: string, origin: string][] = [
    ['outer/.env', 'outer', '.env', 'outer'],
    ['outer/a/b/.env', 'outer/a', 'b/.env', 'outer'],
    ['outer/a/b/.env', 'outer/inner', '../a/b/.env', 'outer'],
    ['outer/inner/c/.env', 'outer', './inner//c/.env', 'outer/inner'],
    ['bare/deep/.env', 'outer', join(home, 'bare/deep/.env'), 'bare/deep'],
  ]
  for (const [file, cwd, name] of rows) {
    write(file, 'A=sget://x/y')
    t.match(await sget(['run', '--env-file', name, '--', '/bin/true'], { cwd: join(home, cwd) }), { code: 0 })
  }
  t.same(
    asked.map(({ origin }) => relative(home, origin)),
    rows.map(([, , , origin]) => origin),
  )
})

both('a link into another repository, and files of two, are refused', async (t, bin) => {
  const { asked, write, sget, home } = await stage(t, bin)
  for (const name of ['trusted', 'hostile']) write(`${name}/.git/HEAD`, '')
  const trusted = write('trusted/.env', 'A=sget://x/y')
  write('hostile/own.env', 'B=sget://x/y')
  symlinkSync(trusted, join(home, 'hostile/.env'))
  symlinkSync('own.env', join(home, 'hostile/near.env'))
  const cwd = join(home, 'hostile')
  const apart = { code: 125, stdout: Buffer.alloc(0) }
  t.match(await sget(['run', '--env-file', '.env', ...env], { cwd }), {
    ...apart,
    stderr: '.env lies in another',
  })
  t.match(await sget(['run', '--env-file', 'own.env', '--env-file', trusted, ...env], { cwd }), apart)
  t.same(asked, [], 'nothing was asked for')
  t.match(await sget(['run', '--env-file', 'near.env', '--', '/bin/true'], { cwd }), { code: 0 })
})

both('what is wrong is told with line and column, all at once, and without a value', async (t, bin) => {
  const { asked, write, sget } = await stage(t, bin)
  const rows: readonly [line: string, column: number, why: string][] = [
    ['A hunter2', 2, 'it is not NAME=VALUE'],
    ['A=hunter2 x', 11, 'its value holds blanks'],
    ["A='hunter2' x", 13, 'something follows its closing quote'],
    ['A=hunt#er2', 7, 'its value holds blanks'],
    ['A="hunt$er2"', 8, 'a $, ` or \\ in its value may mean more'],
    ['  export A=$hunter2', 12, 'a $, ` or \\ in its value may mean more'],
    ['A=sget://hunter2', 1, 'it is not sget://PATH'],
    ['\tB=sget://x/hunter2#', 2, 'it is not sget://PATH'],
    ['C=sget://x/../hunter2', 1, 'it is not sget://PATH'],
    ['D=sget://x/hunter2#a#b', 1, 'it is not sget://PATH'],
    ['LD_PRELOAD=hunter2', 1, 'programs obey'],
    ['path=hunter2', 1, 'programs obey'],
    ['HTTPS_PROXY=sget://x/hunter2', 1, 'programs obey'],
    [`${'A'.repeat(129)}=hunter2`, 1, 'programs obey'],
    ['FIRST=hunter2', 1, 'an earlier line has the same name'],
    ['SECOND=sget://x/hunter2', 1, 'an earlier line has the same name'],
    ['é=hunter2', 1, 'it is not NAME=VALUE'],
  ]
  const text = `FIRST=1\n# é\nSECOND=sget://x/y\n${rows.map(([line]) => line).join('\n')}\nL='hunter2`
  const file = write('.env', text)
  const ran = await sget(['run', '--env-file', file, ...env])
  t.match(ran, { code: 125, stdout: Buffer.alloc(0) })
  const told = ran.stderr.split('\n').filter((line) => line.startsWith(`sget: ${file}:`))
  t.equal(told.length, rows.length + 1)
  for (const [index, [line, column, why]] of rows.entries())
    t.ok(
      told[index]?.startsWith(`sget: ${file}:${index + 4}:${column}: ${why}`),
      `${line}: ${told[index] ?? ''}`,
    )
  t.match(told.at(-1), `sget: ${file}:${rows.length + 4}:3: its quote is not closed`)
  t.match(ran.stderr, `nothing was asked for, since not every line of ${file} is clear`)
  t.notMatch(ran.stderr, /hunt/)
  t.same(asked, [])
  const second = write('second.env', 'B=sget://x/y\nA=sget://x/y')
  const first = write('first.env', 'A=sget://x/y')
  const twice = await sget(['run', '--env-file', first, '--env-file', second, ...env])
  t.match(twice.stderr, `sget: ${second}:2:1: an earlier line has the same name`)
})

both('a file that is none, too much of one, and a file with nothing to ask for', async (t, bin) => {
  const { asked, write, sget, home } = await stage(t, bin)
  const refused = async (content: string | undefined, why: string, more: readonly string[] = []) => {
    const file = content === undefined ? join(home, 'none') : write('.env', content)
    const ran = await sget(['run', '--env-file', file, ...more, ...env])
    t.equal(ran.code, 125, why)
    t.ok(ran.stderr.includes(why), `${why}: ${ran.stderr}`)
  }
  const many = (count: number, line: (at: number) => string): string =>
    Array.from({ length: count }, (_, at) => line(at)).join('\n')
  await refused(undefined, 'none cannot be read')
  await refused('X=1', 'run wants --grant HANDLE')
  await refused('', 'run wants --grant HANDLE')
  await refused('\n'.repeat(1024 * 1024 + 1), 'cannot be read')
  await refused(
    many(33, (at) => `A${at}=sget://x/y`),
    ':33:1: it is one reference more',
  )
  await refused(
    many(32, (at) => `A${at}=sget://x/y`),
    ':32:1: it is one reference more',
    ['-e', 'B=x/y'],
  )
  await refused(
    many(65, (at) => `A${at}=1`),
    ':65:1: it is one plain value more',
  )
  await refused(
    many(257, (at) => `A${at}=1`),
    ':257:1: it is one entry more',
  )
  await refused(`A=sget://x/y\nB=${'x'.repeat(128 * 1024)}`, ':2:1: its value is longer')
  const nine = many(9, () => '--env-file=x').split('\n')
  t.match(await sget(['run', ...nine, ...env]), { code: 125, stderr: 'more than 8 env files' })
  for (const none of [['--env-file', ''], ['--env-file=']])
    t.match(await sget(['run', ...none, ...env]), { code: 125, stderr: '--env-file names no file' })
  t.match(await sget(['put', '--env-file', 'x', 'a/b']), { code: 64 })
  t.match(await sget(['run', '--env-file', home, ...env]), { code: 125, stderr: 'cannot be read' })
  t.match(await sget(['run', '--env-file', '/dev/zero', ...env]), { code: 125, stderr: 'cannot be read' })
  t.same(asked, [])
  const most = write(
    '.env',
    many(32, (at) => `A${at}=sget://x/y`),
  )
  t.match(await sget(['run', '--env-file', most, '--', '/bin/true']), { code: 0 })
  const plainest = write('.env', `R=sget://x/y\n${many(64, (at) => `A${at}=1`)}`)
  t.match(await sget(['run', '--env-file', plainest, '--', '/bin/true']), { code: 0 })
})

const literals: readonly [value: string, kind: string | undefined][] = [
  ['AKIAIOSFODNN7EXAMPLE', 'a key of AWS'],
  ['ASIAIOSFODNN7EXAMPLE', 'a key of AWS'],
  [`ghp_${'aB3'.repeat(12)}`, 'a token of GitHub'],
  [`github_pat_${'aB3_'.repeat(9)}`, 'a token of GitHub'],
  [`glpat-${'aB3-'.repeat(6)}`, 'a token of GitLab'],
  ['xoxb-1234567890-abc', 'a token of Slack'],
  [`sk_live_${'x'.repeat(16)}`, 'a key of Stripe'],
  [`AIza${'x'.repeat(35)}`, 'a key of Google'],
  [`sk-${'x'.repeat(20)}`, "a key of a model's provider"],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig', 'a JSON Web Token'],
  ['-----BEGIN OPENSSH PRIVATE KEY-----', 'a key in PEM'],
  ['postgres://app:x@db.example/app', 'a URL with a password in it'],
  ['9f86d081884c7d659a2feaa0', 'a random text'],
  ['prefix:9f86d081884c7d659a2feaa0', 'a random text'],
  ['AKIAIOSFODNN7EXAMPL', undefined],
  ['ghp_short', undefined],
  ['sk_live_short', undefined],
  ['postgres://db.example:5432/app', undefined],
  ['postgres://app@db.example/app', undefined],
  ['postgres://app:@db.example/app', undefined],
  ['info@db.example:80', undefined],
  ['9f86d081884c7d659a2', undefined],
  ['abcdefghijklmnopqrstuvwxyz', undefined],
  ['12345678901234567890', undefined],
  ['a1a1a1a1a1a1a1a1a1a1a1a1', undefined],
  ['eu-central-1-production-cluster-17', undefined],
  ['debug', undefined],
  ['', undefined],
]

both('a literal that looks like a live secret draws a warning that does not repeat it', async (t, bin) => {
  const { write, sget } = await stage(t, bin)
  const warned = literals.filter(([, kind]) => kind !== undefined)
  const lines = literals.map(([value], at) => `N${at}='${value}'`)
  const file = write('.env', `R=sget://x/y\n${lines.join('\n')}`)
  const ran = await sget(['run', '--env-file', file, '--', '/bin/true'])
  t.equal(ran.code, 0)
  const expected = literals.flatMap(([, kind], at) =>
    kind === undefined ? [] : [`sget: warning: ${file}:${at + 2}: N${at} looks like ${kind}: store it`],
  )
  const told = ran.stderr.trimEnd().split('\n')
  t.equal(told.length, expected.length)
  for (const [at, start] of expected.entries())
    t.ok(told[at]?.startsWith(start), `${start}\n${told[at] ?? ''}`)
  for (const [value] of warned) t.notOk(ran.stderr.includes(value), value)
})

both('a command that a rule names gets no file under a name that loaders obey', async (t, bin) => {
  const { sget } = await stage(t, bin, true)
  for (const name of ['KUBECONFIG', 'SSL_CERT_FILE']) {
    const ran = await sget(['run', '--file', `${name}=db/prod`, '--', '/bin/echo', 'ran'])
    t.match(ran, { code: 125, stderr: new RegExp(`${name} cannot be the name of a variable`) })
    t.equal(ran.stdout.length, 0)
  }
  t.match(await sget(['run', '--file', 'DB_KEY=db/prod', '--', '/usr/bin/true']), { code: 0 })
})

both('a command that a rule names gets a clean environment, and what was asked for', async (t, bin) => {
  const { write, sget } = await stage(t, bin, true)
  const file = write('.env', 'DB_PASS=sget://db/prod\nLOG_LEVEL=debug')
  const kept = {
    TERM: 'xterm-256color',
    LANG: 'C.UTF-8',
    LC_ALL: 'de_DE.utf8',
    TZ: 'Europe/Berlin',
    NO_COLOR: '1',
  }
  const more = { COLUMNS: '80', LINES: '24', USER: 'ann', LOGNAME: 'ann', COLORTERM: 'truecolor' }
  const dropped = {
    ...{
      LD_PRELOAD: '/x.so',
      PYTHONPATH: '/x',
      NODE_OPTIONS: '-r x',
      BASH_ENV: '/x',
      ENV: '/x',
      PERL5OPT: '-Mx',
    },
    ...{
      PGSERVICEFILE: '/x',
      PGHOST: 'evil',
      PGHOSTADDR: '10.0.0.1',
      PSQLRC: '/x',
      PSQL_EDITOR: '/x',
      PAGER: '/x',
    },
    ...{
      EDITOR: '/x',
      LESSOPEN: '|/x',
      GIT_SSH_COMMAND: '/x',
      KUBECONFIG: '/x',
      HTTPS_PROXY: 'http://x',
      SHELL: '/x',
    },
    ...{
      TERMINFO: '/x',
      LANGUAGE: '../../x',
      LOCPATH: '/x',
      GCONV_PATH: '/x',
      TMPDIR: '/x',
      XDG_CONFIG_HOME: '/x',
    },
    ...{
      LC_TIME: '../../x',
      LC_PAPER: '',
      IFS: 'x',
      PWD: '/x',
      SSH_AUTH_SOCK: '/x',
      ANYTHING: 'x',
      TERMX: 'x',
      'BASH_FUNC_env%%': '() { x; }',
    },
    ...{ PATH: '/tmp/evil:/usr/bin:/bin', HOME: '/tmp/evil' },
  }
  const ran = await sget(['run', '--env-file', file, ...env], { env: { ...kept, ...more, ...dropped } })
  t.equal(ran.code, 0)
  const own = linesOf(ran).filter((line) => !line.startsWith('HOME='))
  t.same(own.toSorted(), [
    'COLORTERM=truecolor',
    'COLUMNS=80',
    'DB_PASS=value of db/prod',
    'LANG=C.UTF-8',
    'LC_ALL=de_DE.utf8',
    'LC_PAPER=',
    'LINES=24',
    'LOGNAME=ann',
    'LOG_LEVEL=debug',
    'NO_COLOR=1',
    'PATH=/usr/bin:/bin:/usr/sbin:/sbin',
    'TERM=xterm-256color',
    'TZ=Europe/Berlin',
    'USER=ann',
  ])
  const home = linesOf(ran).find((line) => line.startsWith('HOME='))
  t.match(home, /^HOME=\/(?!tmp\/evil)/, 'of the password database')
  const values = { TERM: '/tmp/x', LANG: 'a/b', TZ: ':/tmp/x', LC_ALL: 'x'.repeat(65), USER: 'a b' }
  const hostile = await sget(['run', '-e', 'A=x/y', ...env], { env: values })
  t.same(
    linesOf(hostile)
      .map((line) => line.split('=')[0])
      .toSorted(),
    ['A', 'HOME', 'PATH'],
  )
})
