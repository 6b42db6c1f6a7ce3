// How a session proves itself to servers that are not its provider: by its access token, and by its key where the token is
// bound to one (RFC 6750; RFC 9449, section 7).
import { createHash, createPrivateKey, createPublicKey, randomUUID, sign } from 'node:crypto'
import { proofAlgorithm } from './possession.ts'
import { tokenText, unpack } from './tokens.ts'

/** One request to such a server. */
export interface Asked {
  readonly method: string
  readonly url: URL
  /** Wall clock, in ms. */
  readonly nowMs: number
  /** What the server wants in the proof: its last `dpop-nonce` header, with 401. */
  readonly nonce?: string
}

/** Headers that prove the right to ask. They are of one request. */
export function authorization(packed: Buffer, asked: Asked): Readonly<Record<string, string>> {
  const { access, key } = unpack(packed)
  if (key.length === 0) return { authorization: `Bearer ${tokenText(access)}` }
  return { authorization: `DPoP ${tokenText(access)}`, dpop: proof(key, access, asked) }
}

function proof(key: Buffer, access: Buffer, { method, url, nowMs, nonce }: Asked): string {
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' })
  const claims = {
    jti: randomUUID(),
    htm: method,
    htu: `${url.origin}${url.pathname}`,
    iat: Math.floor(nowMs / 1000),
    ath: createHash('sha256').update(access).digest('base64url'),
    ...(nonce === undefined ? {} : { nonce }),
  }
  const text = `${encoded({ typ: 'dpop+jwt', alg: proofAlgorithm, jwk })}.${encoded(claims)}`
  const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
