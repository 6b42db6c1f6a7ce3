// What a browser does where somebody signs in at a fake vault: it opens the page, and goes where that sends it.
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'

/** Opens the page, which has this certificate for its own. Resolves with where it sends the browser. */
export async function sentBack(url: string, ca: string): Promise<string> {
  const [response] = (await once(get(url, { ca }), 'response')) as [IncomingMessage]
  response.resume()
  return response.headers.location ?? ''
}

/** Goes all the way. Resolves with the status of the page at its end. */
export async function signInAt(url: string, ca: string): Promise<number> {
  return (await fetch(await sentBack(url, ca))).status
}
