// What stands between us and a vault, or in its place, and does not answer as a vault does.
import type { ServerResponse } from 'node:http'
import type { Meddle } from './openbao.ts'

type Answering = (response: ServerResponse) => void

/** Only what is asked for there is answered so. */
export function at(part: string, answer: Answering): Meddle {
  return (path, response) => {
    const isMeant = path.includes(part)
    if (isMeant) answer(response)
    return isMeant
  }
}

const json = (response: ServerResponse): ServerResponse =>
  response.writeHead(200, { 'content-type': 'application/json' })

/** A login page, as a proxy sends it. */
export const webPage: Answering = (response) =>
  response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Sign in</title>')

export const redirectTo =
  (location: string): Answering =>
  (response) =>
    response.writeHead(307, { location }).end()

/** Sound JSON, of so many bytes. */
export const ofBytes =
  (bytes: number): Answering =>
  (response) => {
    const [head, tail] = ['{"data":{"data":{"password":"', '"}}}']
    json(response).end(head + 'x'.repeat(bytes - head.length - tail.length) + tail)
  }

/** What stands there, to the letter. */
export const text =
  (body: string): Answering =>
  (response) =>
    json(response).end(body)

/** A byte a second, and no end. */
export const drip: Answering = (response) => {
  json(response).write('{')
  const timer = setInterval(() => response.write(' '), 1000)
  response.once('close', () => clearInterval(timer))
}

/** Tells how long it will be, and ends in the middle. */
export const cutOff: Answering = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 })
  response.write('{"data":{"data":{"password":"', () => response.destroy())
}

/** Holds what is asked for there, until it is told to let go. */
export class Hold {
  readonly meddle: Meddle
  /** So many are held. */
  held = 0
  readonly #gate = Promise.withResolvers<boolean>()
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = []

  constructor(part: string) {
    this.meddle = (path) => path.includes(part) && this.#hold()
  }

  /** Resolves when so many are held. */
  async has(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.#waiting.push({ count, resolve: () => resolve(undefined) })
    this.#tell()
    await promise
  }

  /** The server answers them now, and what comes later at once. */
  letGo(): void {
    this.#gate.resolve(false)
  }

  #hold(): Promise<boolean> {
    this.held += 1
    this.#tell()
    return this.#gate.promise
  }

  #tell(): void {
    for (const { count, resolve } of this.#waiting) if (this.held >= count) resolve()
  }
}
