// What stands in front of a provider and alters what it answers: a hostile or broken provider, made of a real one.
import { once } from 'node:events'
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { Test } from 'tap'
import type { Certificate } from '../certificates.ts'

/** An answer, as it goes out. */
export interface Altered {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | string
}

/** Makes another answer of one; undefined: there is none, the connection stays open. */
export type Alter = (answer: Altered & { readonly body: Buffer }) => Altered | undefined

/** At an address of its own, which the provider behind it takes for its own. */
export class Front {
  readonly issuer: string
  readonly #alterations = new Map<string, Alter>()
  /** Paths in the order in which they were asked for. */
  readonly asked: string[] = []
  /** Where the provider listens. */
  port = 0

  private constructor(issuer: string) {
    this.issuer = issuer
  }

  static async open(t: Test, certificate?: Certificate): Promise<Front> {
    const meet = (request: IncomingMessage, response: ServerResponse): void =>
      void front.#meet(request, response).catch(() => response.destroy())
    const server = certificate ? createTlsServer({ ...certificate }, meet) : createServer(meet)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    t.teardown(() => {
      server.closeAllConnections()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    const front = new Front(`${certificate ? 'https' : 'http'}://127.0.0.1:${port}`)
    return front
  }

  /** For as long as this test runs. */
  alter(t: Test, path: string, alter: Alter): void {
    this.#alterations.set(path, alter)
    t.teardown(() => this.#alterations.delete(path))
  }

  async #meet(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '' } = request
    const path = url.split('?')[0] ?? ''
    this.asked.push(path)
    const onward = forward({
      port: this.port,
      method,
      path: url,
      headers: { ...request.headers, ...this.#scheme() },
    })
    request.pipe(onward)
    const [answer] = (await once(onward, 'response')) as [IncomingMessage]
    const headers = Object.fromEntries(
      Object.entries(answer.headers).filter(
        ([name]) => name !== 'content-length' && name !== 'transfer-encoding',
      ),
    ) as Record<string, string>
    const whole = { status: answer.statusCode ?? 0, headers, body: await buffer(answer) }
    const altered = (this.#alterations.get(path) ?? same)(whole)
    if (altered !== undefined) response.writeHead(altered.status, altered.headers).end(altered.body)
  }

  #scheme(): Record<string, string> {
    return { 'x-forwarded-proto': this.issuer.split(':')[0] ?? '' }
  }
}

const same: Alter = (answer) => answer

/** An alteration of what an answer says in JSON. */
export function json(change: (body: Record<string, unknown>) => Record<string, unknown>): Alter {
  return (answer) => ({
    ...answer,
    body: JSON.stringify(change(JSON.parse(answer.body.toString()) as Record<string, unknown>)),
  })
}

/** An answer instead of the provider's. */
export function instead(status: number, type: string, body: Buffer | string): Alter {
  return () => ({ status, headers: { 'content-type': type }, body })
}

/** An alteration that takes names out of what an answer says in JSON. */
export function without(...names: readonly string[]): Alter {
  return json((body) => Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name))))
}
