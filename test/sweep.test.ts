// What is left behind of what agents were given: found, named, told to whom it may concern, and scrubbed.
import { randomBytes } from 'node:crypto'
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { encode } from '@sget/wire/broker'
import { failureIn, Peer } from '../packages/daemon/test/peer.ts'
import { Agent, type Given } from './rig/agent.ts'
import { Instance, passphrase, type AuditRecord } from './rig/instance.ts'
import { programsWith } from './rig/programs.ts'
import { run } from './rig/process.ts'

const policy =
  '[[rule]]\nsecrets = ["dev/**"]\nexposure = ["run", "read"]\napproval = "never"\nttl = "5m"\n' +
  '[[rule]]\nsecrets = ["brief/**"]\nexposure = ["run", "read"]\napproval = "never"\nttl = "1s"\n'

const folder = await programsWith('brisk-program.ts')
const instance = await Instance.create(policy, undefined, join(folder, 'bin'))
const agent = await Agent.start(instance)
t.teardown(async () => {
  await agent.stop()
  instance.remove()
  rmSync(folder, { recursive: true })
})
const sget = `${join(folder, 'bin/sget')} --home ${instance.home}`

/** The home of the user, from the password database; HOME of all that is started here leads nowhere. */
const home = userInfo().homedir

/** A value that is nowhere yet, stored under a name of its own. */
async function fresh(group = 'dev'): Promise<{ value: string; path: string; variable: string }> {
  const name = `s${randomBytes(6).toString('hex')}`
  const value = `v-${randomBytes(12).toString('hex')}`
  await instance.put(`${group}/${name}`, value)
  return { value, path: `${group}/${name}`, variable: `${group}_${name}_password`.toUpperCase() }
}

/** A folder that goes away with the test. */
function workplace(t: Test): string {
  const place = mkdtempSync(join(tmpdir(), 'sget-work-'))
  t.teardown(() => rmSync(place, { recursive: true, force: true }))
  return place
}

/** Has a shell of the agent read the value in that folder and go on with a script. */
async function use(
  path: string,
  place: string,
  script: string,
  by = agent,
): Promise<{ given: Given; stdout: string }> {
  const given = await by.get({ path })
  const ran = await by.bash(`cd ${place}\n${given.script}\n${script}`)
  if (ran.code !== 0) throw new Error(ran.stderr)
  return { given, stdout: ran.stdout }
}

async function clear({ handle }: Given, by = agent): Promise<unknown> {
  const result = await by.tool('clear_secret_environment_variable', { handle })
  if (result.isError === true) throw new Error(result.content.map(({ text }) => text).join('\n'))
  return result.structuredContent?.['left']
}

const idOf = ({ handle }: Given): string => handle.split('_')[1] ?? ''

/** The record of the check of a grant, or of the newest check without one, once it is there. */
async function checked(grant: string | undefined): Promise<AuditRecord> {
  for (;;) {
    const found = instance.checks().findLast(({ grant: of }) => of === grant)
    if (found !== undefined) return found
    await delay(20)
  }
}

type Left = readonly { kind: string; place: string; pid?: number; ref: string; count: number }[]
const leftOf = (record: AuditRecord): Left => (record['left'] ?? []) as Left

/** A file of the user's home that a test may make, since there is none; it goes away with the test. */
function homeFile(t: Test, names: readonly string[]): string {
  const path = names.map((name) => join(home, name)).find((path) => !existsSync(path))
  if (path === undefined) throw new Error(`each of ${names.join(', ')} is there already`)
  t.teardown(() => {
    for (const end of ['', '.sget-backup', '.sget-new']) rmSync(`${path}${end}`, { force: true })
  })
  return path
}

