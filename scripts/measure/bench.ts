// Measures the built programs in one run, side by side with the least that could do the job. Ratios hold on any
// machine; times are this machine's, now. usage: bench.ts [--json]
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { peerUid } from '../../packages/native/src/index.ts'
import { Tracer } from '../../packages/provenance/src/index.ts'
import { connect } from '../../packages/wire/src/index.ts'
import { Hoard } from '../../test/rig/hoard.ts'
import { Instance, programs } from '../../test/rig/instance.ts'
import { plainEnvironment, run } from '../../test/rig/process.ts'
import { auditCost } from './audit.ts'

const processPairs = 400
const newConnections = 8000
const statusRequests = 40_000
const loadProcesses = 4
const starts = 7
const cachedValues = 100_000
const cachedValueBytes = 100

const tools = resolve(import.meta.dirname, '../../build/bench')
/** What the echo server answers, too. */
const value = 'a value of twenty-4 bytes'
const policy = '[[rule]]\nsecrets = ["bench/**"]\nexposure = ["run", "read", "pipe"]\napproval = "never"\n'

interface Result {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What we want it to be: a number that it must not be over, or not be under. */
  readonly goal?: { readonly atMost: number } | { readonly atLeast: number }
}

/** The value below which a share of the sorted samples lies. */
function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

const median = (samples: readonly number[]): number => quantile(samples, 0.5)

/** Runs tools side by side, each in a command substitution of a shell, as scripts do. Returns what each printed. */
async function inShells(commands: readonly string[]): Promise<string[]> {
  const ran = commands.map((command) => run('/bin/bash', ['-c', `X="$(${command})" && echo "$X"`]))
  return (await Promise.all(ran)).map(({ code, stdout, stderr }) => {
    if (code !== 0) throw new Error(stderr)
    return stdout
  })
}

/** The floor: a server that answers anything with a few bytes, and how to end it. */
async function startEcho(socket: string): Promise<ChildProcess> {
  const echo = spawn(process.execPath, [join(import.meta.dirname, 'echo.ts'), socket], {
    env: plainEnvironment,
  })
  await new Promise((resolve) => echo.stdout.once('data', resolve))
  return echo
}

interface Pairs {
  readonly floor: readonly number[]
  readonly sget: readonly number[]
}

/** Whole processes, in alternation: the floor and `sget REF`. */
async function wholeProcesses(instance: Instance, echoSocket: string): Promise<Pairs> {
  const sget = `${join(programs, 'sget')} --home ${instance.home} bench/value`
  const times = join(instance.home, 'times')
  const alternate = (count: number): string =>
    `${tools}/spawn ${count} ${times} ${tools}/floor ${echoSocket} -- ${sget}`
  await inShells([alternate(20)])
  const [printed = ''] = await inShells([alternate(processPairs)])
  if (printed.trim().length !== 2 * processPairs * value.length) throw new Error('a value did not arrive')
  const pairs = readFileSync(times, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number))
  return {
    floor: pairs.map(([first]) => first ?? Number.NaN),
    sget: pairs.map(([, second]) => second ?? Number.NaN),
  }
}

const ratio = ({ floor, sget }: Pairs): number => median(sget) / median(floor)

/** What came of the pairs, and how much longer they took while both servers were fresh from their start. */
function pairResults(atStart: Pairs, warm: Pairs): Result[] {
  return [
    { name: 'floor_p50', value: median(warm.floor), unit: 'µs' },
    { name: 'floor_p99', value: quantile(warm.floor, 0.99), unit: 'µs' },
    { name: 'sget_p50', value: median(warm.sget), unit: 'µs' },
    { name: 'sget_p99', value: quantile(warm.sget, 0.99), unit: 'µs' },
    { name: 'sget_ratio_to_floor', value: ratio(warm), unit: '×', goal: { atMost: 1.5 } },
    { name: 'sget_ratio_to_floor_at_start', value: ratio(atStart), unit: '×' },
  ]
}

/** Processor time that a process has used, in µs (the first field of proc_pid_schedstat). */
function processorMicros(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1000
}

function memoryKib(pid: number, field: 'VmRSS' | 'VmLck'): number {
  return Number(
    new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1],
  )
}

/** Bounded load from several processes. Returns requests per second. */
async function load(socket: string, kind: string, requests: number): Promise<number> {
  const command = `${tools}/load ${socket} ${kind} ${Math.ceil(requests / loadProcesses)}`
  const rates = await inShells(Array.from({ length: loadProcesses }, () => command))
  return rates.map(Number).reduce((sum, rate) => sum + rate)
}

interface Spent {
  readonly micros: number
  readonly rate: number
}

