// openid-client's way to the network, replaced by ours: the same TLS, proxy and limits as for every vault, no redirects, and
// nothing of the environment.
import assert from 'node:assert/strict'
import { wipe } from '@sget/memory'
import type { CustomFetch, FetchBody } from 'openid-client'
import type { Answer, Http } from '../http.ts'

/** What of a request goes out. The rest, such as which library asks in which version, is nobody's business. */
const sentHeaders = ['accept', 'authorization', 'content-type', 'dpop'] as const

/** What of an answer comes in. */
const readHeaders = ['content-type', 'dpop-nonce', 'retry-after', 'www-authenticate'] as const

/** Statuses that a Response takes no body with. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

/** Rejects with NetworkFailure, never with an answer's body in it. */
export function fetchOver(http: Http): CustomFetch {
  return async (url, { method, body, headers, signal }) => {
    assert(method === 'GET' || method === 'POST')
    const bytes = bodyBytes(body)
    try {
      using answer = await http.call({
        method,
        url,
        headers: only(sentHeaders, (name) => headers[name]),
        isDirect: true,
        ...(bytes === undefined ? {} : { body: bytes }),
        ...(signal === undefined ? {} : { signal }),
      })
      return responseOf(answer)
    } finally {
      if (bytes !== undefined) wipe(bytes)
    }
  }
}

/** openid-client sends forms only. */
function bodyBytes(body: FetchBody): Buffer | undefined {
  if (body === undefined || body === null) return undefined
  assert(body instanceof URLSearchParams)
  return Buffer.from(body.toString())
}

function responseOf(answer: Answer): Response {
  const { status, body } = answer
  return new Response(bodiless.has(status) ? null : new Uint8Array(body), {
    status: status >= 200 ? status : 502,
    headers: only(readHeaders, (name) => answer.header(name)),
  })
}

function only(
  names: readonly string[],
  valueOf: (name: string) => string | undefined,
): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = valueOf(name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
