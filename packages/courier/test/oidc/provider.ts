// Starts and ends providers, by pid.
import { spawn, type ChildProcess } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import type { ProviderOptions } from './provider-options.ts'

const program = join(import.meta.dirname, 'provider-program.ts')

type Behaviour = Omit<ProviderOptions, 'cookieKey' | 'signingKey'>

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** What its tokens are signed with. */
export const signingKey = { ...privateKey.export({ format: 'jwk' }), kid: 'first', alg: 'ES256', use: 'sig' }

/** A running provider. */
export class RunningProvider {
  readonly issuer: string
  readonly port: number
  readonly #behaviour: Behaviour
  #child: ChildProcess

  private constructor(child: ChildProcess, port: number, behaviour: Behaviour) {
    this.#child = child
    this.port = port
    this.#behaviour = behaviour
    this.issuer = behaviour.issuer ?? `http://127.0.0.1:${port}`
  }

  /** Where it listens, whatever it calls itself. */
  get address(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** It ends with the test. */
  static async start(t: Test, behaviour: Behaviour = {}): Promise<RunningProvider> {
    const { child, port } = await launch(behaviour)
    const provider = new RunningProvider(child, port, behaviour)
    t.teardown(() => provider.kill())
    return provider
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }

  /** Again at the same port, with the same keys. */
  async restart(): Promise<void> {
    await this.kill()
    const { child } = await launch({ ...this.#behaviour, port: this.port })
    this.#child = child
  }
}

async function launch(behaviour: Behaviour): Promise<{ child: ChildProcess; port: number }> {
  const options: ProviderOptions = { ...behaviour, cookieKey: 'of the tests', signingKey }
  const child = spawn(process.execPath, ['--no-warnings', program, JSON.stringify(options)], {
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { child, port: Number(line) }
}
