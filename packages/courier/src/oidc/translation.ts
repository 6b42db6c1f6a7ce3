// What openid-client throws, in our words. Its errors carry whole answers, tokens included: none is kept, told or passed on.
import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client'
import { NetworkFailure } from '../failure.ts'
import { SsoFailure, type SsoCode } from './failure.ts'

/** What was being done. */
export type Step = 'discovery' | 'login' | 'refresh' | 'revocation'

/** `error` of an answer (RFC 6749, 4.1.2.1 and 5.2; RFC 8628, 3.5; RFC 9470, 5; OpenID Connect Core, 3.1.2.6). */
const refusals: ReadonlyMap<string, SsoCode> = new Map([
  ['access_denied', 'denied'],
  ['expired_token', 'unfinished'],
  ['server_error', 'trouble'],
  ['temporarily_unavailable', 'trouble'],
  ['unmet_authentication_requirements', 'too-weak'],
])

/** `code` of a ClientError: a check of an answer that did not hold. All others have to do with its form. */
const checks: ReadonlyMap<string, SsoCode> = new Map([
  ['OAUTH_JWT_TIMESTAMP_CHECK_FAILED', 'clock'],
  ['OAUTH_JWT_CLAIM_COMPARISON_FAILED', 'forged'],
  ['OAUTH_KEY_SELECTION_FAILED', 'forged'],
  ['OAUTH_INVALID_RESPONSE', 'forged'],
  ['OAUTH_UNSUPPORTED_OPERATION', 'forged'],
  ['OAUTH_MISSING_SERVER_METADATA', 'unable'],
  ['OAUTH_INVALID_SERVER_METADATA', 'unable'],
  ['OAUTH_HTTP_REQUEST_FORBIDDEN', 'unable'],
  ['OAUTH_REQUEST_PROTOCOL_FORBIDDEN', 'unable'],
])

/** Runs one call of openid-client. @throws NetworkFailure | SsoFailure */
export async function translated<Result>(step: Step, call: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await call()
  } catch (error) {
    throw failureOf(step, error)
  }
}

function failureOf(step: Step, error: unknown): Error {
  if (!(error instanceof Error)) return new SsoFailure('unreadable')
  if (error instanceof NetworkFailure || error instanceof SsoFailure) return error
  if (error.cause instanceof NetworkFailure) return error.cause
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError)
    return new SsoFailure(refusalOf(step, error.error))
  if (error instanceof WWWAuthenticateChallengeError) return new SsoFailure('refused')
  if (error instanceof ClientError) return new SsoFailure(checkOf(step, error.code ?? ''))
  // Odd answers make the library's own code throw these.
  if (error instanceof TypeError) return new SsoFailure(checkOf(step, ''))
  return error
}

function refusalOf(step: Step, error: string): SsoCode {
  if (error === 'invalid_grant' && step === 'refresh') return 'session-ended'
  return refusals.get(error) ?? 'refused'
}

function checkOf(step: Step, code: string): SsoCode {
  if (step === 'discovery')
    return code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED' ? 'other-issuer' : 'no-provider'
  return checks.get(code) ?? 'unreadable'
}
