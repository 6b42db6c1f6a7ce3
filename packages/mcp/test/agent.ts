// Starts sget-mcp as agents do: installed in a folder, over the official client, with an empty environment.
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  Client,
  type CallToolResult,
  type ElicitRequestURLParams,
  type ElicitResult,
  type RequestOptions,
} from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { instancePaths } from '@sget/wire'
import { build } from 'esbuild'
import type { Test } from 'tap'
import { StandIn, type Answers } from '../../../test/standin/daemon.ts'
import type { Limits } from '../src/limits.ts'

const workspace = join(import.meta.dirname, '../../..')

/** A folder that holds what `build/` holds: the bundles, and beside them `bin/sget`, which is a script here. */
export async function install(sget: string): Promise<string> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sget mcp ')))
  const entryPoints = {
    'sget-mcp': join(workspace, 'packages/mcp/src/main.ts'),
    quick: join(workspace, 'packages/mcp/test/quick.ts'),
  }
  const settings = { bundle: true, platform: 'node', format: 'esm', target: 'node24' } as const
  const alias = { '@modelcontextprotocol/server/_shims': join(workspace, 'packages/mcp/src/platform.ts') }
  await build({
    ...settings,
    alias,
    entryPoints,
    outdir: join(folder, 'lib'),
    outExtension: { '.js': '.mjs' },
  })
  copyFileSync(join(workspace, 'build/lib/native.node'), join(folder, 'lib/native.node'))
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'bin/sget'), sget)
  chmodSync(join(folder, 'bin/sget'), 0o755)
  return folder
}

/** How the client finds out which era of the protocol to speak. */
export type Mode = 'legacy' | 'auto' | { pin: string }

/** What the human does when their client shows them an address. */
export type OnAddress = (params: ElicitRequestURLParams) => ElicitResult | Promise<ElicitResult>

/** What the client is like. */
export interface Kind {
  readonly mode: Mode | undefined
  /** Given, the client says that it shows addresses (elicitation in URL mode). */
  readonly onAddress?: OnAddress | undefined
}

/** A connected agent. */
export interface Agent {
  readonly client: Client
  /** The server's process. */
  readonly pid: number
  readonly call: (
    name: string,
    args?: Record<string, unknown>,
    options?: RequestOptions,
  ) => Promise<CallToolResult>
}

/** An instance of its own, for one test. */
export interface Place {
  readonly home: string
  readonly socket: string
  /** Listens until the test ends, or a part of it. */
  readonly daemon: (answers?: Answers, part?: Test) => Promise<StandIn>
  /** Starts the program as it is installed. */
  readonly start: (mode?: Mode) => Promise<Agent>
  /** Starts it with other limits. */
  readonly startQuick: (limits: Partial<Limits>, mode?: Mode, onAddress?: OnAddress) => Promise<Agent>
}

/** Makes a place from what was installed in a folder. */
export function place(t: Test, folder: string): Place {
  const home = mkdtempSync(join(tmpdir(), 'sget-'))
  t.teardown(() => rmSync(home, { recursive: true }))
  const socket = instancePaths('/nowhere', home).socket
  const patient: Limits = {
    answerMs: 10_000,
    attendMs: 10_000,
    humanMs: 10_000,
    progressMs: 10_000,
    refusalKeptMs: 10_000,
  }
  return {
    home,
    socket,
    daemon: async (answers, part = t) => {
      const daemon = await StandIn.listen(socket, answers)
      part.teardown(() => daemon.close())
      return daemon
    },
    start: (mode) => connected(t, [join(folder, 'lib/sget-mcp.mjs'), '--home', home], { mode }),
    startQuick: (limits, mode, onAddress) => {
      const words = [socket, join(folder, 'bin'), JSON.stringify({ ...patient, ...limits })]
      return connected(t, [join(folder, 'lib/quick.mjs'), ...words], { mode, onAddress })
    },
  }
}

async function connected(
  t: Test,
  words: readonly string[],
  { mode = 'legacy', onAddress }: Kind,
): Promise<Agent> {
  // A client that has forms alone shows no address.
  const elicitation = onAddress === undefined ? { form: {} } : { form: {}, url: {} }
  const client = new Client(
    { name: 'agent', version: '1' },
    { versionNegotiation: { mode }, capabilities: { elicitation } },
  )
  client.setRequestHandler('elicitation/create', ({ params }) => {
    if (onAddress === undefined || params.mode !== 'url') throw new Error('asked for what it does not show')
    return onAddress(params)
  })
  const args = ['-i', 'HOME=/nonexistent', process.execPath, ...words]
  const transport = new StdioClientTransport({ command: 'env', args, stderr: 'pipe' })
  let noise = ''
  transport.stderr?.on('data', (piece: Buffer) => (noise += piece.toString()))
  await client.connect(transport)
  t.teardown(async () => {
    await client.close()
    if (noise !== '') throw new Error(`written to standard error: ${noise}`)
  })
  const pid = transport.pid ?? -1
  return {
    client,
    pid,
    call: (name, given = {}, options) => client.callTool({ name, arguments: given }, options),
  }
}

/** The text of a result. */
export function textOf(result: CallToolResult): string {
  return result.content.map((block) => (block.type === 'text' ? block.text : '')).join('\n')
}
