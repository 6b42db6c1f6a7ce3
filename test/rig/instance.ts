// A throw-away instance of the real programs: its own folder, its own daemon, a vault with a known passphrase.
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { archivesIn, logName } from '../../packages/audit/src/files.ts'
import { run, type Outcome, type RunOptions } from './process.ts'

/** Where the programs that users run were built. */
export const programs = resolve(import.meta.dirname, '../../build/bin')

export const passphrase = 'correct horse battery staple'

/** What `sgetctl status --json` says of a running daemon. */
export interface Status {
  readonly running: boolean
  readonly pid: number
  readonly locked: boolean
}

/** One record of the audit log. */
export type AuditRecord = Readonly<Record<string, unknown>>

const isCheck = ({ event }: AuditRecord): boolean => event === 'checked'

/** An instance under a folder of its own; `remove` ends the daemon that it started and deletes the folder. */
export class Instance {
  readonly home: string
  readonly uid: number | undefined
  /** Where its programs lie. */
  readonly programs: string
  #pid = 0

  private constructor(home: string, uid: number | undefined, folder: string) {
    this.home = home
    this.uid = uid
    this.programs = folder
  }

  /**
   * Drafts written, vault created, daemon running and unlocked.
   *
   * @param uid whose instance it is, where the test itself runs as root
   * @param folder where its programs lie, if not where they were built
   * @param parent where its home is made
   */
  static async create(
    policy?: string,
    uid?: number,
    folder = programs,
    parent = tmpdir(),
  ): Promise<Instance> {
    const instance = new Instance(mkdtempSync(join(parent, 'sget-')), uid, folder)
    if (uid !== undefined) chownSync(instance.home, uid, uid)
    if (policy !== undefined) instance.#draft(policy)
    const made = await instance.sgetctl(['init', '--passphrase-fd', '3'], { passphrase })
    if (made.code !== 0) throw new Error(`init failed: ${made.stderr}`)
    await instance.learnPid()
    return instance
  }

  /** A draft that is there before the vault is in force with it: to apply one later costs a passphrase. */
  #draft(policy: string): void {
    const folder = join(this.home, 'config')
    mkdirSync(folder, { mode: 0o700 })
    writeFileSync(join(folder, 'policy.toml'), policy, { mode: 0o600 })
    if (this.uid === undefined) return
    for (const path of [folder, join(folder, 'policy.toml')]) chownSync(path, this.uid, this.uid)
  }

  /** The instance of a folder as it is; `learnPid` once a daemon runs that `remove` is to end. */
  static at(home: string): Instance {
    return new Instance(home, undefined, programs)
  }

  /** The instance of a folder that is empty yet. */
  static empty(): Instance {
    return Instance.at(mkdtempSync(join(tmpdir(), 'sget-')))
  }

  async learnPid(): Promise<void> {
    this.#pid = (await this.status()).pid
  }

  /** The same of a daemon that is about to serve. */
  async learnPidSoon(): Promise<void> {
    while (!(await this.status()).running) await setTimeout(20)
    await this.learnPid()
  }

  sget(args: readonly string[], options?: RunOptions): Promise<Outcome> {
    return run(join(this.programs, 'sget'), ['--home', this.home, ...args], { uid: this.uid, ...options })
  }

  sgetctl(args: readonly string[], options?: RunOptions): Promise<Outcome> {
    return run(join(this.programs, 'sgetctl'), ['--home', this.home, ...args], { uid: this.uid, ...options })
  }

  /** Stores a value, as a human who proves it. */
  async put(ref: string, value: string | Buffer): Promise<void> {
    const stored = await this.sget(['put', ref, '--replace', '--passphrase-fd', '3'], {
      input: value,
      passphrase,
    })
    if (stored.code !== 0) throw new Error(`put ${ref} failed: ${stored.stderr}`)
  }

  /** Stores many values at once, given as the lines of a .env file, each as `folder`/name. */
  async import(folder: string, lines: string): Promise<void> {
    const file = join(this.home, 'env')
    writeFileSync(file, lines, { mode: 0o600 })
    if (this.uid !== undefined) chownSync(file, this.uid, this.uid)
    const stored = await this.sget(['import', file, '--prefix', folder, '--passphrase-fd', '3'], {
      passphrase,
    })
    rmSync(file)
    if (stored.code !== 0) throw new Error(`import to ${folder} failed: ${stored.stderr}`)
  }

  async applyPolicy(text: string): Promise<void> {
    writeFileSync(join(this.home, 'config/policy.toml'), text, { mode: 0o600 })
    const applied = await this.sgetctl(['policy', 'apply', '--passphrase-fd', '3'], { passphrase })
    if (applied.code !== 0) throw new Error(`policy apply failed: ${applied.stderr}`)
  }

  async status(): Promise<Status> {
    return JSON.parse((await this.sgetctl(['status', '--json'])).stdout) as Status
  }

  /** The records of checks, oldest first. */
  checks(): AuditRecord[] {
    return this.#records(0).filter(isCheck)
  }

  /** The records of the audit log behind one, oldest first; without those of checks, which come when they come. */
  audit(after = 0): AuditRecord[] {
    return this.#records(after).filter((record) => !isCheck(record))
  }

  #records(after: number): AuditRecord[] {
    const found: AuditRecord[] = []
    for (const file of this.auditFiles().reverse()) {
      const lines = readFileSync(file, 'utf8').split('\n')
      const records = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as AuditRecord)
      found.unshift(...records.filter(({ seq }) => Number(seq) > after))
      if (Number(records[0]?.['seq']) <= after) break
    }
    return found
  }

  /** The files of the audit log, oldest first; the last one grows. */
  auditFiles(): string[] {
    const folder = join(this.home, 'state/audit')
    return [...archivesIn(folder), { name: logName }].map(({ name }) => join(folder, name))
  }

  /** Ends the daemon in order, and waits until it has ended. */
  async stop(): Promise<void> {
    process.kill(this.#pid, 'SIGTERM')
    while (existsSync(`/proc/${this.#pid}`)) await setTimeout(10)
  }

  /** Ends the daemon as nothing can that it could prepare for, and waits until it has ended. */
  async kill(): Promise<void> {
    process.kill(this.#pid, 'SIGKILL')
    while (existsSync(`/proc/${this.#pid}`)) await setTimeout(5)
  }

  remove(): void {
    try {
      // 0 would be the process group of the test itself.
      if (this.#pid !== 0) process.kill(this.#pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
    rmSync(this.home, { recursive: true, force: true })
  }
}
