// sgetctl, as its users meet it: the real program against a daemon that answers what a test tells it to.
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { documentBytesMax, failures, level, type Body, type FailureName } from '@sget/wire'
import {
  fail,
  leaveDeadSocket,
  nobody as nobodySignedIn,
  type Answers,
  type Reply,
  type StandIn,
} from '../../../test/standin/daemon.ts'
import type { Outcome } from '../../../test/rig/process.ts'
import { readCommandLine } from '../src/command-line.ts'
import { commands } from '../src/commands.ts'
import { House, isRoot, removeProgram } from './house.ts'

// Escape, C1, bell, a line feed, a turn of direction, a tag character: whatever steers a terminal or hides.
const hostile = 'a/\u001b[2J\u009b\u0007\u202eb\u{e0041}'
const steering = /(?!\t|\n)[\p{Cc}\p{Cf}]/u

const nobody = 65534

/** What a daemon says to whom it withholds what was left behind. */
const withheld: Answers = {
  findings: ({ reply }) => reply('findingList', { withheld: true, checks: [], left: [] }),
}

t.teardown(removeProgram)

async function house(t: Test, answers?: Answers): Promise<{ house: House; daemon: StandIn }> {
  const house = new House()
  t.teardown(() => house.remove())
  const daemon = await house.daemon(answers)
  t.teardown(() => daemon.close())
  return { house, daemon }
}

function quietHouse(t: Test): House {
  const house = new House()
  t.teardown(() => house.remove())
  return house
}

function refused(t: Test, ran: Outcome, failure: FailureName, why: RegExp): void {
  t.match(ran, { code: failures[failure].exit, stdout: '' })
  t.match(ran.stderr, why)
}

const state: Body<'state'> = {
  program: 'sgetd standin',
  pid: 4321,
  started: 1_790_000_000_000,
  vault: true,
  locked: false,
  unlocked: 1_790_000_001_000,
  locksAfterSeconds: 28_800,
  secrets: 3,
  liveGrants: 1,
  waiting: 0,
  attested: false,
  runOnly: 0,
  drafts: [
    { name: 'policy', generation: 2, draft: 'same' },
    { name: 'config', generation: 1, draft: 'same' },
  ],
  anchors: [
    { place: 'vault', state: 'kept', sequence: 1234, time: 1_790_000_002_000 },
    { place: 'journal', state: 'none', sequence: 0, time: 0 },
  ],
}

const signedOut = { ...nobodySignedIn, issuer: 'https://id.example' }
const mount = { kind: 'openbao', address: '', login: '', state: 'open', ttlSeconds: 300, staleSeconds: 0 }

const asked = {
  id: 'k3fp',
  summary: 'use db/prod: to migrate',
  asker: '/usr/bin/agent',
  expires: 4_000_000_000_000,
}
const waiting = { request: 'k3fp', summary: 'remove db/prod', seconds: 300 }

/** What checks found is not for everybody. */
const untold = ({ reply }: { readonly reply: Reply }): void =>
  reply('findingList', { withheld: true, checks: [], left: [] })

t.test('text from elsewhere cannot steer the terminal', async (t) => {
  const entry = { path: hostile, fields: `pass\nfi\u001beld`, created: 0, changed: 1 }
  const { house: at } = await house(t, {
    list: ({ reply }) => reply('entries', { entries: [entry], more: false }),
    requests: ({ reply }) =>
      reply('requestList', { requests: [{ ...asked, level: level.ack, summary: hostile, asker: hostile }] }),
    status: ({ reply }) => reply('state', { ...state, program: hostile }),
    findings: untold,
    document: ({ reply }) =>
      reply('documentText', { name: 'policy', generation: 1, content: `# ${hostile}\n` }),
    approve: ({ reply }) => fail(reply, 'document-invalid', hostile),
  })
  for (const words of [
    ['ls'],
    ['pending'],
    ['status'],
    ['policy', 'show'],
    ['approve', 'k3fp'],
    ['show', hostile],
  ]) {
    const { stdout, stderr } = await at.sgetctl(words)
    t.notMatch(stdout + stderr, steering, words.join(' '))
    t.match(stdout + stderr, '\\u{1b}[2J')
  }
  const { stdout } = await at.sgetctl(['ls', '--json'])
  t.notMatch(stdout, steering)
  t.match(JSON.parse(stdout), { secrets: [{ path: hostile, fields: ['pass', 'fi\u001beld'] }] })
})

