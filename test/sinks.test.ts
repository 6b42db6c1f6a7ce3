// Where the bytes will land: the table of the design, row by row, with real shells, pipes, files, terminals and tools.
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Agent } from './rig/agent.ts'
import { Instance, programs } from './rig/instance.ts'

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
secrets = ["helped/**"]
exposure = ["helper"]
approval = "never"

[[rule]]
secrets = ["running/**"]
exposure = ["run"]
approval = "never"
`
const value = 'the-value-of-the-sink-table'
const instance = await Instance.create(policy)
t.teardown(() => instance.remove())
for (const path of ['dev/s', 'piped/s', 'helped/s', 'running/s']) await instance.put(path, value)
const agent = await Agent.startWithPipes(instance)
t.teardown(() => agent.stop())

const folder = mkdtempSync(join(tmpdir(), 'sinks-'))
const sget = `${join(programs, 'sget')} --home ${instance.home}`

interface Row {
  readonly name: string
  readonly argv: readonly string[]
  /** Exit status of what the agent ran: 0 for released. */
  readonly code?: number
  readonly says?: RegExp
  readonly needs?: string
}

const bash = (script: string): string[] => ['/bin/bash', '-c', script]
const python = (script: string): string[] => [
  '/usr/bin/python3',
  '-c',
  `import subprocess, socket, sys, os\n${script}`,
]
const holds = `test "$X" = ${value}`
const toAgent = /would land in the agent/
const toPipe = /does not give this secret to a pipe/

const released: Row[] = [
  { name: 'a substitution in bash', argv: bash(`X="$(${sget} dev/s)"; ${holds}`) },
  { name: 'a substitution in dash', argv: ['/bin/dash', '-c', `X="$(${sget} dev/s)"; ${holds}`] },
  {
    name: 'a substitution in zsh',
    argv: ['/usr/bin/zsh', '-c', `X="$(${sget} dev/s)"; ${holds}`],
    needs: '/usr/bin/zsh',
  },
  { name: 'a substitution with a subshell in it', argv: bash(`X="$(cd / && ${sget} dev/s)"; ${holds}`) },
  { name: 'a substitution in a substitution', argv: bash(`X="$(echo "$(${sget} dev/s)")"; ${holds}`) },
  { name: 'backquotes', argv: bash(`X=\`${sget} dev/s\`; ${holds}`) },
  { name: 'a shell that a shell started', argv: bash(`/bin/dash -c 'X="$(${sget} dev/s)"; ${holds}'; true`) },
  { name: 'a sibling, where the rule says pipe', argv: bash(`test "$(${sget} piped/s | cat)" = ${value}`) },
  {
    name: 'a program, where the rule says pipe',
    argv: python(`sys.exit(subprocess.check_output(${pythonWords('piped/s')}) != b"${value}")`),
  },
  { name: 'the environment of sget run', argv: bash(`${sget} run -e X=running/s -- /bin/sh -c '${holds}'`) },
]

