// The embedded vault: one encrypted file.
export { type CreateOptions, type OpenOptions, createVault, openVault } from './open.ts'
export { type OpenedDocument, type RekeyOptions, Vault } from './vault.ts'
export { type Place, previousPath } from './file.ts'
export { vaultBytesMax } from './contents.ts'
export { usualCost } from './slot.ts'
export { eraseVault, restoreVault, setAside } from './aside.ts'
export { type Target, check, readBackup, readVault, writeBackup } from './backup.ts'