t.test('nobody there', (t) => {
  const at = quietHouse(t)
  const noDaemon = /cannot list secrets: no sgetd is running\n {4}you, in a terminal of your own: sget unlock/

  t.test('is told with what the human types', async (t) => {
    refused(t, await at.sgetctl(['ls']), 'no-daemon', noDaemon)
    refused(t, await at.sgetctl(['lock']), 'no-daemon', /cannot lock the vault/)
    refused(t, await at.sgetctl(['policy', 'show']), 'no-daemon', new RegExp(`with --home ${at.home}`))
  })
  t.test('is an answer to status', async (t) => {
    const ran = await at.sgetctl(['status'])
    t.match(ran, { code: 0, stderr: '' })
    t.match(ran.stdout, `sgetd is not running: sgetctl --home ${at.home} init`)
    t.match(JSON.parse((await at.sgetctl(['--json', 'status'])).stdout), { running: false, vault: false })
  })
  t.test('differs from a daemon that left its socket', async (t) => {
    await leaveDeadSocket(at.paths.socket)
    refused(t, await at.sgetctl(['grants']), 'daemon-gone', /has ended and left its socket/)
  })
  t.test('differs from a path that no socket can have', async (t) => {
    const ran = await at.sgetctl(['--home', `/${'x'.repeat(120)}`, 'ls'])
    refused(t, ran, 'socket-path-too-long', /longer than the 107 bytes/)
  })
  t.end()
})

t.test('a daemon that is not to be trusted or understood', (t) => {
  t.test('of another version is named', async (t) => {
    const { house: at } = await house(t, {
      hello: ({ reply }) => reply('welcome', { version: 2, program: 'sgetd 9.9' }),
    })
    refused(t, await at.sgetctl(['ls']), 'version-mismatch', /different versions \(sgetd 9\.9, protocol 2\)/)
  })
  t.test('that hangs up is told', async (t) => {
    const { house: at, daemon } = await house(t)
    const ran = at.sgetctl(['lock'])
    await daemon.take('lock')
    await daemon.close()
    refused(t, await ran, 'connection-lost', /ended the connection/)
  })
  t.test('that answers something else is told', async (t) => {
    const { house: at } = await house(t, {
      lock: ({ reply }) => reply('entries', { entries: [], more: false }),
    })
    refused(t, await at.sgetctl(['lock']), 'bad-message', /no message of the protocol/)
  })
  t.test('of another user is sent nothing', { skip: isRoot ? false : 'needs root' }, async (t) => {
    const { house: at, daemon } = await house(t)
    chmodSync(at.paths.socket, 0o777)
    refused(t, await at.sgetctlAs(nobody, ['lock']), 'foreign-daemon', new RegExp(at.paths.socket))
    t.same(daemon.asked, [])
  })
  t.test('that may not be reached is no absent one', { skip: isRoot ? false : 'needs root' }, async (t) => {
    const { house: at } = await house(t)
    chmodSync(dirname(at.paths.socket), 0o700)
    refused(t, await at.sgetctlAs(nobody, ['status']), 'socket-forbidden', /may not open the socket/)
  })
  t.end()
})

t.test('the command line', (t) => {
  const wrong: [string[], RegExp][] = [
    [[], /a command is missing/],
    [['audit'], /a command is missing/],
    [['nope'], /unknown command 'nope'/],
    [['lss'], /Did you mean ls\?/],
    [['ls', '--reveal'], /unknown option '--reveal'/],
    [['rm'], /missing required argument 'ref'/],
    [['rm', 'a/b', 'c/d'], /too many arguments/],
    [['generate', 'a/b', '--characters', '7'], /from 8 to 1024/],
    [['generate', 'a/b', '--characters', '1e2'], /from 8 to 1024/],
    [['generate', 'a/b', '--alphabet', 'emoji'], /Allowed choices are letters/],
    [['audit', 'tail', '-n', '0'], /from 1 to 10000/],
  ]
  t.test('is refused before anything is done', async (t) => {
    for (const [words, why] of wrong)
      await t.rejects(readCommandLine(words, '0'), { failure: 'usage', message: why }, words.join(' '))
  })
  t.test('is refused in what only the command can judge', async (t) => {
    const { house: at, daemon } = await house(t)
    const judged: [string[], RegExp][] = [
      [['revoke'], /an ID or --all/],
      [['revoke', 'x', '--all'], /an ID or --all/],
      [['ls', '--passphrase-fd', '999'], /999 is not an open descriptor/],
      [['ls', '--passphrase-fd', 'pw'], /wants a number, not pw/],
      [['ls', '--home='], /--home names no folder.*\n {4}see sgetctl --help/],
    ]
    for (const [words, why] of judged) refused(t, await at.sgetctl(words), 'usage', why)
    for (const command of ['show', 'rm', 'rotate', 'generate'])
      refused(t, await at.sgetctl([command, 'a/../b']), 'bad-ref', /not a reference to a secret/)
    t.same(daemon.asked, [], 'and the daemon hears nothing of it')
  })
  t.test('is explained with an example for each command', async (t) => {
    for (const { group, usage } of commands) {
      const name = [...(group === undefined ? [] : [group]), usage.split(' ')[0] ?? '']
      const { task } = await readCommandLine([...name, '--help'], '0')
      t.match(task, { help: /./ })
      t.match('help' in task && task.help.join('\n'), `For example:\n  sgetctl ${name.join(' ')}`)
    }
  })
  t.end()
})

