// Identity providers that have described themselves, for as long as this process lives.
import type { Http } from './http.ts'
import { discover, type Provider, type SsoSettings } from './oidc/provider.ts'

/** So many are kept; the one that was used least recently gives its place to another. */
const providersMax = 4

/** Asks each provider once. What fails is asked anew. */
export class Providers {
  readonly #kept = new Map<string, Provider>()

  /**
   * @param http how it is reached: whoever reaches it otherwise asks anew
   * @throws NetworkFailure, SsoFailure
   */
  async at(http: Http, reach: string, settings: SsoSettings): Promise<Provider> {
    const key = JSON.stringify([reach, settings])
    const provider = this.#kept.get(key) ?? (await discover(http, settings))
    this.#kept.delete(key)
    this.#kept.set(key, provider)
    const [oldest] = this.#kept.keys()
    if (oldest !== undefined && this.#kept.size > providersMax) this.#kept.delete(oldest)
    return provider
  }
}
