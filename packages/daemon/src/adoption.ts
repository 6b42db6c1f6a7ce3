// A vault without the seeds of the audit log beside it: a new one, or a backup that was restored. It takes the log over
// at a record that it remembers, and whose link holds in place all before it. `verify` always tells where that was.
import { startOf, type Log, type Start, type Verification } from '@sget/audit'
import type { Vault } from '@sget/vault'
import { readStart } from './start.ts'

const name = 'audit/adopted'

/** Where the vault took the log over. */
export interface Adopted {
  readonly sequence: number
  /** The link of that record, in hex. */
  readonly tag: string
  /** The newest epoch then: up to it the vault may not know the seed. */
  readonly epoch: number
  /** Up to this epoch no seed in the vault is used: it is of another log, or of an epoch whose beginning is gone. */
  readonly foreignUpTo: number
  /** Where the log began then, if files of it had been removed. In the same document, so that a crash keeps both. */
  readonly start?: Start | undefined
}

export function readAdopted(vault: Vault): Adopted | undefined {
  const document = vault.document(name)
  return document && (JSON.parse(document.bytes.toString()) as Adopted)
}

/** What it takes to take a log over. */
export interface Adoption {
  readonly vault: Vault
  readonly audit: Log
  readonly directory: string
  /** The newest epoch that the vault has a seed of, 0 for none. */
  readonly newestKnown: number
  /** How the log looks to a vault that were to take it over so. */
  readonly check: (adopted: Adopted) => Promise<Verification>
}

/**
 * Takes the log over. Its last record then is the one about it, which is unsealed: its tag is a link, which a change
 * before it would change. Seeds of the vault that do not fit the log are of another one, and are not used again. Nor is
 * what the vault knows of the beginning: the log may have lost files since the backup, or be another one.
 */
export async function adopt({ vault, audit, directory, newestKnown, check }: Adoption): Promise<Adopted> {
  const reason = vault.isRestored ? 'restored' : 'new'
  audit.append({ event: 'vault-adopted', reason })
  const before = readAdopted(vault)
  const { start, unprovable } = await beginningOf(directory, readStart(vault, before))
  const own = { ...audit.head(), foreignUpTo: Math.max(before?.foreignUpTo ?? 0, unprovable), start }
  const fits = (await check(own)).bad === undefined
  const adopted = fits ? own : { ...own, foreignUpTo: Math.max(newestKnown, unprovable) }
  await vault.setDocument(name, Buffer.from(JSON.stringify(adopted)))
  return adopted
}

/** Where the oldest file begins in the midst of an epoch, only who removed those before it can prove that epoch. */
async function beginningOf(
  directory: string,
  known: Start | undefined,
): Promise<{ start: Start | undefined; unprovable: number }> {
  const found = await startOf(directory)
  if (found === undefined) return { start: undefined, unprovable: 0 }
  if (found.sequence === known?.sequence && found.tag === known.tag) return { start: known, unprovable: 0 }
  return { start: found, unprovable: found.sealed > 0 ? found.epoch : 0 }
}
