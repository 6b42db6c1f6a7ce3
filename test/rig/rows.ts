// A table of requests: how each is made and by whom, what becomes of it, and what the audit log says of it then.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Test } from 'tap'
import { type Ran } from './agent.ts'
import { type AuditRecord, type Instance } from './instance.ts'

/**
 * `released`: to where the rules say, and the value is not in what was printed. `refused`: nothing is printed. `conceded`:
 * released, and somebody sees it who should not: SECURITY.md names it. `asked`: a human is asked for the passphrase, and
 * says no.
 */
export type Fate = 'released' | 'refused' | 'conceded' | 'asked'

/** One row. */
export interface Row {
  readonly name: string
  /** What is run, given the command that prints the secret and that secret's reference. */
  readonly argv: (read: string, ref: string) => readonly string[]
  /** Folder of the secret, which says what rule applies. */
  readonly under?: string
  readonly becomes: Fate
  /** What the audit record says: who asked, where it would land, why it was refused. */
  readonly caller?: 'agent' | 'human' | 'unattributed'
  readonly sink?: string | RegExp
  readonly reason?: string
  /** A program without which the row is skipped. */
  readonly needs?: string
}

/** Runs what a row says, as the one whom it is about. */
export type By = (argv: readonly string[]) => Promise<Ran>

/** The rows of a table, each with a secret of its own so that its record is found. */
export class Table {
  readonly #instance: Instance
  readonly #value: string
  readonly #rows = new Map<string, number>()

  private constructor(instance: Instance, value: string) {
    this.#instance = instance
    this.#value = value
  }

  /** A table that has room for so many rows in each folder; all its secrets have that value. */
  static async over(
    instance: Instance,
    value: string,
    folders: Readonly<Record<string, number>>,
  ): Promise<Table> {
    for (const [folder, count] of Object.entries(folders))
      await instance.import(folder, Array.from({ length: count }, (_, at) => `R${at}=${value}\n`).join(''))
    return new Table(instance, value)
  }

  /** Tests one row. */
  test(t: Test, row: Row, by: By): Promise<unknown> {
    const ref = this.#nextRef(row.under ?? 'dev')
    const skip = row.needs === undefined || existsSync(row.needs) ? false : `there is no ${row.needs}`
    return t.test(`${row.becomes}: ${row.name}`, { skip }, async (t) => {
      const read = `${join(this.#instance.programs, 'sget')} --home ${this.#instance.home} ${ref}`
      const earlier = this.#instance.audit().length
      const running = by(row.argv(read, ref))
      if (row.becomes === 'asked') await this.#sayNo(running)
      const ran = await running
      const printed = `${ran.stdout}${ran.stderr}`
      const records = this.#instance.audit().slice(earlier)
      t.match(records.at(-1), expected(row), JSON.stringify({ ran, records }))
      t.equal(ran.code === 0, row.becomes === 'released' || row.becomes === 'conceded', printed)
      t.equal(printed.includes(this.#value), row.becomes === 'conceded', 'who sees it')
    })
  }

  #nextRef(folder: string): string {
    const at = this.#rows.get(folder) ?? 0
    this.#rows.set(folder, at + 1)
    return `${folder}/r${at}`
  }

  /** Waits for the question of who runs, and answers it. */
  async #sayNo(running: Promise<unknown>): Promise<void> {
    const over = new AbortController()
    void running.then(() => over.abort())
    while (!over.signal.aborted) {
      const pending = JSON.parse((await this.#instance.sgetctl(['pending', '--json'])).stdout) as Pending
      for (const { id } of pending.requests) await this.#instance.sgetctl(['deny', id])
    }
  }
}

interface Pending {
  readonly requests: readonly { readonly id: string }[]
}

function expected({ becomes, caller, sink, reason }: Row): AuditRecord {
  const told = { caller, sink, reason: becomes === 'asked' ? 'approval-denied' : reason }
  const named = Object.entries(told).filter(([, said]) => said !== undefined)
  const isReleased = becomes === 'released' || becomes === 'conceded'
  return { event: isReleased ? 'released' : 'refused', ...Object.fromEntries(named) }
}
