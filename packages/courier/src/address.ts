// Which addresses may be asked.
import { NetworkFailure } from './failure.ts'

const loopbacks: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost'])

/**
 * The address, checked: HTTPS, or HTTP to this machine itself where the config says so, and no name or password in it.
 *
 * @throws NetworkFailure `insecure`
 */
export function checkedUrl(text: string, loopbackHttp: boolean): URL {
  const url = URL.parse(text)
  if (url === null) throw new NetworkFailure('insecure', 'that is no address')
  const isPlain = url.protocol === 'http:' && loopbackHttp && loopbacks.has(url.hostname)
  if (url.protocol !== 'https:' && !isPlain)
    throw new NetworkFailure('insecure', `${url.origin} is not reached by HTTPS`)
  if (url.username !== '' || url.password !== '')
    throw new NetworkFailure('insecure', `the address of ${url.host} has a name or password in it`)
  return url
}
