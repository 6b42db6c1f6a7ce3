// Where grants are kept: by id, and the live ones by session, so that no request has to look at all of them.
import { isLive, type Grant } from '@sget/policy'
import { endedGrantsMax } from './limits.ts'

/** The grants of all sessions. What has ended is kept for a while, so that a spent handle is known when it comes again. */
export class Grants {
  readonly #byId = new Map<string, Grant>()
  readonly #liveBySession = new Map<string, Set<string>>()
  /** The one that ended first comes first. */
  readonly #ended = new Set<string>()

  /** By id; the one whose last step is longest ago comes first. */
  get all(): ReadonlyMap<string, Grant> {
    return this.#byId
  }

  get liveCount(): number {
    return this.#byId.size - this.#ended.size
  }

  /** The live ones of all sessions. A copy, since a step moves its grant. */
  get live(): readonly Grant[] {
    return [...this.#liveBySession.keys()].flatMap((session) => this.liveOf(session))
  }

  /** The live ones of a session: never more than it may have. A copy. */
  liveOf(session: string): readonly Grant[] {
    const ids = [...(this.#liveBySession.get(session) ?? [])]
    return ids.map((id) => this.#byId.get(id)).filter((grant) => grant !== undefined)
  }

  /** Takes a grant in its next state. */
  put(grant: Grant): void {
    this.#byId.delete(grant.id)
    this.#byId.set(grant.id, grant)
    if (isLive(grant)) this.#addLive(grant)
    else this.#addEnded(grant)
  }

  #addLive({ id, session }: Grant): void {
    const ids = this.#liveBySession.get(session)
    if (ids) ids.add(id)
    else this.#liveBySession.set(session, new Set([id]))
  }

  #addEnded({ id, session }: Grant): void {
    const ids = this.#liveBySession.get(session)
    ids?.delete(id)
    if (ids?.size === 0) this.#liveBySession.delete(session)
    this.#ended.add(id)
    for (const oldest of this.#ended) {
      if (this.#ended.size <= endedGrantsMax) return
      this.#ended.delete(oldest)
      this.#byId.delete(oldest)
    }
  }
}