/** Processor time of a server for each request, and requests per second, once it is warm. */
async function spentOn(pid: number, socket: string, kind: string): Promise<Spent> {
  await load(socket, kind, newConnections / 8)
  const before = processorMicros(pid)
  const rate = await load(socket, kind, newConnections)
  return { micros: (processorMicros(pid) - before) / newConnections, rate }
}

/** Of sgetd, and of the least that could answer, under the same load. */
async function throughput(socket: string, pid: number, echoSocket: string, echo: number): Promise<Result[]> {
  const ours = await spentOn(pid, socket, 'value')
  const least = await spentOn(echo, echoSocket, 'echo')
  const statuses = await load(socket, 'status', statusRequests)
  return [
    { name: 'echo_per_request', value: least.micros, unit: 'µs' },
    { name: 'daemon_per_value_request', value: ours.micros, unit: 'µs', goal: { atMost: 150 } },
    { name: 'echo_requests_on_new_connections', value: least.rate, unit: '/s' },
    { name: 'value_requests_on_new_connections', value: ours.rate, unit: '/s', goal: { atLeast: 5000 } },
    { name: 'valueless_requests_on_kept_connections', value: statuses, unit: '/s', goal: { atLeast: 8000 } },
  ]
}

/** Requests against both servers: while they are fresh, under load, and once they are warm. */
async function requests(instance: Instance, pid: number): Promise<Result[]> {
  const echoSocket = join(instance.home, 'echo')
  const echo = await startEcho(echoSocket)
  const atStart = await wholeProcesses(instance, echoSocket)
  const loaded = await throughput(join(instance.home, 'state/run/socket'), pid, echoSocket, echo.pid ?? 0)
  const warm = await wholeProcesses(instance, echoSocket)
  echo.kill()
  return [...pairResults(atStart, warm), ...loaded]
}

