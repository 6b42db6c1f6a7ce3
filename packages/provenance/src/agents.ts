// The agents we know, one row each. Being known only narrows what a caller gets: any path can be imitated.

/**
 * `program`: what the path of its executable looks like or, for one that an interpreter runs, that of its script, which
 * may be npm's link in a bin directory. `shellsPersist`: it types its commands into shells that were there before the grant.
 */
export type Agent = { name: string; program: RegExp; shellsPersist: boolean }

const agents: readonly Agent[] = [
  {
    name: 'Claude Code',
    program: /\/claude\/versions\/[^/]+$|\/@anthropic-ai\/claude-code|\/claude$/,
    shellsPersist: false,
  },
  { name: 'Codex', program: /\/@openai\/codex|\/codex(?:-[^/]+)?$/, shellsPersist: false },
  { name: 'Copilot', program: /\/@github\/copilot|\/copilot$/, shellsPersist: false },
  // An editor: its terminals hang from a process that is as old as its window.
  { name: 'Cursor', program: /\/cursor$|\/cursor-agent(?:\/|$)/, shellsPersist: true },
  { name: 'Gemini', program: /\/@google\/gemini-cli|\/gemini$/, shellsPersist: false },
  { name: 'opencode', program: /\/opencode-ai|\/opencode$/, shellsPersist: false },
]

/** The agent whose program lies at a path. */
export const agentAt = (path: string): Agent | undefined => agents.find(({ program }) => program.test(path))
