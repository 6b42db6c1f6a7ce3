// The login agent under systemd: a socket and a service of the user's own manager (systemd.socket(5)).
import { lstatSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Refusal } from '@sget/wire'
import type { Context } from './context.ts'
import type { AgentState, LoginAgent } from './login-agent.ts'
import { demand, tell } from './service-command.ts'
import { filledIn } from './template.ts'

const socket = 'sgetd.socket'
const service = 'sgetd.service'

/** @throws Refusal `service-unsupported` where no manager runs for this user */
export function systemd(context: Context): LoginAgent {
  const runtime = `/run/user/${context.uid}`
  const door = `${runtime}/systemd/private`
  if (lstatSync(door, { throwIfNoEntry: false })?.isSocket() !== true)
    throw new Refusal('service-unsupported', `no systemd manages this user's services (no ${door})`)
  const environment = { XDG_RUNTIME_DIR: runtime }
  const systemctl = (...words: string[]): Promise<void> =>
    demand('systemctl', ['--user', '--quiet', '--no-ask-password', ...words], environment)
  // The user's configuration lies where the drafts of ours do: in HOME, whatever XDG_CONFIG_HOME says.
  const folder = join(dirname(context.paths.config), 'systemd/user')
  return {
    files: [socket, service].map((name) => ({
      path: join(folder, name),
      content: filledIn(`systemd/${name}`, context),
    })),
    state: () => state(environment),
    begin: async () => {
      await systemctl('daemon-reload')
      // Starts that failed a moment ago are not counted against this one; where there were none that is no failure.
      await tell('systemctl', ['--user', 'reset-failed', socket, service], environment)
      await systemctl('enable', '--now', socket)
    },
    end: async () => {
      await systemctl('daemon-reload')
      const { listens, enabled, pid } = await state(environment)
      if (enabled) await systemctl('disable', socket)
      // The socket first, or the next connection starts the service again.
      if (listens || pid !== 0) await systemctl('stop', socket, service)
    },
    forget: () => systemctl('daemon-reload'),
  }
}

const properties = ['ActiveState', 'SubState', 'Result', 'UnitFileState', 'MainPID', 'DropInPaths']

async function state(environment: object): Promise<AgentState> {
  const words = ['--user', 'show', ...properties.map((name) => `--property=${name}`)]
  const [listener, daemon] = await Promise.all(
    [socket, service].map(async (unit) =>
      propertiesOf(await tell('systemctl', [...words, unit], environment)),
    ),
  )
  const told = (unit: Properties | undefined, name: string): string => unit?.get(name) ?? ''
  const summary = (unit: Properties | undefined): string =>
    `${told(unit, 'ActiveState')} (${told(unit, 'SubState')}, ${told(unit, 'Result')})`
  return {
    enabled: told(listener, 'UnitFileState') === 'enabled',
    listens: told(listener, 'ActiveState') === 'active',
    pid: Number(told(daemon, 'MainPID')),
    changedBy: [listener, daemon].flatMap((unit) => told(unit, 'DropInPaths').split(' ').filter(Boolean)),
    words: `socket ${summary(listener)}, service ${summary(daemon)}`,
  }
}

type Properties = ReadonlyMap<string, string>

/** Lines of NAME=VALUE. */
function propertiesOf({ output }: { readonly output: string }): Properties {
  return new Map(
    output.split('\n').map((line): [string, string] => {
      const at = line.indexOf('=')
      return [line.slice(0, at), line.slice(at + 1)]
    }),
  )
}
