// The server's own OIDC flow (API of the auth method jwt, "OIDC authorization URL request" and "OIDC callback"): the server names
// the place where a human signs in, and takes what their browser brings to this machine.
import { randomBytes } from 'node:crypto'
import { NetworkFailure, VaultFailure } from '../failure.ts'
import { jsonOf } from '../json-writing.ts'
import { SsoFailure } from '../oidc/failure.ts'
import { Landing, type LandingPlace } from '../oidc/landing.ts'
import { Ending } from '../oidc/login.ts'
import type { Human, Lent } from '../remote.ts'
import { ask, type Question } from './asking.ts'
import { textAt } from './harvest.ts'

/** That of the server's own command line: it stands in the role's allowed_redirect_uris already where people use that. */
export const callbackPlace: LandingPlace = {
  host: 'localhost',
  addresses: ['127.0.0.1', '::1'],
  port: 8250,
  path: '/oidc/callback',
}

/** Who has the answer of the browser without this can do nothing with it. */
const nonceBytes = 32

/**
 * Has a human sign in. What it returns is to be asked once: the answer has the token.
 *
 * @throws NetworkFailure, VaultFailure `no-redirect`, SsoFailure `taken`, `denied`, `unfinished`
 */
export async function signedIn(
  lent: Lent,
  mount: string,
  human: Human,
  place: LandingPlace = callbackPlace,
): Promise<Question> {
  const nonce = randomBytes(nonceBytes).toString('base64url')
  const url = await placeToSignIn(lent, mount, { nonce, place })
  const state = url.searchParams.get('state') ?? ''
  // The landing knows its answer by the state: an empty one is anybody's.
  if (state === '') throw new NetworkFailure('unreadable', 'the vault names no state for a login')
  using landing = await Landing.open(state, place)
  const answer = await arrival(landing, lent.signal, () => human.invite(url.href), human.loginMs)
  const code = answer.get('code')
  if (code === null) throw refusalIn(answer)
  return { path: `auth/${mount}/oidc/callback`, query: { state, code, client_nonce: nonce } }
}

interface Attempt {
  readonly nonce: string
  readonly place: LandingPlace
}

/** A server whose role does not allow our address, or that has no such role, names no place. */
async function placeToSignIn(lent: Lent, mount: string, { nonce, place }: Attempt): Promise<URL> {
  const { host, port, path } = place
  const body = jsonOf({
    role: lent.settings.get('role') ?? '',
    redirect_uri: `http://${host}:${port}${path}`,
    client_nonce: nonce,
  })
  using told = await ask(lent, { method: 'POST', path: `auth/${mount}/oidc/auth_url`, body })
  const text = textAt(told, 'data', 'auth_url') ?? ''
  if (text === '') throw new VaultFailure('no-redirect', 'the role of the vault does not allow our address')
  return lent.http.checked(text)
}

/** Waits for the browser: not longer than a human may take, and not for nobody. */
async function arrival(
  landing: Landing,
  signal: AbortSignal | undefined,
  invite: () => void,
  loginMs: number,
): Promise<URLSearchParams> {
  using ending = new Ending(loginMs)
  const cancel = (): void => ending.cancel()
  signal?.throwIfAborted()
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    invite()
    return await ending.before(landing.arrival)
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}

/** RFC 6749, section 4.1.2.1. */
function refusalIn(answer: URLSearchParams): SsoFailure | VaultFailure {
  return answer.get('error') === 'access_denied'
    ? new SsoFailure('denied')
    : new VaultFailure(
        'refused',
        'where the vault has people sign in, they are sent back without having done so',
      )
}
