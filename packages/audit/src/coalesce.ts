// Folds a storm of refusals into few records: a loop must neither fill the disk nor push evidence out.
import assert from 'node:assert'
import { type AuditRecord, type Path } from './record.ts'

/** A refusal is counted with those like it for this long. */
export const windowMs = 60_000

/** So many different refusals are told apart at a time; all others are counted as one. */
export const kindsMax = 64

/** Refusals alike: the first one, when its window ends, and how many more came since it was written. */
type Fold = { readonly record: AuditRecord; readonly endsMs: number; readonly count: number }

const otherKind = 'other'

/**
 * The refusals of late, as a state machine: time comes in, records to write come out. The first of a kind (same event,
 * user and executable of the peer, session, ref, field and reason) is written at once, repeats as one record with their count when the
 * window ends. In a window no more than 2 * (kindsMax + 1) records come out, however many refusals go in.
 */
export class Coalescer {
  readonly #folds = new Map<string, Fold>()

  /** Takes a refusal, or an alarm about one; gives what to write now. A release here is a bug: each is written. */
  refuse(record: AuditRecord, nowMs: number): readonly AuditRecord[] {
    assert(record.decision === 'refuse', 'only refusals are folded')
    const due = this.due(nowMs)
    const kind = this.#kindOf(record)
    const fold = this.#folds.get(kind)
    if (fold) this.#folds.set(kind, { ...fold, count: fold.count + 1 })
    else this.#folds.set(kind, { record: foldable(record, kind), endsMs: nowMs + windowMs, count: 0 })
    return fold ? due : [...due, record]
  }

  /** Gives the counts whose window has ended. What repeated is watched for another window, else forgotten. */
  due(nowMs: number): readonly AuditRecord[] {
    const ended = [...this.#folds].filter(([, fold]) => fold.endsMs <= nowMs)
    for (const [kind, fold] of ended) {
      if (fold.count > 0) this.#folds.set(kind, { ...fold, endsMs: nowMs + windowMs, count: 0 })
      else this.#folds.delete(kind)
    }
    return counted(ended.map(([, fold]) => fold))
  }

  /** Gives all counts there are, before the log closes or an epoch ends. */
  drain(): readonly AuditRecord[] {
    const folds = [...this.#folds.values()]
    this.#folds.clear()
    return counted(folds)
  }

  /** When `due` may have something; nothing while no refusal is remembered. */
  get nextMs(): number | undefined {
    const ends = [...this.#folds.values()].map(({ endsMs }) => endsMs)
    return ends.length > 0 ? Math.min(...ends) : undefined
  }

  #kindOf({ event, peer, session, ref, field, reason }: AuditRecord): string {
    const kind = JSON.stringify([event, peer?.uid, nameOf(peer?.exe), session, ref, field, reason])
    return this.#folds.has(kind) || this.#folds.size < kindsMax ? kind : otherKind
  }
}

function nameOf(exe: Path | undefined): string | undefined {
  return exe === undefined || typeof exe === 'string' ? exe : Buffer.from(exe).toString('latin1')
}

/** What the count will be written with: the refusal itself, or of those not told apart only that they were. */
function foldable(record: AuditRecord, kind: string): AuditRecord {
  if (kind !== otherKind) return record
  return { event: 'refused', decision: 'refuse', reason: 'others, too many kinds to tell apart' }
}

function counted(folds: readonly Fold[]): readonly AuditRecord[] {
  return folds.filter(({ count }) => count > 0).map(({ record, count }) => ({ ...record, count }))
}
