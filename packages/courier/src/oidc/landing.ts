// Where the browser comes back to with the provider's answer: an address of this machine that lives for one login (RFC 8252,
// section 7.3). Every program of the machine can ask there; the answer is known by its `state`.
import { timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { SsoFailure } from './failure.ts'
import { landingBytesMax, landingConnectionsMax, landingMs } from './limits.ts'
import { arrivedPage, pageHeaders, refusedPage } from './page.ts'

/** An address of this machine, as whoever sends the browser back knows it. */
export interface LandingPlace {
  /** As the browser writes it: one of another name is not meant. */
  readonly host: string
  /** What that name may stand for. All are listened at, so that nobody else is taken for us. */
  readonly addresses: readonly string[]
  /** 0: one of the system's choice. */
  readonly port: number
  readonly path: string
}

/** What is registered with the provider is `http://127.0.0.1/callback`, where the port does not count. */
export const usualPlace: LandingPlace = {
  host: '127.0.0.1',
  addresses: ['127.0.0.1'],
  port: 0,
  path: '/callback',
}

/** Parameters of which a second one would be somebody's trick. */
const single = ['state', 'code', 'error', 'iss'] as const

/** Listens for one answer. What is none is refused, and does not end the wait. */
export class Landing implements Disposable {
  readonly #servers: readonly Server[]
  readonly #path: string
  readonly #authority: string
  readonly #state: Buffer
  readonly #answer = Promise.withResolvers<URLSearchParams>()
  #hasArrived = false

  private constructor(servers: readonly Server[], { host, path }: LandingPlace, state: string) {
    const address = servers[0]?.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    this.#servers = servers
    this.#path = path
    this.#authority = `${host}:${port}`
    this.#state = Buffer.from(state)
    for (const server of servers) server.on('request', (request, response) => this.#meet(request, response))
  }

  /** @throws SsoFailure `taken` where somebody else listens there */
  static async open(state: string, place: LandingPlace = usualPlace): Promise<Landing> {
    using open = new DisposableStack()
    const servers: Server[] = []
    for (const address of place.addresses) {
      const server = await listening(address, place.port)
      if (server === undefined) continue
      open.defer(() => server.close())
      servers.push(server)
    }
    if (servers.length === 0) throw new SsoFailure('taken')
    open.move()
    return new Landing(servers, place, state)
  }

  /** What the provider is to send the browser to. */
  get url(): string {
    return `http://${this.#authority}${this.#path}`
  }

  /** The parameters of the answer, once it is there. */
  get arrival(): Promise<URLSearchParams> {
    return this.#answer.promise
  }

  /** Nobody is taken for the answer any more; a page that is on its way goes out. */
  [Symbol.dispose](): void {
    // A browser opens connections ahead, which outlive the listening.
    this.#hasArrived = true
    for (const server of this.#servers) server.close()
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
    if (url.pathname !== this.#path) return 404
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

/** What a system without IPv6 says of such an address; there nobody else can have it either. */
const absent: ReadonlySet<unknown> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT'])

async function listening(address: string, port: number): Promise<Server | undefined> {
  const server = createServer({
    maxHeaderSize: landingBytesMax,
    headersTimeout: landingMs,
    requestTimeout: landingMs,
    connectionsCheckingInterval: landingMs,
    requireHostHeader: true,
  })
  server.maxConnections = landingConnectionsMax
  try {
    await once(server.listen(port, address), 'listening')
    return server
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    if (absent.has(error.code)) return undefined
    if (error.code === 'EADDRINUSE') throw new SsoFailure('taken')
    throw error
  }
}
