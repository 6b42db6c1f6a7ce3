// Who asks, where it takes root to set the scene: pids that are used again, namespaces, processes that cannot be seen, other
// users above, cron, and an imitated terminal. The table goes on from test/processes.
import { spawn } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import { Agent, type Ran } from '../rig/agent.ts'
import { Instance, passphrase, programs, type AuditRecord } from '../rig/instance.ts'
import { end, plainEnvironment, run } from '../rig/process.ts'
import { Table, type Row } from '../rig/rows.ts'
import { testUser } from '../rig/users.ts'

const policy = `
[[rule]]
secrets = ["dev/**"]
exposure = ["run", "read"]
approval = "never"

[[rule]]
secrets = ["piped/**"]
exposure = ["read", "pipe"]
approval = "never"

[[rule]]
secrets = ["once/**"]
exposure = ["run", "read"]
approval = "once"
`
const uid = testUser()
const value = 'the-value-of-the-process-table'
const instance = await Instance.create(policy, uid)
t.teardown(() => instance.remove())
const table = await Table.over(instance, value, { dev: 8, piped: 2, once: 4 })
// Where only root installs, and where setuid is not forbidden, as it may be below /tmp.
const folder = mkdtempSync('/usr/local/lib/sget-processes-')
chmodSync(folder, 0o755)
t.teardown(() => rmSync(folder, { recursive: true }))

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
const rig = (name: string): string => join(import.meta.dirname, '../rig', name)
/** Goes on as the user, from root. */
const asUser = ['/usr/bin/setpriv', '--reuid', String(uid), '--regid', String(uid), '--clear-groups', '--']
const captures = (read: string): string[] => ['/bin/bash', '-c', `X="$(${read})"; test "$X" = ${value}`]
/** Runs a script in a mount namespace of root's. */
const privately = (script: string): string[] => ['/usr/bin/unshare', '--mount', '/bin/bash', '-ec', script]
const exec = (...argv: readonly string[]): string => `exec ${argv.map(quoted).join(' ')}`

const setuidShell = join(folder, 'setuid-shell')
copyFileSync('/bin/bash', setuidShell)
chmodSync(setuidShell, 0o4755)
const emulator = join(folder, 'xterm')
copyFileSync('/usr/bin/python3', emulator)
chmodSync(emulator, 0o755)
const copyOfShell = join(folder, 'bash')
copyFileSync('/bin/bash', copyOfShell)
chmodSync(copyOfShell, 0o755)

const byRoot: Row[] = [
  {
    name: 'a peer in a pid namespace of its own',
    argv: (read) => ['/usr/bin/unshare', '--pid', '--fork', '--mount-proc', ...asUser, ...captures(read)],
    becomes: 'released',
    caller: 'unattributed',
    sink: 'shell',
  },
  {
    name: 'a peer where another file of root is mounted as /bin/bash',
    argv: (read) => privately(`mount --bind ${copyOfShell} /bin/bash; ${exec(...asUser, ...captures(read))}`),
    under: 'piped',
    becomes: 'released',
    caller: 'unattributed',
    sink: 'pipe',
  },
  {
    name: 'a peer where the shell itself has another path',
    argv: (read) => {
      const [, ...words] = captures(read)
      return privately(`mount --bind /bin/bash ${copyOfShell}; ${exec(...asUser, copyOfShell, ...words)}`)
    },
    becomes: 'released',
    caller: 'unattributed',
    sink: 'shell',
  },
  {
    name: 'what root runs as the user with su',
    argv: (read) => ['/bin/su', 'sget-test', '-s', '/bin/bash', '-c', captures(read).at(-1) ?? ''],
    becomes: 'released',
    caller: 'unattributed',
    sink: 'shell',
  },
  {
    name: 'a job of cron',
    argv: (read) => privately(cronJob(captures(read))),
    becomes: 'released',
    caller: 'unattributed',
    sink: 'shell',
    needs: '/usr/sbin/cron',
  },
  {
    name: 'a terminal emulator of the system, below a process that calls itself systemd',
    argv: (read) => [
      ...asUser,
      '/usr/bin/python3',
      rig('imitation.py'),
      emulator,
      `X="$(${read})"; echo "$X"`,
    ],
    under: 'once',
    becomes: 'conceded',
    caller: 'human',
    sink: 'shell',
  },
]

const byAgent: Row[] = [
  {
    name: 'what asks a human first, below a setuid program of root',
    argv: (read) => [setuidShell, '-pc', `${[...asUser, ...captures(read)].map(quoted).join(' ')}; exit $?`],
    under: 'once',
    becomes: 'refused',
    caller: 'agent',
    sink: 'shell',
    reason: 'denied',
  },
]

function folderOfUser(prefix: string): string {
  const made = mkdtempSync(join(tmpdir(), prefix))
  chownSync(made, uid, uid)
  return made
}

/** A private cron whose only job runs at its start; ends with the job's status. */
function cronJob(argv: readonly string[]): string {
  const crontab = '/var/spool/cron/crontabs/sget-test'
  const job = `${argv.map(quoted).join(' ')}; echo $? >${folder}/status`
  return `mount -t tmpfs tmpfs /run; mount -t tmpfs tmpfs /var/spool/cron; mkdir /var/spool/cron/crontabs
mount --bind /dev/null /etc/crontab; mount -t tmpfs tmpfs /etc/cron.d; install -m 777 /dev/null ${folder}/status
cat >${folder}/job <<'END'
${job}
END
echo '@reboot /bin/sh ${folder}/job' >${crontab}; chown sget-test ${crontab}; chmod 600 ${crontab}
/usr/sbin/cron -f & until test -s ${folder}/status; do sleep 0.05; done; kill $!; exit $(cat ${folder}/status)`
}

