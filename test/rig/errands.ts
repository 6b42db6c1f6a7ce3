// A process that has a courier do its errands as sgetd does, started as the launcher starts sgetd, for tests to order about.
import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, copyFileSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { nodeFlags } from '../../packages/daemon/src/surroundings.ts'
import type { CourierPatience } from '../../packages/daemon/src/shifts.ts'
import { state } from '../../packages/native/src/index.ts'
import { bundleFiles } from '../../scripts/bundle/bundle.ts'
import { asUser, end } from './process.ts'

const libraries = resolve(import.meta.dirname, '../../build/lib')

/** A job, as it is ordered. What is lent is named by files. */
export interface Told {
  readonly id: number
  readonly job:
    | 'list'
    | 'describe'
    | 'fetch'
    | 'health'
    | 'rotate'
    | 'renew'
    | 'release'
    | 'login'
    | 'signIn'
    | 'prolong'
    | 'logout'
  readonly subject?: string
  readonly place: {
    readonly kind: string
    readonly settings?: Readonly<Record<string, string>>
    readonly ca?: string
    readonly proxy?: string
    readonly loopbackHttp?: boolean
  }
  readonly credential?: string
  readonly session?: string
  readonly secret?: string
  /** Only seals what comes, and tells nothing of it but its length. */
  readonly seal?: boolean
}

/** What a job that takes secrets gives. */
export interface Answered {
  readonly values: readonly { readonly name: string; readonly bytes: number; readonly digest: string }[]
}

/** What comes of a job: `failure` is the name of a row of the table. */
export interface Came {
  readonly id: number
  readonly failure?: string
  readonly result?: unknown
}

/** A line of the log. */
export type Logged = Readonly<Record<string, unknown>> & { readonly log: string }

/** How such a process is started, where that is not as usual. */
export interface ErrandsOptions {
  readonly patience?: Partial<CourierPatience>
  readonly env?: Readonly<Record<string, string>>
  /** Its memory is closed, as that of sgetd is. */
  readonly hardened?: boolean
  readonly uid?: number
}

const patience: CourierPatience = { idleMs: 60_000, jobMs: 20_000, startMs: 10_000, cancelMs: 5_000 }

/** Bundles the courier of the tests and this program, once for a test file. Returns the folder, which the caller removes. */
export async function bundleCourier(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sget-courier-'))
  const programs = ['courier', 'errands'].map((name) => ({
    in: join(import.meta.dirname, `${name}-program.ts`),
    out: name,
  }))
  await bundleFiles(programs, folder)
  copyFileSync(join(libraries, 'native.node'), join(folder, 'native.node'))
  chmodSync(folder, 0o755)
  return folder
}

/** A running one. */
export class Errands {
  readonly pid: number
  readonly logged: Logged[] = []
  readonly #folder: string
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (came: Came) => void>()
  #nextId = 1

  private constructor(folder: string, child: ChildProcess) {
    this.#folder = folder
    this.#child = child
    this.pid = child.pid ?? 0
  }

  /** With the courier of the tests, or a script in its place. */
  static async start(
    folder: string,
    options: ErrandsOptions = {},
    courier = 'courier.mjs',
  ): Promise<Errands> {
    point(folder, courier)
    const program = [process.execPath, ...nodeFlags, join(folder, 'errands.mjs'), join(folder, 'now.mjs')]
    const rest = [
      JSON.stringify({ ...patience, ...options.patience }),
      ...(options.hardened ? ['hardened'] : []),
    ]
    const environment = Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`)
    // tap adds a hook of its own to each process that Node starts, by the environment.
    const child = spawn('env', ['-i', ...environment, ...program, ...rest], {
      ...asUser(options.uid),
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const errands = new Errands(folder, child)
    const here = Promise.withResolvers<undefined>()
    createInterface({ input: child.stdout }).on('line', (line) => {
      here.resolve(undefined)
      errands.#hear(JSON.parse(line) as Came | Logged)
    })
    await here.promise
    return errands
  }

  /** From the next start on another courier, or a script in its place, is started. */
  use(courier: string): void {
    point(this.#folder, courier)
  }

  /** Has a job done. Resolves with what came of it, in `came`; `cancel` is for who does not want it any more. */
  begin(told: Omit<Told, 'id'>): { readonly came: Promise<Came>; readonly cancel: () => void } {
    const id = this.#nextId++
    const { promise, resolve } = Promise.withResolvers<Came>()
    this.#waiting.set(id, resolve)
    this.#say({ ...told, id })
    return { came: promise, cancel: () => this.#say({ cancel: id }) }
  }

  do(told: Omit<Told, 'id'>): Promise<Came> {
    return this.begin(told).came
  }

  /** The pid of the courier, if there is one. */
  async courier(): Promise<number | undefined> {
    const id = this.#nextId++
    const { promise, resolve } = Promise.withResolvers<Came>()
    this.#waiting.set(id, resolve)
    this.#say({ ask: true, id })
    return ((await promise).result as number | null) ?? undefined
  }

  /** As lock and shutdown do. */
  endCourier(): void {
    this.#say({ end: true })
  }

  /** Lines of the log with that text. */
  told(log: string): Logged[] {
    return this.logged.filter((line) => line.log === log)
  }

  /** What the log says of the end of a courier, once it does. */
  async endOf(courier: number | undefined): Promise<Logged> {
    for (;;) {
      const found = this.told('courier ended').find((line) => line['courier'] === courier)
      if (found !== undefined) return found
      await delay(20)
    }
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await end(this.#child)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.stdin?.end()
    await end(this.#child)
  }

  #say(line: object): void {
    this.#child.stdin?.write(`${JSON.stringify(line)}\n`)
  }

  #hear(line: Came | Logged): void {
    if ('log' in line) this.logged.push(line)
    else this.#waiting.get(line.id)?.(line)
  }
}

function point(folder: string, courier: string): void {
  const link = join(folder, 'now.mjs')
  rmSync(`${link}.new`, { force: true })
  symlinkSync(courier, `${link}.new`)
  renameSync(`${link}.new`, link)
}

/** Waits until a process has ended, whether or not somebody has looked after it. */
export async function gone(pid: number): Promise<void> {
  while (!['Z', undefined].includes(state(pid))) await delay(10)
}
