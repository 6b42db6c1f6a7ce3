// Connections that are kept for the next job, one set for each way in which the network is reached.
import { Http, type Reach } from './http.ts'
import type { Network } from './messages.ts'

/** So many ways are kept; the one that was used least recently gives its place to another. */
const reachesMax = 16

/** What is reached in the same way shares connections. */
export class Reaches {
  readonly #kept = new Map<string, Http>()

  /** What makes calls there. */
  to({ ca, proxy, loopbackHttp }: Network): Http {
    const key = JSON.stringify([ca, proxy, loopbackHttp])
    const http = this.#kept.get(key) ?? new Http(reachOf(ca, proxy, loopbackHttp))
    this.#kept.delete(key)
    this.#kept.set(key, http)
    const [oldest] = this.#kept.keys()
    // Calls that are under way keep their connections until they end: only the place is given away.
    if (oldest !== undefined && this.#kept.size > reachesMax) this.#kept.delete(oldest)
    return http
  }
}

function reachOf(ca: string, proxy: string, loopbackHttp: boolean): Reach {
  return { ...(ca === '' ? {} : { ca }), ...(proxy === '' ? {} : { proxy }), loopbackHttp }
}
