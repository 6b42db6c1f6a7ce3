// Stands in for a coding agent in scripts/quickstart: agent.ts HOME SHA256. It starts sget-mcp, calls its tool, and runs
// in bash what it was given, as agents do. It prints all that an agent gets to see, and fails when the program that it
// runs has not the value of that hash.
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'

/** The exit status of sget for a value that would land in the agent: see the failure table. */
const sinkStatus = 72

const [home = '', sum = ''] = process.argv.slice(2)
const expected = sum.split(' ')[0] ?? ''
const programs = resolve(import.meta.dirname, '../../build/bin')
const program = resolve(import.meta.dirname, 'program')

const client = new Client({ name: 'quickstart', version: '1' }, { versionNegotiation: { mode: 'auto' } })
await client.connect(new StdioClientTransport({ command: `${programs}/sget-mcp`, args: ['--home', home] }))

const call = { path: 'dev/demo', shell: 'bash', reason: 'to show how it works' }
console.log(`agent calls get_secret_environment_variable ${JSON.stringify(call)} and receives, exactly:`)
const first = await ask()
show(first.text)
tellsSum(bash(`${first.script}\n'${program}'`, 0))
console.log('agent calls it again, for another handle: this time it uses the line with "run"')
tellsSum(bash(`${(await ask()).run} '${program}'`, 0))
console.log('and without a program that needs it, the value would land in the agent:')
bash(`'${programs}/sget' --home '${home}' dev/demo`, sinkStatus)
await client.close()

/** Calls the tool. Returns the text that comes back, and the two lines for the shell. */
async function ask(): Promise<{ text: string; script: string; run: string }> {
  const result = await client.callTool({ name: 'get_secret_environment_variable', arguments: call })
  const text = result.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
  const { script, run } = (result.structuredContent ?? {}) as Record<string, unknown>
  if (typeof script !== 'string' || typeof run !== 'string') throw new Error(`no script came: ${text}`)
  return { text, script, run }
}

/** Runs a command in a new bash, whose output the agent reads. */
function bash(command: string, status: number): string {
  console.log('agent runs in bash:')
  show(command)
  const ran = spawnSync('/bin/bash', ['-c', command], { encoding: 'utf8' })
  console.log(`and sees (exit status ${ran.status ?? 'none'}):`)
  show(ran.stdout + ran.stderr)
  if (ran.status !== status) throw new Error(`expected exit status ${status}`)
  return ran.stdout
}

function tellsSum(output: string): void {
  if (expected === '' || !output.includes(expected)) throw new Error('the program has not the value')
}

function show(text: string): void {
  for (const line of text.trimEnd().split('\n')) console.log(`  | ${line}`)
}
