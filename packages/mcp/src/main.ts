// sget-mcp [--home DIR]: the MCP server in front of sgetd, on standard input and output.
import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { failures, instancePaths } from '@sget/wire'
import manifest from '../package.json' with { type: 'json' }
import { limits } from './limits.ts'
import { serve } from './serve.ts'

/** The launcher starts the bundle, whose folder lies beside that of the programs; unbuilt, the workspace's is meant. */
const programsFolder = import.meta.filename.endsWith('.ts') ? '../../../build/bin' : '../bin'

try {
  main()
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error)
  console.error(`sget-mcp cannot start: ${reason}\nusage: sget-mcp [--home DIR]`)
  process.exit(failures.usage.exit)
}

function main(): void {
  const { home: given } = parseArgs({ options: { home: { type: 'string' } } }).values
  if (given === '') throw new Error('--home names no folder')
  const home = given === undefined ? undefined : resolve(given)
  const { uid, homedir } = userInfo()
  const socket = instancePaths(homedir, home).socket
  const programs = { folder: resolve(import.meta.dirname, programsFolder), home }
  serve({ socket, uid, programs, version: manifest.version, limits })
  endWithClient()
}

/** Clients close standard input, or send SIGINT (some) or SIGTERM (others): each means the same. */
function endWithClient(): void {
  const quit = (): void => process.exit(0)
  process.stdin.once('end', quit).once('close', quit).once('error', quit)
  process.stdout.once('error', quit)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, quit)
}
