// Grants and their steps from state to state, and what the audit log hears of them.
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
import { Grants } from './grants.ts'
import { itemName } from './item.ts'
import { failureOf } from './judge.ts'
import type { Recorder } from './recorder.ts'
import type { AgentSession } from './sessions.ts'

/** A grant that was just opened, with the one copy of its handle that there will ever be. */
export interface Opened {
  readonly grant: Grant
  readonly handle: string
}

type Ask = Omit<GrantRequest, 'id' | 'secretHash'>

/** Moves the grants of all sessions through their states. */
export class Ledger {
  readonly #grants = new Grants()
  readonly #recorder: Recorder
  readonly #clock: Clock
  readonly #onEnd: (grant: Grant) => void

  /** @param onEnd told when a grant is live no more, after that is on record */
  constructor(recorder: Recorder, clock: Clock, onEnd: (grant: Grant) => void) {
    this.#recorder = recorder
    this.#clock = clock
    this.#onEnd = onEnd
  }

  /** All that are known, by id; the one whose last step is longest ago comes first. */
  get grants(): ReadonlyMap<string, Grant> {
    return this.#grants.all
  }

  get liveCount(): number {
    return this.#grants.liveCount
  }

  /** Those of a session that are live, or were when they were last looked at. */
  liveOf(session: AgentSession): readonly Grant[] {
    return this.#grants.liveOf(session.id)
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
    for (const grant of this.#grants.live) this.keep(revoke(grant))
  }

  endSession(session: AgentSession): void {
    for (const grant of this.liveOf(session)) this.keep(revoke(grant))
  }

  /** Ends the grants whose time is over. */
  sweep(): void {
    const now = this.instant
    for (const grant of this.#grants.live) this.keep(lapse(grant, now))
  }

  /** Takes a grant in its next state, and records the change of state. A step that changed nothing is none. */
  keep(grant: Grant): void {
    const before = this.grants.get(grant.id)
    if (before === grant) return
    this.#grants.put(grant)
    if (before?.state !== grant.state) this.#recordState(grant)
    if (!isLive(grant)) this.#onEnd(grant)
  }

  #step(id: string, step: (grant: Grant) => ReturnType<typeof approve>): Grant {
    const grant = this.grants.get(id)
    if (grant === undefined) throw new Refusal('grant-unknown')
    const next = step(grant)
    if (next.grant !== undefined) this.keep(next.grant)
    if (!next.ok) throw new Refusal(failureOf(next.code))
    return next.grant
  }

  #recordState({ id, state, session, root, fields, level }: Grant): void {
    const noted = {
      grant: id,
      session,
      root: { ...root },
      ref: fields.map(itemName).join(' '),
      reason: level === 'none' ? undefined : `by ${level}`,
    }
    this.#recorder.record(`grant-${state}`, undefined, noted)
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
