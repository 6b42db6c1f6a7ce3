// A human at a browser without scripts: keeps cookies, fills in forms, and goes where it is sent, but not to us: the test does.
import assert from 'node:assert/strict'
import { factor } from './provider-facts.ts'

/** What the human does when asked. */
export interface Manner {
  /** Refuses at the first form, or when asked for consent. */
  readonly refuses?: 'login' | 'consent'
  /** The code of a device, typed where one is asked for. */
  readonly code?: string
}

const stepsMax = 12

/** One with cookies of their own. */
export class Human {
  readonly #name: string
  readonly #cookies = new Map<string, string>()

  constructor(name = 'ada') {
    this.#name = name
  }

  /** Where the provider sends the browser at last: the address of another origin, or the text of the last page. */
  async follow(start: string, manner: Manner = {}): Promise<string> {
    const { origin } = new URL(start)
    let page = await this.#get(start)
    for (let step = 0; step < stepsMax; step++) {
      const location = page.headers.get('location')
      const next = location === null ? undefined : new URL(location, page.url)
      if (next !== undefined && next.origin !== origin) return next.href
      if (next !== undefined) {
        page = await this.#get(next.href)
        continue
      }
      const html = await page.text()
      const form = /<form[^>]*>[\s\S]*<\/form>/.exec(html)?.[0]
      if (form === undefined) return `${page.status} ${html}`
      page = await this.#submit(form, page.url, manner)
    }
    assert.fail('the provider goes round in circles')
  }

  #get(url: string): Promise<Response> {
    return this.#send(url, {})
  }

  #submit(form: string, url: string, { refuses, code }: Manner): Promise<Response> {
    const body = new URLSearchParams()
    for (const [input] of form.matchAll(/<input[^>]*>/g)) {
      const name = attribute(input, 'name') ?? ''
      body.set(name, this.#answerTo(name, code) ?? attribute(input, 'value') ?? '')
    }
    const asks = body.has('password') ? 'login' : 'consent'
    if (form.includes('name="choice"')) body.set('choice', refuses === asks ? 'refuse' : 'go')
    else if (body.has('confirm') && refuses === 'consent') body.set('abort', 'yes')
    return this.#send(new URL(attribute(form, 'action') ?? url, url).href, { method: 'POST', body })
  }

  #answerTo(name: string, code: string | undefined): string | undefined {
    return { name: this.#name, password: 'anything', factor, user_code: code }[name]
  }

  async #send(url: string, init: RequestInit): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { cookie } })
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
