// A human at a browser without scripts: keeps cookies, fills in forms, and goes where it is sent, but not to us: the test does.
import assert from 'node:assert/strict'
import { factor } from './provider-facts.ts'

/** What the human does when asked. */
export interface Manner {
  /** Refuses at the first form, or when asked for consent. */
  readonly refuses?: 'login' | 'consent'
  /** Says yes when asked whether to log out. */
  readonly logsOut?: boolean
  /** The code of a device, typed where one is asked for. */
  readonly code?: string
}

/** Where a browser asks that does not know the certificate of a provider's front: behind it. */
export interface Detour {
  readonly front: string
  readonly behind: string
}

const stepsMax = 12

/** One with cookies of their own. */
export class Human {
  readonly #name: string
  readonly #cookies = new Map<string, string>()
  readonly #detour: Detour | undefined

  constructor(name = 'ada', detour?: Detour) {
    this.#name = name
    this.#detour = detour
  }

  /** Where the provider sends the browser at last: the address of another origin, or the text of the last page. */
  async follow(start: string, manner: Manner = {}): Promise<string> {
    const { origin } = new URL(start)
    let at = start
    let page = await this.#send(at, {})
    let hasRefused = false
    for (let step = 0; step < stepsMax; step++) {
      const location = page.headers.get('location')
      if (location !== null) {
        at = new URL(location, at).href
        if (new URL(at).origin !== origin) return at
        page = await this.#send(at, {})
        continue
      }
      const html = await page.text()
      const form = /<form[^>]*>[\s\S]*<\/form>/.exec(html)?.[0]
      if (form === undefined || hasRefused) return `${page.status} ${html}`
      at = new URL(attribute(form, 'action') ?? at, at).href
      const body = this.#filled(form, manner)
      hasRefused = body.get('choice') === 'refuse'
      page = await this.#send(at, { method: 'POST', body })
    }
    assert.fail('the provider goes round in circles')
  }

  #filled(form: string, { refuses, code, logsOut }: Manner): URLSearchParams {
    const body = new URLSearchParams()
    for (const [input] of form.matchAll(/<input[^>]*>/g)) {
      const name = attribute(input, 'name') ?? ''
      body.set(name, this.#answerTo(name, code) ?? attribute(input, 'value') ?? '')
    }
    const asks = body.has('password') ? 'login' : 'consent'
    if (form.includes('name="choice"')) body.set('choice', refuses === asks ? 'refuse' : 'go')
    if (logsOut === true) body.set('logout', 'yes')
    return body
  }

  #answerTo(name: string, code: string | undefined): string | undefined {
    return { name: this.#name, password: 'anything', factor, user_code: code }[name]
  }

  async #send(url: string, init: RequestInit): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const { front, behind } = this.#detour ?? { front: '', behind: '' }
    const { protocol, host } = new URL(front === '' ? url : front)
    const response = await fetch(url.replace(front, behind), {
      ...init,
      redirect: 'manual',
      headers: { cookie, 'x-forwarded-proto': protocol.slice(0, -1), 'x-forwarded-host': host },
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(line) ?? []
      if (value === '') this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    return response
  }
}

function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]
}