t.test('each place is found and named, and the value nowhere', async (t) => {
  const { value, path, variable } = await fresh()
  const place = workplace(t)
  const history = homeFile(t, ['.bash_history', '.ash_history'])
  const projects = join(home, '.claude/projects')
  const isNew = !existsSync(join(home, '.claude'))
  const transcripts = join(projects, `sget-test-${process.pid}`)
  mkdirSync(transcripts, { recursive: true })
  t.teardown(() => rmSync(isNew ? join(home, '.claude') : transcripts, { recursive: true }))
  const { given, stdout } = await use(
    path,
    place,
    `printf 'export X=%s\n' "$${variable}" >${history}
    printf '{"text":"%s"}' "$${variable}" >${transcripts}/one.jsonl
    printf 'PASS=%s' "$${variable}" >.env
    mkdir -p logs/old; printf 'x%s' "$${variable}" | base64 >"logs/old/a
b"
    sleep 600 >/dev/null 2>&1 &
    echo $!`,
  )
  const pid = Number(stdout)
  t.teardown(() => process.kill(pid))
  t.equal(await clear(given), 'left')
  const record = await checked(idOf(given))
  const ref = `${path}#password`
  t.match(record, { outcome: 'left', ref, count: 5, session: 's1' })
  const found = leftOf(record)
  t.match(
    [...found].sort((one, other) => one.place.localeCompare(other.place)),
    [
      { kind: 'transcript', place: join(transcripts, 'one.jsonl') },
      { kind: 'history', place: history },
      { kind: 'file', place: join(place, '.env') },
      { kind: 'file', place: join(place, 'logs/old/a\nb') },
      { kind: 'environment', pid },
    ].sort((one, other) => (one.place ?? '/usr/bin/sleep').localeCompare(other.place ?? '/usr/bin/sleep')),
  )
  t.ok(found.every((one) => one.ref === ref && one.count > 0))
  t.notOk(JSON.stringify([instance.audit(), instance.checks()]).includes(value))

  const again = await agent.tool('clear_secret_environment_variable', { handle: given.handle })
  t.match(again.structuredContent, { left: 'recorded' }, 'the session learns it once')
  const shown = await instance.sgetctl(['grants', '--left', '--passphrase-fd', '3'], { passphrase })
  t.match(shown, { code: 0 })
  t.match(shown.stdout, `left by ${idOf(given)}: ${ref} in the environment of process ${pid}, `)
  t.match(shown.stdout, /logs\/old\/a\\u\{a\}b\n/, 'a name cannot make a line of its own')
  t.notMatch(
    (await instance.sgetctl(['grants'])).stdout,
    'left by',
    'who is not known as a human sees no place',
  )
  const asked = await agent.bash(`${sget} grants --left; ${sget} status`)
  t.notMatch(`${asked.stdout}${asked.stderr}`, /left by|left behind/, 'nor does the agent')
})

t.test('nothing is found where nothing was left', async (t) => {
  const { path } = await fresh()
  const place = workplace(t)
  const { given } = await use(path, place, 'echo harmless >file')
  t.equal(await clear(given), 'clean')
  t.match(await checked(idOf(given)), { outcome: 'clean', left: undefined })
})

t.test('what gave nothing is not looked for', async (t) => {
  const { path } = await fresh()
  const given = await agent.get({ path })
  t.equal(await clear(given), 'unused')
  t.notOk(instance.checks().some(({ grant }) => grant === idOf(given)))
})

t.test('it is looked for by itself', async (t) => {
  t.test('when a run is over', async (t) => {
    const { path, variable } = await fresh()
    const place = workplace(t)
    const given = await agent.get({ path })
    const ran = await agent.bash(
      `cd ${place}; ${given.run} /bin/sh -c 'printf %s "$${variable}" >kept; sleep 0.3'`,
    )
    t.match(ran, { code: 0 })
    const record = await checked(idOf(given))
    t.match(record, { outcome: 'left', left: [{ kind: 'file', place: join(place, 'kept') }] })
    t.equal(leftOf(record).length, 1, 'and not the command itself while it ran')
    t.equal(await clear(given), 'left', 'the session learns it when it clears')
  })
  t.test('when a run without a handle is over', async (t) => {
    const { path, variable } = await fresh()
    const place = workplace(t)
    const ran = await agent.bash(
      `cd ${place}; ${sget} run -e ${variable}='${path}#password' -- /bin/sh -c 'printf %s "$${variable}" >kept'`,
    )
    t.match(ran, { code: 0 })
    const ref = `${path}#password`
    let record = await checked(undefined)
    while (record['ref'] !== ref) record = (await delay(20), await checked(undefined))
    t.match(record, { outcome: 'left', left: [{ kind: 'file', ref }] })
  })
  t.test('when its time is over, also where it was used up before', async (t) => {
    const { path, variable } = await fresh('brief')
    const place = workplace(t)
    const { given } = await use(path, place, `printf %s "$${variable}" >kept`)
    t.match(await checked(idOf(given)), { outcome: 'left', left: [{ place: join(place, 'kept') }] })
  })
  t.test('when the agent has ended, with a process that outlives it', async (t) => {
    const { path } = await fresh()
    const place = workplace(t)
    const other = await Agent.start(instance)
    const given = await other.get({ path })
    const { stdout } = await other.bash(
      `cd ${place}\n${given.script}\nsetsid sleep 600 >/dev/null 2>&1 & echo $!`,
    )
    const pid = Number(stdout)
    t.teardown(() => process.kill(pid))
    await other.stop()
    t.match(await checked(idOf(given)), { outcome: 'left', left: [{ kind: 'environment', pid }] })
  })
})

