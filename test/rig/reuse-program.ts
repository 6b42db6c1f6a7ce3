// What becomes of a pid that is used again: run by root in a pid namespace with few of them. Prints what happened, a line
// of JSON.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent } from './agent.ts'
import { Instance, type AuditRecord } from './instance.ts'
import { run, type Outcome } from './process.ts'
import { testUser } from './users.ts'

const policy = '[[rule]]\nsecrets = ["dev/**"]\nexposure = ["run", "read"]\napproval = "never"\n'
const uid = testUser()
const instance = await Instance.create(policy, uid)
await instance.put('dev/s', 'the-value')
const folder = mkdtempSync(join(tmpdir(), 'reuse-'))
const sget = `${join(instance.programs, 'sget')} --home ${instance.home}`
const capture = (words: string): string => `X="$(${words})"; code=$?; echo "$$ $PPID $\{#X}"; exit $code`
const reading = ['-c', capture(`${sget} dev/s`)]

const take = (...words: readonly (string | number)[]): Promise<Outcome> =>
  run('/usr/bin/python3', [join(import.meta.dirname, 'take.py'), ...words.map(String)])

/** What was printed, and what the log said of it last. */
async function told(trying: Promise<Outcome>): Promise<Outcome & { record: AuditRecord | undefined }> {
  return { ...(await trying), record: instance.audit().at(-1) }
}

/** Another program gets the pid of a shell that asked, and that the daemon remembers. */
async function afterShell(program: string): Promise<object> {
  const shell = await told(run('/bin/bash', reading, { uid }))
  const pid = Number(shell.stdout.split(' ')[0])
  return { pid, shell, next: await told(take('as', pid, uid, program, ...reading)) }
}

/** A shell gets the pid of an agent whose sget-mcp was stopped, so that its connection stays. */
async function afterAgent(): Promise<object> {
  const agent = await Agent.start(instance)
  const { handle } = await agent.get({ path: 'dev/s' })
  const { stdout } = await agent.bash(
    `${capture(`${sget} dev/s`).replace('exit', 'true')}; pgrep -P $PPID -f mcp`,
  )
  const [, pid = 0, , mcp = 0] = stdout.split(/\s/).map(Number)
  process.kill(mcp, 'SIGSTOP')
  process.kill(pid, 'SIGKILL')
  const redeem = capture(`${sget} --grant ${handle} 'dev/s#password'`)
  const redeemed = await told(take('as', pid, uid, '/bin/bash', '-c', redeem))
  const bare = await told(take('as', pid, uid, '/bin/bash', ...reading))
  process.kill(mcp, 'SIGKILL')
  return { pid, redeemed, bare }
}

/** An ordinary process gets the pid of a peer that left its connection to a child. */
async function afterPeer(): Promise<object> {
  const before = instance.audit().length
  const { stdout, stderr } = await take('heir', instance.home, 'dev/s', uid)
  return {
    heard: stdout.trim(),
    stderr,
    events: instance
      .audit()
      .slice(before)
      .map(({ event }) => event),
  }
}

const claude = join(folder, 'claude')
copyFileSync('/bin/bash', claude)
await run('/bin/chmod', ['755', folder, claude])
const happened = {
  shell: await afterShell(claude),
  agent: await afterAgent(),
  peer: await afterPeer(),
}
process.stdout.write(`${JSON.stringify(happened)}\n`)
instance.remove()
rmSync(folder, { recursive: true })
