// Changes sources one place at a time and tells which changes no test notices:
// main.ts [--seed=N] [--sample=N] [--uid=N --gid=N] [PATH…]: of what stands where PATH:LINE contains a PATH, N or all.
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Compiler } from './compiler.ts'
import { mutantsOf, type Mutant } from './mutants.ts'
import { sampled } from './sample.ts'
import { Score } from './score.ts'
import { readSurvivors } from './survivors.ts'
import { scratchTree, type Runner } from './tree.ts'
import { Bench } from './trial.ts'

/** What is mutated where nothing else is asked for. The failure table is held to PROTOCOL.md and C row by row. */
const sources = ['packages/{wire,policy,provenance,audit}/src/*.ts']
const notSources = ['packages/wire/src/failures.ts']

/** Mutants that are tried side by side. */
const jobs = 2

const root = resolve(import.meta.dirname, '../..')
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    sample: { type: 'string', default: 'all' },
    uid: { type: 'string', default: String(process.getuid?.()) },
    gid: { type: 'string', default: String(process.getgid?.()) },
  },
})
process.exitCode = await main()

async function main(): Promise<number> {
  const all = chosen()
  const mutants = values.sample === 'all' ? all : sampled(all, Number(values.sample), Number(values.seed))
  const runner: Runner = { uid: Number(values.uid), gid: Number(values.gid) }
  console.log(`mutate: ${mutants.length} mutants, seed ${values.seed}`)
  // Of its own: the others are broken while it reads them, and this one may be edited meanwhile.
  await using whole = await scratchTree(root, runner)
  const compiler = new Compiler(whole.path)
  const score = new Score(readSurvivors(join(import.meta.dirname, 'survivors.txt')), compiler, (lines) =>
    console.log(lines),
  )
  const queue = mutants.values()
  await Promise.all(Array.from({ length: jobs }, () => work(queue, runner, score)))
  return score.tell()
}

/** Every mutant of the sources that were asked for. */
function chosen(): Mutant[] {
  return globSync(sources, { cwd: root, exclude: notSources })
    .sort()
    .flatMap((path) => mutantsOf(path, readFileSync(join(root, path), 'utf8')))
    .filter(
      ({ path, line }) =>
        positionals.length === 0 || positionals.some((part) => `${path}:${line}:`.includes(part)),
    )
}

async function work(queue: Iterable<Mutant>, runner: Runner, score: Score): Promise<void> {
  await using tree = await scratchTree(root, runner)
  const bench = new Bench(tree.path, runner)
  for (const mutant of queue) score.note(mutant, await bench.try(mutant))
}
