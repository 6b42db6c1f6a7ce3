// What a read from a vault on the network costs, over TLS on this machine, and what cached reads feel of a vault that hangs.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { certificateFor, type Certificate } from '../../packages/courier/test/certificates.ts'
import { Hold } from '../../test/fakes/meddling.ts'
import { OpenBao } from '../../test/fakes/openbao.ts'
import { Instance, programs } from '../../test/rig/instance.ts'
import { configure, courierOf, letIn, mountTable, networkTable } from '../../test/rig/mounting.ts'
import { run } from '../../test/rig/process.ts'
import { alternate, inShells, ratio, sgetOf, value } from './pairs.ts'
import { median, type Result } from './result.ts'

const policy = '[[rule]]\nsecrets = ["corp/**"]\nexposure = ["run", "read", "pipe"]\napproval = "never"\n'
const warmReads = 100
const coldStarts = 7
const hangingReads = 50
const pairs = 400
const cached = 'corp/secret/cached'

/** Reads of one instance, beside another one that nobody troubles. */
export async function vaults(): Promise<Result[]> {
  const certificate = certificateFor()
  const bao = await OpenBao.start(certificate)
  const [quiet, troubled] = [await mounted(bao, certificate), await mounted(bao, certificate)]
  try {
    return [...(await coldReads(troubled, bao)), ...(await besideHanging(quiet, troubled, bao))]
  } finally {
    quiet.remove()
    troubled.remove()
    await bao.stop()
  }
}

async function mounted(bao: OpenBao, certificate: Certificate): Promise<Instance> {
  const instance = await Instance.create(policy)
  await letIn(instance, bao, 'a secret id')
  await configure(instance, mountTable(bao, 'corp') + networkTable(certificate))
  bao.kv.set('cached', { password: value })
  await inShells([sgetOf(instance, cached)])
  return instance
}

/** From the start of sget to its end, in a shell; the same loop around a cached read tells what the shell adds. */
async function coldReads(instance: Instance, bao: OpenBao): Promise<Result[]> {
  const names = Array.from({ length: warmReads + coldStarts }, (_, at) => `cold-${at}`)
  for (const name of names) bao.kv.set(name, { password: value })
  const { pid } = await instance.status()
  const commands = names.slice(0, warmReads).map((name) => sgetOf(instance, `corp/secret/${name}`))
  const warm = await timed(commands.flatMap((command) => [sgetOf(instance, cached), command]))
  const cold: number[] = []
  for (const name of names.slice(warmReads)) {
    await endCourier(pid)
    cold.push(...(await timed([sgetOf(instance, `corp/secret/${name}`)])))
  }
  const [kept, fetched] = [0, 1].map((odd) => median(warm.filter((_, at) => at % 2 === odd)))
  return [
    { name: 'vault_cached_read', value: (kept ?? Number.NaN) / 1000, unit: 'ms' },
    { name: 'vault_cold_read_courier_warm', value: (fetched ?? Number.NaN) / 1000, unit: 'ms' },
    { name: 'vault_cold_read_courier_cold', value: median(cold) / 1000, unit: 'ms' },
  ]
}

/** How long each command took, one after the other in one shell, µs. */
async function timed(commands: readonly string[]): Promise<number[]> {
  const lines = commands.map(
    (command) =>
      `S=$EPOCHREALTIME; X="$(${command})" || exit 1; E=$EPOCHREALTIME; echo $(( \${E/./} - \${S/./} ))`,
  )
  const { code, stdout, stderr } = await run('/bin/bash', ['-c', lines.join('\n')])
  if (code !== 0) throw new Error(stderr)
  return stdout.trim().split('\n').map(Number)
}

/** Without a courier the next read starts one, as the first after a minute does. */
async function endCourier(daemon: number): Promise<void> {
  const courier = courierOf(daemon)
  if (courier === undefined) return
  process.kill(courier, 'SIGKILL')
  // Until sgetd has looked after it: before that it would be sent a job that nobody does.
  while (existsSync(`/proc/${courier}`)) await delay(5)
}

/** Cached reads of both, in alternation: before, while and after cold reads of one of them hang at the vault. */
async function besideHanging(quiet: Instance, troubled: Instance, bao: OpenBao): Promise<Result[]> {
  const sideBySide = async (): Promise<number> =>
    ratio(await alternate(sgetOf(quiet, cached), sgetOf(troubled, cached), pairs, join(quiet.home, 'times')))
  // Of two that are fresh from their start the one that was asked more would be ahead.
  await sideBySide()
  const before = await sideBySide()
  const hold = new Hold('secret/data/hanging-')
  for (let at = 0; at < hangingReads; at++) bao.kv.set(`hanging-${at}`, { password: value })
  bao.meddle = hold.meddle
  const sget = `${join(programs, 'sget')} --home ${troubled.home}`
  const reads = Array.from(
    { length: hangingReads },
    (_, at) => `${sget} run -e V=corp/secret/hanging-${at} -- true &`,
  )
  const over = run('/bin/bash', ['-c', `${reads.join('\n')}\nwait`])
  await hold.has(hangingReads)
  const beside = await sideBySide()
  hold.letGo()
  await over
  const alone = (before + (await sideBySide())) / 2
  return [
    { name: 'cached_ratio_beside_hanging_reads', value: beside / alone, unit: '×', goal: { atMost: 1.1 } },
  ]
}
