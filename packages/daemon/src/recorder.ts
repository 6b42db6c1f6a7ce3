// What goes into the audit log about requests, and when: before anything leaves.
import { Coalescer, type AuditRecord, type Event, type Log } from '@sget/audit'
import type { Peer } from '@sget/native'
import type { Caller } from '@sget/provenance'
import type { Clock } from './clock.ts'

/** What a request was found to be about, gathered as it is answered. */
export type Noted = Omit<AuditRecord, 'event' | 'peer' | 'attested' | 'chain' | 'caller'>

/** Writes records. Each method throws AuditFailure when the record cannot be written: then the answer is no. */
export class Recorder {
  readonly #log: Log
  readonly #clock: Clock
  readonly #onRecord: (event: Event) => void
  readonly #coalescer = new Coalescer()

  /** @param onRecord told after each record */
  constructor(log: Log, clock: Clock, onRecord: (event: Event) => void) {
    this.#log = log
    this.#clock = clock
    this.#onRecord = onRecord
  }

  /** One record about a caller. */
  record(event: Event, caller: Caller | undefined, noted: Noted = {}): void {
    this.#write([{ event, ...(caller && describe(caller)), ...noted }])
  }

  /** A refusal; those that repeat are counted instead of written. */
  refuse(caller: Caller | undefined, noted: Noted): void {
    this.#fold({ ...(caller && describe(caller)), ...noted, event: 'refused', decision: 'refuse' })
  }

  /** What a human should look at. A loop that raises alarms is counted, as refusals are. */
  alarm(caller: Caller | undefined, noted: Noted): void {
    this.#fold({ ...(caller && describe(caller)), ...noted, event: 'alarm', decision: 'refuse' })
  }

  /** A peer of another user, closed unheard. */
  foreign({ uid, pid }: Peer): void {
    this.#fold({ event: 'refused', decision: 'refuse', peer: { uid, pid }, reason: 'foreign-user' })
  }

  /** Writes the counts that are due. Called now and then. */
  sweep(): void {
    this.#write(this.#coalescer.due(this.#clock.bootMs()))
  }

  /** Writes all counts, before the log ends. */
  drain(): void {
    this.#write(this.#coalescer.drain())
  }

  #fold(record: AuditRecord): void {
    this.#write(this.#coalescer.refuse(record, this.#clock.bootMs()))
  }

  #write(records: readonly AuditRecord[]): void {
    for (const record of records) {
      this.#log.append(record)
      this.#onRecord(record.event)
    }
  }
}

function describe({
  peer,
  attested,
  processes,
  class: kind,
}: Caller): Pick<AuditRecord, 'peer' | 'attested' | 'chain' | 'caller'> {
  return {
    peer: { uid: peer.uid, pid: peer.pid, exe: peer.executable },
    attested,
    chain: processes.map(({ executable }) => executable),
    caller: kind,
  }
}
