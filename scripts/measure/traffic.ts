// What requests cost: sgetd beside the least that could answer, while they are fresh, under load, and once they are warm.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Instance } from '../../test/rig/instance.ts'
import { alternate, inShells, ratio, sgetOf, startServer, tools, type Pairs } from './pairs.ts'
import { median, quantile, type Result } from './result.ts'

const processPairs = 400
const newConnections = 8000
const statusRequests = 40_000
const loadProcesses = 4

/** `pid`: that of the instance's sgetd. */
export async function requests(instance: Instance, pid: number): Promise<Result[]> {
  const echoSocket = join(instance.home, 'echo')
  const echo = await startServer('echo.ts', echoSocket)
  const cannedSocket = join(instance.home, 'canned')
  const canned = await startServer('canned.ts', cannedSocket)
  const floor = `${tools}/floor ${echoSocket}`
  const wholeProcesses = (): Promise<Pairs> =>
    alternate(floor, sgetOf(instance), processPairs, join(instance.home, 'times'))
  const atStart = await wholeProcesses()
  const loaded = await throughput([
    { socket: join(instance.home, 'state/run/socket'), pid, kind: 'value' },
    { socket: cannedSocket, pid: canned.pid ?? 0, kind: 'value' },
    { socket: echoSocket, pid: echo.pid ?? 0, kind: 'echo' },
  ])
  const warm = await wholeProcesses()
  echo.kill()
  canned.kill()
  return [...pairResults(atStart, warm), ...loaded]
}

/** What came of the pairs, and how much longer they took while both servers were fresh from their start. */
function pairResults(atStart: Pairs, warm: Pairs): Result[] {
  return [
    { name: 'floor_p50', value: median(warm.first), unit: 'µs' },
    { name: 'floor_p99', value: quantile(warm.first, 0.99), unit: 'µs' },
    { name: 'sget_p50', value: median(warm.second), unit: 'µs' },
    { name: 'sget_p99', value: quantile(warm.second, 0.99), unit: 'µs' },
    { name: 'sget_ratio_to_floor', value: ratio(warm), unit: '×', goal: { atMost: 1.5 } },
    { name: 'sget_ratio_to_floor_at_start', value: ratio(atStart), unit: '×' },
  ]
}

/** A server, and what it is asked. */
interface Server {
  readonly socket: string
  readonly pid: number
  readonly kind: 'value' | 'echo'
}

interface Spent {
  readonly micros: number
  readonly rate: number
}

/** sgetd, one that gives the same answers with nothing behind them, and one that answers anything at once. */
async function throughput([ours, canned, echo]: readonly [Server, Server, Server]): Promise<Result[]> {
  const spent = await spentOn(ours)
  const least = await spentOn(canned)
  const echoed = await spentOn(echo)
  const statuses = await load(ours.socket, 'status', statusRequests)
  return [
    { name: 'echo_per_request', value: echoed.micros, unit: 'µs' },
    { name: 'canned_per_value_request', value: least.micros, unit: 'µs' },
    { name: 'daemon_per_value_request', value: spent.micros, unit: 'µs', goal: { atMost: 150 } },
    { name: 'echo_requests_on_new_connections', value: echoed.rate, unit: '/s' },
    { name: 'canned_value_requests_on_new_connections', value: least.rate, unit: '/s' },
    { name: 'value_requests_on_new_connections', value: spent.rate, unit: '/s', goal: { atLeast: 5000 } },
    { name: 'valueless_requests_on_kept_connections', value: statuses, unit: '/s', goal: { atLeast: 8000 } },
  ]
}

/** Processor time of a server for each request, and requests per second, once it is warm. */
async function spentOn({ socket, pid, kind }: Server): Promise<Spent> {
  await load(socket, kind, newConnections / 8)
  const before = processorMicros(pid)
  const rate = await load(socket, kind, newConnections)
  return { micros: (processorMicros(pid) - before) / newConnections, rate }
}

/** Bounded load from several processes. Returns requests per second. */
async function load(socket: string, kind: string, count: number): Promise<number> {
  const command = `${tools}/load ${socket} ${kind} ${Math.ceil(count / loadProcesses)}`
  const rates = await inShells(Array.from({ length: loadProcesses }, () => command))
  return rates.map(Number).reduce((sum, rate) => sum + rate)
}

/** Processor time that a process has used, in µs (the first field of proc_pid_schedstat). */
function processorMicros(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1000
}
