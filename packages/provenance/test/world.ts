// A machine of the imagination: processes with the facts that a test gives them, read as the real ones are.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fieldsOfRow, type Ancestor, type Executable, type Flags, type OpenFile } from '@sget/native'
import { Tracer, type Caller, type Facts, type Named } from '../src/index.ts'

/** A user's uid. */
export const user = 1000

/** The device number of a terminal. */
export const pts = 34816

/** A process. Without `path` its executable is hidden; `owner` and `mode` are those of the file. */
export type Actor = {
  pid: number
  parent: number
  startTicks: number
  session: number
  terminal: number
  uid: number
  realUid: number
  image: number
  path: string | undefined
  owner: number
  mode: number
  deleted: boolean
  elsewhere: boolean
  name: string
  script: string | undefined
  state: string
  tracer: number
  userNamespace: 'ours' | 'foreign' | 'hidden'
  isVanishing: boolean
  reads: readonly bigint[]
  writes: readonly bigint[]
  output: OpenFile | undefined
}

/** What a word of a chain stands for. */
type Part = Partial<Actor>

const root: Part = { uid: 0, realUid: 0, terminal: 0 }
const usr = (name: string): Part => ({ path: `/usr/bin/${name}`, owner: 0, name })
const hiddenRoot = (name: string): Part => ({ ...root, path: undefined, name })
const home = (path: string): Part => ({ path: `/home/u/${path}`, owner: user })
const nodeScript = (script: string): Part => ({ ...usr('node'), script })

/** The parts that a process can play. `bash` and `dash` are the listed shells. */
export const parts = {
  sget: home('.local/bin/sget'),
  mcp: nodeScript('/home/u/.local/lib/sget-mcp.mjs'),
  bash: { path: 'bash', owner: 0 },
  dash: { path: 'dash', owner: 0 },
  oldbash: { path: 'bash', owner: 0, deleted: true, image: -1 },
  ownbash: home('bash'),
  tmux: usr('tmux'),
  zellij: home('.cargo/bin/zellij'),
  xterm: usr('xterm'),
  ownxterm: home('bin/xterm'),
  rootxterm: { path: '/run/media/u/disk/xterm', owner: 0 },
  looseXterm: { ...usr('xterm'), mode: 0o100777 },
  kitty: { path: '/usr/local/bin/kitty', owner: 0 },
  login: { ...root, ...usr('login') },
  hiddenlogin: hiddenRoot('login'),
  sshd: { ...root, path: '/usr/sbin/sshd', owner: 0, name: 'sshd' },
  hiddensshd: hiddenRoot('sshd-session'),
  usersshd: { path: undefined, name: 'sshd-session', terminal: 0 },
  visiblesshd: { path: '/usr/lib/openssh/sshd-session', owner: 0, terminal: 0 },
  sudosshd: { path: undefined, name: 'sshd', uid: 0, realUid: user },
  gnome: { path: '/usr/libexec/gnome-session-binary', owner: 0, terminal: 0 },
  systemd: { path: '/usr/lib/systemd/systemd', owner: 0, terminal: 0 },
  hiddensystemd: { path: undefined, name: 'systemd', terminal: 0 },
  init: { ...root, path: undefined, name: 'systemd' },
  bashinit: { ...root, path: 'bash', owner: 0 },
  claude: home('.local/share/claude/versions/2.1.330'),
  codexjs: nodeScript('/usr/local/bin/codex'),
  codex: home('.npm/node_modules/@openai/codex-linux-x64/vendor/codex/codex'),
  cursor: { path: '/usr/share/cursor/cursor', owner: 0 },
  claimedcursor: nodeScript('/tmp/cursor'),
  hidden: { path: undefined, name: 'x' },
  git: usr('git'),
  owngit: home('bin/git'),
  python: usr('python3.11'),
  make: usr('make'),
  psql: usr('psql'),
  su: { ...hiddenRoot('su'), terminal: pts },
  other: { uid: user + 1, realUid: user + 1, path: '/usr/bin/vim', owner: 0 },
  daemon: home('bin/daemon'),
} satisfies Record<string, Part>

export type PartName = keyof typeof parts

/** Read-only facts about imagined processes; counts how often an executable is looked at. */
export class World implements Facts {
  readonly folder = mkdtempSync(join(tmpdir(), 'sget-world-'))
  readonly shells = join(this.folder, 'shells')
  readonly looks = new Map<number, number>()
  /** Whether this kernel tells a process's children. */
  tellsChildren = true
  /** The flags with which a script was last looked for. */
  flags: Flags | undefined
  /** Descriptors that are open, and of which process. */
  readonly watched = new Map<number, Ancestor>()
  /** How many there may be. */
  descriptorsMax = Infinity
  readonly #actors = new Map<number, Actor>()
  readonly #known = new Map<string, number>()

  constructor() {
    for (const name of ['bash', 'dash']) writeFileSync(join(this.folder, name), name)
    writeFileSync(
      this.shells,
      `# shells\n${join(this.folder, 'bash')}\n${join(this.folder, 'dash')}\n/no/such\n`,
    )
  }

  close(): void {
    rmSync(this.folder, { recursive: true })
  }

