// The MCP server: the table of tools, and the prompt that teaches their use.
import { McpServer } from '@modelcontextprotocol/server'
import type { Session } from './session.ts'
import { instructions, useSecretsSafely } from './texts.ts'
import { clearVariable } from './tools/clear.ts'
import { describeSecret } from './tools/describe.ts'
import { getVariable } from './tools/get.ts'
import { listSecrets } from './tools/list.ts'
import { requestLogin } from './tools/login.ts'
import { searchSecrets } from './tools/search.ts'
import { secretStatus } from './tools/status.ts'
import type { Registered } from './tool.ts'

/** Every tool. A new one is a file and a line here. */
const tools: readonly Registered[] = [
  getVariable,
  clearVariable,
  searchSecrets,
  listSecrets,
  describeSecret,
  secretStatus,
  requestLogin,
]

/** Builds the server of one connection; all that it keeps is in the session. */
export function buildServer(session: Session, version: string): McpServer {
  const server = new McpServer(
    { name: 'sget', title: 'sget: secrets without seeing them', version },
    {
      instructions,
      capabilities: { tools: { listChanged: false }, prompts: { listChanged: false } },
    },
  )
  for (const register of tools) register(server, session)
  server.registerPrompt(
    'use-secrets-safely',
    { title: 'Use secrets safely', description: 'The rules for commands that need a secret.' },
    () => ({ messages: [{ role: 'user', content: { type: 'text', text: useSecretsSafely } }] }),
  )
  return server
}
