// A stand-in for a coding agent: a process that starts sget-mcp as its child, calls its tools, and runs shells.
// It obeys JSON lines on standard input: {"id", "tool", "arguments"} or {"id", "argv", "input"}.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { Client, type ClientOptions } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'

interface Order {
  readonly id: number
  readonly session?: number
  readonly tool?: string
  readonly arguments?: Record<string, unknown>
  readonly argv?: readonly string[]
  readonly open?: boolean
}

const [server = '', home = '', era = 'legacy'] = process.argv.slice(2)
const eras: Record<string, ClientOptions['versionNegotiation']> = {
  legacy: { mode: 'legacy' },
  modern: { mode: { pin: '2026-07-28' } },
}
const clients: Client[] = []

async function openSession(): Promise<number> {
  const options: ClientOptions = { versionNegotiation: eras[era] ?? { mode: 'auto' } }
  const client = new Client({ name: 'stand-in', version: '1' }, options)
  await client.connect(
    new StdioClientTransport({ command: server, args: ['--home', home], env: { HOME: '/nonexistent' } }),
  )
  return clients.push(client) - 1
}

async function callTool(order: Order): Promise<unknown> {
  const client = clients[order.session ?? 0]
  if (client === undefined) throw new Error('no such session')
  return client.callTool({ name: order.tool ?? '', arguments: order.arguments ?? {} })
}

/** Runs a program as an agent runs commands: its standard output is a pipe that the agent reads. */
async function runProgram(argv: readonly string[]): Promise<unknown> {
  const [program = '', ...args] = argv
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const code = new Promise((resolve) => child.once('exit', (status, signal) => resolve(status ?? signal)))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, stdout, stderr }
}

async function obey(order: Order): Promise<unknown> {
  if (order.argv !== undefined) return runProgram(order.argv)
  return order.open === true ? openSession() : callTool(order)
}

await openSession()
process.stdout.write('{"id":0}\n')
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as Order
  void obey(order)
    .then(
      (result) => ({ id: order.id, result }),
      (error: unknown) => ({ id: order.id, error: String(error) }),
    )
    .then((answer) => process.stdout.write(`${JSON.stringify(answer)}\n`))
}
await Promise.all(clients.map((client) => client.close()))
