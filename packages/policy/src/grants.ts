// A grant: what an agent was allowed, as an immutable value that moves through its states and never back.
import { sameBytes } from './handle.ts'
import { type Level, levels } from './proof.ts'
import { type RefusalCode } from './refusals.ts'

/** A process for good: a pid is used again, a pid with its start time is not. */
export type ProcessId = { readonly pid: number; readonly startTicks: number }

/** Now, on three clocks: CLOCK_BOOTTIME and the wall in ms, and the ticks since boot in which processes start. */
export type Instant = { readonly bootMs: number; readonly wallMs: number; readonly ticks: number }

/** A secret's field. */
export type Item = { readonly ref: string; readonly field: string }

/** A field of a grant, the variable that it goes into, and how often it may still be used. */
export type GrantField = Item & { readonly variable: string; readonly usesLeft: number }

/** `asked` and `granted` are live; the others are ends. */
export type GrantState = 'asked' | 'granted' | 'refused' | 'spent' | 'expired' | 'revoked'

export type Grant = {
  readonly id: string
  /** of the handle's secret, which nobody here keeps */
  readonly secretHash: Uint8Array
  /** the connection that asked: only it clears the grant, and its end revokes it */
  readonly session: string
  /** the process under which the grant can be used; its end revokes it */
  readonly root: ProcessId
  /** off only for agents whose shells persist */
  readonly freshPath: boolean
  readonly fields: readonly GrantField[]
  /** what the human must do while it is asked for */
  readonly level: Level
  readonly ttlMs: number
  readonly state: GrantState
  /** on whichever clock it comes first */
  readonly ends: { readonly bootMs: number; readonly wallMs: number }
  /** when it was granted */
  readonly birthTicks: number
}

/** A grant in its next state, or in the state that it stays in and why. */
export type Step =
  | { readonly ok: true; readonly grant: Grant }
  | { readonly ok: false; readonly code: RefusalCode; readonly grant: Grant | undefined }

/** Grants that a session may have asked for or may use at a time. */
export const liveGrantsMax = 32

/** How long a question waits for a human. */
export const askMs = 5 * 60_000

/** What a new grant is made of. */
export type GrantRequest = Omit<Grant, 'state' | 'ends' | 'birthTicks' | 'fields'> & {
  readonly fields: readonly Omit<GrantField, 'usesLeft'>[]
  readonly uses: number
}

/** A grant that a human is asked for; with level `none` it is granted at once. */
export function askFor({ uses, ...request }: GrantRequest, now: Instant): Grant {
  const fields = request.fields.map((field) => ({ ...field, usesLeft: uses }))
  const grant = { ...request, fields, state: 'asked', ends: after(now, askMs), birthTicks: 0 } as const
  return grant.level === 'none' ? granted(grant, now) : grant
}

/** asked → granted. An `ack` does not answer where a proof is wanted. */
export function approve(grant: Grant, given: Level, now: Instant): Step {
  const current = lapse(grant, now)
  if (grant.state !== 'asked') return refusal('not-asked', grant)
  if (current.state === 'expired') return refusal('approval-expired', current)
  const enough = levels.indexOf(given) >= levels.indexOf(grant.level)
  return enough ? { ok: true, grant: granted(grant, now) } : refusal('needs-proof', grant)
}

/** asked → refused. */
export function deny(grant: Grant): Step {
  return grant.state === 'asked'
    ? { ok: true, grant: { ...grant, state: 'refused' } }
    : refusal('not-asked', grant)
}

/** A live grant → revoked. What has ended stays as it ended. */
export function revoke(grant: Grant): Grant {
  return isLive(grant) ? { ...grant, state: 'revoked' } : grant
}

/** What the session that has the grant does when it no longer needs it; others may not. */
export function clear(grant: Grant, session: string): Step {
  return grant.session === session ? { ok: true, grant: revoke(grant) } : refusal('grant-foreign', grant)
}

/** A live grant whose time is over on either clock → expired. */
export function lapse(grant: Grant, { bootMs, wallMs }: Instant): Grant {
  const over = bootMs >= grant.ends.bootMs || wallMs >= grant.ends.wallMs
  return over && isLive(grant) ? { ...grant, state: 'expired' } : grant
}

export function isLive({ state }: Grant): boolean {
  return state === 'asked' || state === 'granted'
}

/** How many grants of a session are live, of all there are. */
export function liveGrants(grants: Iterable<Grant>, session: string, now: Instant): number {
  return [...grants].filter((grant) => grant.session === session && isLive(lapse(grant, now))).length
}

/** A use of a handle: what it said, and what is known of the process that brought it. */
export type Claim = {
  readonly id: string
  readonly secretHash: Uint8Array
  /** the ancestors of that process */
  readonly chain: readonly ProcessId[]
  /** when the oldest of the processes started that must be younger than the grant */
  readonly oldestTicks: number
}

/** granted → granted with fewer uses left, or → spent after the last. All items or none. */
export function redeem(grant: Grant | undefined, claim: Claim, items: readonly Item[], now: Instant): Step {
  if (!grant) return refusal('grant-unknown', grant)
  const misused = misuse(grant, claim)
  if (misused) return refusal(misused, grant)
  const current = lapse(grant, now)
  return current.state === 'granted' ? useAll(current, items) : refusal(endCodes[current.state], current)
}

const endCodes = {
  asked: 'grant-unknown',
  refused: 'approval-denied',
  spent: 'grant-spent',
  expired: 'grant-expired',
  revoked: 'grant-revoked',
} as const satisfies Record<Exclude<GrantState, 'granted'>, RefusalCode>

function misuse(grant: Grant, { secretHash, chain, oldestTicks }: Claim): RefusalCode | undefined {
  const { root } = grant
  if (!sameBytes(grant.secretHash, secretHash)) return 'grant-forged'
  const within = chain.some(({ pid, startTicks }) => pid === root.pid && startTicks === root.startTicks)
  if (!within) return 'grant-foreign'
  return grant.freshPath && oldestTicks < grant.birthTicks ? 'grant-stale' : undefined
}

function useAll(grant: Grant, items: readonly Item[]): Step {
  let fields = grant.fields
  for (const item of items) {
    const field = fields.find(({ ref, field }) => ref === item.ref && field === item.field)
    if (!field) return refusal('grant-field', grant)
    if (field.usesLeft === 0) return refusal('grant-spent', grant)
    fields = fields.map((other) => (other === field ? { ...field, usesLeft: field.usesLeft - 1 } : other))
  }
  const spent = fields.every(({ usesLeft }) => usesLeft === 0)
  return { ok: true, grant: { ...grant, fields, state: spent ? 'spent' : 'granted' } }
}

function granted(grant: Grant, now: Instant): Grant {
  return { ...grant, state: 'granted', ends: after(now, grant.ttlMs), birthTicks: now.ticks }
}

function after({ bootMs, wallMs }: Instant, durationMs: number): Grant['ends'] {
  return { bootMs: bootMs + durationMs, wallMs: wallMs + durationMs }
}

function refusal(code: RefusalCode, grant: Grant | undefined): Step {
  return { ok: false, code, grant }
}
