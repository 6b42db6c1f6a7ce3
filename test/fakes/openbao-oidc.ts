// Signing in at the fake vault itself: a page of its own in place of the identity provider, and a callback that serves once.
import { randomBytes } from 'node:crypto'
import { refuse, type Answer, type Asked } from './openbao-answers.ts'
import type { Tokens } from './openbao-tokens.ts'

/** What becomes of the human at the page: they agree, refuse, or are sent back by somebody who does not know the state. */
export type Manner = 'agrees' | 'refuses' | 'is-misled'

interface Login {
  readonly role: string
  readonly redirect: string
  readonly nonce: string
  readonly code: string
}

/** Where the page is. */
const page = '/provider/authorize'

export class Oidc {
  manner: Manner = 'agrees'
  /** Of every role. */
  readonly redirects = new Set(['http://localhost:8250/oidc/callback'])
  /** What else the callback says in place of a token, as where the claims do not please it. */
  refusal: string | undefined
  /** What is told in place of the page's address. */
  address: (url: string) => string = (url) => url
  readonly #origin: string
  readonly #tokens: Tokens
  readonly #logins = new Map<string, Login>()

  constructor(origin: string, tokens: Tokens) {
    this.#origin = origin
    this.#tokens = tokens
  }

  /** What needs no token. */
  answer({ method, path, query, body }: Omit<Asked, 'token'>): Answer | undefined {
    if (path === page && method === 'GET') return this.#shown(query)
    if (path === 'auth/oidc/oidc/auth_url' && method === 'POST') return this.#begin(body)
    if (path === 'auth/oidc/oidc/callback' && method === 'GET') return this.#finish(query)
    return undefined
  }

  /** A role or address that is not known is told by an empty address. */
  #begin(body: Asked['body']): Answer {
    const [role, redirect, nonce] = [body['role'], body['redirect_uri'], body['client_nonce']].map(String)
    if (role === undefined || redirect === undefined || nonce === undefined) return refuse(400, 'missing')
    if (role !== '' && !this.#tokens.roles.has(role)) return refuse(400, `role "${role}" could not be found`)
    if (!this.redirects.has(redirect)) return { status: 200, body: { data: { auth_url: '' } } }
    const state = `st_${randomBytes(10).toString('hex')}`
    this.#logins.set(state, { role, redirect, nonce, code: randomBytes(16).toString('base64url') })
    const parameters = new URLSearchParams({ client_id: 'bao', redirect_uri: redirect, state })
    const url = this.address(`${this.#origin}${page}?${parameters.toString()}`)
    return { status: 200, body: { data: { auth_url: url } } }
  }

  #shown(query: URLSearchParams): Answer {
    const state = query.get('state') ?? ''
    const login = this.#logins.get(state)
    if (login === undefined) return refuse(400, 'unknown')
    const back = new URL(login.redirect)
    back.searchParams.set('state', this.manner === 'is-misled' ? 'st_of-somebody-else' : state)
    if (this.manner === 'refuses') back.searchParams.set('error', 'access_denied')
    else back.searchParams.set('code', login.code)
    return { status: 302, location: back.href }
  }

  /** Whoever asks, a login is over with that. */
  #finish(query: URLSearchParams): Answer {
    const state = query.get('state') ?? ''
    const login = this.#logins.get(state)
    this.#logins.delete(state)
    if (login === undefined) return refuse(400, 'Vault login failed. Expired or missing OAuth state.')
    if (login.nonce !== query.get('client_nonce')) return refuse(400, 'invalid client_nonce')
    if (login.code !== query.get('code'))
      return refuse(400, 'Vault login failed. Error exchanging oidc code.')
    if (this.refusal !== undefined) return refuse(400, this.refusal)
    return this.#tokens.given('ada', this.#tokens.roles.get(login.role === '' ? 'dev' : login.role))
  }
}
