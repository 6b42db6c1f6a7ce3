// A real systemd user manager for tests that root runs, with an empty home of its user, and commands that run beside it.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { plainEnvironment, run, type Outcome, type RunOptions } from './process.ts'

/** A running user manager. */
export class UserManager {
  readonly uid: number
  readonly #child: ChildProcess

  private constructor(uid: number, child: ChildProcess) {
    this.uid = uid
    this.#child = child
  }

  /** Starts one. Returns why there is none where the system does not let us: no cgroup2, no mounts, no systemd. */
  static async start(uid: number): Promise<UserManager | string> {
    const script = join(import.meta.dirname, 'user-manager.sh')
    const child = spawn('/usr/bin/unshare', ['-m', '/bin/sh', script, `${uid}`], {
      env: plainEnvironment,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let complaint = ''
    child.stderr.on('data', (bytes: Buffer) => (complaint += bytes.toString()))
    const ended = once(child, 'exit').then(() => `no user manager: ${complaint.trim()}`)
    const ready = once(createInterface({ input: child.stdout }), 'line').then(() => undefined)
    return (await Promise.race([ready, ended])) ?? new UserManager(uid, child)
  }

  /** What nsenter(1) has to be told to run something beside the manager. */
  get inside(): readonly string[] {
    return ['-m', `--target=${this.#child.pid ?? 0}`, '--']
  }

  /** Runs a program beside the manager, as its user or as root. */
  run(
    program: string,
    words: readonly string[],
    options: RunOptions & { asRoot?: boolean } = {},
  ): Promise<Outcome> {
    const { uid } = this
    const become =
      options.asRoot === true ? [] : ['setpriv', '--reuid', `${uid}`, '--regid', `${uid}`, '--init-groups']
    const enter = [...this.inside, ...become, program, ...words]
    const env = { ...plainEnvironment, XDG_RUNTIME_DIR: `/run/user/${uid}` }
    return run('/usr/bin/nsenter', enter, { env, ...options })
  }

  /** A shell command as the user. Returns what it printed, standard error too. */
  async shell(command: string): Promise<string> {
    const { stdout } = await this.run('/bin/sh', ['-c', `exec 2>&1; ${command}`])
    return stdout
  }

  /** Ends it, with all that it started. */
  async end(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.stdin?.end()
    await ended
  }
}