t.test('--json', async (t) => {
  const { house: at } = await house(t, {
    list: ({ reply }) => fail(reply, 'locked'),
    lock: ({ reply }) => reply('done', {}),
    grants: ({ reply }) => reply('grantList', { grants: [] }),
    ...withheld,
  })
  const failing: [string[], FailureName][] = [
    [['ls'], 'locked'],
    [['show', 'bad'], 'bad-ref'],
    [['nope'], 'usage'],
    [['policy', 'check'], 'document-invalid'],
  ]
  for (const [words, failure] of failing) {
    const { code, stdout, stderr } = await at.sgetctl([...words, '--json'])
    t.match(JSON.parse(stdout), { failure, hint: /./ }, 'is one document when it fails')
    t.match(stderr, /^sgetctl: /, 'with the words for people on standard error')
    t.equal(code, failures[failure].exit)
  }
  for (const words of [['lock'], ['grants'], ['--help'], ['audit', 'tail']]) {
    const { code, stdout, stderr } = await at.sgetctl(['--json', ...words])
    t.type(JSON.parse(stdout), 'object', 'and one when it does not')
    t.match({ code, stderr }, { code: 0, stderr: '' })
  }
})

t.test('init', (t) => {
  t.test('refuses drafts that are not the user’s alone', async (t) => {
    const at = quietHouse(t)
    const { policy, config } = at.paths
    const spoilMode = (mode: number): void => {
      at.draft('policy', '')
      chmodSync(policy, mode)
    }
    const spoilt: [string, () => void, RegExp][] = [
      ['a symbolic link', () => symlinkSync('/etc/hostname', policy), /is a symbolic link/],
      ['a dangling one', () => symlinkSync(join(at.folder, 'elsewhere'), policy), /is a symbolic link/],
      ['writable by all', () => spoilMode(0o602), /written by others/],
      ['writable by the group', () => spoilMode(0o620), /written by others/],
      ['a folder', () => mkdirSync(policy), /is not a file/],
      ['a FIFO', () => execFileSync('mkfifo', [policy]), /is not a file/],
      ['in an open folder', () => chmodSync(config, 0o777), /a folder that others can write to/],
    ]
    for (const [what, spoil, why] of spoilt) {
      mkdirSync(config, { recursive: true, mode: 0o700 })
      spoil()
      refused(t, await at.sgetctl(['init']), 'document-invalid', why)
      t.throws(() => readFileSync(join(at.folder, 'elsewhere')), `${what}: nothing was written through it`)
      rmSync(config, { recursive: true })
    }
    symlinkSync(at.folder, config)
    refused(t, await at.sgetctl(['policy', 'check']), 'document-invalid', /a folder that is none/)
    refused(t, await at.sgetctl(['init']), 'document-invalid', /a folder that is none/)
  })

  t.test('refuses drafts of another user', { skip: isRoot ? false : 'needs root' }, async (t) => {
    const at = quietHouse(t)
    at.draft('policy', '')
    execFileSync('chown', [`${nobody}`, at.paths.policy])
    refused(t, await at.sgetctl(['init']), 'document-invalid', /belongs to another user/)
  })

  t.test('writes private drafts that check finds valid, and hands over to sget for the vault', async (t) => {
    const at = quietHouse(t)
    const ran = at.sgetctl(['init', '--passphrase-fd', '3'], { passphrase: 'correct horse' })
    t.equal(await at.handed(), `--home ${at.home} unlock --new --passphrase-fd 3\ncorrect horse`)
    t.match(await ran, { code: 0, stderr: '' })
    t.match((await ran).stdout, /no recovery of a forgotten passphrase\nnext: sget --home \S+ put db\/prod/)
    for (const path of [at.paths.policy, at.paths.configuration]) t.equal(statSync(path).mode & 0o777, 0o600)
    t.equal(statSync(at.paths.config).mode & 0o777, 0o700)
    for (const name of ['policy', 'config']) t.match(await at.sgetctl([name, 'check']), { code: 0 })
  })

  t.test('a second time leaves everything alone', async (t) => {
    const at = quietHouse(t)
    at.draft('policy', '# mine\n')
    mkdirSync(dirname(at.paths.vault), { recursive: true })
    writeFileSync(at.paths.vault, 'sealed')
    at.sgetWill('exit 99')
    const ran = await at.sgetctl(['init', '--json'])
    t.match(ran, { code: 0 })
    t.match(JSON.parse(ran.stdout), {
      vault: { created: false },
      drafts: [{ written: false }, { written: true }],
    })
    t.equal(at.read(at.paths.policy), '# mine\n')
    t.match((await at.sgetctl(['init'])).stdout, `next: sgetctl --home ${at.home} status`)
  })

  t.test('ends as sget does when sget fails', async (t) => {
    const at = quietHouse(t)
    at.sgetWill('echo "the two passphrases differ" >&2; echo on stdout; exit 76')
    const ran = await at.sgetctl(['init', '--json'])
    t.match(ran, { code: 76 })
    t.match(
      JSON.parse(ran.stdout),
      { failure: 'sget', status: 76 },
      'what sget prints stays out of the document',
    )
    t.match(ran.stderr, /the two passphrases differ\n.*on stdout/s)
    rmSync(join(at.folder, 'bin/sget'))
    t.match(await at.sgetctl(['init']), { code: 126, stderr: /cannot start .*bin\/sget/ })
  })
  t.end()
})

