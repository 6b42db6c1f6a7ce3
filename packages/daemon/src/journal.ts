// Tells the system's journal of each release: a file of root's, which this user can add to but not take from.
import { formatAnchor, type Anchor } from '@sget/audit'
import { sendDatagram } from '@sget/native'
import type { Clock } from './clock.ts'
import type { Anchored } from './anchors.ts'

/** RFC 3164, section 4.1.1: facility 10 (security and authorization) times 8, and severity 5 (notice). */
const priority = 10 * 8 + 5

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** No such socket: a machine without a journal, which is no fault. */
const absences = new Set(['ENOENT', 'ENOTDIR'])

/**
 * The journal, by the path of its datagram socket. It never waits and never throws: what it cannot take is owed. Each
 * record's MAC covers all records before it, so of those that are owed only the newest has to be sent.
 */
export class Journal {
  readonly #clock: Clock
  #path: string | undefined
  #owed: Anchor | undefined
  #anchored: Anchored = { state: 'none', sequence: 0, time: 0 }

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Where to send from here on, as the config in force says; nowhere when undefined. */
  set path(path: string | undefined) {
    this.#path = path
    if (path !== undefined) return
    this.#owed = undefined
    this.#anchored = { state: 'none', sequence: 0, time: 0 }
  }

  /** How it stands: `none` where there is no journal. */
  get anchored(): Anchored {
    return this.#anchored
  }

  /**
   * Tells of a record. Returns the name of what stopped it, where something did that had not before. As long as something
   * is owed nothing is tried until `retry`: a machine without a journal pays nothing for it.
   */
  tell(anchor: Anchor): string | undefined {
    if (this.#owed === undefined) return this.#send(anchor)
    this.#owed = anchor
    return undefined
  }

  /** Sends what is owed. Called now and then. */
  retry(): void {
    if (this.#owed !== undefined) this.#send(this.#owed)
  }

  #send(anchor: Anchor): string | undefined {
    if (this.#path === undefined) return undefined
    const time = this.#clock.wallMs()
    const stopped = sendDatagram(this.#path, lineOf(anchor, time))
    const wasFailed = this.#anchored.state === 'failed'
    this.#owed = stopped === undefined ? undefined : anchor
    if (stopped === undefined) this.#anchored = { state: 'kept', sequence: anchor.sequence, time }
    else this.#anchored = { ...this.#anchored, state: absences.has(stopped) ? 'none' : 'failed' }
    return this.#anchored.state === 'failed' && !wasFailed ? stopped : undefined
  }
}

/** As a local syslog(3) writes it (RFC 3164, section 4.1, without the host): `<85>Nov  2 08:05:00 sgetd[123]: …`. */
function lineOf(anchor: Anchor, timeMs: number): Buffer {
  const at = new Date(timeMs)
  const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => `${part}`.padStart(2, '0'))
  const stamp = `${months[at.getMonth()] ?? ''} ${`${at.getDate()}`.padStart(2)} ${clock.join(':')}`
  return Buffer.from(`<${priority}>${stamp} sgetd[${process.pid}]: ${formatAnchor(anchor)}`)
}
