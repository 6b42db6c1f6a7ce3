// The database engine of the fake vault: credentials that are made when asked for, under leases that really end.
import { randomBytes } from 'node:crypto'
import { refuse, type Answer, type Asked, type Engine } from './openbao-answers.ts'
import type { Token, Tokens } from './openbao-tokens.ts'

interface Lease {
  readonly id: string
  readonly username: string
  readonly token: Token
  endsMs: number
}

export class Database implements Engine {
  readonly type = 'database'
  readonly options = null
  /** How long a lease lasts, unless it is renewed. */
  leaseSeconds = 3600
  /** Who can log in to the imaginary database now, with which password. */
  readonly accounts = new Map<string, string>()
  readonly #leases = new Map<string, Lease>()
  readonly #sweeper = setInterval(() => this.#sweep(), 50)

  constructor(tokens: Tokens) {
    this.accounts.set('app', randomBytes(9).toString('hex'))
    tokens.onEnd((token) => {
      for (const lease of this.#leases.values()) if (lease.token === token) this.#revoke(lease)
    })
  }

  end(): void {
    clearInterval(this.#sweeper)
  }

  answer({ method, path, token }: Asked): Answer | undefined {
    if (method === 'LIST' && (path === 'roles/' || path === 'static-roles/'))
      return { status: 200, body: { data: { keys: ['app'] } } }
    if (path === 'creds/app' && method === 'GET') return this.#make(token)
    if (path === 'static-creds/app' && method === 'GET') return this.#static()
    if (path !== 'rotate-role/app' || method === 'GET') return undefined
    this.accounts.set('app', randomBytes(9).toString('hex'))
    return { status: 204 }
  }

  /** As its keepers do it. */
  revokeAll(): void {
    for (const lease of this.#leases.values()) this.#revoke(lease)
  }

  leases({ path, body, token }: Asked): Answer | undefined {
    if (!path.startsWith('sys/leases/')) return undefined
    const lease = this.#leases.get(String(body['lease_id']))
    if (lease?.token !== token) return refuse(400, 'lease not found')
    if (path === 'sys/leases/renew') {
      lease.endsMs = Date.now() + this.leaseSeconds * 1000
      return { status: 200, body: { lease_id: lease.id, lease_duration: this.leaseSeconds, renewable: true } }
    }
    if (path !== 'sys/leases/revoke') return undefined
    this.#revoke(lease)
    return { status: 204 }
  }

  #make(token: Token): Answer {
    const username = `v-app-${randomBytes(6).toString('hex')}`
    const password = randomBytes(12).toString('base64url')
    const id = `database/creds/app/${randomBytes(9).toString('base64url')}`
    this.accounts.set(username, password)
    this.#leases.set(id, { id, username, token, endsMs: Date.now() + this.leaseSeconds * 1000 })
    const lease = { lease_id: id, lease_duration: this.leaseSeconds, renewable: true }
    return { status: 200, body: { ...lease, data: { username, password } } }
  }

  #static(): Answer {
    const data = { username: 'app', password: this.accounts.get('app'), ttl: 3600, rotation_period: 86400 }
    return { status: 200, body: { data } }
  }

  #sweep(): void {
    const nowMs = Date.now()
    for (const lease of this.#leases.values()) if (lease.endsMs <= nowMs) this.#revoke(lease)
  }

  #revoke({ id, username }: Lease): void {
    this.#leases.delete(id)
    this.accounts.delete(username)
  }
}