t.test('what cannot be told is not said to be clean', async (t) => {
  t.test('a value that was replaced since', async (t) => {
    const { path } = await fresh()
    const { given } = await use(path, workplace(t), 'true')
    await instance.put(path, 'another value')
    t.equal(await clear(given), 'unchecked')
    t.match(await checked(idOf(given)), { outcome: 'unchecked', reason: 'replaced' })
  })
  t.test('a value that is too short to be looked for', async (t) => {
    await instance.put('dev/short', 'abc12')
    const { given } = await use('dev/short', workplace(t), 'printf %s "$DEV_SHORT_PASSWORD" >kept')
    t.equal(await clear(given), 'partly')
    t.match(await checked(idOf(given)), { outcome: 'partly', reason: 'short' })
  })
  t.test('a folder as wide as the home', async (t) => {
    const { path } = await fresh()
    const { given } = await use(path, '/', 'true')
    t.equal(await clear(given), 'partly')
    t.match(await checked(idOf(given)), { reason: 'wide' })
  })
  t.test('folders below folders without end', async (t) => {
    const { path } = await fresh()
    const place = workplace(t)
    const { given } = await use(path, place, `mkdir -p ${'d/'.repeat(40)}`)
    t.equal(await clear(given), 'partly')
    t.match(await checked(idOf(given)), { reason: 'depth' })
  })
  t.test('a file that cannot be read', { skip: userInfo().uid === 0 && 'root reads any' }, async (t) => {
    const { path } = await fresh()
    const place = workplace(t)
    const { given } = await use(path, place, 'echo x >closed; chmod 0 closed')
    t.equal(await clear(given), 'partly')
    t.match(await checked(idOf(given)), { reason: 'unreadable' })
  })
})

t.test('hostile places neither stop a search nor lead it astray', async (t) => {
  const { path, variable } = await fresh()
  const place = workplace(t)
  const go = join(place, 'go')
  const { given, stdout } = await use(
    path,
    place,
    `mkfifo pipe; ln -s /proc/self/mem mem; ln -s /dev/zero zero; ln -s / up; ln -s loop loop
    python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
    mkdir many; cd many; seq 10000 | xargs touch; cd ..; unset ${variable}
    touch go; (while test -e go; do echo growing >>grows; rm -f gone; echo x >gone; done) >/dev/null 2>&1 &
    echo $!`,
  )
  t.teardown(async () => {
    rmSync(go, { force: true })
    while (existsSync(`/proc/${stdout.trim()}/exe`)) await delay(20)
  })
  t.equal(await clear(given), 'clean')
  const { given: second } = await use(
    path,
    place,
    `printf %s "$${variable}" >"$(printf 'many/\\377\\033[2J')"`,
  )
  t.equal(await clear(second), 'left')
  t.match(await checked(idOf(second)), { left: [{ kind: 'file', place: `${place}/many/?\u001b[2J` }] })
})

t.test('what git ignores is looked at, unless the config says otherwise', async (t) => {
  const { path, variable } = await fresh()
  const place = workplace(t)
  writeFileSync(join(place, '.gitignore'), '*.log\n/build/\n')
  const leave = `printf %s "$${variable}" >a.log; mkdir -p build; cp a.log build/x`
  const { given } = await use(path, place, leave)
  t.equal(await clear(given), 'left')
  t.equal(leftOf(await checked(idOf(given))).length, 2)
  writeFileSync(join(instance.home, 'config/config.toml'), '[sweep]\nskip_ignored = true\n', { mode: 0o600 })
  t.match(await instance.sgetctl(['config', 'apply', '--passphrase-fd', '3'], { passphrase }), { code: 0 })
  const { given: second } = await use(path, place, leave)
  t.equal(await clear(second), 'clean')
  writeFileSync(join(place, '.gitignore'), '*.log\n/build/\n!a.log\n')
  const { given: third } = await use(path, place, leave)
  t.equal(await clear(third), 'left', 'a list that takes something back is not gone by')
})

