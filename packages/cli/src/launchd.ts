// The login agent under launchd: a LaunchAgent of the user (launchd.plist(5), launchctl(1)). Not run on any Mac yet.
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { homedir } from 'node:os'
import type { Context } from './context.ts'
import type { AgentState, LoginAgent } from './login-agent.ts'
import { demand, tell } from './service-command.ts'
import { filledIn } from './template.ts'

const label = 'sget.sgetd'

/** @throws Refusal `service-unsupported` for paths that it cannot be told of */
export function launchd(context: Context): LoginAgent {
  const path = join(homedir(), 'Library/LaunchAgents', `${label}.plist`)
  const domain = `gui/${context.uid}`
  const launchctl = (...words: string[]): Promise<void> => demand('launchctl', words, {})
  const look = (): Promise<AgentState> => state(`${domain}/${label}`, path)
  return {
    files: [{ path, content: filledIn(`launchd/${label}.plist`, context) }],
    state: look,
    begin: () => launchctl('bootstrap', domain, path),
    end: async () => {
      if ((await look()).listens) await launchctl('bootout', `${domain}/${label}`)
    },
    forget: () => Promise.resolve(),
  }
}

/** Loaded means that launchd listens; each login loads what lies in the folder. */
async function state(target: string, path: string): Promise<AgentState> {
  const { isDone, output } = await tell('launchctl', ['print', target], {})
  const found = (name: string): string => new RegExp(`^\\s*${name} = (.*)$`, 'm').exec(output)?.[1] ?? ''
  return {
    enabled: lstatSync(path, { throwIfNoEntry: false }) !== undefined,
    listens: isDone,
    pid: isDone ? Number(found('pid')) : 0,
    changedBy: [],
    words: isDone ? `loaded, ${found('state')}` : 'not loaded',
  }
}
