// A vault on the network as a source: each job is the courier's, with what the account is let in with.
import type { Description } from '@sget/backend'
import type { Keep } from '@sget/memory'
import type { Account, Way } from './account.ts'
import type { Courier, Lease } from './courier.ts'
import type { Inviting } from './sign-in.ts'
import type { Source } from './source.ts'
import { unending } from './unless-aborted.ts'

/** How people name the ways to be let in. */
const logins: Readonly<Record<Way, string>> = {
  session: 'sso',
  jwt: 'sso',
  oidc: 'oidc',
  approle: 'approle',
  token: 'token',
}

export class RemoteSource implements Source {
  readonly login: string
  readonly #courier: Courier
  readonly #account: Account

  constructor(courier: Courier, account: Account, way: Way) {
    this.#courier = courier
    this.#account = account
    this.login = logins[way]
  }

  get isReady(): boolean {
    return this.#account.isReady
  }

  ready(asker: Inviting): Promise<void> {
    return this.#account.ready(asker)
  }

  list(folder: string, signal: AbortSignal): Promise<readonly string[]> {
    return this.#account.with(signal, (asking) => this.#courier.list(asking, folder))
  }

  describe(path: string, signal: AbortSignal): Promise<Description> {
    return this.#account.with(signal, (asking) => this.#courier.describe(asking, path))
  }

  gather(path: string, keep: Keep, signal: AbortSignal): Promise<Lease | undefined> {
    return this.#account.with(signal, async (asking) => {
      const { lease } = await this.#courier.fetch(asking, path, keep)
      return lease
    })
  }

  health(signal: AbortSignal): Promise<void> {
    return this.#account.with(signal, (asking) => this.#courier.health(asking))
  }

  rotate(path: string, signal: AbortSignal): Promise<void> {
    return this.#account.with(signal, (asking) => this.#courier.rotate(asking, path))
  }

  renew(lease: string): Promise<Lease> {
    return this.#account.with(unending, (asking) => this.#courier.renew(asking, lease))
  }

  release(lease: string, signal: AbortSignal): Promise<void> {
    return this.#account.with(signal, (asking) => this.#courier.release(asking, lease))
  }

  sweep(): void {
    this.#account.sweep()
  }

  leave(signal: AbortSignal): Promise<void> {
    return this.#account.leave(signal)
  }
}
