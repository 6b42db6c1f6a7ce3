// Failures as an agent should read them: what was tried, what stopped it, what to do and who does it.
import { failureHint, failureText, type FailureName, type Refusal } from '@sget/wire'
import { spellOut, type Programs } from './programs.ts'

/** What an agent can do that the table, which is written for people, does not say. */
const forAgents: Partial<Record<FailureName, string>> = {
  'version-mismatch':
    'If sget was upgraded while this agent ran, restart the agent, or its MCP server sget. Otherwise: ',
  'which-field': 'Call again with "fields": ',
  'reason-required': 'Call again with "reason". ',
  'sso-needed': 'request_login has your human sign in. ',
  'sso-refused': 'Ask your human whether they meant it; request_login asks anew. ',
  'sso-unfinished': 'request_login asks anew. ',
  denied: 'list_secrets shows the names, describe_secret the rule. ',
}

/**
 * The text of a failed call.
 *
 * @param tried what the tool was asked to do: "get db/prod"
 */
export function explain(programs: Programs, tried: string, { failure, argument }: Refusal): string {
  return `Could not ${tried}: ${failureText(failure, argument)}.\n${nextStep(programs, failure, argument)}`
}

/** What can be done about a failure, with whole command lines; what only a human may type is called that. */
export function nextStep(programs: Programs, failure: FailureName, argument: string): string {
  const hint = spellOut(programs, failureHint(failure, argument))
  const forHuman = hint.replace(/^you, in a terminal of your own: /, askHuman)
  const first = forAgents[failure]
  return first === undefined ? forHuman.charAt(0).toUpperCase() + forHuman.slice(1) : first + forHuman
}

/** How every request to the human begins. */
export const askHuman = 'Ask your human to run this in a terminal of their own (you cannot): '
