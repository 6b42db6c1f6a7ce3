// A session that survives the daemon: one document of the embedded vault, as secret as any value there.
import type { Lender } from '@sget/memory'
import type { Sso } from '@sget/policy'
import type { Vault } from '@sget/vault'
import { SealedTokens } from './held-session.ts'
import type { Keeper, Open } from './keeper.ts'
import type { Logger } from './log.ts'
import { refusalOf } from './refusals.ts'
import type { SessionFacts } from './session-errands.ts'

const documentName = 'sso/session'
const documentVersion = 1
const lengthBytes = 4

/** A session with its tokens, which may have ended. */
export interface Kept {
  readonly tokens: SealedTokens
  readonly facts: SessionFacts
}

/** What stands before the tokens in the document, and is no secret. Of another provider or client they are worth nothing. */
interface Heading {
  readonly version: number
  readonly issuer: string
  readonly clientId: string
  readonly facts: SessionFacts
}

/** What it takes to remember. */
export interface RememberedOptions {
  readonly keeper: Pick<Keeper, 'opened'>
  /** Locked memory for the document. */
  readonly pools: Lender
  readonly log: Logger
}

/** The one session that is remembered, where the config in force wants that. */
export class Remembered {
  readonly #options: RememberedOptions
  #writing: Promise<void> = Promise.resolve()

  constructor(options: RememberedOptions) {
    this.#options = options
  }

  /** Whether there is one. */
  get isThere(): boolean {
    const open = this.#options.keeper.opened
    return open !== undefined && open.vault.documentBytes(documentName) > 0
  }

  /** The session of the provider in force, if there is one that we can read. Whoever takes it destroys its tokens. */
  async recall(): Promise<Kept | undefined> {
    const { keeper, pools } = this.#options
    const open = keeper.opened
    const sso = open?.documents.config.sso
    if (open === undefined || sso?.remember !== true || !this.isThere) return undefined
    // What a backup holds was replaced since: to use it would look like theft to the provider.
    return open.vault.isRestored ? undefined : await read(open.vault, pools, sso)
  }

  /**
   * Puts this session in the place of the one before, or none. One after the other; what cannot be written is told in the log,
   * since who is signed in is so all the same.
   */
  keep(session: Kept | undefined): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write(session))
    return this.#writing
  }

  async #write(session: Kept | undefined): Promise<void> {
    const { keeper, log } = this.#options
    const open = keeper.opened
    if (open === undefined) return
    try {
      const sso = open.documents.config.sso
      if (session === undefined || sso?.remember !== true) await forget(open.vault)
      else await this.#put(open, sso, session)
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) throw error
      log.warn({ failure: refusal.failure }, 'cannot remember, or forget, the session')
    }
  }

  async #put({ vault }: Open, { issuer, clientId }: Sso, { facts, tokens }: Kept): Promise<void> {
    const told: Heading = { version: documentVersion, issuer, clientId, facts }
    const heading = Buffer.from(JSON.stringify(told))
    using loan = await this.#options.pools.loan(lengthBytes + heading.length + tokens.bytes)
    const tokensAt = loan.bytes.writeUInt32BE(heading.length) + heading.copy(loan.bytes, lengthBytes)
    const end = tokensAt + tokens.open(loan.bytes.subarray(tokensAt))
    await vault.setDocument(documentName, loan.bytes.subarray(0, end))
  }
}

async function read(vault: Vault, pools: Lender, { issuer, clientId }: Sso): Promise<Kept | undefined> {
  using loan = await pools.loan(vault.documentBytes(documentName))
  const bytes = vault.document(documentName, loan.bytes)?.bytes ?? Buffer.alloc(lengthBytes)
  const tokensAt = lengthBytes + bytes.readUInt32BE()
  const heading = JSON.parse(bytes.toString('utf8', lengthBytes, tokensAt)) as Heading
  const isOurs =
    heading.version === documentVersion && heading.issuer === issuer && heading.clientId === clientId
  if (!isOurs) return undefined
  const tokens = new SealedTokens()
  tokens.take(bytes.subarray(tokensAt))
  return { tokens, facts: heading.facts }
}

/** The generation before has nothing of it either. */
async function forget(vault: Vault): Promise<void> {
  if (vault.documentBytes(documentName) === 0) return
  await vault.setDocument(documentName, Buffer.alloc(0))
  await vault.rewrite()
}
