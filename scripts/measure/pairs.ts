// Whole processes, two commands in alternation: both meet the same noise, so their ratio holds on any machine.
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { programs, type Instance } from '../../test/rig/instance.ts'
import { plainEnvironment, run } from '../../test/rig/process.ts'
import { median } from './result.ts'

/** What the bench's C programs were compiled to. */
export const tools = resolve(import.meta.dirname, '../../build/bench')

/** What the echo server answers, too. */
export const value = 'a value of twenty-4 bytes'

const warmUp = 20

/** Runs tools side by side, each in a command substitution of a shell, as scripts do. Returns what each printed. */
export async function inShells(commands: readonly string[]): Promise<string[]> {
  const ran = commands.map((command) => run('/bin/bash', ['-c', `X="$(${command})" && echo "$X"`]))
  return (await Promise.all(ran)).map(({ code, stdout, stderr }) => {
    if (code !== 0) throw new Error(stderr)
    return stdout
  })
}

/** Starts a minimal server of this folder. Resolves when it listens. */
export async function startServer(script: string, socket: string): Promise<ChildProcess> {
  const server = spawn(process.execPath, [join(import.meta.dirname, script), socket], {
    env: plainEnvironment,
  })
  await new Promise((resolve) => server.stdout.once('data', resolve))
  return server
}

/** How long each took, µs. */
export interface Pairs {
  readonly first: readonly number[]
  readonly second: readonly number[]
}

/** The command that reads a secret of an instance. */
export const sgetOf = ({ home }: Instance, ref = 'bench/value'): string =>
  `${join(programs, 'sget')} --home ${home} ${ref}`

/** Runs two commands that both print the value, in turn. `times`: a file to note the times in. */
export async function alternate(first: string, second: string, count: number, times: string): Promise<Pairs> {
  const command = (pairs: number): string => `${tools}/spawn ${pairs} ${times} ${first} -- ${second}`
  await inShells([command(warmUp)])
  const [printed = ''] = await inShells([command(count)])
  if (printed.trim().length !== 2 * count * value.length) throw new Error('a value did not arrive')
  const lines = readFileSync(times, 'utf8').trim().split('\n')
  const pairs = lines.map((line) => line.split(' ').map(Number))
  return {
    first: pairs.map(([micros]) => micros ?? Number.NaN),
    second: pairs.map(([, micros]) => micros ?? Number.NaN),
  }
}

/** How many times as long the second took. */
export const ratio = ({ first, second }: Pairs): number => median(second) / median(first)
