// What it costs to know who asks: of a process that stands below shells that are known, and that are not.
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { Tracer } from '../../packages/provenance/src/index.ts'
import { plainEnvironment } from '../../test/rig/process.ts'
import { median, type Result } from './result.ts'

/** What it costs to know who asks, in this process, of a chain of eight. */
export async function provenance(): Promise<Result[]> {
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
