// A real OpenID Connect provider as a process of its own, with a login form and a form for consent. Prints its port.
import './shifted-clock.ts'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Configuration, interactionPolicy, Provider } from 'oidc-provider'
import { clientId, factor, secretClientId, secretOfClient, strong, weak } from './provider-facts.ts'
import { optionsOf } from './provider-options.ts'
import { storeIn } from './provider-store.ts'

const options = optionsOf(process.argv)

const client = {
  application_type: 'native',
  redirect_uris: ['http://127.0.0.1/callback'],
  grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
  response_types: ['code'],
  id_token_signed_response_alg: 'ES256',
  require_auth_time: true,
} as const

function policy(): interactionPolicy.DefaultPolicy {
  const prompts = interactionPolicy.base()
  if (options.ignoresDemands !== true)
    prompts.get('login')?.checks.add(
      new interactionPolicy.Check('weak', 'a second factor is wanted', ({ oidc }) => {
        const wants = oidc.params?.['acr_values'] === strong && oidc.session?.acr !== strong
        return wants && oidc.result?.login === undefined
      }),
    )
  return prompts
}

const configuration: Configuration = {
  adapter: storeIn(options.folder === undefined ? undefined : join(options.folder, 'store.json')),
  acrValues: [strong, weak],
  claims: { openid: ['sub', 'acr', 'amr'], profile: ['name', 'preferred_username'] },
  clients: [
    { ...client, client_id: clientId, token_endpoint_auth_method: 'none' },
    {
      ...client,
      client_id: secretClientId,
      client_secret: secretOfClient,
      token_endpoint_auth_method: 'client_secret_post',
    },
  ],
  conformIdTokenClaims: false,
  cookies: { keys: [options.cookieKey] },
  features: {
    deviceFlow: { enabled: true },
    devInteractions: { enabled: false },
    dPoP: {
      enabled: options.bindsTokens === true,
      ...(options.wantsNonce === true && {
        nonceSecret: Buffer.alloc(32, 'nonce'),
        requireNonce: () => true,
      }),
    },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `${id} of the tests`, preferred_username: id }),
  }),
  interactions: { policy: policy(), url: (_, { uid }) => `/interaction/${uid}` },
  jwks: { keys: [options.signingKey] },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  ttl: { AccessToken: options.accessSeconds ?? 600 },
}

const server = createServer((request, response) => {
  if (request.url?.startsWith('/interaction/') === true) void interact(request, response)
  else void provider.callback()(request, response)
})
await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
const provider = new Provider(options.issuer ?? `http://127.0.0.1:${port}`, configuration)
// What stands in front of it says how it was asked.
provider.proxy = true
console.log(port)

async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const details = await provider.interactionDetails(request, response)
  const isLogin = details.prompt.name === 'login'
  const wantsFactor = details.params['acr_values'] === strong && options.ignoresDemands !== true
  if (request.method === 'GET') {
    response.setHeader('content-type', 'text/html')
    response.end(isLogin ? loginForm(wantsFactor) : consentForm())
    return
  }
  const given = new URLSearchParams(await text(request))
  if (given.get('choice') === 'refuse')
    return provider.interactionFinished(request, response, { error: 'access_denied' })
  if (!isLogin) return consent(request, response, details)
  const isStrong = given.get('factor') === factor
  if (wantsFactor && !isStrong) {
    response.writeHead(403).end()
    return
  }
  await provider.interactionFinished(request, response, {
    login: {
      accountId: given.get('name') ?? '',
      acr: isStrong ? strong : weak,
      amr: isStrong ? ['pwd', 'otp', 'mfa'] : ['pwd'],
    },
  })
}

type Details = Awaited<ReturnType<Provider['interactionDetails']>>

async function consent(request: IncomingMessage, response: ServerResponse, details: Details): Promise<void> {
  const { grantId, params, session } = details
  const known = grantId === undefined ? undefined : await provider.Grant.find(grantId)
  const grant =
    known ??
    new provider.Grant({ accountId: session?.accountId ?? '', clientId: params['client_id'] as string })
  grant.addOIDCScope(params['scope'] as string)
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
}

function loginForm(wantsFactor: boolean): string {
  const second = wantsFactor ? '<label>Code <input name="factor"></label>' : ''
  return form(
    'Sign in',
    `<label>Name <input name="name"></label><label>Password <input name="password" type="password"></label>${second}`,
  )
}

function consentForm(): string {
  return form('Allow sget to know you?', '')
}

function form(title: string, fields: string): string {
  return `<!doctype html><title>${title}</title><h1>${title}</h1><form method="post">${fields}
    <button name="choice" value="go">Continue</button><button name="choice" value="refuse">Refuse</button></form>`
}
