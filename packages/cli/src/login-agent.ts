// What starts sgetd when it is first needed: the files of it, and the service manager that reads them. One for each system.
import type { Context } from './context.ts'
import { launchd } from './launchd.ts'
import { systemd } from './systemd.ts'

/** A file that the service manager reads. */
export interface AgentFile {
  readonly path: string
  readonly content: string
}

/** How the service manager says it does. */
export interface AgentState {
  /** It begins with each login. */
  readonly enabled: boolean
  /** It listens now. */
  readonly listens: boolean
  /** The sgetd that it runs, 0 for none. */
  readonly pid: number
  /** Files of other names that change what ours say. */
  readonly changedBy: readonly string[]
  /** What it says of itself, in its own words. */
  readonly words: string
}

/** A login agent of the user. What a service manager refuses is thrown as the Refusal `service-failed`. */
export interface LoginAgent {
  readonly files: readonly AgentFile[]
  readonly state: () => Promise<AgentState>
  /** Has the files read as they are now, listens from now on and from each login on. */
  readonly begin: () => Promise<void>
  /** Ends what it runs, and listens no more, now and after a login. Files may be there or not. */
  readonly end: () => Promise<void>
  /** Has it forgotten, once the files are gone. */
  readonly forget: () => Promise<void>
}

/**
 * The login agent of this system.
 *
 * @throws Refusal `service-unsupported` where this user or instance cannot have one
 */
export function loginAgent(context: Context): LoginAgent {
  return process.platform === 'darwin' ? launchd(context) : systemd(context)
}