t.test('what wants a proof', (t) => {
  const proof: Answers = {
    remove: ({ reply }) => reply('waiting', { ...waiting, level: level.proof }),
  }
  t.test('goes on when sget has brought it', async (t) => {
    const { house: at, daemon } = await house(t)
    const ran = at.sgetctl(['rm', 'db/prod', '--passphrase-fd', '3'], { passphrase: 'correct horse' })
    const { reply } = await daemon.take('remove')
    reply('waiting', { ...waiting, level: level.proof })
    t.equal(await at.handed(), `--home ${at.home} prove k3fp --passphrase-fd 3\ncorrect horse`)
    reply('done', {})
    t.match(await ran, { code: 0, stdout: 'removed db/prod\n', stderr: '' })
  })
  t.test('ends with the status of an sget that has not', async (t) => {
    const { house: at } = await house(t, proof)
    at.sgetWill('echo "the passphrase is wrong" >&2; exit 76')
    t.match(await at.sgetctl(['rm', 'db/prod']), {
      code: 76,
      stdout: '',
      stderr: 'the passphrase is wrong\n',
    })
  })
  t.test('takes sget’s prompt away when the request is refused meanwhile', async (t) => {
    const { house: at, daemon } = await house(t)
    at.sgetWill('echo $$ >"$handed"; exec sleep 1000')
    const ran = at.sgetctl(['rm', 'db/prod'])
    const { reply } = await daemon.take('remove')
    reply('waiting', { ...waiting, level: level.proof })
    const pid = Number(await at.handed())
    fail(reply, 'approval-denied')
    refused(t, await ran, 'approval-denied', /cannot remove db\/prod: a human refused this/)
    t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
  })
  t.test('by a click only is left to another terminal', async (t) => {
    const { house: at, daemon } = await house(t)
    at.sgetWill('exit 99')
    const ran = at.sgetctl(['generate', 'db/new#token'])
    const { body, reply } = await daemon.take('generate')
    t.same(body, { ref: 'db/new#token', replace: false, characters: 32, alphabet: 'letters' })
    reply('waiting', { ...waiting, level: level.ack })
    reply('done', {})
    t.match(await ran, {
      code: 0,
      stdout: new RegExp(`sgetctl --home ${at.home} approve k3fp\ngenerated db/new#token`),
    })
  })
  t.end()
})

t.test('approve', (t) => {
  const listing = (wanted: number): Answers => ({
    requests: ({ reply }) => reply('requestList', { requests: [{ ...asked, level: wanted }] }),
  })
  t.test('refuses what does not wait, and sends nothing', async (t) => {
    const { house: at, daemon } = await house(t, listing(level.ack))
    refused(
      t,
      await at.sgetctl(['approve', 'none']),
      'request-unknown',
      /no request waits under that name: none/,
    )
    t.notOk(daemon.asked.some(({ name }) => name === 'approve'))
  })
  t.test('shows what it is, then gives the word', async (t) => {
    const { house: at, daemon } = await house(t, {
      ...listing(level.ack),
      approve: ({ reply }) => reply('done', {}),
    })
    const ran = await at.sgetctl(['approve', 'k3fp'])
    t.match(ran, { code: 0, stdout: /^k3fp {2}use db\/prod: to migrate\n.*agent.*\n.*\napproved k3fp\n$/ })
    t.same(daemon.asked.at(-1), { name: 'approve', body: { request: 'k3fp' } })
  })
  t.test('hands over to sget where the passphrase is wanted', async (t) => {
    const { house: at, daemon } = await house(t, listing(level.proof))
    const ran = at.sgetctl(['approve', 'k3fp'])
    t.equal(await at.handed(), `--home ${at.home} prove k3fp\n`)
    t.match(await ran, { code: 0, stdout: /approved k3fp\n$/ })
    t.notOk(
      daemon.asked.some(({ name }) => name === 'approve'),
      'a word is not enough, so none is given',
    )
  })
  t.test('hands over where sgetd does not take the caller’s word', async (t) => {
    const { house: at, daemon } = await house(t, listing(level.ack))
    at.sgetWill('exit 74')
    const ran = at.sgetctl(['approve', 'k3fp'])
    const { reply } = await daemon.take('approve')
    reply('waiting', { ...waiting, level: level.proof })
    t.match(await ran, { code: 74 })
    t.notMatch((await ran).stdout, /approved/)
  })
  t.end()
})