  /** Adds or replaces a process. */
  set(pid: number, part: Part): Actor {
    const actor: Actor = { ...stranger, ...this.#actors.get(pid), image: pid, ...part, pid }
    this.#actors.set(pid, actor)
    return actor
  }

  remove(pid: number): void {
    this.#actors.delete(pid)
  }

  /**
   * Makes the world one chain, given as "sget < bash < login < init": the last one is pid 1 unless `top` says otherwise,
   * each below it has a pid ten higher and starts as many ticks later. All share a terminal unless they have none.
   * Returns the pid of the first.
   */
  cast(words: string, top = 1): number {
    const names = words.split(' < ') as PartName[]
    this.#actors.clear()
    for (const [depth, name] of names.toReversed().entries())
      this.set(top + depth * 10, {
        ...parts[name],
        parent: depth && top + (depth - 1) * 10,
        startTicks: depth * 10,
      })
    return top + (names.length - 1) * 10
  }

  ancestor(pid: number): Ancestor | undefined {
    const actor = this.#actors.get(pid)
    if (!actor || actor.isVanishing) return undefined
    const { parent, startTicks, session, terminal, uid } = actor
    return { pid, parent, startTicks, session, terminal, uid }
  }

  watch(pid: number) {
    const ancestor = this.ancestor(pid)
    if (!ancestor || this.watched.size >= this.descriptorsMax) return undefined
    let descriptor = 0
    while (this.watched.has(descriptor)) descriptor++
    this.watched.set(descriptor, ancestor)
    const { fileMark, imageMark } = this.#marks(ancestor)
    return { ancestor, descriptor, fileMark, imageMark }
  }

  closeDescriptor(descriptor: number): void {
    if (!this.watched.delete(descriptor)) throw new Error('closed twice')
  }

  unchanged(rows: Float64Array): boolean {
    for (let at = 0; at < rows.length; at += fieldsOfRow) {
      const [descriptor = -1, whole, mark] = rows.subarray(at)
      const watched = this.watched.get(descriptor)
      if (watched === undefined) throw new Error('nothing is watched there')
      const { fileMark, imageMark } = this.#marks(watched)
      if (mark === 0 || mark !== (whole === 0 ? fileMark : imageMark)) return false
    }
    return true
  }

  /** Numbers for what is behind a watch now: another process of that pid is not. */
  #marks({ pid, startTicks }: Ancestor): { fileMark: number; imageMark: number } {
    const actor = this.#actors.get(pid)
    if (actor?.startTicks !== startTicks) return { fileMark: 0, imageMark: 0 }
    const file = `${actor.uid} ${actor.path} ${actor.owner} ${actor.mode} ${actor.deleted}`
    return {
      fileMark: actor.path === undefined ? 0 : this.#mark(file),
      imageMark: this.#mark(`${file} ${actor.image} ${actor.name}`),
    }
  }

  #mark(text: string): number {
    const mark = this.#known.get(text) ?? this.#known.size + 1
    this.#known.set(text, mark)
    return mark
  }

  executable(pid: number): Executable | undefined {
    this.looks.set(pid, (this.looks.get(pid) ?? 0) + 1)
    const actor = this.#actors.get(pid)
    if (actor?.path === undefined) return undefined
    const { path, owner: uid, mode, deleted, elsewhere } = actor
    if (path.startsWith('/')) return { path, uid, mode, deleted, elsewhere, device: 1, inode: BigInt(pid) }
    const { dev, ino } = statSync(join(this.folder, path), { bigint: true })
    const inode = deleted ? ino + 1000n : ino
    return { path: join(this.folder, path), uid, mode, deleted, elsewhere, device: Number(dev), inode }
  }

  script(pid: number, flags: Flags) {
    this.flags = flags
    const script = this.#actors.get(pid)?.script
    return script === undefined ? undefined : { argument: script, directory: '/home/u' }
  }

  credentials(pid: number) {
    const actor = this.#actors.get(pid)
    if (!actor) return undefined
    const { name, uid, realUid } = actor
    return { name, uids: { real: realUid, effective: uid, saved: uid, filesystem: uid } }
  }

  guard(pid: number) {
    const actor = this.#actors.get(pid)
    return actor && { tracer: actor.tracer, userNamespace: actor.userNamespace }
  }

  children(pid: number) {
    if (!this.tellsChildren) return undefined
    return [...this.#actors.values()].filter(({ parent }) => parent === pid).map((actor) => actor.pid)
  }

  state(pid: number) {
    return this.#actors.get(pid)?.state
  }

  tracer(pid: number) {
    return this.#actors.get(pid)?.tracer
  }

  openFile(pid: number, descriptor: number) {
    return descriptor === 1 ? this.#actors.get(pid)?.output : undefined
  }

  /** As on a real machine, what a hidden process holds is not seen. */
  readers(_device: number, inode: bigint, pids: readonly number[] = [...this.#actors.keys()]) {
    const seen = pids.map((pid) => this.#actors.get(pid)).filter((actor) => actor?.path !== undefined)
    const readers = seen
      .filter((actor) => actor?.reads.includes(inode))
      .map((actor) => ({ pid: actor?.pid ?? 0, writes: actor?.writes.includes(inode) ?? false }))
    return { readers, unseen: pids.length - seen.length }
  }
}

/** Whether a caller lives still in a world. */
export const livesIn =
  (world: World, { peer }: Caller) =>
  (): boolean =>
    world.ancestor(peer.pid)?.startTicks === peer.startTicks

/** Who asks in a world, by a daemon that has never seen any of its processes; `attested` as for `Tracer.trace`. */
export function traced(world: World, pid: number, roots: readonly Named[] = [], attested?: string): Caller {
  const caller = new Tracer(world.shells, world).trace(pid, roots, undefined, attested)
  if (!caller) throw new Error('nobody asks')
  return caller
}

const stranger: Actor = {
  pid: 0,
  parent: 1,
  startTicks: 0,
  session: 7,
  terminal: pts,
  uid: user,
  realUid: user,
  image: 0,
  path: undefined,
  owner: user,
  mode: 0o100755,
  deleted: false,
  elsewhere: false,
  name: 'stranger',
  script: undefined,
  state: 'S',
  tracer: 0,
  userNamespace: 'ours',
  isVanishing: false,
  reads: [],
  writes: [],
  output: undefined,
}
