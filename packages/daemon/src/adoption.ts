// A vault without the seeds of the audit log beside it: a new one, or a backup that was restored. It takes the log over
// at a record that it remembers, and whose link holds in place all before it. `verify` always tells where that was.
import type { Log, Verification } from '@sget/audit'
import type { Vault } from '@sget/vault'

const name = 'audit/adopted'

/** Where the vault took the log over. */
export interface Adopted {
  readonly sequence: number
  /** The link of that record, in hex. */
  readonly tag: string
  /** The newest epoch then: up to it the vault may not know the seed. */
  readonly epoch: number
  /** Up to this epoch the seeds in the vault are those of another log; 0 for none. */
  readonly foreignUpTo: number
}

export function readAdopted(vault: Vault): Adopted | undefined {
  const document = vault.document(name)
  return document && (JSON.parse(document.bytes.toString()) as Adopted)
}

/** How the log looks to a vault that were to take it over so. */
export type Check = (adopted: Adopted) => Promise<Verification>

/**
 * Takes the log over. Its last record then is the one about it, which is unsealed: its tag is a link, which a change
 * before it would change. Seeds of the vault that do not fit the log are of another one, and are not used again.
 *
 * @param newestKnown the newest epoch that the vault has a seed of, 0 for none
 */
export async function adopt(vault: Vault, log: Log, newestKnown: number, check: Check): Promise<Adopted> {
  const reason = vault.isRestored ? 'restored' : 'new'
  log.append({ event: 'vault-adopted', reason })
  const { foreignUpTo } = readAdopted(vault) ?? { foreignUpTo: 0 }
  const own = { ...log.head(), foreignUpTo }
  const fits = (await check(own)).bad === undefined
  const adopted = fits ? own : { ...own, foreignUpTo: newestKnown }
  await vault.setDocument(name, Buffer.from(JSON.stringify(adopted)))
  return adopted
}
