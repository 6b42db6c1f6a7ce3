// All grants, each in its present state, and what the audit log hears of them.
import { createHash, randomBytes } from 'node:crypto'
import {
  approve,
  askFor,
  clear,
  deny,
  formatHandle,
  idBytes,
  isLive,
  lapse,
  newHandle,
  parseHandle,
  revoke,
  secretBytes,
} from '@sget/policy'
import type { Grant, GrantRequest, Instant, Level } from '@sget/policy'
import { Refusal } from '@sget/wire/broker'
import type { Clock } from './clock.ts'
import { failureOf } from './judge.ts'
import { endedGrantsMax } from './limits.ts'
import type { Recorder } from './recorder.ts'
import type { AgentSession } from './sessions.ts'

/** A grant that was just opened, with the one copy of its handle that there will ever be. */
export interface Opened {
  readonly grant: Grant
  readonly handle: string
}

type Ask = Omit<GrantRequest, 'id' | 'secretHash'>

/** The grants of all sessions. What has ended is kept for a while, so that a spent handle is known when it comes again. */
export class Ledger {
  readonly #grants = new Map<string, Grant>()
  readonly #recorder: Recorder
  readonly #clock: Clock

  constructor(recorder: Recorder, clock: Clock) {
    this.#recorder = recorder
    this.#clock = clock
  }

  get grants(): ReadonlyMap<string, Grant> {
    return this.#grants
  }

  get liveCount(): number {
    return this.#all.filter(isLive).length
  }

  /** A copy, since a step moves its grant to the end. */
  get #all(): readonly Grant[] {
    return [...this.#grants.values()]
  }

  /** Now, on the clocks of grants. Its tick is the next one: whatever starts in it started after this moment. */
  get instant(): Instant {
    return {
      bootMs: this.#clock.bootMs(),
      wallMs: this.#clock.wallMs(),
      ticks: this.#clock.ticks() + 1,
    }
  }

  /** Makes a grant with a new handle. Without a level it is granted at once. */
  open(ask: Ask): Opened {
    const handle = newHandle(randomBytes(idBytes), randomBytes(secretBytes))
    const grant = askFor({ ...ask, id: handle.id, secretHash: hashOf(handle.secret) }, this.instant)
    this.keep(grant)
    return { grant, handle: formatHandle(handle) }
  }

  /** A human allowed it. Throws where it has ended meanwhile. */
  approve(id: string, given: Level): Grant {
    return this.#step(id, (grant) => approve(grant, given, this.instant))
  }

  /** A human refused it, or nobody answered. */
  deny(id: string): void {
    this.#step(id, deny)
  }

  /** The session that has it does not need it any more. Throws `grant-unknown` or `grant-foreign`. */
  clear(id: string, session: AgentSession): void {
    this.#step(id, (grant) => clear(grant, session.id))
  }

  /** A human takes it back. Throws `grant-unknown`. */
  revoke(id: string): void {
    this.#step(id, (grant) => ({ ok: true, grant: revoke(grant) }))
  }

  revokeAll(): void {
    for (const grant of this.#all) this.keep(revoke(grant))
  }

  endSession(session: AgentSession): void {
    for (const grant of this.#all) if (grant.session === session.id) this.keep(revoke(grant))
  }

  /** Ends the grants whose time is over. */
  sweep(): void {
    for (const grant of this.#all) this.keep(lapse(grant, this.instant))
  }

  /** Takes a grant in its next state, and records the change of state. A step that changed nothing is none. */
  keep(grant: Grant): void {
    const before = this.#grants.get(grant.id)
    if (before === grant) return
    this.#grants.delete(grant.id)
    this.#grants.set(grant.id, grant)
    if (before?.state !== grant.state) this.#recordState(grant)
    this.#forgetOldest()
  }

  #step(id: string, step: (grant: Grant) => ReturnType<typeof approve>): Grant {
    const grant = this.#grants.get(id)
    if (grant === undefined) throw new Refusal('grant-unknown')
    const next = step(grant)
    if (next.grant !== undefined) this.keep(next.grant)
    if (!next.ok) throw new Refusal(failureOf(next.code))
    return next.grant
  }

  #recordState({ id, state, session, root, fields, level }: Grant): void {
    const ref = fields.map(({ ref, field }) => `${ref}#${field}`).join(' ')
    const noted = {
      grant: id,
      session,
      root: { ...root },
      ref,
      reason: level === 'none' ? undefined : `by ${level}`,
    }
    this.#recorder.record(`grant-${state}`, undefined, noted)
  }

  #forgetOldest(): void {
    const ended = this.#all.filter((grant) => !isLive(grant))
    for (const { id } of ended.slice(0, Math.max(0, ended.length - endedGrantsMax))) this.#grants.delete(id)
  }
}

/** What a handle's text says: whose grant it means, and the hash to compare. Throws `grant-unknown`. */
export function readHandle(text: string): { id: string; secretHash: Buffer } {
  const handle = parseHandle(text)
  if (handle === undefined) throw new Refusal('grant-unknown')
  return { id: handle.id, secretHash: hashOf(handle.secret) }
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
