// The generated lines, run by the real shells against an sget that is a script.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { failureHint, failures, Refusal, type Body, type FailureName } from '@sget/wire'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { nextStep } from '../src/explain.ts'
import { commandLine, spellOut, type Programs } from '../src/programs.ts'
import { lines, type Lines } from '../src/script.ts'
import { shells, type ShellName } from '../src/shells.ts'

/** Each shell as it starts plainly, and with the options that change most about quoting and failing. */
const starts: Record<ShellName, readonly (readonly string[])[]> = {
  bash: [
    ['bash'],
    ['bash', '--posix', '-eu', '-o', 'pipefail', '-C'],
    ['bash', '-O', 'extglob', '-O', 'nullglob', '-k'],
  ],
  zsh: [
    ['zsh'],
    ['zsh', '-eu', '-o', 'EXTENDED_GLOB', '-o', 'RC_QUOTES', '-o', 'SH_WORD_SPLIT', '-o', 'GLOB_SUBST'],
  ],
  sh: [['dash'], ['dash', '-eu', '-f']],
}

const hostile = [
  'plain',
  `it's "quoted" and \\slashed\\`,
  '$(touch PWNED) `touch PWNED` ${HOME} $HOME $((1/0))',
  `'; touch PWNED; '`,
  `"; touch PWNED; "`,
  ')" && touch PWNED; X="$(true',
  '-n -e --help',
  '* ? [a-z] {a,b} ~ ~root !! !$ # <(x) =ls',
  'ünïcode 🔑 日本語 \u00a0',
  "''''",
  'ends in \\',
  'a && b || c | d & e ; f > PWNED < g',
]

const characters = Array.from(`'"\\$\`!#~*?[]{}()<>|&;=%^ \t\n-naBé🔑`)

const sgetScript = `#!/bin/sh
printf '%s\\0' "$@" >>"\${0%/*}/words"
for word; do
  if [ "$word" = run ]; then
    while [ "$1" != -- ]; do shift; done
    shift
    exec "$@"
  fi
done
for last; do :; done
cat "\${0%/*}/values/\${last##*#}" && [ ! -e "\${0%/*}/fails" ]
`

const root = mkdtempSync(join(tmpdir(), `it's an sget `))
t.teardown(() => rmSync(root, { recursive: true }))
const bin = join(root, 'bin')
const empty = join(root, 'empty')
for (const folder of [bin, empty, join(bin, 'values')]) mkdirSync(folder)
writeFileSync(join(bin, 'sget'), sgetScript)
chmodSync(join(bin, 'sget'), 0o755)
const programs: Programs = { folder: bin, home: undefined }

const handle = 'sget_abcdefgh_abcdefghijklmnopqrstuvwxyz'

interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  /** What sget was called with. */
  readonly words: readonly string[]
}

