// How fast and how small the mask is: streams through pipes, beside `cat` in its place, in turn.
import { randomBytes, randomInt } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../test/rig/process.ts'
import { tools } from './pairs.ts'
import { median, type Result } from './result.ts'

const values = 20
const valueBytes = { least: 24, most: 2000 }
const streamBytes = 128 * 1024 * 1024
const pairs = 7
const bytesPerMegabyte = 1_000_000

/** Of text and of noise, with as many values as a large run has, none of which comes. */
export async function masking(): Promise<Result[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sget-mask-'))
  try {
    writeFileSync(join(folder, 'values'), secrets().join('\n'))
    writeFileSync(join(folder, 'log_text'), logText())
    writeFileSync(join(folder, 'random_bytes'), randomBytes(streamBytes))
    return [...(await throughput(folder, 'log_text')), ...(await throughput(folder, 'random_bytes'))]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function throughput(folder: string, stream: string): Promise<Result[]> {
  const mask = `${tools}/mask ${folder}/values`
  const through = (program: string): string => `cat ${folder}/${stream} | ${program} | cat >/dev/null`
  const masked: Taken[] = []
  const plain: Taken[] = []
  for (let pair = 0; pair < pairs; pair++) {
    plain.push(await timed(through('cat')))
    masked.push(await timed(through(mask)))
  }
  const seconds = median(masked.map(({ seconds }) => seconds))
  const kibibytes = Math.max(...masked.map(({ said }) => Number(said)))
  return [
    {
      name: `mask_${stream}`,
      value: streamBytes / bytesPerMegabyte / seconds,
      unit: 'MB/s',
      goal: { atLeast: 300 },
    },
    {
      name: `mask_${stream}_ratio_to_cat`,
      value: seconds / median(plain.map(({ seconds }) => seconds)),
      unit: '×',
    },
    { name: `mask_${stream}_peak_rss`, value: kibibytes / 1024, unit: 'MiB', goal: { atMost: 8 } },
  ]
}

interface Taken {
  readonly seconds: number
  /** On standard error. */
  readonly said: string
}

async function timed(command: string): Promise<Taken> {
  const start = performance.now()
  const { code, stderr } = await run('/bin/bash', ['-c', `set -o pipefail; ${command}`])
  if (code !== 0) throw new Error(stderr)
  return { seconds: (performance.now() - start) / 1000, said: stderr }
}

/** From the shortest to the longest in even ratios, of characters that every encoder treats in its own way. */
function secrets(): string[] {
  const characters = Array.from({ length: 94 }, (_, at) => String.fromCharCode(0x21 + at))
  const character = (): string => characters[randomInt(characters.length)] ?? ''
  return Array.from({ length: values }, (_, at) => {
    const share = at / (values - 1)
    const length = Math.round(valueBytes.least * (valueBytes.most / valueBytes.least) ** share)
    return Array.from({ length }, character).join('')
  })
}

/** Lines such as services write: times, words, paths, JSON, identifiers in hexadecimal. */
function logText(): Buffer {
  const paths = ['/api/v1/users', '/index.html', '/static/app.js?v=3', '/login?next=%2Fhome&lang=en']
  const line = (at: number): string => {
    const time = new Date(1_790_000_000_000 + at * 37).toISOString()
    const id = randomBytes(16).toString('hex')
    const path = paths[randomInt(paths.length)] ?? ''
    return `${time} INFO [worker-${randomInt(16)}] {"path":"${path}","ms":${randomInt(9999) / 100},"id":"${id}"}\n`
  }
  const lines = Array.from({ length: 10_000 }, (_, at) => line(at)).join('')
  return Buffer.alloc(streamBytes, lines)
}
