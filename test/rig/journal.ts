// A journal for tests: a real datagram socket, with a process behind it that notes what comes.
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { plainEnvironment } from './process.ts'

/** A running journal. */
export class TestJournal {
  /** What came, oldest first. */
  readonly lines: string[] = []
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  /** Binds the socket. Nothing is read from it before `read`. */
  static async bind(path: string): Promise<TestJournal> {
    const child = spawn('/usr/bin/python3', [join(import.meta.dirname, 'journal.py'), path], {
      env: plainEnvironment,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const journal = new TestJournal(child)
    const bound = Promise.withResolvers<undefined>()
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'bound') bound.resolve(undefined)
      else journal.lines.push(line)
    })
    await bound.promise
    return journal
  }

  /** Begins to read. */
  read(): void {
    this.#child.stdin?.write('\n')
  }

  /** Waits until so many lines have come. */
  async has(count: number): Promise<void> {
    while (this.lines.length < count) await setTimeout(10)
  }

  /** Ends it; the socket's name stays, and nobody listens there. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = new Promise((resolve) => this.#child.once('close', resolve))
    this.#child.kill('SIGKILL')
    await gone
  }
}
