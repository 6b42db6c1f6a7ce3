// The human signs in: how they hear where, and how long a call waits until they have.
import {
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  inputResponse,
  type ClientCapabilities,
  type InputRequiredResult,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server'
import type { Invited } from './invited.ts'
import { patiently } from './within.ts'

/** What the human did when their client offered them the address. */
type Decision = 'accept' | 'decline' | 'cancel'

/** The name of our question in what the client answers. */
const question = 'signIn'

/** Whether the client can show its human an address by itself (MCP, elicitation in URL mode). */
export function showsAddresses(server: McpServer, { mcpReq }: ServerContext): boolean {
  const envelope: Readonly<Record<string, unknown>> = mcpReq.envelope ?? {}
  const told = envelope[CLIENT_CAPABILITIES_META_KEY] ?? server.server.getClientCapabilities()
  return (told as ClientCapabilities | undefined)?.elicitation?.url !== undefined
}

/** The invitations that one agent's calls meet. An address is offered once; who knows it is waited for. */
export class Inviting {
  readonly #humanMs: number
  #known = ''

  /** @param humanMs how long a call waits for the human */
  constructor(humanMs: number) {
    this.#humanMs = humanMs
  }

  /**
   * Waits until the human has signed in, if they know where: else there is nothing to wait for yet.
   *
   * @returns whether the request is to be made again
   * @throws Refusal that ended the request
   */
  async isOver({ invitation, over }: Invited, context: ServerContext): Promise<boolean> {
    if (decisionIn(context) === 'accept') this.#known = invitation.url
    if (this.#known !== invitation.url) return false
    const patience = { ms: this.#humanMs, signal: context.mcpReq.signal }
    return patiently(patience, (givenUp) => Promise.race([over.then(() => true), givenUp.then(() => false)]))
  }

  /** Has the client offer the address to the human, and call again; undefined where it has done so. */
  offer({ invitation }: Invited, context: ServerContext): InputRequiredResult | undefined {
    if (this.#known === invitation.url || decisionIn(context) !== undefined) return undefined
    const elicitation = inputRequired.elicitUrl({ url: invitation.url, message: offered })
    return inputRequired({ inputRequests: { [question]: elicitation } })
  }

  /** What the agent is to do. Where the human has not turned the address down, that names it. */
  tell({ invitation }: Invited, context: ServerContext): string {
    const decision = decisionIn(context)
    if (decision === 'decline') return declined
    this.#known = invitation.url
    return `${decision === 'accept' ? accepted : shown}\n${invitation.url}\n${next}`
  }
}

const offered =
  'sget: sign in, so that your agent can use the secrets of your organization. It does not see what you type there.'

const shown = 'Your human must sign in first. Show them this address; do not open it yourself:'
const accepted = 'Your human has not finished signing in. Should they have lost the address:'
const next = 'Then call this again, with the same arguments: the request stays open.'
const declined =
  'Your human must sign in first, and turned that down. Ask them why; call this again when they want to.'

function decisionIn({ mcpReq }: ServerContext): Decision | undefined {
  const answer = inputResponse(mcpReq.inputResponses, question)
  return answer.kind === 'elicit' ? answer.action : undefined
}
