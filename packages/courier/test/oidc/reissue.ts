// Tokens that a provider never gave: its own, with claims changed, and signed by whom one likes.
import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { signingKey } from './provider.ts'

const own = createPrivateKey({ key: signingKey, format: 'jwk' })
const strangers = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

type Claims = Record<string, unknown>

/** With the provider's own signature, as of a provider that errs. */
export function reissued(token: string, changes: Claims): string {
  return signed(token, changes, own)
}

/** With somebody else's signature, under the name of the provider's key. */
export function forged(token: string, changes: Claims = {}): string {
  return signed(token, changes, strangers)
}

/** With no signature at all. */
export function unsigned(token: string): string {
  const [, body = ''] = token.split('.')
  return `${encoded({ alg: 'none' })}.${body}.`
}

/** What a token claims. */
export function claimsOf(token: string): Claims {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims
}

function signed(token: string, changes: Claims, key: KeyObject): string {
  const [head = ''] = token.split('.')
  const text = `${head}.${encoded({ ...claimsOf(token), ...changes })}`
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}

const encoded = (part: Claims): string => Buffer.from(JSON.stringify(part)).toString('base64url')
