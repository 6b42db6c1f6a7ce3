// How long the programs take from their start to their first answer.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { peerUid } from '../../packages/native/src/index.ts'
import { connect } from '../../packages/wire/src/index.ts'
import { programs, type Instance } from '../../test/rig/instance.ts'
import { plainEnvironment } from '../../test/rig/process.ts'
import { median, type Result } from './result.ts'

const startsMeasured = 7

/** Of sgetd, and of sget-mcp beside a running sgetd. */
export async function starts(instance: Instance): Promise<Result[]> {
  const daemon = await repeated(daemonStart)
  const server = await repeated(() => serverStart(instance))
  return [
    { name: 'sgetd_start_to_first_answer', value: daemon, unit: 'ms' },
    { name: 'sget_mcp_start_to_tools_list', value: server, unit: 'ms', goal: { atMost: 200 } },
  ]
}

async function repeated(measure: () => Promise<number>): Promise<number> {
  const samples: number[] = []
  for (let at = 0; at < startsMeasured; at++) samples.push(await measure())
  return median(samples)
}

/** From the start of sgetd to its first answer. */
async function daemonStart(): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), 'sget-start-'))
  const start = performance.now()
  const daemon = spawn(join(programs, 'sgetd'), ['--home', home], { env: plainEnvironment, stdio: 'ignore' })
  const options = {
    path: join(home, 'state/run/socket'),
    role: 'plain',
    program: 'bench',
    uid: process.getuid?.() ?? 0,
    uidOf: peerUid,
  } as const
  for (;;) {
    const connection = await connect(options).catch(() => undefined)
    if (connection === undefined) {
      await delay(1)
      continue
    }
    await connection.request('status', {}, 'state')
    connection.close()
    break
  }
  const took = performance.now() - start
  daemon.kill()
  await new Promise((resolve) => daemon.once('exit', resolve))
  rmSync(home, { recursive: true })
  return took
}

/** From the start of sget-mcp to its answer to tools/list. */
async function serverStart(instance: Instance): Promise<number> {
  const say = (id: number, method: string, params: object): string =>
    `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`
  const client = {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'bench', version: '1' },
  }
  const start = performance.now()
  const server = spawn(join(programs, 'sget-mcp'), ['--home', instance.home], {
    env: plainEnvironment,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  server.stdin.write(say(1, 'initialize', client) + say(2, 'tools/list', {}))
  let heard = ''
  for await (const piece of server.stdout) {
    heard += String(piece)
    if (heard.includes('"id":2')) break
  }
  const took = performance.now() - start
  server.kill()
  return took
}
