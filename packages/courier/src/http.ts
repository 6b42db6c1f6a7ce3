// HTTP to one party: every limit that a call has, and a body that is wiped.
import {
  request as requestPlain,
  Agent as PlainAgent,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http'
import { Agent, request as requestTls } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import { checkedUrl } from './address.ts'
import { Body } from './body.ts'
import { NetworkFailure } from './failure.ts'
import { callMs, connectMs, keptConnectionsMax, redirectsMax } from './limits.ts'
import { networkFailure } from './network.ts'
import { nextTryMs } from './retry.ts'

/** How the network is reached, as the config in force says; nothing of it comes from the environment. */
export interface Reach {
  /** Certificates to trust instead of the system's, PEM. */
  readonly ca?: string
  /** The address of an HTTP proxy. */
  readonly proxy?: string
  /** Plain HTTP to this machine itself is allowed. */
  readonly loopbackHttp?: boolean
}

/** How long a call may take; a test has less time than the world. */
export interface Patience {
  readonly connectMs: number
  readonly callMs: number
}

/** One call. Names of headers in small letters. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'LIST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** JSON or a form; wiped by whoever made it. */
  readonly body?: Buffer
  /** No redirect is followed, not even within the same origin. */
  readonly isDirect?: boolean
  /** Ends the call before its time. */
  readonly signal?: AbortSignal
}

/** The answer to a call. Its body is wiped when it is disposed of. */
export interface Answer extends Disposable {
  readonly status: number
  readonly type: string
  readonly body: Buffer
  /** A header of the answer by its name in small letters. */
  header(name: string): string | undefined
}

/** Makes calls over connections that are kept for the next one. */
export class Http {
  readonly #reach: Reach
  readonly #patience: Patience
  readonly #tls: Agent
  readonly #plain = new PlainAgent({ keepAlive: true, maxFreeSockets: keptConnectionsMax })

  constructor(reach: Reach, patience: Patience = { connectMs, callMs }) {
    this.#reach = reach
    this.#patience = patience
    const { ca, proxy } = reach
    this.#tls = new Agent({
      keepAlive: true,
      maxFreeSockets: keptConnectionsMax,
      minVersion: 'TLSv1.2',
      ...(ca === undefined ? {} : { ca }),
      ...(proxy === undefined ? {} : { proxyEnv: { HTTPS_PROXY: proxy } }),
    })
  }

  /** @throws NetworkFailure */
  async call(call: Call): Promise<Answer> {
    const deadline = AbortSignal.any([
      AbortSignal.timeout(this.#patience.callMs),
      ...(call.signal === undefined ? [] : [call.signal]),
    ])
    for (let tries = 1; ; tries++) {
      const response = await this.#follow(call, deadline)
      const { status, type, retryAfter, header } = response
      const waitMs = nextTryMs({ method: call.method, status, retryAfter }, tries, Math.random(), Date.now())
      if (waitMs === undefined)
        return { status, type, header, body: response.body.bytes, [Symbol.dispose]: response.end }
      response.end()
      await delay(waitMs, undefined, { signal: deadline }).catch((error: unknown) => {
        throw networkFailure(error, deadline, new URL(call.url).origin)
      })
    }
  }

  /** An address that others are to open, held to what holds for ours. @throws NetworkFailure `insecure` */
  checked(url: string): URL {
    return checkedUrl(url, this.#reach.loopbackHttp === true)
  }

  /** Ends the connections that were kept. */
  close(): void {
    this.#tls.destroy()
    this.#plain.destroy()
  }

  /** Only what asks is sent elsewhere, and only within the same origin: a header with a token goes nowhere else. */
  async #follow(call: Call, deadline: AbortSignal): Promise<Response> {
    let url = checkedUrl(call.url, this.#reach.loopbackHttp === true)
    for (let redirects = 0; ; redirects++) {
      const response = await this.#once(url, call, deadline)
      if (response.location === undefined) return response
      response.end()
      const next = URL.parse(response.location, url.href)
      const isFollowed = call.method === 'GET' && call.isDirect !== true && redirects < redirectsMax
      if (next?.origin !== url.origin || !isFollowed)
        throw new NetworkFailure('redirected', `${url.origin} sends us elsewhere`)
      url = next
    }
  }

  async #once(url: URL, call: Call, deadline: AbortSignal): Promise<Response> {
    const isPlain = url.protocol === 'http:'
    const options = {
      method: call.method,
      headers: { accept: 'application/json', ...call.headers },
      agent: isPlain ? this.#plain : this.#tls,
      signal: deadline,
    }
    const request = isPlain ? requestPlain(url, options) : requestTls(url, options)
    try {
      limitConnecting(request, url.origin, this.#patience.connectMs)
      return await responseTo(request, call.body, url.origin)
    } catch (error) {
      request.destroy()
      throw networkFailure(error, deadline, url.origin)
    }
  }
}

interface Response {
  readonly status: number
  readonly type: string
  readonly retryAfter: string | undefined
  /** Where a redirect points. */
  readonly location: string | undefined
  readonly header: (name: string) => string | undefined
  readonly body: Body
  readonly end: () => void
}

/** A connection that is there already is not waited for. */
function limitConnecting(request: ClientRequest, origin: string, waitMs: number): void {
  const timer = setTimeout(
    () => request.destroy(new NetworkFailure('unreachable', `${origin} does not take a connection`)),
    waitMs,
  )
  const connected = (): void => clearTimeout(timer)
  request.once('close', connected)
  request.once('socket', (socket) => {
    if (!socket.connecting) connected()
    else
      socket.once('secureConnect', connected).once('connect', () => origin.startsWith('http:') && connected())
  })
}

function responseTo(request: ClientRequest, body: Buffer | undefined, origin: string): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>()
  request.once('error', reject)
  request.once('response', (message) => void gathered(message, origin).then(resolve, reject))
  request.end(body)
  return promise
}

async function gathered(message: IncomingMessage, origin: string): Promise<Response> {
  const body = new Body()
  const { headers, statusCode: status = 0 } = message
  try {
    if (headers['content-encoding'] !== undefined)
      throw new NetworkFailure('unreadable', `${origin} compressed its answer, which nobody asked for`)
    for await (const piece of message)
      if (!body.add(piece as Buffer))
        throw new NetworkFailure('too-large', `${origin} answers more than 4 MiB`)
  } catch (error) {
    body[Symbol.dispose]()
    throw error
  }
  return {
    status,
    type: headers['content-type'] ?? '',
    retryAfter: headers['retry-after'],
    location: status >= 300 && status < 400 ? headers.location : undefined,
    header: (name) => headers[name]?.toString(),
    body,
    end: () => body[Symbol.dispose](),
  }
}
