// Runs the built programs: as any process is started, or in a terminal of their own.
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import type { Readable, Writable } from 'node:stream'

/** build/, where the programs are. */
export const build = join(import.meta.dirname, '../../../build')

/** The released program and the sanitized one: whatever holds for one holds for both. */
export const builds = ['bin', 'sanitized/bin'].map((folder) => join(build, folder))

export const isRoot = process.getuid?.() === 0

/** An environment in which nothing matters. */
export const plain = { PATH: '/usr/local/bin:/usr/bin:/bin' }

/** How a program ended and what it wrote. */
export interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** How a program is started. */
export interface Start {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly input?: string | Buffer
  /** What descriptors 3, 4, … hold. */
  readonly descriptors?: readonly (string | Buffer)[]
  readonly argv0?: string
  /** Told of the pid as soon as there is one. */
  readonly started?: (pid: number) => void
}

/** A folder of its own for a test, short enough for a socket. */
export function folder(t: { teardown: (end: () => void) => void }): string {
  const made = realpathSync(mkdtempSync(join(tmpdir(), 'sget-')))
  t.teardown(() => rmSync(made, { recursive: true, force: true }))
  return made
}

/** Runs a program to its end. */
export async function run(program: string, args: readonly string[], start: Start = {}): Promise<Outcome> {
  const { descriptors = [], argv0 } = start
  const stdio: StdioOptions = ['pipe', 'pipe', 'pipe', ...descriptors.map(() => 'pipe' as const)]
  const child = spawn(program, args, {
    env: start.env ?? plain,
    cwd: start.cwd,
    stdio,
    ...(argv0 === undefined ? {} : { argv0 }),
  })
  if (child.pid !== undefined) start.started?.(child.pid)
  feed(child.stdin, start.input)
  descriptors.forEach((content, index) => feed(child.stdio[3 + index] as Writable, content))
  const [stdout, stderr, ended] = await Promise.all([
    buffer(child.stdout as Readable),
    text(child.stderr as Readable),
    end(child),
  ])
  return { ...ended, stdout, stderr }
}

/** A shell line that runs in a terminal of its own, under script(1). */
export class Terminal {
  readonly #script: ChildProcess
  readonly #ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  readonly #waiting = new Set<() => void>()
  #shown = ''

  constructor(line: string) {
    this.#script = spawn('script', ['-qefc', line, '/dev/null'], {
      env: { ...plain, SHELL: '/bin/bash', TERM: 'dumb' },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#ended = end(this.#script)
    this.#script.stdout?.on('data', (piece: Buffer) => {
      this.#shown += piece.toString()
      this.#wake()
    })
    void this.#ended.then(() => this.#wake())
  }

  /** Waits until the terminal shows that text, beyond what was waited for before; returns all since then. */
  async shows(expected: string): Promise<string> {
    while (!this.#shown.includes(expected)) {
      if (this.#script.exitCode !== null) throw new Error(`it ended before ${expected}: ${this.#shown}`)
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
    const to = this.#shown.indexOf(expected) + expected.length
    const shown = this.#shown.slice(0, to)
    this.#shown = this.#shown.slice(to)
    return shown
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }

  type(keys: string): void {
    this.#script.stdin?.write(keys)
  }

  /** Waits for its end; returns the exit status and what was shown since. */
  async ended(): Promise<{ code: number | null; rest: string }> {
    const { code } = await this.#ended
    return { code, rest: this.#shown }
  }
}

function end(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
}

function feed(stream: Writable | null, content: string | Buffer | undefined): void {
  stream?.on('error', () => undefined)
  stream?.end(content)
}
