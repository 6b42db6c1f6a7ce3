// The counting of tests: what failed must never count as passed, however a test's process ends.
import { Readable } from 'node:stream'
import t from 'tap'
import { readResults, type FileResult } from '../tap.ts'

async function read(stream: string): Promise<FileResult[]> {
  return Array.fromAsync(readResults(Readable.from(stream.split('\n'))))
}

/** `passed`, `failed` and `skipped` of the only file, with the names of its cases. */
async function cases(stream: string): Promise<string[]> {
  const [file, ...others] = await read(stream)
  if (file === undefined || others.length > 0) throw new Error('one file was expected')
  return file.cases.map(({ outcome, name }) => `${outcome} ${name}`)
}

t.test('a failure counts', async (t) => {
  t.test('of a test, with what it printed', async (t) => {
    const [file] = await read(`# Subtest: a.test.ts
    # Subtest: adds
        not ok 1 - should be equal
          ---
          diff: |
            ok 1 - not a test at all
          ...
        1..1
    not ok 1 - adds # time=3.1ms
    1..1
not ok 1 - a.test.ts # time=4.5ms`)
    t.match(file, { path: 'a.test.ts', milliseconds: 4.5, cases: [{ name: 'adds', outcome: 'failed' }] })
    t.match(file?.cases[0]?.detail.join('\n'), /not ok 1 - should be equal\n[^]*not a test at all/)
  })
  t.test('of a test that holds others which pass', async (t) => {
    const stream = `# Subtest: a.test.ts
    # Subtest: outer
        # Subtest: inner
            ok 1 - fine
            1..1
        ok 1 - inner
        not ok 2 - its own assertion
        1..2
    not ok 1 - outer
not ok 1 - a.test.ts`
    t.same(await cases(stream), ['passed outer › inner', 'failed outer'])
  })
  t.test('of a process that ends in the middle of a test', async (t) => {
    const stream = `# Subtest: a.test.ts
    # Subtest: fine
        ok 1 - fine
    ok 1 - fine
    # Subtest: crashes
        # Subtest: inside
            ok 1 - fine
not ok 1 - a.test.ts
  ---
  exitCode: 3
  ...`
    t.same(await cases(stream), ['passed fine', 'failed crashes › inside'])
  })
  t.test('of a process that ends badly after its tests, with its status', async (t) => {
    const [file] = await read(`# Subtest: a.test.ts
    # Subtest: fine
        ok 1 - fine
    ok 1 - fine
not ok 1 - a.test.ts
  ---
  command: /usr/bin/node
  exitCode: 3
  ...`)
    const failed = { name: 'a.test.ts', outcome: 'failed', detail: ['      exitCode: 3'] }
    t.match(file?.cases, [{ name: 'fine', outcome: 'passed' }, failed])
  })
  t.test('of a file without tests', async (t) => {
    const stream = `# Subtest: a.test.ts
    1..0 # no tests found
ok 1 - a.test.ts # SKIP no tests found`
    t.same(await cases(stream), ['failed a.test.ts'])
  })
  t.end()
})

t.test('a file of which no result came is not among the results', async (t) => {
  t.same(await read('# Subtest: a.test.ts\n    # Subtest: one\n        ok 1 - fine'), [])
})

t.test('a skipped test is counted with its reason, wherever it stands', async (t) => {
  const [file] = await read(`# Subtest: a.test.ts
    # Subtest: outer
        ok 1 - in zsh # SKIP no \\# zsh
        ok 2 - later # TODO
        1..2
    ok 1 - outer # time=1ms
ok 1 - a.test.ts # time=1ms`)
  t.same(file?.cases, [
    { name: 'outer › in zsh', outcome: 'skipped', detail: ['no # zsh'] },
    { name: 'outer › later', outcome: 'skipped', detail: ['to do: no reason given'] },
  ])
  t.same(await cases('# Subtest: b.test.ts\n    1..0 # not root\nok 1 - b.test.ts # SKIP not root'), [
    'skipped b.test.ts',
  ])
})

t.test('what a test prints is no result', async (t) => {
  const stream = `# Subtest: a.test.ts
    # Subtest: outer
        # some comment
        ok 1 - an assertion is no test
        1..1
    ok 1 - outer
ok 1 - a.test.ts
# { total: 1 }`
  t.same(await cases(stream), ['passed outer'])
})
