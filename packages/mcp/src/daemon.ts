// The line to sgetd: opened at once where sgetd is there, and again after it went away. No failure is remembered.
import { connect, Refusal, type Body, type Connection, type ConnectOptions } from '@sget/wire'
import type { PlainName, ReplyOf } from '@sget/wire'
import { Invited } from './invited.ts'
import { within } from './within.ts'

/** How to reach sgetd. */
export interface DaemonOptions extends Omit<ConnectOptions, 'role'> {
  /** How long sgetd may take to greet, and to answer what needs no human. */
  readonly answerMs: number
}

/** sgetd as one MCP server sees it: one connection at a time, which to sgetd is one session. */
export class Daemon {
  readonly #options: DaemonOptions
  #opening: Promise<Connection> | undefined

  /** By name and body. Who asks the same again waits with the first, so that however many ask, one is in flight. */
  readonly #invited = new Map<string, Invited>()

  constructor(options: DaemonOptions) {
    this.#options = options
  }

  /**
   * Makes a request that needs no human but to sign in.
   *
   * @throws Refusal also when sgetd cannot be reached, or is `too-slow` · Invited while the human has to sign in
   */
  async ask<N extends PlainName, R extends PlainName>(
    name: N,
    body: Body<N>,
    expected: R,
  ): Promise<ReplyOf<R>> {
    const invited = this.#invited.get(keyOf(name, body))
    if (invited !== undefined) throw invited
    return this.over((connection) =>
      within(this.#request(connection, name, body, expected), this.#options.answerMs),
    )
  }

  /**
   * Talks over the connection, and once more over a new one when the one at hand turns out to be dead.
   *
   * @param mayRepeat whether that is still wanted
   */
  async over<T>(talk: (connection: Connection) => Promise<T>, mayRepeat = (): boolean => true): Promise<T> {
    const kept = this.#opening
    const connection = await this.#connection()
    try {
      return await talk(connection)
    } catch (error) {
      if (kept === undefined || !isLost(error) || !mayRepeat()) throw error
      if (this.#opening === kept) this.#opening = undefined
      return talk(await this.#connection())
    }
  }

  /**
   * Keeps a connection from the start and whenever sgetd is there, so that it knows the agent as one, and all that
   * the agent starts, before a tool is called. A daemon that is away is no failure here.
   */
  attend(everyMs: number): void {
    const attempt = (): void => {
      this.#connection().catch(() => undefined)
    }
    attempt()
    setInterval(attempt, everyMs).unref()
  }

  #request<N extends PlainName, R extends PlainName>(
    connection: Connection,
    name: N,
    body: Body<N>,
    expected: R,
  ): Promise<ReplyOf<R>> {
    const { promise: invited, reject } = Promise.withResolvers<never>()
    const onInvitation = (invitation: Body<'invitation'>): void => {
      const over = reply.then(() => undefined)
      reject(this.#keep(keyOf(name, body), new Invited(invitation, over)))
    }
    const reply = connection.request(name, body, expected, { onInvitation })
    return unless(invited, reply)
  }

  #keep(key: string, invited: Invited): Invited {
    const forget = (): unknown => this.#invited.delete(key)
    this.#invited.set(key, invited)
    invited.over.then(forget, forget)
    return invited
  }

  /** A daemon that is slow to greet keeps the one connection that waits for it: calls do not pile up more. */
  #connection(): Promise<Connection> {
    this.#opening ??= this.#open()
    return within(this.#opening, this.#options.answerMs)
  }

  #open(): Promise<Connection> {
    const opening = connect({ ...this.#options, role: 'mcp' })
    const forget = (): void => {
      if (this.#opening === opening) this.#opening = undefined
    }
    opening.then((connection) => connection.closed.then(forget), forget)
    return opening
  }
}

/** The promise, unless waiting for it has ended before. */
async function unless<T>(ended: Promise<never>, promise: Promise<T>): Promise<T> {
  return Promise.race([promise, ended])
}

function keyOf(name: PlainName, body: object): string {
  return JSON.stringify([name, body])
}

function isLost(error: unknown): boolean {
  return error instanceof Refusal && error.failure === 'connection-lost'
}
