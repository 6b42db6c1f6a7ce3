// What the parts of the fake vault are asked, and what they answer.
import type { Token } from './openbao-tokens.ts'

/** What an endpoint answers: a status with its body, or no body. */
export interface Answer {
  readonly status: number
  readonly body?: unknown
  /** Where a redirect points. */
  readonly location?: string
}

/** A request as endpoints see it: the path without /v1/ and without its mount. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
  readonly token: Token
}

/** A secrets engine at a mount. Undefined: it knows no such path. */
export interface Engine {
  readonly type: string
  readonly options: Readonly<Record<string, string>> | null
  answer(asked: Asked): Answer | undefined
}

export const refuse = (status: number, ...errors: readonly string[]): Answer => ({ status, body: { errors } })
