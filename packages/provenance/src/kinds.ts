// What a program is, by the resolved path and the owner of its file: never by a name that it gave itself.
import { type Executable } from '@sget/native'
import { type Kind } from './process.ts'

/** Programs that are trusted to be what they are, so the file is root's and lies where only root installs. */
const installed: readonly [Kind, readonly string[]][] = [
  [
    'terminal',
    [
      'alacritty',
      'foot',
      'ghostty',
      'gnome-terminal-server',
      'kgx',
      'kitty',
      'konsole',
      'lxterminal',
      'mate-terminal',
      'ptyxis-agent',
      'qterminal',
      'rxvt',
      'st',
      'tilix',
      'urxvt',
      'wezterm-gui',
      'xfce4-terminal',
      'xterm',
      'yakuake',
    ],
  ],
  ['login', ['login', 'sshd', 'sshd-session']],
  [
    'session-manager',
    [
      'cinnamon-session-binary',
      'gdm-session-worker',
      'gnome-session-binary',
      'lightdm',
      'lxqt-session',
      'lxsession',
      'mate-session',
      'plasma_session',
      'sddm-helper',
      'startplasma-wayland',
      'startplasma-x11',
      'systemd',
      'xfce4-session',
    ],
  ],
  ['helper', ['docker', 'git', 'git-remote-http', 'git-remote-https', 'kubectl']],
]

/** Programs whose kind takes something away, so any file of that name will do. */
const anywhere: readonly [Kind, RegExp][] = [
  ['multiplexer', /\/(?:abduco|dtach|dvtm|mosh-server|screen(?:-[\d.]+)?|tmux|zellij)$/],
  ['interpreter', /\/(?:bun|node|python[\d.]*)$/],
]

const installedKinds = new Map(installed.flatMap(([kind, names]) => names.map((name) => [name, kind])))

const systemDirectory =
  /^(?:\/usr(?:\/local)?|\/(?:nix|gnu)\/store\/[^/]+)?\/(?:s?bin|lib(?:exec|32|64)?)\/(?:[^/]+\/)*$/

/** `st_mode` bits of writing for others than the owner. */
const othersWrite = 0o022

/** Whether only root can have written the file. */
export const isRootsOwn = ({ uid, mode }: Executable): boolean => uid === 0 && (mode & othersWrite) === 0

/**
 * The kind of a program by the tables; a login is one only when root runs it: anyone can start an sshd of his own. In a
 * mount namespace of their own anyone can put another file of root's to a path.
 */
export function kindByPath(executable: Executable, processUid: number): Kind | undefined {
  const { path, elsewhere } = executable
  const lastSlash = path.lastIndexOf('/') + 1
  const kind = installedKinds.get(path.slice(lastSlash))
  const isInstalled = kind !== undefined && !elsewhere && isRootsOwn(executable)
  if (isInstalled && systemDirectory.test(path.slice(0, lastSlash)))
    return kind === 'login' && processUid !== 0 ? undefined : kind
  return anywhere.find(([, pattern]) => pattern.test(path))?.[0]
}

/** Names have 15 bytes at most, as in TASK_COMM_LEN. */
const nameBytesMax = 15

/**
 * The kind of one of root's processes, whose file we may not see, by its name: only root starts those. (What a
 * set-user-id program starts keeps its user's real uid, but for sudo, and who may use that may be root anyway.)
 */
export function kindByRootsName(name: string): Kind | undefined {
  for (const [known, kind] of installedKinds)
    if (kind !== 'helper' && kind !== 'terminal' && known.slice(0, nameBytesMax) === name) return kind
  return undefined
}
