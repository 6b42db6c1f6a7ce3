// Runs harnesses one after the other for so long each, and keeps what reaches more: main.ts SECONDS [NAME…]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  corpus,
  fuzz,
  harnesses,
  keepCorpus,
  pack,
  unpack,
  type Harness,
} from '../../packages/sget/test/fuzzer.ts'
import { seedsOf } from './seeds.ts'

const [seconds = '60', ...asked] = process.argv.slice(2)
const names = (Object.keys(harnesses) as Harness[]).filter(
  (name) => asked.length === 0 || asked.includes(name),
)
for (const name of names) if (process.exitCode === undefined) process.exitCode = await explore(name)

/** Returns the exit status where something was found, and else nothing. */
async function explore(name: Harness): Promise<number | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'sget-fuzz-'))
  unpack([...seedsOf(name), ...corpus(name)], join(folder, 'found'))
  const { code, stderr } = await fuzz(name, folder, [`-max_total_time=${seconds}`, '-seed=1', 'found'])
  console.log(`${name}: ${told(stderr)}`)
  if (code !== 0) {
    console.log(`${stderr}\n${name} failed; the input is in ${folder}`)
    return 1
  }
  unpack([], join(folder, 'kept'))
  await fuzz(name, folder, ['-merge=1', 'kept', 'found'])
  const kept = pack(join(folder, 'kept'))
  keepCorpus(name, kept)
  console.log(`${name}: ${kept.length} inputs kept`)
  rmSync(folder, { recursive: true })
  return undefined
}

/** The last line of coverage, and the statistics, of what libFuzzer prints. */
function told(stderr: string): string {
  const lines = stderr.split('\n')
  const covered = lines.findLast((line) => /\bcov: \d+/.test(line)) ?? 'no coverage was told'
  return [covered.trim(), ...lines.filter((line) => line.startsWith('stat::'))].join('\n  ')
}
