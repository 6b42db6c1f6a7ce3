// Whether the tests of a package notice a mutant: each file as a process of its own, until one fails.
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { applied, type Mutant } from './mutants.ts'
import { type Runner } from './tree.ts'

/** What became of a mutant, and the test file that noticed it. */
export type Outcome =
  { readonly fate: 'caught' | 'endless'; readonly by: string } | { readonly fate: 'survived' }

/** A test file may take so many times as long as without the mutant, and at least so long: others use the machine too. */
const slowdownMax = 8
const fileMsMin = 30_000

/** Tries mutants in one scratch tree, one after the other. */
export class Bench {
  readonly #tree: string
  readonly #runner: Runner
  /** by source: the test file that noticed its last mutant, which is likely to notice the next */
  readonly #noticed = new Map<string, string>()
  /** test files that pass where nothing is wrong, and how long they take */
  readonly #proved = new Map<string, number>()

  constructor(tree: string, runner: Runner) {
    this.#tree = tree
    this.#runner = runner
  }

  /** The package's tests must pass before, or nothing could be learned. */
  async try(mutant: Mutant): Promise<Outcome> {
    await this.#proveTests(mutant.path)
    const source = join(this.#tree, mutant.path)
    const original = await readFile(source, 'utf8')
    await writeFile(source, applied(original, mutant))
    try {
      return await this.#judge(mutant)
    } finally {
      await writeFile(source, original)
    }
  }

  async #proveTests(path: string): Promise<void> {
    for (const file of this.#tests(path).filter((file) => !this.#proved.has(file))) {
      const start = performance.now()
      const found = await this.#run(file)
      if (found !== 'passed') throw new Error(`${file} fails without a mutant (${found})`)
      this.#proved.set(file, performance.now() - start)
    }
  }

  async #judge({ path }: Mutant): Promise<Outcome> {
    const likely = this.#noticed.get(path)
    const files = this.#tests(path)
    for (const file of likely === undefined ? files : [likely, ...files.filter((file) => file !== likely)]) {
      const found = await this.#run(file)
      if (found === 'passed') continue
      this.#noticed.set(path, file)
      return { fate: found, by: file }
    }
    return { fate: 'survived' }
  }

  /** The test files of the package that a source belongs to, the fastest first. */
  #tests(path: string): string[] {
    const [folder = ''] = path.split('/src/')
    const cost = (file: string) => this.#proved.get(file) ?? 0
    return globSync(`${folder}/test/**/*.test.ts`, { cwd: this.#tree }).sort(
      (one, other) => cost(one) - cost(other),
    )
  }

  #limitMs(file: string): number {
    return Math.max(fileMsMin, slowdownMax * (this.#proved.get(file) ?? 0))
  }

  async #run(file: string): Promise<'passed' | 'caught' | 'endless'> {
    const test = spawn(process.execPath, [file], {
      cwd: this.#tree,
      uid: this.#runner.uid,
      gid: this.#runner.gid,
      env: environmentIn(join(this.#tree, 'tmp')),
      stdio: 'ignore',
      detached: true,
    })
    const status = new Promise<number | null>((settle) => test.once('close', settle))
    const endless = new AbortController()
    const timer = setTimeout(() => {
      endless.abort()
      endGroup(test.pid)
    }, this.#limitMs(file))
    const passed = (await status) === 0
    clearTimeout(timer)
    endGroup(test.pid)
    if (endless.signal.aborted) return 'endless'
    return passed ? 'passed' : 'caught'
  }
}

/** Of all that is loaded but one file changes nothing, so Node compiles it once. */
function environmentIn(folder: string): NodeJS.ProcessEnv {
  const always = { PATH: process.env['PATH'], LANG: 'C.UTF-8', TAP_BAIL: '1' }
  return { ...always, TMPDIR: folder, NODE_COMPILE_CACHE: join(folder, 'compiled') }
}

/** The test and whatever it has left behind. */
function endGroup(leader: number | undefined): void {
  if (leader === undefined) return
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // Nothing of it is left.
  }
}
