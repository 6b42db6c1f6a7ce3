// sget-mcp with limits of the test's choosing, so that no test waits for 45 seconds: quick.ts SOCKET FOLDER LIMITS
import process from 'node:process'
import type { Limits } from '../src/limits.ts'
import { serve } from '../src/serve.ts'

const [socket = '', folder = '', limits = ''] = process.argv.slice(2)
serve({
  socket,
  uid: process.getuid?.() ?? -1,
  programs: { folder, home: undefined },
  version: '0.0.0',
  limits: JSON.parse(limits) as Limits,
})
process.stdin.once('end', () => process.exit(0))