t.test('clear tells nothing about guesses', async (t) => {
  t.test('a thousand, of a grant that was cleared', async (t) => {
    const { path, value } = await fresh()
    const place = workplace(t)
    const { given } = await use(path, place, 'true')
    t.equal(await clear(given), 'clean')
    const told = new Set<unknown>()
    for (let at = 0; at < 1000; at++) {
      if (at % 100 === 0) writeFileSync(join(place, 'guess'), at === 500 ? value : `guess ${at}`)
      told.add(await clear(given))
    }
    t.same([...told], ['recorded'])
  })
  t.test('by many grants, beyond twelve an hour for each field', async (t) => {
    const { path } = await fresh()
    const place = workplace(t)
    const told: unknown[] = []
    for (let at = 0; at < 15; at++)
      told.push(await clear((await use(path, place, `echo ${at} >guess`)).given))
    t.same(told, [...Array<string>(12).fill('clean'), 'recorded', 'recorded', 'recorded'])
  })
})

t.test('sget mask', async (t) => {
  const { path, value } = await fresh()
  const ref = `[sget:${path}#password]`
  await use(path, workplace(t), 'true')
  const other = await Agent.start(instance)
  t.teardown(() => other.stop())
  const masked = (text: string, by = agent): Promise<{ code: unknown; stdout: string; stderr: string }> =>
    by.run('/bin/bash', '-c', `printf %s "$1" | ${sget} mask`, 'bash', text)

  t.test('masks what this agent was given, and nothing else', async (t) => {
    const base64 = Buffer.from(`${value}!!`).toString('base64')
    const text = `a ${value} b ${base64} c`
    const ran = await masked(text)
    t.match(ran, { code: 0, stderr: '' })
    t.equal(ran.stdout.replace(/\[sget:[^\]]*\][A-Za-z0-9+/=]*/g, '*'), 'a * b * c')
    t.ok(ran.stdout.includes(ref))
    t.match(instance.audit().at(-1), {
      event: 'masked-text',
      caller: 'agent',
      ref: `${path}#password 2`,
      count: 2,
    })
    t.match(await masked('nothing here'), { code: 0, stdout: 'nothing here' })
    t.match(instance.audit().at(-1), { event: 'masked-text', count: 0 })
    t.match(await masked(''), { code: 0, stdout: '' })
    t.match(await masked(value, other), { code: 0, stdout: value }, 'another agent was not given it')
  })
  t.test('takes a MiB and no more', async (t) => {
    const long = `${value}${'x'.repeat(1024 * 1024 - value.length - ref.length)}`
    writeFileSync(join(instance.home, 'long'), long)
    await use(path, workplace(t), 'true', other)
    const ran = await other.bash(`${sget} mask <${instance.home}/long | sha256sum`)
    const expected = await run('/usr/bin/sha256sum', [], { input: long.replace(value, ref) })
    t.equal(ran.stdout, expected.stdout)
    writeFileSync(join(instance.home, 'long'), `${long}${value}xx`)
    t.match(await other.bash(`${sget} mask <${instance.home}/long`), { code: 77, stdout: '' })
  })
  t.test('is not for what is neither an agent’s nor a human’s', async (t) => {
    const ran = await instance.sget(['mask'], { input: value })
    t.match(ran, { code: 74, stdout: '' })
    t.match(ran.stderr, /only a human in a terminal/)
  })
})

t.test('sgetctl scrub', async (t) => {
  const { path, value, variable } = await fresh()
  const history = homeFile(t, ['.ash_history', '.sh_history'])
  const { given } = await use(
    path,
    workplace(t),
    `printf 'ls\nexport A=%s\nls' "$${variable}" >${history}; chmod 640 ${history}`,
  )
  t.equal(await clear(given), 'left')
  const scrub = (): ReturnType<Instance['sgetctl']> =>
    instance.sgetctl(['scrub', idOf(given), '--yes', '--passphrase-fd', '3'], { passphrase })
  const backup = `${history}.sget-backup`
  const before = readFileSync(history)

  t.test('is for humans', async (t) => {
    t.match(await agent.bash(`${sget} scrub ${idOf(given)} --yes`), { code: 74 })
    t.match(await instance.sgetctl(['scrub', 'nobody22', '--yes', '--passphrase-fd', '3'], { passphrase }), {
      code: 71,
    })
    t.ok(readFileSync(history).equals(before))
  })
  t.test('leaves links and older copies alone', async (t) => {
    linkSync(history, `${history}.sget-new`)
    t.match((await scrub()).stdout, /left as it was: it is a link/)
    rmSync(`${history}.sget-new`)
    writeFileSync(backup, 'mine')
    t.match((await scrub()).stdout, /left as it was: there is a copy of an earlier time/)
    t.equal(readFileSync(backup, 'utf8'), 'mine')
    rmSync(backup)
    t.ok(readFileSync(history).equals(before))
    t.notOk(existsSync(backup))
  })
  t.test('puts the label in its place, after a copy for its owner alone', async (t) => {
    const ran = await scrub()
    t.match(ran, { code: 0 })
    t.match(ran.stdout, `${history}: scrubbed once; the copy is ${backup}`)
    t.equal(readFileSync(history, 'utf8'), `ls\nexport A=[sget:${path}#password]\nls`)
    t.equal(statSync(history).mode & 0o777, 0o640)
    t.ok(readFileSync(backup).equals(before))
    t.equal(statSync(backup).mode & 0o777, 0o600)
    t.match(instance.audit().at(-1), {
      event: 'scrubbed',
      reason: 'scrubbed',
      count: 1,
      left: [{ place: history }],
    })
    t.notOk(JSON.stringify([instance.audit(), instance.checks()]).includes(value))
  })
  t.test('says that there is nothing more to do, or that it cannot be told', async (t) => {
    t.match(await scrub(), { code: 77 })
    await instance.put(path, 'another value')
    const ran = await scrub()
    t.match(ran, { code: 77 })
    t.match(ran.stderr, /has been replaced or removed since/)
  })
})