t.test('a draft', (t) => {
  const before = '[[rule]]\nsecrets = ["dev/**"]\nexposure = ["run"]\napproval = "never"\n'
  const after = before.replace('"run"', '"run", "read"')
  const inForce: Answers = {
    document: ({ body, reply }) => reply('documentText', { name: body.name, generation: 4, content: before }),
  }

  t.test('that says something wrong is not staged', async (t) => {
    const { house: at, daemon } = await house(t, inForce)
    const wrong: [string | Buffer, RegExp][] = [
      [
        '[[rule]]\nsecrets = ["a/b"]\n',
        /missing key "exposure" at 1:1 \(and 1 more: sgetctl .* policy check\)/,
      ],
      ['[[rule\n', /unterminated .* at 2:1/],
      [Buffer.from([0x23, 0xff, 0x0a]), /is not UTF-8/],
      ['# nul \0\n', /holds a NUL byte/],
      [`# ${'x'.repeat(documentBytesMax)}`, /longer than 64 KiB/],
    ]
    for (const [content, why] of wrong) {
      at.draft('policy', content)
      refused(t, await at.sgetctl(['policy', 'apply']), 'document-invalid', why)
    }
    at.draft('config', 'a = \n')
    refused(t, await at.sgetctl(['config', 'apply']), 'document-invalid', /at 2:1/)
    t.same(daemon.asked, [])
  })

  t.test('is checked for everything that is wrong with it', async (t) => {
    const { house: at, daemon } = await house(t, inForce)
    at.draft('policy', '[[rule]]\nsecret = ["a/b"]\nexposure = ["run"]\n')
    const ran = await at.sgetctl(['policy', 'check'])
    t.match(ran, { code: failures['document-invalid'].exit, stderr: '' })
    t.match(
      ran.stdout,
      /missing key "secrets" at 1:1\n.*"approval".*\nunknown key "secret" at 2:1.*"secrets"/,
    )
    t.same(daemon.asked, [])
  })

  t.test('is put in force as the bytes that were shown, with a proof', async (t) => {
    const { house: at, daemon } = await house(t, inForce)
    at.draft('policy', after)
    const ran = at.sgetctl(['policy', 'apply', '--passphrase-fd', '3'], { passphrase: 'pw' })
    const { body, reply } = await daemon.take('stage')
    t.same(body, { name: 'policy', content: after })
    reply('waiting', { ...waiting, level: level.proof })
    t.equal(await at.handed(), `--home ${at.home} prove k3fp --passphrase-fd 3\npw`)
    reply('done', {})
    t.match(await ran, { code: 0, stderr: '' })
    t.match((await ran).stdout, '- exposure = ["run"]\n+ exposure = ["run", "read"]\n')
    t.match((await ran).stdout, 'policy: generation 4 is in force')
  })

  t.test('cannot hide a part of the difference', async (t) => {
    const { house: at } = await house(t, { ...inForce, stage: ({ reply }) => fail(reply, 'approval-denied') })
    at.draft('policy', `${before}# \u202e\u{e0041}\n`)
    const ran = await at.sgetctl(['policy', 'apply'])
    t.match(ran, { code: 74 })
    t.notMatch(ran.stdout, steering)
    t.match(ran.stdout, '+ # \\u{202e}\\u{e0041}')
  })

  t.test('that sgetd finds wrong stays a draft', async (t) => {
    const { house: at } = await house(t, {
      ...inForce,
      stage: ({ reply }) => fail(reply, 'document-invalid', 'unknown key "colour" at 1:1'),
    })
    at.draft('config', 'colour = 1\n')
    refusedDraft(
      t,
      await at.sgetctl(['config', 'apply']),
      /unknown key "colour" at 1:1\n.*what is in force stays in force/,
    )
  })

  t.test('that is what is in force is not asked about', async (t) => {
    const { house: at, daemon } = await house(t, inForce)
    at.draft('policy', before)
    t.match(await at.sgetctl(['policy', 'apply']), { code: 0, stdout: /nothing to apply.*generation 4/ })
    t.match(await at.sgetctl(['policy', 'diff']), { code: 0, stdout: /is what is in force/ })
    t.notOk(daemon.asked.some(({ name }) => name === 'stage'))
  })
  t.end()
})

function refusedDraft(t: Test, ran: Outcome, why: RegExp): void {
  t.match(ran, { code: failures['document-invalid'].exit })
  t.match(ran.stderr, why)
}