/** Runs a line with nothing in the environment but what is given. (bash reads ~/.bashrc when its input is a socket.) */
function run(start: readonly string[], line: string, env: Record<string, string> = {}): Ran {
  const log = join(bin, 'words')
  rmSync(log, { force: true })
  const variables = Object.entries({ PATH: '/usr/bin:/bin', ...env }).map(
    ([name, value]) => `${name}=${value}`,
  )
  const words = ['-i', ...variables, ...start, '-c', line]
  const { status, stdout, stderr } = spawnSync('env', words, {
    cwd: empty,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const called = existsSync(log) ? readFileSync(log, 'utf8').split('\0').slice(0, -1) : []
  return { status, stdout, stderr, words: called }
}

/** Runs a body for each way to start each shell that is there. */
function everywhere(what: string, body: (t: Test, start: readonly string[], shell: ShellName) => void): void {
  for (const [name, ways] of Object.entries(starts) as [ShellName, readonly (readonly string[])[]][]) {
    const missing = spawnSync(ways[0]?.[0] ?? '', ['-c', ':']).error !== undefined
    t.test(`${name}: ${what}`, { skip: missing ? `${name} is not installed` : false }, (t) => {
      for (const start of ways) body(t, start, name)
      t.strictSame(readdirSync(empty), [], 'nothing else was executed')
      t.end()
    })
  }
}

function store(field: string, value: string): void {
  writeFileSync(join(bin, 'values', field), value)
}

function made(
  shell: ShellName,
  wanted: Record<string, string>,
  exposures = 'run read',
  at = programs,
): Lines {
  const rows = Object.entries(wanted).map(([variable, ref]) => ({ variable, ref }))
  return lines(at, shells[shell], { handle, exposures, expires: 1, wanted: rows })
}

everywhere('a script sets exactly the values, whatever refs and values hold', (t, start, shell) => {
  const refs = hostile.map((text, index) => `hostile/${text}#f${index}`)
  const values = hostile.map((text, index) => `${hostile.at(-index) ?? ''}\n${text}\n\n\tend`)
  for (const [index, value] of values.entries()) store(`f${index}`, value)
  const { script } = made(shell, Object.fromEntries(refs.map((ref, index) => [`V${index}`, ref])))
  const ran = run(start, `${script} && exec env -0`)
  t.equal(ran.status, 0, ran.stderr)
  const set = ran.stdout.split('\0')
  for (const [index, value] of values.entries()) t.ok(set.includes(`V${index}=${value}`), refs[index] ?? '')
  const asked = refs.flatMap((ref) => ['--grant', handle, ref])
  t.strictSame(ran.words, asked)
})

everywhere('a script whose sget fails leaves the variable unset and stops', (t, start, shell) => {
  store('half', 'half a value')
  writeFileSync(join(bin, 'fails'), '')
  const { script } = made(shell, { THE_VALUE: 'a/b#half' })
  const followed = run(start, `${script} && echo followed`, { THE_VALUE: 'old' })
  t.equal(followed.status, 1)
  t.equal(followed.stdout, '')
  const looked = run(start, `set +eu; ${script}; echo "status $? [$THE_VALUE]"`, { THE_VALUE: 'old' })
  t.equal(looked.stdout, 'status 1 []\n')
  rmSync(join(bin, 'fails'))
})

everywhere('a script for several fields stops at the first that fails', (t, start, shell) => {
  store('one', '1')
  store('three', '3')
  rmSync(join(bin, 'values', 'two'), { force: true })
  const { script } = made(shell, { ONE: 'a/b#one', TWO: 'a/b#two', THREE: 'a/b#three' })
  const failed = run(start, `${script} && echo followed`)
  t.equal(failed.status, 1)
  t.equal(failed.stdout, '')
  const asked = failed.words.filter((word) => word.includes('#'))
  t.strictSame(asked, ['a/b#one', 'a/b#two'])
})

everywhere('no value shows in a trace that was on before', (t, start, shell) => {
  store('field', 'canary-of-the-trace')
  const { script } = made(shell, { THE_VALUE: 'a/b#field', OTHER: 'a/c#field' })
  const ran = run(start, `set -xv\n${script}`, { SHELLOPTS: 'xtrace', PS4: '+${THE_VALUE-} ' })
  t.equal(ran.status, 0)
  t.notMatch(ran.stderr + ran.stdout, 'canary-of-the-trace')
})

everywhere('cleanup forgets every variable', (t, start, shell) => {
  store('field', 'v')
  const { script, cleanup } = made(shell, { ONE: 'a/b#field', TWO: 'a/c#field' })
  const ran = run(start, `${script} && ${cleanup} && echo "[\${ONE-gone}\${TWO-gone}]"`)
  t.match(ran, { status: 0, stdout: '[gonegone]\n' })
})

everywhere(
  'the run line starts the command after it, for the instance it was made for',
  (t, start, shell) => {
    const home = `/tmp/${hostile.join(' ')}`
    const { run: line } = made(shell, { ONE: 'a/b#field' }, 'run', { ...programs, home })
    const ran = run(start, `${line} printf '%s|' one 'two three'`)
    t.match(ran, { status: 0, stdout: 'one|two three|' })
    t.strictSame(ran.words.slice(0, 6), ['--home', home, 'run', '--grant', handle, '--'])
  },
)

everywhere('a quoted word reaches a command as it is', (t, start, shell) => {
  const unit = fc.constantFrom(...characters)
  const texts = fc.sample(fc.string({ unit, maxLength: 12 }), 300)
  const ran = run(start, `printf '%s\\0' ${texts.map(shells[shell].word).join(' ')}`)
  t.strictSame(ran.stdout.split('\0').slice(0, -1), texts)
})

t.test('a script has the form that agents were seen to allow, and holds no value', (t) => {
  const plain = { folder: '/opt/sget/bin', home: undefined }
  const { script, cleanup, run } = made('bash', { DB_PASS: "db/it's#password" }, 'run read', plain)
  t.equal(
    script,
    `{ set +xv; } 2>/dev/null; DB_PASS="$(/opt/sget/bin/sget --grant ${handle} 'db/it'\\''s#password')" && export DB_PASS || { unset DB_PASS; false; }`,
  )
  t.equal(cleanup, 'unset DB_PASS')
  t.equal(run, `/opt/sget/bin/sget run --grant ${handle} --`)
  t.notMatch(script, '${')
  t.end()
})

t.test('a form that the grant does not allow is empty', (t) => {
  t.match(made('bash', { ONE: 'a/b#c' }, 'run'), { script: '', cleanup: '', run: / run / })
  t.match(made('zsh', { ONE: 'a/b#c' }, 'read pipe'), { script: /ONE/, cleanup: 'unset ONE', run: '' })
  t.match(made('sh', { ONE: 'a/b#c' }, 'running reader'), { script: '', cleanup: '', run: '' })
  t.end()
})

t.test('no script is made for a name that a program obeys, that is no name, or that stands twice', (t) => {
  const refused = [
    'PATH',
    'path',
    'LD_PRELOAD',
    'NODE_OPTIONS',
    'BASH_ENV',
    'IFS',
    'PS4',
    '',
    '1A',
    'A B',
    'A;touch PWNED',
    'A$(x)',
  ]
  for (const name of refused) {
    t.throws(() => made('bash', { FINE: 'a/b#c', [name]: 'a/b#d' }), new Refusal('bad-variable', name))
  }
  const row = { variable: 'TWICE', ref: 'a/b#c' }
  const twice: Body<'granted'> = {
    handle,
    exposures: 'read',
    expires: 1,
    wanted: [row, { ...row, ref: 'a/b#d' }],
  }
  t.throws(() => lines(programs, shells.bash, twice), new Refusal('bad-variable', 'TWICE'))
  t.end()
})

t.test('every command of ours in a hint is spelt out, with the instance it is for', (t) => {
  const here = { folder: '/opt/my sget/bin', home: '/tmp/h' }
  const bare = /(?<![/\w])sget(?:ctl)? (?!that)/
  for (const name of Object.keys(failures) as FailureName[]) {
    t.notMatch(spellOut(here, failureHint(name, 'X1')), bare, name)
  }
  t.equal(
    nextStep(here, 'needs-ack', 'ab12'),
    "Ask your human to run this in a terminal of their own (you cannot): '/opt/my sget/bin/sgetctl' --home /tmp/h approve ab12",
  )
  for (const name of ['no-daemon', 'daemon-gone', 'locked', 'no-vault', 'needs-proof'] as const) {
    t.match(nextStep(here, name, 'x'), /^Ask your human .*'\/opt\/my sget\/bin\/sget(ctl)?' --home \/tmp\/h /)
    t.notMatch(nextStep(here, name, 'x'), /\byou,|\byour own/)
  }
  t.equal(commandLine(here, 'sget', ['prove', '$(x)']), "'/opt/my sget/bin/sget' --home /tmp/h prove '$(x)'")
  t.end()
})