t.test('a worker that goes wrong costs one check', async (t) => {
  const program = join(folder, 'bin/sget')
  const genuine = readFileSync(program)
  const leak = join(instance.home, 'leak')
  const become = (script: string | undefined): void => {
    rmSync(program)
    writeFileSync(program, script === undefined ? genuine : `#!/bin/bash\n${script}\n`, { mode: 0o755 })
  }
  const ack = String.raw`printf '\0\0\0\5\3\0\0\0\1' >&3`
  for (const [what, script] of [
    ['ends', 'exit 3'],
    ['is killed', 'kill -9 $$'],
    ['says what is no message', 'echo garbage garbage >&3; sleep 9'],
    ['says what is not its to say', String.raw`printf '\0\0\0\5\7\0\0\0\1' >&3; sleep 9`],
    ['can be read by others', `${ack}; cat <&3 >${leak}`],
  ] as const)
    t.test(`that ${what}`, async (t) => {
      const { path, value } = await fresh()
      const { given } = await use(path, workplace(t), 'true')
      become(script)
      t.teardown(() => become(undefined))
      t.equal(await clear(given), 'unchecked')
      t.match(await checked(idOf(given)), { outcome: 'unchecked', reason: 'sweep-failed' })
      t.notOk(existsSync(leak) && readFileSync(leak, 'utf8').includes(value), 'it gets no value')
      t.match(await instance.status(), { running: true, locked: false })
    })
  t.test('and a stopped one does not hold up a lock', async (t) => {
    const { path } = await fresh()
    const { given } = await use(path, workplace(t), 'true')
    become('kill -STOP $$')
    t.teardown(() => become(undefined))
    const cleared = clear(given)
    while (!instance.audit().some(({ event, grant }) => event === 'cleared' && grant === idOf(given)))
      await delay(10)
    t.match(await instance.sgetctl(['lock']), { code: 0 })
    t.equal(await cleared, 'unchecked')
    t.match(await checked(idOf(given)), { outcome: 'unchecked', reason: 'locked' })
    const children = await run('/bin/bash', ['-c', `pgrep -P ${(await instance.status()).pid}`])
    t.equal(children.stdout, '', 'and is gone')
  })
})

t.test('sget sweep starts for nobody else', async (t) => {
  const bare = join(folder, 'bin/sget')
  t.match(await run(bare, ['sweep']), { code: 64, stdout: '' })
  const pair = `import socket, subprocess, sys
ours, theirs = socket.socketpair()
import os
os.dup2(theirs.fileno(), 3)
done = subprocess.run(["${bare}", "sweep"], pass_fds=[3])
sys.exit(done.returncode)`
  t.match(await run('/usr/bin/python3', ['-c', pair]), { code: 64 }, 'over a pair that another program made')
})

t.test('no client is taken for a worker', async (t) => {
  const looked = { limit: '', files: 0, kibibytes: 0, milliseconds: 0 }
  const found = { kind: 'file', place: '/x', pid: 0, ref: 'a/b#c', count: 1 }
  const peer = new Peer(instance.home).hello()
  t.teardown(() => peer.leave())
  peer.say(
    encode('found', 2, found),
    encode('looked', 3, looked),
    encode('covered', 4, { fits: true, matches: [] }),
    encode('struck', 5, { state: 'scrubbed', count: 1 }),
  )
  t.same((await peer.hears(5)).slice(1).map(failureIn), Array<string>(4).fill('wrong-sender'))
  peer.say(encode('cover', 6, {}))
  t.equal(await peer.isClosedWith(), 'bad-message', 'nor for the daemon')
})