/** What it costs to know who asks, in this process, of a chain of eight. */
async function provenance(): Promise<Result[]> {
  const nest = (depth: number): string =>
    depth === 0 ? 'sleep 30; :' : `sh -c '${nest(depth - 1).replaceAll("'", `'\\''`)}'; :`
  const tracer = new Tracer()
  const fresh: number[] = []
  const warm: number[] = []
  for (let round = 0; round < 15; round++) {
    const shell = spawn('/bin/sh', ['-c', nest(4)], {
      env: plainEnvironment,
      stdio: 'ignore',
      detached: true,
    })
    const pid = await deepest(shell)
    const first = process.hrtime.bigint()
    tracer.trace(pid, [])
    fresh.push(Number(process.hrtime.bigint() - first) / 1000)
    for (let again = 0; again < 200; again++) {
      const start = process.hrtime.bigint()
      tracer.trace(pid, [])
      warm.push(Number(process.hrtime.bigint() - start) / 1000)
    }
    if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL')
  }
  return [
    { name: 'provenance_warm', value: median(warm), unit: 'µs', goal: { atMost: 60 } },
    { name: 'provenance_new_chain', value: median(fresh), unit: 'µs', goal: { atMost: 400 } },
  ]
}

/** What a record costs as the log grows, and how fast 100 MiB of it are checked. */
async function auditing(): Promise<Result[]> {
  const { appendSmall, appendLarge, verifyQuarter, verifyWhole } = await auditCost()
  return [
    { name: 'audit_append_small_log', value: appendSmall, unit: 'µs' },
    { name: 'audit_append_100_mib_log', value: appendLarge, unit: 'µs' },
    {
      name: 'audit_append_ratio_100_mib_to_small',
      value: appendLarge / appendSmall,
      unit: '×',
      goal: { atMost: 1.25 },
    },
    { name: 'audit_verify_25_mib', value: verifyQuarter, unit: 'MiB/s' },
    { name: 'audit_verify_100_mib', value: verifyWhole, unit: 'MiB/s', goal: { atLeast: 20 } },
  ]
}

/** The last of a chain of processes, once it runs its `sleep`. */
async function deepest(shell: ChildProcess): Promise<number> {
  for (;;) {
    let pid = shell.pid ?? 0
    for (let child = childOf(pid); child !== undefined; child = childOf(pid)) pid = child
    if (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'sleep') return pid
    await delay(2)
  }
}

function childOf(pid: number): number | undefined {
  const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
  return first === undefined || first === '' ? undefined : Number(first)
}

/** From the start of sgetd to its first answer. */
async function daemonStart(): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), 'sget-start-'))
  const start = performance.now()
  const daemon = spawn(join(programs, 'sgetd'), ['--home', home], { env: plainEnvironment, stdio: 'ignore' })
  const options = {
    path: join(home, 'state/run/socket'),
    role: 'plain',
    program: 'bench',
    uid: process.getuid?.() ?? 0,
    uidOf: peerUid,
  } as const
  for (;;) {
    const connection = await connect(options).catch(() => undefined)
    if (connection === undefined) {
      await delay(1)
      continue
    }
    await connection.request('status', {}, 'state')
    connection.close()
    break
  }
  const took = performance.now() - start
  daemon.kill()
  await new Promise((resolve) => daemon.once('exit', resolve))
  rmSync(home, { recursive: true })
  return took
}

/** From the start of sget-mcp to its answer to tools/list. */
async function serverStart(instance: Instance): Promise<number> {
  const say = (id: number, method: string, params: object): string =>
    `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`
  const client = {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'bench', version: '1' },
  }
  const start = performance.now()
  const server = spawn(join(programs, 'sget-mcp'), ['--home', instance.home], {
    env: plainEnvironment,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  server.stdin.write(say(1, 'initialize', client) + say(2, 'tools/list', {}))
  let heard = ''
  for await (const piece of server.stdout) {
    heard += String(piece)
    if (heard.includes('"id":2')) break
  }
  const took = performance.now() - start
  server.kill()
  return took
}

/** A process like sgetd whose sealed cache is full: its memory, and how long it takes to make all of it worthless. */
async function fullCache(): Promise<Result[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sget-cache-'))
  const file = join(folder, 'values')
  writeFileSync(file, randomBytes(cachedValues * cachedValueBytes))
  const hoard = await Hoard.start(file, cachedValues, cachedValueBytes)
  const ended = await hoard.endCache()
  await hoard.stop()
  rmSync(folder, { recursive: true })
  const { empty, full } = hoard
  const lockedKib = (full.lockedBytes - empty.lockedBytes) / 1024
  return [
    { name: 'cache_empty_rss', value: empty.rssBytes / 1024 ** 2, unit: 'MiB' },
    { name: 'cache_full_rss', value: full.rssBytes / 1024 ** 2, unit: 'MiB', goal: { atMost: 130 } },
    { name: 'cache_full_locked_more', value: lockedKib, unit: 'KiB', goal: { atMost: 0 } },
    { name: 'cache_full_sweep', value: full.sweepMs ?? Number.NaN, unit: 'ms' },
    { name: 'cache_full_end', value: ended.endMs ?? Number.NaN, unit: 'ms', goal: { atMost: 10 } },
  ]
}

async function repeated(measure: () => Promise<number>): Promise<number> {
  const samples: number[] = []
  for (let at = 0; at < starts; at++) samples.push(await measure())
  return median(samples)
}

async function measureAll(): Promise<Result[]> {
  const instance = await Instance.create(policy)
  try {
    await instance.put('bench/value', value)
    const { pid } = await instance.status()
    await delay(1000)
    const idle = memoryKib(pid, 'VmRSS') / 1024
    const results = [
      ...(await requests(instance, pid)),
      ...(await provenance()),
      ...(await auditing()),
      ...(await fullCache()),
      { name: 'sgetd_rss_idle', value: idle, unit: 'MiB', goal: { atMost: 70 } },
      { name: 'sgetd_rss_after_load', value: memoryKib(pid, 'VmRSS') / 1024, unit: 'MiB' },
      { name: 'sgetd_locked', value: memoryKib(pid, 'VmLck') / 1024, unit: 'MiB', goal: { atMost: 5 } },
      { name: 'sgetd_start_to_first_answer', value: await repeated(daemonStart), unit: 'ms' },
      {
        name: 'sget_mcp_start_to_tools_list',
        value: await repeated(() => serverStart(instance)),
        unit: 'ms',
        goal: { atMost: 200 },
      },
    ]
    return results
  } finally {
    instance.remove()
  }
}

function row({ name, value, unit, goal }: Result): string {
  const shown = `${name.padEnd(40)} ${value.toFixed(value < 100 ? 2 : 0).padStart(10)} ${unit.padEnd(4)}`
  if (goal === undefined) return shown.trimEnd()
  const isMet = 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast
  const words = 'atMost' in goal ? `at most ${goal.atMost}` : `at least ${goal.atLeast}`
  return `${shown} ${words}: ${isMet ? 'met' : 'missed'}`
}

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
const results = await measureAll()
if (values.json)
  console.log(
    JSON.stringify(
      Object.fromEntries(results.map(({ name, value }) => [name, Math.round(value * 100) / 100])),
    ),
  )
else console.log([`${availableParallelism()} cores`, ...results.map(row)].join('\n'))
process.exit()
