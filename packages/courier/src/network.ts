// What Node says of a call that failed, in our words: nothing of its messages goes further.
import { NetworkFailure } from './failure.ts'

/** Codes of TLS and of certificates, of OpenSSL and Node. */
const untrusted =
  /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_CA|HOSTNAME_MISMATCH|EPROTO)/

/** Codes of a connection that was there. */
const cut: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'HPE_INVALID_EOF_STATE',
])

/** @param deadline of the whole call */
export function networkFailure(error: unknown, deadline: AbortSignal, origin: string): NetworkFailure {
  if (error instanceof NetworkFailure) return error
  if (deadline.aborted) return new NetworkFailure('too-slow', `${origin} takes too long`)
  const code = codeOf(error)
  if (untrusted.test(code)) return new NetworkFailure('untrusted', `${origin} cannot be trusted (${code})`)
  if (code.startsWith('HPE_') && !cut.has(code))
    return new NetworkFailure('unreadable', `${origin} speaks no HTTP`)
  if (cut.has(code)) return new NetworkFailure('cut', `${origin} ended the connection before its answer`)
  return new NetworkFailure(
    'unreachable',
    code === '' ? `${origin} cannot be reached` : `${origin} cannot be reached (${code})`,
  )
}

/** Letters, digits and _ of the error's code; nothing else of it is looked at. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' && /^[A-Z0-9_]{1,64}$/.test(error.code) ? error.code : ''
}
