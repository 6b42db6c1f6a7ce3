// The login agent under a real systemd user manager: installed, started by the first connection, hardened, and removed.
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { passphrase, programs } from '../rig/instance.ts'
import { onTerminal, type Dialogue } from '../rig/terminal.ts'
import { UserManager } from '../rig/user-manager.ts'
import { testUser } from '../rig/users.ts'

t.setTimeout(180_000)

const uid = testUser()
const home = '/home/sget-test'
const units = `${home}/.config/systemd/user`
const sgetctl = join(programs, 'sgetctl')
const sget = join(programs, 'sget')
const prove = { passphrase }
const proof = ['--passphrase-fd', '3']

const manager = await UserManager.start(uid)
if (typeof manager === 'string') t.test('a user manager', { skip: manager }, () => undefined)
else {
  t.teardown(() => manager.end())
  tests(manager)
}

interface ServiceStatus {
  readonly installed: boolean
  readonly enabled: boolean
  readonly listens: boolean
  readonly pid: number
  readonly changedBy: readonly string[]
  readonly files: readonly { readonly path: string; readonly state: string }[]
}

function tests(manager: UserManager): void {
  const service = async (): Promise<ServiceStatus> =>
    JSON.parse((await manager.run(sgetctl, ['service', 'status', '--json'])).stdout) as ServiceStatus
  const systemctl = (words: string): Promise<string> => manager.shell(`systemctl --user ${words}`)
  const human = (dialogue: Dialogue) =>
    onTerminal(
      [['$ ', `export PATH=${programs}:/usr/bin:/bin\n`], ...dialogue, ['$ ', 'exit\n']],
      ['/usr/bin/nsenter', ...manager.inside, '/bin/login', '-f', 'sget-test'],
    )

  t.test('it is installed by a human, without a question', async (t) => {
    t.match(await service(), { installed: false, listens: false, pid: 0 })
    const unattributed = await manager.run(sgetctl, ['service', 'install'])
    t.match(unattributed, { code: 74, stderr: /only a human in a terminal of their own/ }, 'by nobody else')
    const { stdout } = await human([['$ ', 'sgetctl service install\n']])
    t.match(stdout, /wrote .*sgetd\.socket\s+wrote .*sgetd\.service[^]*installed, and listening/)
    t.notMatch(stdout, 'passphrase:')
    t.match(await service(), { installed: true, enabled: true, listens: true, pid: 0 })
    t.equal(await manager.shell(`ls ${home}/.local/state/sget/run`), 'socket\n', 'which systemd made')
  })

  t.test('the units as they are installed are clean, and so is what they are made of', async (t) => {
    const files = `${units}/sgetd.socket ${units}/sgetd.service`
    t.equal(await manager.shell(`systemd-analyze --user verify ${files} && echo clean`), 'clean\n')
  })

  t.test(
    'the first connection starts sgetd, locked; it serves, and each process that asks is known',
    async (t) => {
      t.match(await manager.run(sgetctl, ['init', ...proof], prove), { code: 0 })
      const { pid } = await service()
      t.not(pid, 0)
      t.match(await manager.shell(`${sgetctl} status`), `is running: pid ${pid}`)
      t.match(await manager.run(sget, ['put', 'dev/db', ...proof], { ...prove, input: 'the value' }), {
        code: 0,
      })
      t.equal(await manager.shell(`X="$(${sget} dev/db)"; echo "$X"`), 'the value\n')
      const log = await manager.shell(`tail -n 1 ${home}/.local/state/sget/audit/audit.log`)
      t.match(
        JSON.parse(log),
        { event: 'released', chain: [/\/sget$/, /\/dash$/] },
        'provenance is not blind',
      )
      t.match(await manager.run(sgetctl, ['service', 'install']), {
        code: 0,
        stdout: /it is installed as it should be: nothing was changed/,
      })
      t.equal((await service()).pid, pid)
    },
  )

  t.test('what systemd-run starts is nobody: it gets what everybody gets, and no more', async (t) => {
    const other = { ...prove, input: 'another value' }
    t.match(await manager.run(sget, ['put', 'team/key', ...proof], other), { code: 0 })
    /** What such a process has in its variable, and how the command ended. */
    const underNobody = async (ref: string): Promise<string> => {
      const script = `X="$(${sget} ${ref} 2>&1)"; echo "$?: $X" >${home}/got.new; mv ${home}/got.new ${home}/got`
      await manager.shell(`rm -f ${home}/got; systemd-run --user --quiet /bin/sh -c '${script}'`)
      return manager.shell(`until [ -e ${home}/got ]; do sleep 0.05; done; cat ${home}/got`)
    }
    const newest = async (): Promise<unknown> =>
      JSON.parse(await manager.shell(`tail -n 1 ${home}/.local/state/sget/audit/audit.log`))
    t.equal(await underNobody('dev/db'), '0: the value\n')
    const chain = [/\/sget$/, /\/dash$/, /\/systemd$/]
    t.match(await newest(), { event: 'released', caller: 'unattributed', chain })
    const told = await underNobody('team/key')
    t.match(told, /^[1-9]\d*: sget: cannot read team\/key: /)
    t.match(await newest(), { event: 'refused', caller: 'unattributed', chain, ref: 'team/key' })
  })

  t.test('one that is started by hand leaves it to the service', async (t) => {
    const { pid } = await service()
    t.match(await manager.run(join(programs, 'sgetd'), []), { code: 1, stderr: /another sgetd serves/ })
    await systemctl('stop sgetd.service')
    t.equal((await service()).pid, 0)
    t.match(await manager.run(join(programs, 'sgetd'), ['--detach']), { code: 0, stderr: '' })
    const started = await service()
    t.not(started.pid, pid)
    t.match(
      await manager.shell(`${sgetctl} status`),
      `is running: pid ${started.pid}`,
      'the one of the service',
    )
  })

  t.test('stopped, it is started by the next connection; killed, it comes back by itself', async (t) => {
    await systemctl('stop sgetd.service')
    t.match(await service(), { listens: true, pid: 0 })
    t.match(await manager.run(sget, ['unlock', ...proof], prove), { code: 0, stderr: '' })
    const { pid } = await service()
    process.kill(pid, 'SIGKILL')
    while (existsSync(`/proc/${pid}`) || (await service()).pid === 0) continue
    t.match(await manager.shell(`${sgetctl} status`), /vault +locked/)
    t.match(
      await manager.shell(`${sgetctl} service logs -n 1`),
      new RegExp(`^{.*"pid":${(await service()).pid},`),
    )
  })

  t.test('what it is given, and what is taken from it, is so', async (t) => {
    const { pid } = await service()
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    t.match(status, /^Uid:\t(\d+)\t\1\t\1\t\1$/m)
    t.match(status, new RegExp(`^Uid:\t${uid}\t`, 'm'))
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'])
      t.match(status, new RegExp(`^${set}:\t0+$`, 'm'))
    t.match(status, /^NoNewPrivs:\t1$/m)
    t.match(status, /^Seccomp:\t2$/m)
    t.match(status, /^Umask:\t0077$/m)
    const limits = readFileSync(`/proc/${pid}/limits`, 'utf8')
    t.match(limits, /^Max core file size +0 +0 /m)
    t.match(limits, /^Max locked memory +6291456 +6291456 /m)
    t.equal(await manager.shell(`stat -c %a ${home}/.local/state/sget/sgetd.log`), '600\n')
  })

  t.test('each option of the service has an effect by itself', async (t) => {
    const text = await manager.shell(`cat ${units}/sgetd.service`)
    const options = optionsOf(text)
    t.ok(options.length > 12)
    const facts = await probe(manager, ['', ...options])
    const [bare] = facts
    t.match(bare, /^NoNewPrivs: 0$/m)
    for (const [i, option] of options.entries()) t.not(facts[i + 1], bare, option)
    const [all] = await probe(manager, [options.join('\n')])
    for (const [what, outcome] of [
      ['AF_UNIX', 'done'],
      ['AF_INET', 'done'],
      ['AF_PACKET', 'EAFNOSUPPORT'],
      ['AF_NETLINK', 'EAFNOSUPPORT'],
      ['setuid bit', 'EPERM'],
      ['personality', 'EPERM'],
      ['resources', 'EPERM'],
      ['privileged', 'EPERM'],
      ['debug', 'EPERM'],
      ['namespace', 'EPERM'],
    ])
      t.match(all, new RegExp(`^${what} ${outcome}$`, 'm'))
    t.notMatch(
      text,
      /^(Private|Protect|ReadOnly|ReadWrite|Inaccessible|Temporary|Root|Bind)/m,
      'no namespaces',
    )
  })

  t.test(
    'exposure: what systemd counts, and what it is of a user who has no capability to lose',
    async (t) => {
      const exposure = async (more: string): Promise<number> => {
        const folder = `/run/user/${uid}/exposure`
        const copy = `mkdir -p ${folder}; (cat ${units}/sgetd.service; echo '${more}') >${folder}/sgetd.service`
        const said = await manager.shell(
          `${copy}; systemd-analyze --user security --offline=true ${folder}/sgetd.service | tail -n 1`,
        )
        return Number(/level for sgetd\.service: ([\d.]+)/.exec(said)?.[1])
      }
      const [counted, so] = [await exposure(''), await exposure('CapabilityBoundingSet=\nUser=sget-test')]
      t.comment(`exposure ${counted} as counted, ${so} without capabilities and not as root`)
      t.ok(counted <= 6.2)
      t.ok(so <= 3.8)
    },
  )

  t.test('an agent does not install it, with a passphrase or not', async (t) => {
    const claude = `${home}/claude`
    await manager.run(sget, ['unlock', ...proof], prove)
    await manager.shell(`cp /bin/sh ${claude}; echo >>${units}/sgetd.socket`)
    const { stderr, stdout } = await manager.run(
      claude,
      ['-c', `${sgetctl} service install --passphrase-fd 3; echo "ended $?"`],
      prove,
    )
    t.match(stderr, /cannot install the login agent: an agent may not do this/)
    t.match(stdout, 'ended 74')
    t.match((await service()).files, [{ state: 'other' }, { state: 'same' }])
    const asked = `grep -c '"event":"installed"' ${home}/.local/state/sget/audit/audit.log`
    t.equal(await manager.shell(asked), '1\n', 'what is on record is the human')
  })

  t.test('what was changed is told, and put right for whoever proves themselves', async (t) => {
    const mended = await manager.run(sgetctl, ['service', 'install', ...proof], prove)
    t.match(mended, { code: 0, stdout: /the sgetd that ran has ended, and the vault is locked with it/ })
    t.match((await service()).files, [{ state: 'same' }, { state: 'same' }])
    await manager.shell(`mkdir ${units}/sgetd.service.d; echo '[Service]' >${units}/sgetd.service.d/x.conf`)
    await systemctl('daemon-reload')
    t.same((await service()).changedBy, [`${units}/sgetd.service.d/x.conf`])
    await manager.shell(`rm -r ${units}/sgetd.service.d`)
    await systemctl('daemon-reload')
  })

  t.test('the socket is not made while a daemon that was started by hand has the lock', async (t) => {
    await systemctl('stop sgetd.socket sgetd.service')
    t.match(await manager.run(join(programs, 'sgetd'), ['--detach']), { code: 0, stderr: '' })
    const before = await manager.shell(`${sgetctl} status --json`)
    t.match(await systemctl('start sgetd.socket'), /failed/)
    t.same(JSON.parse(await manager.shell(`${sgetctl} status --json`)), JSON.parse(before))
    t.match(await service(), { installed: true, listens: false, pid: 0 })
    t.match(await manager.run(sget, ['unlock', ...proof], prove), { code: 0, stderr: '' })
    const { pid } = JSON.parse(before) as { pid: number }
    t.match(await manager.run(sgetctl, ['service', 'install', ...proof], prove), { code: 0 })
    t.notOk(existsSync(`/proc/${pid}`), 'install ends it')
    t.match(await service(), { listens: true, pid: 0 })
  })

  t.test('it listens from each login on', async (t) => {
    await systemctl('stop sgetd.socket sgetd.service')
    await systemctl('restart sockets.target')
    t.match(await service(), { enabled: true, listens: true })
  })

  t.test(
    'an sgetd that cannot start ends the socket, says why, and is put right by a new install',
    async (t) => {
      const state = `${home}/.local/state/sget`
      await manager.shell(`mv ${state}/audit ${state}/kept; touch ${state}/audit`)
      t.match(await manager.run(sgetctl, ['status']), { code: 66 })
      while ((await service()).listens) continue
      t.match(await manager.shell(`${sgetctl} service logs -n 1`), /sgetd: cannot start: .*\/audit/)
      t.match(await manager.run(sget, ['unlock', ...proof], prove), {
        code: 66,
        stderr: /sgetd did not start: .*\/audit/,
      })
      await manager.shell(`rm ${state}/audit; mv ${state}/kept ${state}/audit`)
      t.match(await manager.run(sget, ['unlock', ...proof], prove), { code: 0, stderr: '' })
      t.match(await manager.run(sgetctl, ['service', 'install', ...proof], prove), { code: 0 })
      t.match(await manager.shell(`${sgetctl} status`), `is running: pid ${(await service()).pid}`)
      t.not((await service()).pid, 0)
    },
  )

  t.test('what is not ours is neither replaced nor removed', async (t) => {
    await manager.shell(`cd ${units}; mv sgetd.service kept; echo '[Service]' >sgetd.service`)
    for (const words of ['install', 'remove', 'status'])
      t.match(await manager.run(sgetctl, ['service', words]), {
        code: 78,
        stderr: /the place of the login agent is taken: .*sgetd\.service was not written by sgetctl/,
      })
    t.equal(await manager.shell(`cat ${units}/sgetd.service`), '[Service]\n')
    await manager.shell(`cd ${units}; mv kept sgetd.service`)
    t.match(await service(), { installed: true, listens: true })
  })

  t.test('removed, nothing of it is left, and sgetd has ended', async (t) => {
    await manager.run(sgetctl, ['status'])
    const { pid } = await service()
    t.match(await manager.run(sgetctl, ['service', 'remove']), { code: 0, stdout: /removed .*sgetd\.socket/ })
    t.notOk(existsSync(`/proc/${pid}`))
    t.equal(
      await manager.shell(`find ${units} ${home}/.local/state/sget/run -name 'sg*' -o -name 'so*.*'`),
      '',
    )
    t.match(await service(), { installed: false, enabled: false, listens: false, pid: 0 })
    t.match(await manager.run(sgetctl, ['service', 'remove']), { code: 0, stdout: /there is none/ })
    t.match(await manager.run(sget, ['dev/db']), { code: 66, stderr: /no sgetd is running/ })
  })

  t.test('root and other instances have none', async (t) => {
    t.match(await manager.run(sgetctl, ['service', 'install'], { asRoot: true }), {
      code: 78,
      stderr: /there is no login agent here: root has no login/,
    })
    t.match(await manager.run(sgetctl, ['--home', '/tmp/other', 'service', 'status']), {
      code: 78,
      stderr: /it is for your own instance, not for --home \/tmp\/other/,
    })
    t.match(await manager.run(sgetctl, ['service', 'status'], { asRoot: true }), { code: 78 })
  })
}

