// Load for a daemon that may die at any moment: readers, writers and an agent, each of whom knows what came of it.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Agent } from './agent.ts'
import { passphrase, type Instance } from './instance.ts'
import { end, plainEnvironment } from './process.ts'

/** Values that one import stores. */
export const imported = 4

/** What the load needs of the rules. */
export const loadRule =
  '[[rule]]\nsecrets = ["dev/**"]\nexposure = ["run", "read", "pipe"]\napproval = "never"\n'

const retryMs = 20

/** A handle that the agent was given: whether anybody tried to redeem it, and whether it gave the value. */
export interface Spent {
  readonly handle: string
  isTried: boolean
  had: boolean
}

/** Until `isOver`, everything of it goes on. */
export class Load {
  isOver = false
  readonly #instance: Instance
  readonly #round: number

  constructor(instance: Instance, round: number) {
    this.#instance = instance
    this.#round = round
  }

  /** Reads; tells of each process that did whether it ended well, which it does only once it has the value. */
  async read(onEnd: (pid: number, had: boolean) => void): Promise<void> {
    const { programs, home } = this.#instance
    const args = ['--home', home, 'run', '-e', 'X=dev/read', '--', '/bin/true']
    while (!this.isOver) {
      const child = spawn(join(programs, 'sget'), args, { env: plainEnvironment, stdio: 'ignore' })
      const { code } = await end(child)
      onEnd(child.pid ?? 0, code === 0)
      if (code !== 0) await delay(retryMs)
    }
  }

  /** Imports values, over the same names. Returns how many imports were acknowledged. */
  async write(): Promise<number> {
    const file = join(this.#instance.home, 'env')
    const into = ['--prefix', `dev/r${this.#round}`, '--replace', '--passphrase-fd', '3']
    for (let done = 0; ; done++) {
      if (this.isOver) return done
      const lines = Array.from({ length: imported }, (_, at) => `N${at}=round-${this.#round}-${done}-${at}\n`)
      writeFileSync(file, lines.join(''))
      const stored = await this.#instance.sget(['import', file, ...into], { passphrase })
      if (stored.code !== 0) return done
    }
  }

  async apply(): Promise<void> {
    const draft = join(this.#instance.home, 'config/policy.toml')
    for (let at = 0; !this.isOver; at++) {
      writeFileSync(draft, `${loadRule}# ${this.#round} ${at}\n`, { mode: 0o600 })
      await this.#instance.sgetctl(['policy', 'apply', '--passphrase-fd', '3'], { passphrase })
    }
  }

  /** Asks for handles and redeems two of three, the spent ones once more. Returns all that it was given. */
  async spend(agent: Agent): Promise<Spent[]> {
    const given: Spent[] = []
    while (!this.isOver) {
      const spent = await this.#take(agent)
      if (spent === undefined) await delay(retryMs)
      else if (given.push(spent) % 3 !== 0) await this.#redeem(agent, spent)
    }
    return given
  }

  async #take(agent: Agent): Promise<Spent | undefined> {
    const { isError, structuredContent } = await agent.tool('get_secret_environment_variable', {
      path: 'dev/read',
    })
    if (isError === true) return undefined
    return { handle: structuredContent?.['handle'] as string, isTried: false, had: false }
  }

  async #redeem(agent: Agent, spent: Spent): Promise<void> {
    spent.isTried = true
    const [first, again] = await redeemAll(this.#instance, agent, [spent.handle, spent.handle])
    spent.had = first === 0
    if (first === 0 && again === 0) throw new Error(`${spent.handle} was redeemed twice`)
  }
}

/** Redeems handles, one after the other in one shell of the agent. Returns how each sget ended. */
export async function redeemAll(
  instance: Instance,
  agent: Agent,
  handles: readonly string[],
): Promise<number[]> {
  const sget = `${join(instance.programs, 'sget')} --home ${instance.home}`
  const lines = handles.map((handle) => `X="$(${sget} --grant ${handle} dev/read 2>/dev/null)"; echo $?\n`)
  if (lines.length === 0) return []
  const { stdout } = await agent.bash(lines.join(''))
  return stdout.trimEnd().split('\n').map(Number)
}
