// Where the browser comes back to with the provider's answer: an address of this machine that lives for one login (RFC 8252,
// section 7.3). Every program of the machine can ask there; the answer is known by its `state`.
import { timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { landingBytesMax, landingConnectionsMax, landingMs } from './limits.ts'
import { arrivedPage, pageHeaders, refusedPage } from './page.ts'

/** The one path; what is registered with the provider is `http://127.0.0.1/callback`, where the port does not count. */
export const landingPath = '/callback'

const host = '127.0.0.1'

/** Parameters of which a second one would be somebody's trick. */
const single = ['state', 'code', 'error', 'iss'] as const

/** Listens for one answer. What is none is refused, and does not end the wait. */
export class Landing implements Disposable {
  readonly #server: Server
  readonly #authority: string
  readonly #state: Buffer
  readonly #answer = Promise.withResolvers<URLSearchParams>()
  #hasArrived = false

  private constructor(server: Server, state: string) {
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    this.#server = server
    this.#authority = `${host}:${port}`
    this.#state = Buffer.from(state)
    server.on('request', (request, response) => this.#meet(request, response))
  }

  /** On a port of the system's choice. */
  static async open(state: string): Promise<Landing> {
    const server = createServer({
      maxHeaderSize: landingBytesMax,
      headersTimeout: landingMs,
      requestTimeout: landingMs,
      connectionsCheckingInterval: landingMs,
      requireHostHeader: true,
    })
    server.maxConnections = landingConnectionsMax
    await once(server.listen(0, host), 'listening')
    return new Landing(server, state)
  }

  /** What the provider is to send the browser to. */
  get url(): string {
    return `http://${this.#authority}${landingPath}`
  }

  /** The parameters of the answer, once it is there. */
  get arrival(): Promise<URLSearchParams> {
    return this.#answer.promise
  }

  /** Nobody is taken for the answer any more; a page that is on its way goes out. */
  [Symbol.dispose](): void {
    // A browser opens connections ahead, which outlive the listening.
    this.#hasArrived = true
    this.#server.close()
  }

  #meet(request: IncomingMessage, response: ServerResponse): void {
    const url = URL.parse(request.url ?? '', `http://${this.#authority}`)
    const refusal = this.#refusal(request, url)
    response.writeHead(refusal ?? 200, { ...pageHeaders, ...(refusal === 405 ? { allow: 'GET' } : {}) })
    response.end(refusal === undefined ? arrivedPage : refusedPage)
    if (refusal !== undefined || url === null) return
    this.#hasArrived = true
    this.#answer.resolve(url.searchParams)
  }

  /** The status of a refusal; undefined for the answer that is waited for. */
  #refusal({ method, headersDistinct }: IncomingMessage, url: URL | null): number | undefined {
    // A page of another name that was made to mean this machine (DNS rebinding) comes with that name.
    if (headersDistinct['host']?.join() !== this.#authority || url?.host !== this.#authority) return 421
    if (method !== 'GET') return 405
    if (url.pathname !== landingPath) return 404
    const { searchParams } = url
    if (single.some((name) => searchParams.getAll(name).length > 1)) return 400
    if (searchParams.has('code') === searchParams.has('error')) return 400
    if (!this.#isOurs(searchParams.get('state'))) return 400
    return this.#hasArrived ? 410 : undefined
  }

  #isOurs(state: string | null): boolean {
    const given = Buffer.from(state ?? '')
    return given.length === this.#state.length && timingSafeEqual(given, this.#state)
  }
}