t.test('status', async (t) => {
  const drafts = [
    { name: 'policy', generation: 2, draft: 'differs' },
    { name: 'config', generation: 1, draft: 'invalid' },
  ]
  const { house: at, daemon } = await house(t, withheld)
  const told = async (answer: Body<'state'>, ...words: string[]): Promise<string> => {
    const ran = at.sgetctl(['status', ...words])
    const { reply } = await daemon.take('status')
    reply('state', answer)
    return (await ran).stdout
  }
  t.test('names what is not in force, what waits, and what to type', async (t) => {
    const stdout = await told({ ...state, drafts, waiting: 2 })
    t.match(stdout, `draft differs, not in force: sgetctl --home ${at.home} policy apply`)
    t.match(stdout, /draft is invalid, not in force: .* config check/)
    t.match(stdout, /waiting requests +2 \(sgetctl .* pending\)/)
    t.match(stdout, /attested +no/)
    t.match(stdout, /pid 4321/)
    t.match(stdout, /locks after 8 h without use/)
    for (const path of [at.paths.log, at.paths.vault, at.paths.audit]) t.match(stdout, path)
  })
  t.test('says how to open what is closed or not there', async (t) => {
    t.match(await told({ ...state, locked: true }), /locked: sget --home \S+ unlock/)
    t.match(await told({ ...state, vault: false }), /none yet: sgetctl --home \S+ init/)
  })
  t.test('tells how the audit log is anchored, and when it is not', async (t) => {
    const stdout = await told(state)
    t.match(stdout, /in the vault +record 1234, 2026-09-21 14:13:22 UTC/)
    t.match(stdout, /in the journal +nothing yet, or there is none/)
    const anchors = [{ place: 'vault', state: 'failed', sequence: 1234, time: 1_790_000_002_000 }]
    t.match(await told({ ...state, anchors }), /in the vault +FAILED since record 1234, .* UTC/)
  })
  t.test('says who is signed in, and which vaults there are', async (t) => {
    t.notMatch(await told(state), /signed in|mount/, 'nothing where the config names neither')
    const mounts = [
      { ...mount, at: 'corp', address: 'https://vault.corp:8200', login: 'jwt', staleSeconds: 28_800 },
      { ...mount, at: 'local', kind: 'exec', state: 'none' },
    ]
    const answers: Answers = {
      status: ({ reply }) => reply('state', state),
      session: ({ reply }) => reply('sessionState', signedOut),
      mounts: ({ reply }) => reply('mountList', { mounts }),
    }
    const { house: at } = await house(t, { ...withheld, ...answers })
    const { stdout } = await at.sgetctl(['status'])
    t.match(stdout, `signed in          nobody at https://id.example: sgetctl --home ${at.home} login\n`)
    t.match(
      stdout,
      'mount corp         openbao https://vault.corp:8200 by jwt: open; values count for 5 min, 8 h while it cannot be reached\n',
    )
    t.match(stdout, 'mount local        exec: none; values count for 5 min\n')
    const document: unknown = JSON.parse((await at.sgetctl(['status', '--json'])).stdout)
    t.match(document, { session: { issuer: 'https://id.example', signedIn: false }, mounts })
  })
  t.test('is told while a login waits, and where sgetd cannot tell', async (t) => {
    const session: Answers['session'] = ({ reply }) => reply('sessionState', { ...signedOut, inviting: true })
    const locked: Answers = {
      ...withheld,
      status: ({ reply }) => reply('state', { ...state, locked: true }),
      mounts: ({ reply }) => fail(reply, 'locked'),
    }
    const { house: waiting } = await house(t, { ...locked, session })
    t.match((await waiting.sgetctl(['status'])).stdout, /nobody at \S+: a login waits for you in a browser/)
    const { house: closed } = await house(t, { ...locked, session: ({ reply }) => fail(reply, 'locked') })
    const ran = await closed.sgetctl(['status', '--json'])
    t.match(JSON.parse(ran.stdout), { running: true, session: null, mounts: [] })
    t.equal(ran.code, 0)
  })
  t.test('tells programs the pid', async (t) => {
    const found: unknown = JSON.parse(await told(state, '--json'))
    t.match(found, { running: true, pid: 4321, locked: false, unlockedAt: '2026-09-21T14:13:21.000Z' })
  })
})

