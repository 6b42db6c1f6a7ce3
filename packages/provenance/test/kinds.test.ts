// The tables of programs, whole: a row that is lost makes a human of nobody, or a program of what people sit behind.
import t from 'tap'
import { kindByPath, kindByRootsName } from '../src/kinds.ts'
import { type Kind } from '../src/process.ts'

const words = (text: string): string[] => text.trim().split(/\s+/)

/** Programs by kind, as the design names them. */
const table: Partial<Record<Kind, string[]>> = {
  terminal: words(`
    alacritty foot ghostty gnome-terminal-server kgx kitty konsole lxterminal mate-terminal ptyxis-agent qterminal rxvt
    st tilix urxvt wezterm-gui xfce4-terminal xterm yakuake
  `),
  login: words('login sshd sshd-session'),
  'session-manager': words(`
    cinnamon-session-binary gdm-session-worker gnome-session-binary lightdm lxqt-session lxsession mate-session
    plasma_session sddm-helper startplasma-wayland startplasma-x11 systemd xfce4-session
  `),
  helper: words('docker git git-remote-http git-remote-https kubectl'),
}
const rows = Object.entries(table).flatMap(([kind, names]) => names.map((name) => ({ kind, name })))

const file = (path: string, uid = 0, mode = 0o100755) => ({
  ...{ path, uid, mode, device: 1, inode: 1n, deleted: false, elsewhere: false },
})

t.test('each program is what it is where only root installs, and nothing anywhere else', (t) => {
  for (const { kind, name } of rows) {
    t.equal(kindByPath(file(`/usr/bin/${name}`), 0), kind, name)
    t.equal(kindByPath(file(`/usr/bin/${name}x`), 0), undefined)
    t.equal(kindByPath(file(`/home/ann/bin/${name}`), 0), undefined, 'a folder of anybody')
    t.equal(kindByPath(file(`/usr/bin/${name}`, 1000), 0), undefined, 'a file of anybody')
    for (const writable of [0o100775, 0o100757])
      t.equal(kindByPath(file(`/usr/bin/${name}`, 0, writable), 0), undefined, 'a file that others write')
    t.equal(kindByPath(file(`/usr/bin/${name}`), 1000), kind === 'login' ? undefined : kind, 'run by anybody')
  }
  t.end()
})

t.test('folders of the system are those that only root installs into', (t) => {
  const isOurs = (folder: string): boolean => kindByPath(file(`${folder}git`), 0) === 'helper'
  for (const prefix of ['', '/usr', '/usr/local', '/nix/store/abc-git-2', '/gnu/store/abc-git-2'])
    for (const folder of ['bin', 'sbin', 'lib', 'libexec', 'lib32', 'lib64', 'lib/git-core', 'libexec/a/b'])
      t.ok(isOurs(`${prefix}/${folder}/`), `${prefix}/${folder}`)
  for (const folder of [
    '/',
    '/opt/bin/',
    '/home/bin/',
    '/usr/bin2/',
    '/usr/xbin/',
    '/tmp/usr/bin/',
    '/nix/store/bin/x/',
    'bin/',
  ])
    t.notOk(isOurs(folder), folder)
  t.end()
})

t.test('what takes something away is that in any folder, whoever owns it', (t) => {
  const anywhere: [Kind, string[]][] = [
    ['multiplexer', words('abduco dtach dvtm mosh-server screen screen-4.9.0 tmux zellij')],
    ['interpreter', words('bun node python python3 python3.11')],
  ]
  for (const [kind, names] of anywhere)
    for (const name of names) {
      t.equal(kindByPath(file(`/usr/bin/${name}`), 0), kind, name)
      t.equal(kindByPath(file(`/home/ann/${name}`, 1000, 0o100777), 1000), kind, name)
      t.equal(kindByPath(file(`/home/ann/x${name}`), 0), undefined)
      t.equal(kindByPath(file(`/home/ann/${name}/x`), 0), undefined)
    }
  t.end()
})

t.test('a process of root whose file is hidden is known by the fifteen bytes of its name', (t) => {
  for (const { kind, name } of rows) {
    const known = kind === 'login' || kind === 'session-manager' ? kind : undefined
    t.equal(kindByRootsName(name.slice(0, 15)), known, name)
    if (name.length > 15) t.equal(kindByRootsName(name), undefined)
  }
  t.equal(kindByRootsName(''), undefined)
  t.end()
})
