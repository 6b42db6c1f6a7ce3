// What a server demands that finds a session too weak: the challenge of RFC 9470, section 3, in a WWW-Authenticate header
// (RFC 9110, section 11.6.1).
import { challengeLengthMax } from './limits.ts'
import type { Demand } from './step-up.ts'

const schemes: ReadonlySet<string> = new Set(['bearer', 'dpop'])
const error = 'insufficient_user_authentication'

/** The demand in the first such challenge of a header; undefined where there is none, or the header cannot be read. */
export function demandOf(header: string): Demand | undefined {
  if (header.length > challengeLengthMax) return undefined
  const challenge = challengesOf(header)?.find(
    ({ scheme, parameters }) => schemes.has(scheme) && parameters.get('error') === error,
  )
  if (challenge === undefined) return undefined
  const acr = challenge.parameters.get('acr_values')?.split(' ').filter(Boolean)
  const maxAge = challenge.parameters.get('max_age')
  if (maxAge !== undefined && !/^[0-9]{1,9}$/.test(maxAge)) return undefined
  return {
    ...(acr === undefined || acr.length === 0 ? {} : { acr }),
    ...(maxAge === undefined ? {} : { maxAgeSeconds: Number(maxAge) }),
  }
}

interface Challenge {
  readonly scheme: string
  readonly parameters: Map<string, string>
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const pieces = {
  gap: /[ \t]*(?:,[ \t]*)*/y,
  parameter: new RegExp(
    `(${token})[ \\t]*=[ \\t]*(?:(${token})|"((?:[^"\\\\]|\\\\.)*)")(?=[ \\t]*(?:,|$))`,
    'y',
  ),
  scheme: new RegExp(`(${token})(?:[ \\t]+|(?=,|$))`, 'y'),
  token68: /[0-9A-Za-z._~+/-]+=*(?=[ \t]*(?:,|$))/y,
} as const

/** All challenges, or undefined where something in the header is none. */
function challengesOf(header: string): readonly Challenge[] | undefined {
  const challenges: Challenge[] = []
  let at = 0
  const take = (piece: RegExp): RegExpExecArray | null => {
    piece.lastIndex = at
    const found = piece.exec(header)
    at += found?.[0].length ?? 0
    return found
  }
  for (take(pieces.gap); at < header.length; take(pieces.gap)) {
    const last = challenges.at(-1)
    const parameter = last === undefined ? null : take(pieces.parameter)
    if (last !== undefined && parameter !== null) {
      if (!add(last, parameter)) return undefined
      continue
    }
    const scheme = take(pieces.scheme)?.[1]
    if (scheme === undefined) return undefined
    challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() })
    take(pieces.token68)
  }
  return challenges
}

/** A name that stands twice means nothing. */
function add({ parameters }: Challenge, [, name = '', plain, quoted = '']: RegExpExecArray): boolean {
  const known = name.toLowerCase()
  if (parameters.has(known)) return false
  parameters.set(known, plain ?? quoted.replace(/\\(.)/g, '$1'))
  return true
}