const refused: Row[] = [
  { name: 'the agent itself', argv: [...sget.split(' '), 'dev/s'], code: 72, says: toAgent },
  { name: 'the agent, through a shell', argv: bash(`${sget} dev/s; exit $?`), code: 72, says: toAgent },
  {
    name: 'the agent, through standard error',
    argv: bash(`${sget} dev/s 1>&2; exit $?`),
    code: 72,
    says: toAgent,
  },
  {
    name: 'the agent, though a rule says pipe',
    argv: bash(`${sget} piped/s; exit $?`),
    code: 72,
    says: toAgent,
  },
  {
    name: 'the agent, through a descriptor kept by the shell',
    argv: bash(`exec 7>&1; X="$(${sget} dev/s >&7)"; exit $?`),
    code: 72,
    says: toAgent,
  },
  { name: 'a sibling', argv: bash(`set -o pipefail; ${sget} dev/s | cat`), code: 72, says: toPipe },
  {
    name: 'a sibling of a subshell that holds only the writing end',
    argv: bash(`set -o pipefail; (${sget} dev/s; exit $?) | cat`),
    code: 72,
    says: toPipe,
  },
  {
    name: 'a program that is no shell',
    argv: python(`sys.exit(subprocess.run(${pythonWords('dev/s')}, stdout=subprocess.PIPE).returncode)`),
    code: 72,
    says: toPipe,
  },
  {
    name: 'a shell that is not of the system',
    argv: bash(`cp /bin/bash ${folder}/bash; ${folder}/bash -c 'X="$(${sget} dev/s)"; exit $?'`),
    code: 72,
    says: toPipe,
  },
  {
    name: 'a socket',
    argv: python(
      `a, b = socket.socketpair()\nsys.exit(subprocess.run(${pythonWords('dev/s')}, stdout=b).returncode)`,
    ),
    code: 72,
    says: toAgent,
  },
  {
    name: 'a fifo with a name',
    argv: bash(
      `mkfifo ${folder}/fifo; cat ${folder}/fifo >${folder}/copy & ${sget} dev/s >${folder}/fifo; code=$?; wait; test -s ${folder}/copy || exit $code`,
    ),
    code: 72,
    says: /cannot tell where/,
  },
  { name: 'a terminal', argv: bash(`script -qec '${sget} dev/s' /dev/null </dev/null`), code: 72 },
  {
    name: 'a terminal, revealed by an agent',
    argv: bash(`script -qec '${sget} --reveal dev/s' /dev/null </dev/null`),
    code: 72,
  },
  {
    name: 'sget run, where the rule says read',
    argv: bash(`${sget} run -e X=piped/s -- /bin/true`),
    code: 125,
    says: /does not give this secret to sget run/,
  },
  {
    name: 'a substitution, where the rule says run',
    argv: bash(`X="$(${sget} running/s)"; exit $?`),
    code: 72,
    says: /to sget run only/,
  },
  {
    name: 'a substitution, where the rule says helper',
    argv: bash(`X="$(${sget} helped/s)"; exit $?`),
    code: 69,
  },
]

for (const { name, argv, needs } of released) {
  const skip = needs === undefined || existsSync(needs) ? false : `${needs} is not installed`
  t.test(`released to ${name}`, { skip }, async (t) => {
    t.match(await agent.run(...argv), { code: 0, stdout: '', stderr: '' })
  })
}

for (const { name, argv, code, says } of refused) {
  t.test(`refused to ${name}`, async (t) => {
    const ran = await agent.run(...argv)
    t.equal(ran.code, code, ran.stderr)
    if (says !== undefined) t.match(ran.stderr, says)
    t.notMatch(`${ran.stdout}${ran.stderr}`, value)
  })
}

t.test('refused to a regular file, which stays empty', async (t) => {
  const file = join(folder, 'leak')
  const ran = await agent.bash(`${sget} dev/s >${file}; exit $?`)
  t.match(ran, { code: 72 })
  t.match(ran.stderr, `would write the value to ${file}`)
  t.equal(readFileSync(file, 'utf8'), '')
})

t.test('released to git as a credential helper, only where the rule says so', async (t) => {
  const fill = (ref: string): Promise<{ code: unknown; stdout: string }> => {
    const helper = join(folder, 'helper')
    writeFileSync(helper, `#!/bin/sh\necho username=app\nprintf password=\nexec ${sget} ${ref}\n`, {
      mode: 0o755,
    })
    const git = `git -c credential.helper=${helper} -c core.askPass=/bin/false credential fill`
    return agent.bash(
      `cd ${folder}; printf 'protocol=https\\nhost=x.test\\n\\n' | GIT_TERMINAL_PROMPT=0 ${git} | sha256sum`,
    )
  }
  const sum = await agent.bash(
    `printf 'protocol=https\\nhost=x.test\\nusername=app\\npassword=${value}\\n' | sha256sum`,
  )
  t.equal((await fill('helped/s')).stdout, sum.stdout)
  t.not((await fill('dev/s')).stdout, sum.stdout)
})

function pythonWords(ref: string): string {
  return JSON.stringify([...sget.split(' '), ref])
}
