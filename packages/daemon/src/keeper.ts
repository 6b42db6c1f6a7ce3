// The vault's life: absent, locked, open. What was allowed while it was open ends when it closes.
import { existsSync } from 'node:fs'
import { AuditFailure, type Log } from '@sget/audit'
import { isOver, type Instant } from '@sget/memory'
import { createVault, openVault, type Vault } from '@sget/vault'
import { Refusal, type Paths } from '@sget/wire/broker'
import { instant, type Clock } from './clock.ts'
import { Documents } from './documents.ts'
import type { DocumentName } from './drafts.ts'
import { Epochs } from './epochs.ts'
import type { Anchored } from './anchors.ts'
import type { Journal } from './journal.ts'
import type { Logger } from './log.ts'
import { Origins } from './origins.ts'
import { retire } from './retiring.ts'

/** An open vault with what is in force while it is open. */
export interface Open {
  readonly vault: Vault
  readonly documents: Documents
  readonly epochs: Epochs
  readonly origins: Origins
  /** Wall clock, milliseconds. */
  readonly since: number
}

/** What the keeper needs of the daemon. */
export interface KeeperOptions {
  readonly paths: Paths
  readonly audit: Log
  readonly journal: Journal
  readonly log: Logger
  readonly clock: Clock
  /** Told when the vault has been opened. */
  readonly onOpen: () => void
  /** Told while the vault still opens, just before it closes. */
  readonly onLock: (reason: string) => void
}

/** Opens and closes the one vault. Passphrases come in lent buffers and are consumed. */
export class Keeper {
  readonly #options: KeeperOptions
  #open: Open | undefined
  #opening: Promise<void> | undefined
  #closing: Promise<unknown> = Promise.resolve()
  #isReplaced = false
  #anchors: Epochs['anchors'] | undefined
  #retiredAt = -1
  #used: Instant = { bootMs: 0, wallMs: 0 }

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  /** Whether there is a vault file, open or not. */
  get exists(): boolean {
    return existsSync(this.#options.paths.vault)
  }

  /** What is open, without counting as use. What was idle for too long closes here at the latest. */
  get opened(): Open | undefined {
    this.#closeIdle()
    return this.#open
  }

  /** What is open, for use. Throws `locked` or `no-vault`. */
  get use(): Open {
    const { opened } = this
    if (opened === undefined) throw new Refusal(this.exists ? 'locked' : 'no-vault')
    this.#touch()
    return opened
  }

  /** Whether the vault has been idle for as long as the config in force allows, by either clock. */
  get isIdle(): boolean {
    if (this.#open === undefined) return false
    return isOver(this.#used, instant(this.#options.clock), this.#open.documents.config.idleLockMs)
  }

  /** Makes a vault and seals the drafts of policy and config into it. Throws `vault-exists`, of two at once to one. */
  async create(passphrase: Buffer): Promise<void> {
    if (this.#opening !== undefined || this.exists) throw new Refusal('vault-exists')
    await this.#once(async () => {
      const vault = await createVault({ path: this.#options.paths.vault, passphrase })
      await Documents.sealFirst(vault, this.#options.paths)
      return vault
    })
  }

  /** Opens the vault. Several at once are one; the passphrase of a later one is not looked at. */
  unlock(passphrase: Buffer): Promise<void> {
    return this.#once(() => openVault({ path: this.#options.paths.vault, passphrase }))
  }

  /** Locks, and runs `work` on the file while it cannot be opened. Throws `busy` while it is opened or replaced. */
  async replace<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#opening !== undefined || this.#isReplaced) throw new Refusal('busy')
    this.#isReplaced = true
    try {
      await this.lock('replaced')
      return await work()
    } finally {
      this.#isReplaced = false
    }
  }

  /** Puts a checked text in force. Returns its generation. */
  async apply(name: DocumentName, text: string): Promise<number> {
    const { documents } = this.use
    const generation = await documents.apply(name, text)
    this.#obey(documents)
    return generation
  }

  /** How far the vault knows the audit log; of its last opening, while it is closed. */
  get anchored(): Anchored {
    return this.#anchors?.anchored ?? { state: 'none', sequence: 0, time: 0 }
  }

  /**
   * Closes what is idle, and looks after the audit log: tries again what was owed to the vault, and removes what is old
   * enough.
   */
  sweep(): void {
    this.#closeIdle()
    this.#open?.epochs.anchors.retry()
    if (this.#options.audit.setAside !== this.#retiredAt) this.#retire()
  }

  /** Ends everything that the vault's opening allowed, and forgets the key. */
  async lock(reason: string): Promise<void> {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    const closing = this.#close(open, reason)
    this.#closing = closing.catch(() => undefined)
    await closing
  }

  async #close({ epochs, vault }: Open, reason: string): Promise<void> {
    try {
      this.#options.onLock(reason)
      this.#options.audit.append({ event: 'locked', reason })
      await epochs.end()
    } finally {
      await vault.close()
    }
  }

  async #once(makeVault: () => Promise<Vault>): Promise<void> {
    if (this.#isReplaced) throw new Refusal('busy')
    this.#closeIdle()
    if (this.#open !== undefined) return
    this.#opening ??= this.#begin(makeVault).finally(() => {
      this.#opening = undefined
    })
    await this.#opening
  }

  /** Nothing is open from here on, whether or not the log can be told. No clock that jumps back opens it again. */
  #closeIdle(): void {
    if (!this.isIdle) return
    this.lock('idle').catch((error: unknown) => {
      if (!(error instanceof AuditFailure)) throw error
      this.#options.log.error({ code: error.code }, 'cannot record that the vault was locked')
    })
  }

  async #begin(makeVault: () => Promise<Vault>): Promise<void> {
    await this.#closing
    const vault = await makeVault()
    try {
      const documents = new Documents(vault)
      const { paths, audit, clock, log } = this.#options
      const epochs = await Epochs.begin({ vault, audit, clock, log, directory: paths.audit })
      audit.append({ event: 'unlocked' })
      this.#obey(documents)
      this.#anchors = epochs.anchors
      const origins = new Origins(vault, clock)
      this.#open = { vault, documents, epochs, origins, since: clock.wallMs() }
      this.#touch()
      this.#retire()
      this.#options.onOpen()
    } catch (error) {
      await vault.close()
      throw error
    }
  }

  /** Follows the config in force. */
  #obey({ config }: Documents): void {
    this.#options.audit.syncBy(config.auditSync)
    this.#options.journal.path = config.auditJournal
  }

  /** Once for each file that was set aside, and once at each opening. Nobody waits for it. */
  #retire(): void {
    if (this.#open === undefined) return
    const { paths, audit, clock, log } = this.#options
    this.#retiredAt = audit.setAside
    void retire(this.#open.epochs, { directory: paths.audit, audit, clock, log })
  }

  #touch(): void {
    this.#used = instant(this.#options.clock)
  }
}
