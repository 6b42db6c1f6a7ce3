// The mutation of sources: what is changed, who notices, and whether the list of survivors is true.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { Compiler } from '../compiler.ts'
import { applied, mutantsOf, type Mutant } from '../mutants.ts'
import { sampled } from '../sample.ts'
import { Score } from '../score.ts'
import { blockOf, readSurvivors, sameChange } from '../survivors.ts'
import { Bench } from '../trial.ts'

const root = resolve(import.meta.dirname, '../../..')
const list = join(root, 'scripts/mutation/survivors.txt')
const changesOf = (source: string): string[] => mutantsOf('x.ts', source).map(({ after }) => after)

t.test('each kind of slip is made once, and what is no program text is left alone', (t) => {
  const slips: readonly [source: string, ...changed: string[]][] = [
    ['if (a) b()', 'if (!(a)) b()', ';', 'if (a) ;'],
    ['if (!a) b()', 'if (a) b()', ';', 'if (!a) ;'],
    ['const x = a < b', 'const x = a <= b'],
    ['const x = a === b ? c : d', 'const x = a !== b ? c : d'],
    ['const x = a && b', 'const x = a || b'],
    ['const x = true', 'const x = false'],
    ['const x = 5 - 1n', 'const x = 6 - 1n', 'const x = 5 + 1n', 'const x = 5 - 2n'],
    ["const x = 'word'", "const x = ''"],
    ["const x = 'two words'"],
    ["type X = 'word' | 5"],
    ["import { x } from 'word'"],
    ["export { x } from 'word'"],
    ["assert(x > 1, 'bug')", "assert(x >= 1, 'bug')", "assert(x > 2, 'bug')"],
    ["throw new RangeError('bug')"],
    ['const x = a.some(b)', 'const x = a.every(b)'],
    ['const x = [a, b]', 'const x = [b]', 'const x = [a]'],
    ['const x = { a: b, c: d }', 'const x = { c: d }', 'const x = { a: b }'],
    ['const x = () => ({ a: b, c: d })'],
    ['switch (a) { case b: c() }', 'switch (a) { }', 'switch (a) { case b: ; }'],
  ]
  for (const [source, ...changed] of slips) t.strictSame(changesOf(source).sort(), changed.sort(), source)
  t.end()
})

t.test('a mutant is told with its line and what is around it', (t) => {
  const source = 'const a = 1\nfunction f() {\n  return (\n    a > 0)\n}\n'
  const [first, second] = mutantsOf('x.ts', source)
  t.match(first, { line: 1, within: 'a', before: 'const a = 1', after: 'const a = 2' })
  t.match(second, { line: 4, within: 'f', before: 'a > 0)', after: 'a >= 0)' })
  t.equal(second && applied(source, second), source.replace('>', '>='))
  t.end()
})

t.test('a sample is the same for the same seed', (t) => {
  const numbers = Array.from({ length: 100 }, (_, at) => at)
  t.strictSame(sampled(numbers, 10, 7), sampled(numbers, 10, 7))
  t.strictNotSame(sampled(numbers, 10, 7), sampled(numbers, 10, 8))
  t.equal(new Set(sampled(numbers, 100, 0)).size, 100)
  t.end()
})

t.test('every survivor of the list is a mutant of its source, told once', (t) => {
  const survivors = readSurvivors(list)
  const bySource = Map.groupBy(survivors, ({ path }) => path)
  for (const [path, known] of bySource) {
    const mutants = mutantsOf(path, readFileSync(join(root, path), 'utf8'))
    for (const survivor of known)
      t.ok(
        mutants.some((mutant) => sameChange(mutant, survivor)),
        blockOf(survivor),
      )
  }
  t.equal(new Set(survivors.map(blockOf)).size, survivors.length)
  t.end()
})

/** A tree with one package of one source, and a test that notices the one slip and not the other. */
function smallTree(t: Test): { tree: string; swapped: Mutant; larger: Mutant } {
  const tree = mkdtempSync(join(tmpdir(), 'sget-mutation-'))
  t.teardown(() => rmSync(tree, { recursive: true }))
  const files = {
    'packages/x/src/x.ts': 'export const isOver = (x: number): boolean => x > 3\n',
    'packages/x/test/x.test.ts':
      "import assert from 'node:assert'\nimport { isOver } from '../src/x.ts'\nassert(isOver(5) && !isOver(3))\n",
    'tsconfig.json':
      '{ "compilerOptions": { "strict": true, "types": [], "lib": ["es5"] }, "include": ["packages/*/src"] }',
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true })
    writeFileSync(join(tree, path), text)
  }
  const [swapped, larger, ...more] = mutantsOf('packages/x/src/x.ts', files['packages/x/src/x.ts'])
  if (!swapped || !larger || more.length > 0) throw new Error('two mutants were meant')
  return { tree, swapped, larger }
}

const self = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }

t.test('a mutant that a test notices is caught, another survives, and the source is as before', async (t) => {
  const { tree, swapped, larger } = smallTree(t)
  const source = readFileSync(join(tree, 'packages/x/src/x.ts'), 'utf8')
  const bench = new Bench(tree, self)
  t.match(await bench.try(swapped), { fate: 'caught', by: 'packages/x/test/x.test.ts' })
  t.match(await bench.try(larger), { fate: 'survived' })
  t.equal(readFileSync(join(tree, 'packages/x/src/x.ts'), 'utf8'), source)
  writeFileSync(join(tree, 'packages/x/test/x.test.ts'), 'process.exit(1)')
  await t.rejects(new Bench(tree, self).try(swapped), /fails without a mutant/)
})

t.test('a survivor that is not in the list is loud, and so is one that is caught by now', (t) => {
  const { tree, swapped, larger } = smallTree(t)
  const said: string[] = []
  const known = [{ ...larger, why: 'it is known' }]
  const status = (of: typeof known, caught: Mutant, survived: Mutant): number => {
    const score = new Score(of, new Compiler(tree), (line) => said.push(line))
    score.note(caught, { fate: 'caught', by: 'x.test.ts' })
    score.note(survived, { fate: 'survived' })
    return score.tell()
  }
  t.equal(status(known, swapped, larger), 0)
  t.equal(status([], swapped, larger), 1, 'a new one')
  t.equal(status(known, larger, larger), 1, 'one that is caught')
  const untyped = { ...larger, replacement: "'word'" }
  t.equal(status([], swapped, untyped), 0, 'what does not compile is no mutant')
  t.match(said.join('\n'), /SURVIVED {2}packages\/x\/src\/x.ts:1\n/)
  writeFileSync(join(tree, 'packages/x/src/y.ts'), "export const x: number = 'word'")
  t.throws(() => status([], swapped, larger), /does not compile/, 'unless nothing does')
  t.end()
})