t.test('lists', async (t) => {
  const entry = (path: string): Body<'entries'>['entries'][number] => ({
    path,
    fields: 'password',
    created: 1,
    changed: 2,
  })
  const grant = { id: 'abcdefgh', agent: '/a', pid: 7, refs: 'db/a#x\ndb/b#y', rule: 'rule 1' }
  const { house: at, daemon } = await house(t, {
    list: ({ body, reply }) =>
      reply('entries', { entries: [entry(body.after === '' ? 'a/1' : 'a/2')], more: body.after === '' }),
    ...withheld,
    grants: ({ reply }) =>
      reply('grantList', {
        grants: [
          { ...grant, state: 'granted', expires: 4_000_000_000_000 },
          { ...grant, state: 'spent', expires: 0 },
        ],
      }),
    revoke: ({ reply }) => reply('done', {}),
  })
  t.test('come whole, page by page', async (t) => {
    t.match((await at.sgetctl(['ls', 'a/*'])).stdout, /^PATH .*\na\/1 .*\na\/2 .*\n$/)
    t.same(
      daemon.asked.filter(({ name }) => name === 'list').map(({ body }) => body),
      [
        { pattern: 'a/*', after: '' },
        { pattern: 'a/*', after: 'a/1' },
      ],
    )
  })
  t.test('say which grants live', async (t) => {
    const { stdout } = await at.sgetctl(['grants'])
    t.match(stdout, /abcdefgh {2}granted {2}- .* \d+ d .* db\/a#x db\/b#y {2}rule 1\nabcdefgh {2}spent {4}- /)
    t.match(stdout, /what was left behind is told to you in a terminal of your own/)
    t.match(await at.sgetctl(['revoke', '--all']), { code: 0 })
    t.same(daemon.asked.at(-1), { name: 'revoke', body: { grant: '' } })
  })
})

t.test('what was left behind', async (t) => {
  const found = { grant: 'abcdefgh', place: `/tmp/${hostile}`, pid: 0, ref: 'db/a#x', count: 1 }
  const left = [
    { ...found, kind: 'file' },
    { ...found, kind: 'history', place: '/home/a/.bash_history' },
    { ...found, kind: 'environment', place: '/usr/bin/sleep', pid: 77 },
  ]
  const { house: at, daemon } = await house(t, {
    status: ({ reply }) => reply('state', state),
    grants: ({ reply }) => reply('grantList', { grants: [] }),
    findings: ({ reply }) =>
      reply('findingList', {
        withheld: false,
        checks: [
          { grant: 'abcdefgh', outcome: 'left', reason: '', time: 1 },
          { grant: 'ijklmnop', outcome: 'partly', reason: 'time', time: 2 },
        ],
        left,
      }),
    scrub: ({ body, reply }) => {
      if (body.grant !== 'abcdefgh') fail(reply, 'nothing-left')
      else
        reply('traces', {
          traces: [
            { path: '/home/a/.bash_history', state: body.paths.length === 0 ? 'held' : 'scrubbed', count: 2 },
            ...(body.paths.length === 0 ? [] : [{ path: '/x', state: 'backup-exists', count: 0 }]),
          ],
        })
    },
  })
  t.test('is named, whatever the names hold', async (t) => {
    const { stdout } = await at.sgetctl(['grants'])
    t.match(stdout, /left by abcdefgh: db\/a#x in the file \/tmp\/a\/\\u\{1b\}\[2J/)
    t.match(stdout, /in a history \/home\/a\/\.bash_history\n/)
    t.match(stdout, /in the environment of process 77, \/usr\/bin\/sleep\n/)
    t.match(stdout, /out of history files: sgetctl --home \S+ scrub GRANT/)
    t.match(stdout, /1 of 2 checks could not look at everything/)
    t.notMatch(stdout, steering)
    const json = JSON.parse((await at.sgetctl(['grants', '--json', '--left'])).stdout) as { findings: object }
    t.match(json.findings, { left, checks: [{ outcome: 'left' }, { outcome: 'partly' }] })
    t.match(daemon.asked.at(-1), { name: 'findings', body: { prove: true } })
  })
  t.test('has a line in status', async (t) => {
    t.match((await at.sgetctl(['status'])).stdout, /left behind +by 1 of 2 checked: .* grants --left/)
  })
  t.test('is scrubbed after asking only, and what was not is said', async (t) => {
    const before = daemon.asked.length
    const unasked = await at.sgetctl(['scrub', 'abcdefgh'])
    t.match(unasked, { code: failures.usage.exit, stdout: '/home/a/.bash_history: 2 times\n' })
    t.match(unasked.stderr, /no terminal to ask on: --yes/)
    t.notOk(daemon.asked.slice(before).some(({ name, body }) => name === 'scrub' && body.paths.length > 0))
    const scrubbed = await at.sgetctl(['scrub', 'abcdefgh', '--yes'])
    t.match(scrubbed, { code: 1 })
    t.match(scrubbed.stdout, /\.bash_history: scrubbed 2 times; the copy is \S+\.sget-backup/)
    t.match(scrubbed.stdout, /\/x: left as it was: there is a copy of an earlier time/)
    t.match(scrubbed.stdout, /a shell that runs still has its lines in memory/)
    refused(t, await at.sgetctl(['scrub', 'zzzz']), 'nothing-left', /left nothing in a history file/)
  })
})

t.test('origins', async (t) => {
  const pair = (at: number) => ({ origin: at < 40 ? '/src/app' : '/src/other', ref: `db/${at}#password` })
  const pairs = Array.from({ length: 45 }, (_, at) => pair(at))
  const { house: at, daemon } = await house(t, {
    origins: ({ body, reply }) => {
      const page = pairs.slice(body.from, body.from + 32)
      reply('originList', { pairs: page, more: body.from + page.length < pairs.length })
    },
    forgetOrigin: ({ reply }) => reply('done', {}),
  })
  t.test('come whole, page by page', async (t) => {
    const { stdout } = await at.sgetctl(['origins'])
    t.match(stdout, /^FOLDER +SECRET\n\/src\/app +db\/0#password\n/)
    t.equal(stdout.split('\n').length, 47)
    t.match(JSON.parse((await at.sgetctl(['origins', '--json'])).stdout), { origins: pairs })
  })
  t.test('are forgotten by their folder, which must be one of them', async (t) => {
    t.match(await at.sgetctl(['origins', 'forget', '/src/./other/']), {
      code: 0,
      stdout: 'forgot /src/other\n',
    })
    t.same(daemon.asked.at(-1), { name: 'forgetOrigin', body: { origin: '/src/other' } })
    const before = daemon.asked.length
    refused(
      t,
      await at.sgetctl(['origins', 'forget', '/src']),
      'usage',
      /nothing is allowed to the env files of \/src$/m,
    )
    t.notOk(daemon.asked.slice(before).some(({ name }) => name === 'forgetOrigin'))
    refused(t, await at.sgetctl(['origins', 'forget']), 'usage', /missing required argument/)
  })
})

t.test('status says what rules for run alone are worth', async (t) => {
  for (const [attested, runOnly, words] of [
    [false, 0, 'no, sgetd cannot tell the genuine sget from a copy: SECURITY.md'],
    [false, 1, /^no, .*; so 1 rule for run alone holds careless agents, and to a directed one run is read$/],
    [false, 2, /; so 2 rules for run alone hold careless agents, and to a directed one run is read$/],
    [true, 2, 'yes'],
  ] as const) {
    const { house: at } = await house(t, {
      status: ({ reply }) => reply('state', { ...state, attested, runOnly }),
      findings: untold,
    })
    const { stdout } = await at.sgetctl(['status'])
    t.match(/^attested +(.*)$/m.exec(stdout)?.[1], words)
  }
})

t.test(
  'show names the commands to which alone a secret is given, and the sign-in that it takes',
  async (t) => {
    const about = {
      path: 'db/prod',
      created: 1,
      changed: 2,
      fields: [],
      rule: 'rule 1',
      exposures: 'run',
      approval: 'once',
    }
    const { house: at } = await house(t, {
      describe: ({ reply }) =>
        reply('description', { ...about, commands: '/bin/x *\n/bin/y or /bin/z', demand: 'acr mfa' }),
    })
    t.match(await at.sgetctl(['show', 'db/prod']), {
      stdout: /\ncommand +\/bin\/x \*\ncommand +\/bin\/y or \/bin\/z\nsign-in +acr mfa\n/,
    })
    t.match(JSON.parse((await at.sgetctl(['show', 'db/prod', '--json'])).stdout), {
      commands: ['/bin/x *', '/bin/y or /bin/z'],
      demand: 'acr mfa',
    })
  },
)

t.test('audit', async (t) => {
  const { house: at } = await house(t, {
    verify: ({ reply }) =>
      reply('verified', {
        sound: false,
        records: 9,
        unsealed: 2,
        findings: [{ kind: 'truncated', place: 'audit.log:7', sequence: 7 }],
      }),
  })
  t.test('verify fails, and names the place, when the log was changed', async (t) => {
    const ran = await at.sgetctl(['audit', 'verify'])
    t.match(ran, {
      code: failures['audit-failed'].exit,
      stdout: /^NOT SOUND: 9 records, 2 of them .*\n.*\ntruncated {2}audit\.log:7 {2}7\n$/,
    })
  })
  t.test('tail shows what is there, readable or not, without a daemon', async (t) => {
    mkdirSync(at.paths.audit, { recursive: true, mode: 0o700 })
    chmodSync(at.paths.audit, 0o700)
    const record = { seq: 5, time: '2026-01-01T00:00:00.000Z', epoch: 1, sealed: true, event: 'refused' }
    const detail = {
      ref: 'db/prod',
      field: 'password',
      caller: 'agent',
      peer: { exe: '/x/y' },
      reason: 'sink-agent',
    }
    const tags = { mac: 'x', hash: 'y' }
    const lines = [JSON.stringify({ ...record, ...detail, ...tags }), `not a record \u001b[2J`]
    writeFileSync(join(at.paths.audit, 'audit.log'), `${lines.join('\n')}\n`, { mode: 0o600 })
    const { stdout } = await at.sgetctl(['audit', 'tail'])
    t.notMatch(stdout, steering)
    t.match(stdout, 'unreadable: ')
  })
  t.test('tail refuses a log that others can write to', async (t) => {
    chmodSync(join(at.paths.audit, 'audit.log'), 0o666)
    refused(t, await at.sgetctl(['audit', 'tail']), 'audit-failed', /cannot read the audit log/)
  })
})
