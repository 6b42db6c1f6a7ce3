// Drives a stand-in agent from a test. The agent is started by a shell that stays, so that each is a tree of its own.
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Instance } from './instance.ts'
import { asUser, plainEnvironment } from './process.ts'

/** What a command of the agent did. */
export interface Ran {
  readonly code: number | string | null
  readonly stdout: string
  readonly stderr: string
}

/** What get_secret_environment_variable returns, structured. */
export interface Given {
  readonly script: string
  readonly cleanup: string
  readonly run: string
  readonly handle: string
  readonly expiresAt: string
  readonly variables: readonly unknown[]
}

/** The result of a tool. */
export interface ToolResult {
  readonly isError?: boolean
  readonly structuredContent?: Record<string, unknown>
  readonly content: readonly { readonly type: string; readonly text: string }[]
}

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

/** A running stand-in agent with an MCP session. */
export class Agent {
  readonly #shell: ChildProcess
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #nextId = 1

  private constructor(shell: ChildProcess) {
    this.#shell = shell
  }

  /** An agent over the official client, of one era of the protocol. */
  static start(instance: Instance, era: 'legacy' | 'modern' | 'auto' = 'legacy'): Promise<Agent> {
    const program = join(import.meta.dirname, 'agent-program.ts')
    // Without what a test runner adds: it may run as a user who cannot write where that keeps its books.
    const node = ['/usr/bin/env', '-u', 'NODE_OPTIONS', process.execPath]
    return Agent.#start(instance, [...node, program, join(instance.programs, 'sget-mcp'), instance.home, era])
  }

  /** An agent that reads what its commands print through pipes; it only runs programs. */
  static startWithPipes(instance: Instance): Promise<Agent> {
    const program = join(import.meta.dirname, 'agent-program.py')
    return Agent.#start(instance, [
      '/usr/bin/python3',
      program,
      join(instance.programs, 'sget-mcp'),
      instance.home,
    ])
  }

  static async #start(instance: Instance, words: readonly string[]): Promise<Agent> {
    const line = words.map((word) => `'${word}'`).join(' ')
    const shell = spawn('/bin/bash', ['-c', `${line}; true`], {
      ...asUser(instance.uid),
      env: plainEnvironment,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const agent = new Agent(shell)
    const started = new Promise<Answer>((resolve) => agent.#waiting.set(0, resolve))
    createInterface({ input: shell.stdout }).on('line', (text) => agent.#settle(JSON.parse(text) as Answer))
    await started
    return agent
  }

  /** Calls a tool of sget-mcp, of the first session unless another is named. */
  async tool(name: string, args: Record<string, unknown> = {}, session = 0): Promise<ToolResult> {
    return (await this.#order({ tool: name, arguments: args, session })) as ToolResult
  }

  /** Asks for a secret and expects to be given it. */
  async get(args: Record<string, unknown>, session = 0): Promise<Given> {
    const result = await this.tool('get_secret_environment_variable', args, session)
    if (result.isError === true) throw new Error(result.content.map(({ text }) => text).join('\n'))
    return result.structuredContent as unknown as Given
  }

  /** Opens a second sget-mcp under the same agent; returns its number. */
  async openSession(): Promise<number> {
    return (await this.#order({ open: true })) as number
  }

  /** Runs a program as an agent does, its output read by the agent. */
  async run(...argv: readonly string[]): Promise<Ran> {
    return (await this.#order({ argv })) as Ran
  }

  /** Runs a script in a shell that the agent starts for it. */
  bash(script: string): Promise<Ran> {
    return this.run('/bin/bash', '-c', script)
  }

  /** Ends the agent and waits until its tree has gone. */
  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.#shell.once('close', resolve))
    this.#shell.stdin?.end()
    await gone
  }

  async #order(order: object): Promise<unknown> {
    const id = this.#nextId++
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.set(id, resolve)
      this.#shell.stdin?.write(`${JSON.stringify({ ...order, id })}\n`)
    })
    if (answer.error !== undefined) throw new Error(answer.error)
    return answer.result
  }

  #settle(answer: Answer): void {
    this.#waiting.get(answer.id)?.(answer)
    this.#waiting.delete(answer.id)
  }
}
