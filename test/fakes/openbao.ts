// A vault as OpenBao and HashiCorp Vault are seen from outside, over real TLS, written from their HTTP contract.
// What is time-limited really ends, what serves once serves once, and every refusal has the shape that they give it.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { refuse, type Answer, type Asked, type Engine } from './openbao-answers.ts'
import { Database } from './openbao-database.ts'
import { KeyValue } from './openbao-kv.ts'
import { Oidc } from './openbao-oidc.ts'
import { Tokens } from './openbao-tokens.ts'

/** How the server is to behave; a test sets it. */
export interface Mood {
  sealed: boolean
  standby: boolean
  /** Requests that are still let through, if there is a limit. */
  quota: number | undefined
  /** A namespace that must be named. */
  namespace: string | undefined
}

interface Wrapped {
  readonly answer: Answer
  readonly path: string
  readonly endsMs: number
}

/**
 * Sees each request first, and answers it as a broken server does, or somebody in between. False leaves it to the server; it
 * may take its time to say so.
 */
export type Meddle = (path: string, response: ServerResponse) => boolean | Promise<boolean>

/** A running one. */
export class OpenBao {
  readonly origin: string
  readonly tokens: Tokens
  readonly kv = new KeyValue()
  readonly database: Database
  readonly oidc: Oidc
  readonly mood: Mood = { sealed: false, standby: false, quota: undefined, namespace: undefined }
  /** What was asked, newest last: METHOD PATH. */
  readonly heard: string[] = []
  meddle: Meddle | undefined
  readonly #server: Server
  readonly #engines: ReadonlyMap<string, Engine>
  readonly #wrapped = new Map<string, Wrapped>()

  private constructor(server: Server) {
    this.#server = server
    this.origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    this.tokens = new Tokens()
    this.database = new Database(this.tokens)
    this.oidc = new Oidc(this.origin, this.tokens)
    this.#engines = new Map<string, Engine>([
      ['secret/', this.kv],
      ['old/', this.kv.asVersion1()],
      ['database/', this.database],
    ])
    server.on(
      'request',
      (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response),
    )
  }

  static async start(certificate: { cert: string; key: string }): Promise<OpenBao> {
    const server = createServer({ ...certificate })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return new OpenBao(server)
  }

  /** From now on it proves itself by another certificate. */
  present(certificate: { cert: string; key: string }): void {
    this.#server.setSecureContext(certificate)
    this.#server.closeAllConnections()
  }

  /** Somebody else opens all that is wrapped. */
  unwrapAll(): void {
    this.#wrapped.clear()
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    this.database.end()
    await closed
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.origin)
    const isList = searchParams.get('list') === 'true'
    const method = isList ? 'LIST' : (request.method ?? '')
    const path = decodeURIComponent(pathname.replace(/^\/v1\//, ''))
    this.heard.push(`${method} ${path}`)
    const body = await json(request).catch(() => ({}))
    if ((await this.meddle?.(path, response)) === true) return
    const answer = this.#answer(request, { method, path, query: searchParams, body: body as Asked['body'] })
    const { status, body: told, location } = this.#wrap(request, path, answer)
    response.writeHead(status, {
      'content-type': 'application/json',
      ...(location === undefined ? {} : { location }),
    })
    response.end(told === undefined ? undefined : JSON.stringify(told))
  }

  #answer(request: IncomingMessage, asked: Omit<Asked, 'token'>): Answer {
    const { mood } = this
    if (mood.sealed) return refuse(503, 'Vault is sealed')
    if (mood.standby) return { status: 429 }
    if (mood.quota !== undefined && mood.quota-- <= 0)
      return refuse(429, 'request path: rate limit quota exceeded')
    if (mood.namespace !== undefined && request.headers['x-vault-namespace'] !== mood.namespace)
      return refuse(404, 'no handler for route')
    if (asked.path === 'sys/health')
      return { status: 200, body: { initialized: true, sealed: false, standby: false } }
    if (asked.path === 'sys/wrapping/unwrap') return this.#unwrap(header(request, 'x-vault-token'))
    const login = this.tokens.login(asked) ?? this.oidc.answer(asked)
    if (login !== undefined) return login
    const token = this.tokens.alive(header(request, 'x-vault-token'))
    if (token === undefined) return refuse(403, 'permission denied')
    return this.#permitted({ ...asked, token })
  }

  #permitted(asked: Asked): Answer {
    const { path, token } = asked
    if (path === 'sys/health')
      return { status: 200, body: { initialized: true, sealed: false, standby: false } }
    if (path === 'sys/internal/ui/mounts') return this.#mounts()
    if (path.startsWith('sys/internal/ui/mounts/'))
      return this.#mount(path.slice('sys/internal/ui/mounts/'.length))
    const own = this.tokens.answer(asked) ?? this.database.leases(asked)
    if (own !== undefined) return own
    for (const [mount, engine] of this.#engines) {
      if (!path.startsWith(mount)) continue
      if (token.denied.some((prefix) => path.startsWith(prefix)))
        return refuse(403, '1 error occurred:\n\t* permission denied\n\n')
      return engine.answer({ ...asked, path: path.slice(mount.length) }) ?? refuse(404)
    }
    return refuse(404, `no handler for route "${path}". route entry not found.`)
  }

  #mounts(): Answer {
    const secret = Object.fromEntries(
      [...this.#engines].map(([mount, { type, options }]) => [mount, { type, options }]),
    )
    return { status: 200, body: { data: { auth: {}, secret } } }
  }

  #mount(path: string): Answer {
    const found = [...this.#engines].find(([mount]) => `${path}/`.startsWith(mount))
    if (found === undefined)
      return refuse(
        403,
        "preflight capability check returned 403, please ensure client's policies grant access to path",
      )
    const [mount, { type, options }] = found
    return { status: 200, body: { data: { path: mount, type, options } } }
  }

  /** Keeps the answer for one who has the token that is given in its place. */
  #wrap(request: IncomingMessage, path: string, answer: Answer): Answer {
    const ttl = Number(/^([0-9]+)s?$/.exec(header(request, 'x-vault-wrap-ttl'))?.[1] ?? 0)
    if (ttl === 0 || answer.status >= 300) return answer
    const token = `hvs.wrap${randomBytes(12).toString('hex')}`
    this.#wrapped.set(token, { answer, path, endsMs: Date.now() + ttl * 1000 })
    return {
      status: 200,
      body: { data: null, wrap_info: { token, ttl, creation_path: path, accessor: 'a' } },
    }
  }

  #unwrap(token: string): Answer {
    const wrapped = this.#wrapped.get(token)
    this.#wrapped.delete(token)
    const isGood = wrapped !== undefined && wrapped.endsMs > Date.now()
    return isGood ? wrapped.answer : refuse(400, 'wrapping token is not valid or does not exist')
  }
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name]
  return typeof value === 'string' ? value : ''
}
