// Runs test files with tap and tells what came of each: report.ts TALLY FILE…
// TALLY is written at the end: a line `count PASSED FAILED SKIPPED`, then `again FILE` for each file that failed, and
// `root SKIPPED FILE` for each that skipped something because only root can do it.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { readResults, type Case, type FileResult } from './tap.ts'

/** A file that takes longer is ended by tap and counts as failed. */
const fileSecondsMax = 240

/** Files that run side by side. */
const jobs = 3

/** Of what tests print on standard error, shown when something failed. */
const errorLinesShown = 60

/** What the reason of a skipped test says when root could have run it. */
const wantsRoot = /\b(needs|only) root\b/

const root = resolve(import.meta.dirname, '../..')
const [tally = '', ...files] = process.argv.slice(2).map((path) => resolve(path))
process.exitCode = await report(files.map((file) => relative(root, file)))

async function report(paths: readonly string[]): Promise<number> {
  const tap = spawn(process.execPath, tapArguments(paths), { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<string>((settle) => {
    tap.once('close', (status, signal) => settle(signal ?? `status ${status ?? 'unknown'}`))
  })
  const noise: string[] = []
  createInterface({ input: tap.stderr }).on('line', (line) => noise.push(line))
  const results: FileResult[] = []
  for await (const result of readResults(createInterface({ input: tap.stdout }))) {
    results.push(result)
    printFile(result)
  }
  for (const result of missing(paths, results, await ended)) {
    results.push(result)
    printFile(result)
  }
  return finish(results, noise)
}

function tapArguments(paths: readonly string[]): string[] {
  const tap = resolve(root, 'node_modules/tap/dist/esm/run.mjs')
  return [tap, '--reporter=tap', `--jobs=${jobs}`, `--timeout=${fileSecondsMax}`, ...paths]
}

/** Files of which tap said nothing: it crashed, or was ended. */
function missing(paths: readonly string[], results: readonly FileResult[], ended: string): FileResult[] {
  const told = new Set(results.map(({ path }) => path))
  const detail = [`      no result came: tap ended with ${ended}`]
  return paths
    .filter((path) => !told.has(path))
    .map((path) => ({ path, cases: [{ name: path, outcome: 'failed', detail }], milliseconds: 0 }))
}

function printFile({ path, cases, milliseconds }: FileResult): void {
  const failed = cases.filter(({ outcome }) => outcome === 'failed')
  const mark =
    failed.length > 0 ? 'FAIL' : cases.some(({ outcome }) => outcome === 'passed') ? 'ok  ' : 'skip'
  console.log(`${mark}  ${path}  ${counted(cases)}  ${(milliseconds / 1000).toFixed(1)} s`)
  for (const { name, outcome, detail } of cases)
    if (outcome === 'skipped')
      console.log(`      skipped: ${name === path ? '' : `${name}: `}${detail.join(' ')}`)
  for (const { name, detail } of failed) console.log([`    ✗ ${name}`, ...detail].join('\n'))
  if (failed.length > 0) console.log(`    again: scripts/test ${path}`)
}

function counted(cases: readonly Case[]): string {
  const { passed, failed, skipped } = count(cases)
  return `${passed} passed${failed > 0 ? `, ${failed} failed` : ''}${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

function count(cases: readonly Case[]): Record<Case['outcome'], number> {
  const totals = { passed: 0, failed: 0, skipped: 0 }
  for (const { outcome } of cases) totals[outcome] += 1
  return totals
}

function finish(results: readonly FileResult[], noise: readonly string[]): number {
  const { passed, failed, skipped } = count(results.flatMap(({ cases }) => cases))
  const again = results.filter(({ cases }) => cases.some(({ outcome }) => outcome === 'failed'))
  if (failed > 0 && noise.length > 0) {
    console.log(`--- the end of what the tests printed on standard error ---`)
    console.log(noise.slice(-errorLinesShown).join('\n'))
  }
  const lines = [
    `count ${passed} ${failed} ${skipped}`,
    ...again.map(({ path }) => `again ${path}`),
    ...results.flatMap(forRoot),
  ]
  writeFileSync(tally, `${lines.join('\n')}\n`)
  return failed > 0 ? 1 : 0
}

function forRoot({ path, cases }: FileResult): string[] {
  const skips = cases.filter(
    ({ outcome, detail }) => outcome === 'skipped' && wantsRoot.test(detail.join(' ')),
  )
  return skips.length === 0 ? [] : [`root ${skips.length} ${path}`]
}
