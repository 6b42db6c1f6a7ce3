// The LaunchAgent, which can only be read here: a sound property list, and no key that launchd does not know.
import { existsSync } from 'node:fs'
import t from 'tap'
import { instancePaths } from '@sget/wire'
import { filledIn } from '../packages/cli/src/template.ts'
import { run } from './rig/process.ts'

/** Of launchd.plist(5), those that may stand at the top, in `Sockets`, and in the two of resource limits. */
const known = {
  top: `Label Disabled UserName GroupName inetdCompatibility LimitLoadToHosts LimitLoadFromHosts LimitLoadToSessionType
    LimitLoadToHardware LimitLoadFromHardware Program BundleProgram ProgramArguments EnableGlobbing EnableTransactions
    EnablePressuredExit OnDemand ServiceIPC KeepAlive RunAtLoad RootDirectory WorkingDirectory EnvironmentVariables Umask
    TimeOut ExitTimeOut ThrottleInterval InitGroups WatchPaths QueueDirectories StartOnMount StartInterval
    StartCalendarInterval StandardInPath StandardOutPath StandardErrorPath Debug WaitForDebugger SoftResourceLimits
    HardResourceLimits Nice ProcessType AbandonProcessGroup LowPriorityIO LowPriorityBackgroundIO
    MaterializeDatalessFiles LaunchOnlyOnce MachServices Sockets LaunchEvents HopefullyExitsLast HopefullyExitsFirst
    SessionCreate LegacyTimers AssociatedBundleIdentifiers`,
  socket: `SockType SockPassive SockNodeName SockServiceName SockFamily SockProtocol SockPathName SecureSocketWithKey
    SockPathOwner SockPathGroup SockPathMode Bonjour MulticastGroup ReceivePacketInfo`,
  limits: 'Core CPU Data FileSize MemoryLock NumberOfFiles NumberOfProcesses ResidentSetSize Stack',
}

const listOf = (keys: string): string[] => keys.split(/\s+/)

interface Plist {
  readonly Label: string
  readonly ProgramArguments: readonly string[]
  readonly Sockets: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly SoftResourceLimits: object
  readonly HardResourceLimits: object
  readonly StandardErrorPath: string
}

const paths = instancePaths('/Users/a', undefined)
const text = filledIn('launchd/sget.sgetd.plist', { sget: '/Users/a/.local/lib/sget/bin/sget', paths })

const python = '/usr/bin/python3'
const skip = existsSync(python) ? false : 'python3 is missing'

t.test('the LaunchAgent', { skip }, async (t) => {
  const lint = 'import json, plistlib, sys; json.dump(plistlib.loads(sys.stdin.buffer.read()), sys.stdout)'
  const { stdout, stderr } = await run(python, ['-c', lint], { input: text })
  t.equal(stderr, '')
  const plist = JSON.parse(stdout) as Plist
  for (const [keys, found] of [
    [known.top, plist],
    [known.socket, plist.Sockets['sgetd'] ?? {}],
    [known.limits, plist.SoftResourceLimits],
    [known.limits, plist.HardResourceLimits],
  ] as const)
    for (const key of Object.keys(found)) t.ok(listOf(keys).includes(key), key)
  t.match(plist, {
    Label: 'sget.sgetd',
    ProgramArguments: ['/Users/a/.local/lib/sget/bin/sgetd'],
    Sockets: {
      sgetd: { SockPathName: paths.socket, SockPathMode: 0o600, SockType: 'stream', SockFamily: 'Unix' },
    },
    Umask: 0o077,
    StandardErrorPath: paths.log,
  })
  t.notMatch(text, /@[A-Z]+@/, 'everything is filled in')
})

t.test('a path that a file of settings could misread is refused', async (t) => {
  for (const home of [
    '/home/a b',
    '/home/%h',
    '/home/$HOME',
    '/home/"a"',
    '/home/a\nExecStart=/x',
    '/home/é',
    '/home/<a>',
  ])
    t.throws(
      () => filledIn('systemd/sgetd.service', { sget: '/x/bin/sget', paths: instancePaths(home, undefined) }),
      /it cannot be told of a path with such characters/,
      home,
    )
})
