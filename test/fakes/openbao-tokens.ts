// Tokens of the fake vault: they end with their time, can be renewed up to a bound, and take their leases with them.
import { randomBytes } from 'node:crypto'
import { refuse, type Answer, type Asked } from './openbao-answers.ts'

/** A token that was given out. */
export interface Token {
  readonly id: string
  readonly name: string
  /** Paths that it may not touch. */
  readonly denied: readonly string[]
  readonly renewable: boolean
  readonly maxEndsMs: number
  endsMs: number
}

/** What a role gives. */
export interface Role {
  readonly ttlSeconds: number
  readonly maxTtlSeconds: number
  readonly denied?: readonly string[]
}

/** Looks at a JWT; undefined where it would not let it in. */
export type CheckJwt = (jwt: string) => { readonly subject: string } | undefined

export class Tokens {
  readonly roles = new Map<string, Role>([['dev', { ttlSeconds: 3600, maxTtlSeconds: 7200 }]])
  /** Who may log in by AppRole: role id and secret id. */
  readonly appRoles = new Map<string, string>()
  checkJwt: CheckJwt = () => undefined
  readonly #tokens = new Map<string, Token>()
  readonly #ended: ((token: Token) => void)[] = []

  /** Told of each token that has been revoked. */
  onEnd(tell: (token: Token) => void): void {
    this.#ended.push(tell)
  }

  make(
    name: string,
    { ttlSeconds, maxTtlSeconds, denied = [] }: Role = { ttlSeconds: 3600, maxTtlSeconds: 7200 },
  ): Token {
    const nowMs = Date.now()
    const token: Token = {
      id: `hvs.${randomBytes(18).toString('base64url')}`,
      name,
      denied,
      renewable: true,
      maxEndsMs: nowMs + maxTtlSeconds * 1000,
      endsMs: nowMs + ttlSeconds * 1000,
    }
    this.#tokens.set(token.id, token)
    return token
  }

  alive(id: string): Token | undefined {
    const token = this.#tokens.get(id)
    return token !== undefined && token.endsMs > Date.now() ? token : undefined
  }

  /** Those that serve now. */
  get serving(): readonly string[] {
    return [...this.#tokens.keys()].filter((id) => this.alive(id) !== undefined)
  }

  /** As their keepers can: what was given under them ends, too. */
  endAll(): void {
    for (const token of this.#tokens.values()) this.revoke(token)
  }

  /** What needs no token. */
  login({ method, path, body }: Omit<Asked, 'token'>): Answer | undefined {
    if (method !== 'POST' && method !== 'PUT') return undefined
    if (path === 'auth/jwt/login') return this.#byJwt(text(body['role']), text(body['jwt']))
    if (path === 'auth/approle/login') return this.#byAppRole(text(body['role_id']), text(body['secret_id']))
    return undefined
  }

  /** What a token may do with itself. */
  answer({ method, path, token }: Asked): Answer | undefined {
    if (path === 'auth/token/lookup-self' && method === 'GET')
      return { status: 200, body: { data: described(token) } }
    if (path === 'auth/token/renew-self') return this.#renew(token)
    if (path !== 'auth/token/revoke-self') return undefined
    this.revoke(token)
    return { status: 204 }
  }

  revoke(token: Token): void {
    this.#tokens.delete(token.id)
    for (const tell of this.#ended) tell(token)
  }

  #byJwt(role: string, jwt: string): Answer {
    const given = this.roles.get(role)
    if (given === undefined) return refuse(400, `role "${role}" could not be found`)
    const checked = this.checkJwt(jwt)
    return checked === undefined
      ? refuse(400, 'error validating token: invalid signature')
      : this.given(checked.subject, given)
  }

  #byAppRole(roleId: string, secretId: string): Answer {
    const isKnown = roleId !== '' && this.appRoles.get(roleId) === secretId
    return isKnown ? this.given(roleId, this.roles.get('dev')) : refuse(400, 'invalid role or secret ID')
  }

  /** What a login answers. */
  given(name: string, role: Role | undefined): Answer {
    return { status: 200, body: { auth: authOf(this.make(name, role)) } }
  }

  #renew(token: Token): Answer {
    token.endsMs = Math.min(token.maxEndsMs, Date.now() + 3600_000)
    return { status: 200, body: { auth: authOf(token) } }
  }
}

const secondsLeft = ({ endsMs }: Token): number => Math.max(0, Math.round((endsMs - Date.now()) / 1000))

function authOf(token: Token): object {
  const { id, renewable } = token
  return {
    client_token: id,
    accessor: 'accessor',
    policies: ['default'],
    token_policies: ['default'],
    metadata: { role: 'dev' },
    lease_duration: secondsLeft(token),
    renewable,
    entity_id: '',
  }
}

function described(token: Token): object {
  return {
    accessor: 'accessor',
    display_name: token.name,
    ttl: secondsLeft(token),
    renewable: token.renewable,
    policies: ['default'],
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
