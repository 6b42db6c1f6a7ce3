// A process with a cache full of values, bundled and started as sgetd is: type stripping alone would take 20 MiB.
import { spawn, type ChildProcess } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Writable } from 'node:stream'
import { nodeFlags } from '../../packages/daemon/src/surroundings.ts'
import { bundleFiles } from '../../scripts/bundle/bundle.ts'
import { end } from './process.ts'

const libraries = resolve(import.meta.dirname, '../../build/lib')

/** What the process says of itself. */
export interface Cost {
  readonly rssBytes: number
  readonly lockedBytes: number
  readonly values: number
  /** How long it took to look at all entries for their age. */
  readonly sweepMs?: number
  /** How long it took to end the cache. */
  readonly endMs?: number
  /** How much smaller the process was right after that. */
  readonly freedBytes?: number
}

/** A running one. */
export class Hoard {
  readonly pid: number
  /** Before the first value was there, and with all of them. */
  readonly empty: Cost
  readonly full: Cost
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly #stdin: Writable

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, costs: readonly [Cost, Cost]) {
    this.pid = child.pid ?? 0
    this.#child = child
    this.#lines = lines
    ;[this.empty, this.full] = costs
    if (child.stdin === null) throw new Error('it has no standard input')
    this.#stdin = child.stdin
  }

  /** Resolves when so many values of `valueBytes` each, from the file, are in the cache. */
  static async start(file: string, count: number, valueBytes: number): Promise<Hoard> {
    const folder = mkdtempSync(join(tmpdir(), 'sget-hoard-'))
    await bundleFiles([{ in: join(import.meta.dirname, 'hoard-program.ts'), out: 'hoard' }], folder)
    copyFileSync(join(libraries, 'native.node'), join(folder, 'native.node'))
    const program = [process.execPath, ...nodeFlags, join(folder, 'hoard.mjs')]
    // tap adds a hook of its own to each process that Node starts, by the environment: it weighs 30 MiB here.
    const child = spawn('env', ['-i', ...program, file, String(count), String(valueBytes)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    child.once('exit', () => rmSync(folder, { recursive: true }))
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    return new Hoard(child, lines, [await costFrom(lines), await costFrom(lines)])
  }

  /** Ends the cache, not the process. */
  async endCache(): Promise<Cost> {
    this.#stdin.write('\n')
    return await costFrom(this.#lines)
  }

  async stop(): Promise<void> {
    this.#stdin.end()
    await end(this.#child)
  }
}

async function costFrom(lines: AsyncIterator<string>): Promise<Cost> {
  const line = await lines.next()
  if (line.done === true) throw new Error('it has ended')
  return JSON.parse(line.value) as Cost
}
