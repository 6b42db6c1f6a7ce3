// What sget reads from a daemon and from its command line, under libFuzzer and the sanitizers: short runs from the
// corpora. scripts/fuzz runs longer ones.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { corpus, fuzz, harnesses, pack, programOf, unpack, type Harness } from './fuzzer.ts'
import { folder } from './program.ts'

/** So many executions of each, always the same ones; a few seconds. */
const runs = { frames: 100_000, replies: 12_000, options: 25_000, mask: 700 } as const

const names = Object.keys(harnesses) as Harness[]
const skip = names.every((name) => existsSync(programOf(name))) ? false : 'needs clang and libclang-rt-14-dev'

for (const name of names)
  t.test(`nothing that comes breaks ${name}`, { skip }, async (t) => {
    const place = folder(t)
    unpack(corpus(name), join(place, 'corpus'))
    const { code, signal, stderr } = await fuzz(name, place, [`-runs=${runs[name]}`, '-seed=1', 'corpus'])
    t.comment(`${runs[name]} runs with -seed=1`)
    t.strictSame({ code, signal }, { code: 0, signal: null }, stderr.slice(0, 4000))
    t.match(stderr, /\bDONE\b/, 'all of them were made')
    t.ok(pack(join(place, 'corpus')).length >= corpus(name).length)
  })

t.test(
  'the corpora reach what they were kept for: no harness stops at the first check',
  { skip },
  async (t) => {
    for (const name of names) {
      const place = folder(t)
      unpack(corpus(name), join(place, 'corpus'))
      unpack([Buffer.of(0)], join(place, 'nothing'))
      const edges = async (inputs: string) => covered((await fuzz(name, place, ['-runs=0', inputs])).stderr)
      t.ok((await edges('corpus')) > 3 * (await edges('nothing')), name)
    }
  },
)

/** How many edges of the code a run has taken. */
function covered(stderr: string): number {
  return Number(/\bcov: (\d+)/g.exec(stderr)?.[1] ?? Number.NaN)
}