const asRoot = ([program = '', ...args]: readonly string[]): Promise<Ran> => run(program, args)
for (const row of byRoot) void table.test(t, row, asRoot)

t.test('below an agent', async (t) => {
  const agent = await Agent.startWithPipes(instance)
  t.teardown(() => agent.stop())
  for (const row of byAgent) void table.test(t, row, (argv) => agent.run(...argv))
})

interface Told {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly record: AuditRecord
}

/** What test/rig/reuse-program tells. */
interface Reused {
  readonly shell: { readonly pid: number; readonly shell: Told; readonly next: Told }
  readonly agent: { readonly pid: number; readonly redeemed: Told; readonly bare: Told }
  readonly peer: { readonly heard: string; readonly stderr: string; readonly events: readonly string[] }
}

const [major = 0, minor = 0] = release().split('.').map(Number)
const ownPids = major > 6 || (major === 6 && minor >= 14)

t.test(
  'a pid that is used again',
  { skip: !ownPids && 'before Linux 6.14 a pid namespace has no pid_max of its own' },
  async (t) => {
    // The first 300 pids are not given a second time.
    const scene = `echo 400 >/proc/sys/kernel/pid_max; for i in {1..300}; do (:); done
${process.execPath} ${rig('reuse-program.ts')}; exit $?`
    const ran = await run('/usr/bin/unshare', [
      ...['--pid', '--fork', '--mount-proc', '--kill-child', '/bin/bash', '-c', scene],
    ])
    t.match(ran, { code: 0 }, ran.stderr)
    const { shell, agent, peer } = JSON.parse(ran.stdout) as Reused
    t.match(shell.shell, { code: 0, record: { event: 'released', caller: 'unattributed' } })
    t.match(
      shell.next,
      {
        code: 72,
        stdout: `${shell.pid} `,
        record: { event: 'refused', caller: 'agent', reason: 'sink-agent' },
      },
      'another program with the pid of a shell that is remembered is what it is',
    )
    t.match(
      agent.redeemed,
      { code: 71, stdout: `${agent.pid} `, record: { event: 'refused', caller: 'unattributed' } },
      'a process with the pid of an agent redeems no handle of it',
    )
    t.match(agent.redeemed.stderr, /another process tree|revoked/)
    t.match(agent.bare, { code: 0, stdout: `${agent.pid} `, record: { caller: 'unattributed' } })
    t.match(peer, { heard: '8180', stderr: '' }, 'what a dead peer left behind hears a failure')
    t.notOk(peer.events.includes('released'), 'and gets nothing')
  },
)

t.test('where /proc hides the processes of others, nobody is seen to be unreadable', async (t) => {
  const home = folderOfUser('sget-hidepid-')
  t.teardown(() => rmSync(home, { recursive: true, force: true }))
  const hides = 'mount -t proc -o hidepid=2 proc /proc'
  const inside = (...args: string[]): string[] =>
    privately(`${hides}; ${exec(...asUser, join(programs, 'sgetctl'), '--home', home, ...args)}`)
  const [program = '', ...init] = inside('init', '--passphrase-fd', '0')
  const made = await run(program, init, { input: passphrase })
  t.match(made, { code: 66, stderr: /ended the connection before it answered/ }, 'so nothing is taken')
  t.notOk(existsSync(join(home, 'share/vault')))
  const [, ...asking] = inside('status', '--json')
  const { pid } = JSON.parse((await run(program, asking)).stdout) as { pid: number }
  t.ok(pid > 0, 'and sgetd lives on')
  process.kill(pid, 'SIGKILL')
})

t.test('a peer outside the pid namespace of sgetd, who has no pid there', async (t) => {
  const home = folderOfUser('sget-inside-')
  t.teardown(() => rmSync(home, { recursive: true, force: true }))
  const sgetctl = `${join(programs, 'sgetctl')} --home ${home}`
  const script = `${sgetctl} init --passphrase-fd 0 && ${sgetctl} status --json && echo begun; read -r _ <&3`
  const scene = ['--pid', '--fork', '--mount-proc', '--kill-child', ...asUser, '/bin/bash', '-c', script]
  const inside = spawn('/usr/bin/unshare', scene, {
    env: plainEnvironment,
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
  })
  t.teardown(() => inside.kill('SIGKILL'))
  inside.stdin?.end(passphrase)
  for await (const line of createInterface({ input: inside.stdout ?? process.stdin }))
    if (line === 'begun') break
  const sget = ['--home', home]
  const ask = (): Promise<Ran> =>
    run(join(programs, 'sget'), [...sget, 'run', '-e', 'X=dev/s', '--', 'env'], { uid })
  t.match(await ask(), { code: 125, stdout: '', stderr: /ended the connection/ }, 'gets nothing')
  t.match(await ask(), { code: 125, stderr: /ended the connection/ }, 'and sgetd lives on')
  t.ok(existsSync(join(home, 'state/run/socket')))
  inside.stdio[3]?.destroy()
  await end(inside)
})
