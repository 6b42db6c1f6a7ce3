// Where the audit log begins once files of it were removed, as the vault keeps it.
import type { Start } from '@sget/audit'
import type { Vault } from '@sget/vault'
import type { Adopted } from './adoption.ts'

const name = 'audit/start'

/** A start is of one log: `adopted` is the tag at which the vault had taken that one over, if it had. */
type Kept = Start & { readonly adopted?: string | undefined }

/** What was kept before the vault took this log over is of another one, or older than the log. */
export function readStart(vault: Vault, adopted: Adopted | undefined): Start | undefined {
  const document = vault.document(name)
  const kept = document && (JSON.parse(document.bytes.toString()) as Kept)
  return kept?.adopted === adopted?.tag ? kept : adopted?.start
}

/** From here on the log begins behind this record. Throws BackendFailure. */
export async function writeStart(vault: Vault, start: Start, adopted: Adopted | undefined): Promise<void> {
  const kept: Kept = { ...start, adopted: adopted?.tag }
  await vault.setDocument(name, Buffer.from(JSON.stringify(kept)))
}
