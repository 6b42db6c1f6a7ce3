// The key that tokens are bound to (RFC 9449, DPoP): made for one session, lent and given back like its tokens.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  type webcrypto,
} from 'node:crypto'
import { type Configuration, type DPoPHandle, getDPoPHandle } from 'openid-client'

/** The one algorithm that is used for proofs: all that know DPoP know it. */
export const proofAlgorithm = 'ES256'

const curve = { name: 'ECDSA', namedCurve: 'P-256' } as const

/** A new private key (PKCS #8, DER). Whoever takes it wipes it. */
export function newKey(): Buffer {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: curve.namedCurve,
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  })
  return privateKey
}

/** Signs calls of this provider with a key that `newKey` made. */
export function prover(configuration: Configuration, key: Buffer): DPoPHandle {
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  return getDPoPHandle(configuration, {
    privateKey: webKey(privateKey, false, 'sign'),
    publicKey: webKey(createPublicKey(privateKey), true, 'verify'),
  })
}

function webKey(key: KeyObject, isExtractable: boolean, use: 'sign' | 'verify'): webcrypto.CryptoKey {
  return key.toCryptoKey(curve, isExtractable, [use])
}
