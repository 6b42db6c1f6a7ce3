// Real processes for the tests: starts puppets, learns their pids, and ends them all.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('puppet.c', import.meta.url))

/** A command that has been started: the pids that puppets in it said, in turn, and its standard input. */
export class Play {
  readonly child: ChildProcess
  readonly #stage: Socket
  readonly #lines: AsyncIterator<string>

  constructor(child: ChildProcess) {
    this.child = child
    this.#stage = child.stdio[3] as Socket
    this.#lines = createInterface(this.#stage)[Symbol.asyncIterator]()
  }

  /** The next line that a process of this command wrote to descriptor 3; throws when there will be none. */
  async line(): Promise<string> {
    const { value, done } = (await this.#lines.next()) as IteratorResult<string, undefined>
    if (done) throw new Error('the play is over')
    return value
  }

  /** The same, which must be a pid. */
  async pid(): Promise<number> {
    const line = await this.line()
    if (!/^\d+$/.test(line)) throw new Error(line)
    return Number(line)
  }

  /** Ends all puppets of the command, and the command itself. */
  async end(): Promise<void> {
    const gone =
      this.child.exitCode === null && this.child.signalCode === null ? once(this.child, 'exit') : undefined
    this.#stage.destroy()
    this.child.kill('SIGKILL')
    await gone
  }
}

/** A temporary folder with a compiled puppet, and the plays started from it; all gone when it is closed. */
export class Theatre {
  readonly folder = mkdtempSync(join(tmpdir(), 'sget-stage-'))
  readonly puppet = join(this.folder, 'puppet')
  readonly #plays: Play[] = []

  constructor() {
    execFileSync('cc', ['-std=c17', '-o', this.puppet, source, '-lutil'])
  }

  /** Starts a program with its standard output somewhere, /dev/null unless told, and descriptor 3 as the stage. */
  start(program: string, words: readonly string[], output: 'ignore' | 'pipe' | number = 'ignore'): Play {
    const child = spawn(program, words, { stdio: ['pipe', output, 'ignore', 'pipe'], cwd: this.folder })
    const play = new Play(child)
    this.#plays.push(play)
    return play
  }

  /** A script of sh or another shell, in which $P is the puppet. */
  script(text: string, shell = 'sh'): Play {
    return this.start('env', [`P=${this.puppet}`, shell, '-c', text])
  }

  async close(): Promise<void> {
    await Promise.all(this.#plays.map((play) => play.end()))
    rmSync(this.folder, { recursive: true })
  }
}