/** What the service asks of the manager for the process, a line each; the filters of calls go together. */
function optionsOf(text: string): string[] {
  const section = text.slice(text.indexOf('[Service]'))
  const options = section.split('\n').filter((line) => /^\w+=/.test(line))
  const isOfCalls = (line: string): boolean => /^SystemCall(Filter|ErrorNumber)=/.test(line)
  const isOfManager = (line: string): boolean =>
    /^(Type|ExecStart|StandardError|Restart|TimeoutStopSec)=/.test(line)
  return [
    ...options.filter((line) => !isOfCalls(line) && !isOfManager(line)),
    options.filter(isOfCalls).join('\n'),
  ]
}

/** What a program finds that runs under each of these options, as services of the manager. */
async function probe(manager: UserManager, options: readonly string[]): Promise<string[]> {
  const folder = `/run/user/${manager.uid}/systemd/user`
  const script = resolve(import.meta.dirname, '../rig/probe.py')
  const write = options.map((option, i) => {
    const unit = `[Service]\nType=oneshot\nExecStart=/usr/bin/python3 ${script}\nStandardOutput=file:${folder}/${i}\nStandardError=inherit\n${option}\n`
    return `cat >${folder}/probe-${i}.service <<'E'\n${unit}E\n`
  })
  await manager.shell(`mkdir -p ${folder}; rm -f ${folder}/*\n${write.join('')}`)
  const names = options.map((_, i) => `probe-${i}`).join(' ')
  const said = await manager.shell(`systemctl --user daemon-reload && systemctl --user start ${names}`)
  if (said !== '') throw new Error(said)
  return Promise.all(options.map((_, i) => manager.shell(`cat ${folder}/${i}`)))
}
