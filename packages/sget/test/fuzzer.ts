// The harnesses in packages/sget/fuzz: their corpora, and how they are run.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, type Outcome } from '../../../test/rig/process.ts'
import { build } from './program.ts'

/** Each with the length of the longest input that is worth a try. */
export const harnesses = { frames: 1024, replies: 2048, options: 1024, mask: 256 } as const

export type Harness = keyof typeof harnesses

/** Where make puts a harness, if there is a clang. */
export const programOf = (name: Harness): string => join(build, 'fuzz', name)

const corpusOf = (name: Harness): string => join(import.meta.dirname, `../fuzz/corpora/${name}.txt`)

/** The inputs of a harness that are worth keeping: in the file, a line of hex each. */
export function corpus(name: Harness): Buffer[] {
  const lines = readFileSync(corpusOf(name), 'utf8').split('\n')
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => Buffer.from(line, 'hex'))
}

/** Puts inputs in the place of the corpus. */
export function keepCorpus(name: Harness, inputs: readonly Buffer[]): void {
  const lines = inputs.map((bytes) => bytes.toString('hex')).sort((one, other) => one.length - other.length)
  const title = `# What scripts/fuzz found worth keeping for packages/sget/fuzz/${name}.c: an input a line, as hex.`
  writeFileSync(corpusOf(name), [title, ...lines, ''].join('\n'))
}

/** Writes inputs as files, which is how libFuzzer takes them. */
export function unpack(inputs: readonly Buffer[], folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (const bytes of inputs)
    writeFileSync(join(folder, createHash('sha1').update(bytes).digest('hex')), bytes)
}

/** Reads the inputs that lie in a folder. */
export function pack(folder: string): Buffer[] {
  return readdirSync(folder).map((name) => readFileSync(join(folder, name)))
}

/** Runs a harness in `folder`, where a failing input is left as a file. */
export function fuzz(name: Harness, folder: string, options: readonly string[]): Promise<Outcome> {
  const always = [`-max_len=${harnesses[name]}`, '-print_final_stats=1', `-artifact_prefix=${folder}/failed-`]
  return run(programOf(name), [...always, ...options], { cwd: folder })
}
