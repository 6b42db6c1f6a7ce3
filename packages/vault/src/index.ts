// The embedded vault: one encrypted file.
export { type CreateOptions, type OpenOptions, createVault, openVault } from './open.ts'
export { type OpenedDocument, Vault } from './vault.ts'
export { type Place, previousPath } from './file.ts'
export { vaultBytesMax } from './contents.ts'
export { usualCost } from './slot.ts'
