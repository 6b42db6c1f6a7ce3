// Measures the built programs in one run, side by side with the least that could do the job. Ratios hold on any
// machine; times are this machine's, now. usage: bench.ts [--json]
import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Instance } from '../../test/rig/instance.ts'
import { auditing } from './audit.ts'
import { fullCache } from './cache.ts'
import { masking } from './mask.ts'
import { memoryMebibytes } from './memory.ts'
import { neighbours } from './neighbours.ts'
import { value } from './pairs.ts'
import { provenance } from './provenance.ts'
import { type Result } from './result.ts'
import { starts } from './starts.ts'
import { requests } from './traffic.ts'
import { vaults } from './vaults.ts'

const policy = '[[rule]]\nsecrets = ["bench/**"]\nexposure = ["run", "read", "pipe"]\napproval = "never"\n'
const settleMs = 1000

async function measureAll(): Promise<Result[]> {
  const instance = await Instance.create(policy)
  try {
    await instance.put('bench/value', value)
    const { pid } = await instance.status()
    await delay(settleMs)
    const idle = memoryMebibytes(pid, 'VmRSS')
    return [
      ...(await requests(instance, pid)),
      { name: 'sgetd_rss_idle', value: idle, unit: 'MiB', goal: { atMost: 70 } },
      { name: 'sgetd_rss_after_load', value: memoryMebibytes(pid, 'VmRSS'), unit: 'MiB' },
      { name: 'sgetd_locked', value: memoryMebibytes(pid, 'VmLck'), unit: 'MiB', goal: { atMost: 5 } },
      ...(await neighbours(instance, policy)),
      ...(await provenance()),
      ...(await auditing()),
      ...(await fullCache()),
      ...(await vaults()),
      ...(await masking()),
      ...(await starts(instance)),
    ]
  } finally {
    instance.remove()
  }
}

function row({ name, value, unit, goal }: Result): string {
  const shown = `${name.padEnd(44)} ${value.toFixed(value < 100 ? 2 : 0).padStart(10)} ${unit.padEnd(4)}`
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
