// Backups of the vault, and what takes its place: a backup, or nothing. All of it works locked, and none asks for a
// passphrase that may be forgotten: a human in a terminal of their own may do it, and who proved the passphrase.
import { isAbsolute } from 'node:path'
import { BackendFailure, type BackendCode } from '@sget/backend'
import { check, eraseVault, readBackup, readVault, restoreVault, setAside, writeBackup } from '@sget/vault'
import { Refusal, vaultName, type FailureName } from '@sget/wire/broker'
import { demandHuman } from './answering.ts'
import { clip, argumentBytesMax } from './clip.ts'
import type { Request } from './request.ts'

/** Writes the vault's file, encrypted as it is, where the peer says. */
export async function backup(request: Request<'backup'>): Promise<void> {
  const { recorder, paths } = request.house
  const { replace } = request.body
  const path = absolute(request.body.path)
  const place = { path: paths.vault }
  const file = await readVault(place)
  const { generation } = check(file)
  recorder.record('vault-copied', request.caller, { reason: path, generation })
  await about(path, writing, () => writeBackup(place, file, { path, replace }))
  request.reply('kept', { path, bytes: file.length })
}

/** Puts a backup in the place of the vault. What the vault before allowed is over. */
export async function restore(request: Request<'restore'>): Promise<void> {
  const { recorder, keeper, paths } = request.house
  const path = absolute(request.body.path)
  const file = await about(path, reading, () => readBackup(path))
  const { generation } = check(file)
  request.note({ reason: path, generation })
  if (keeper.exists && !request.body.aside) throw new Refusal('vault-in-place')
  if (keeper.exists) await demandHuman(request, `restore ${path}`)
  recorder.record('vault-restored', request.caller, request.noted)
  const aside = await replace(request, () => restoreVault({ path: paths.vault }, file, request.body.aside))
  request.house.log.info({ aside }, 'restored')
  request.reply('kept', { path: aside ?? '', bytes: file.length })
}

/** Takes the vault away, so that a new one can be made: all that is left to do when its passphrase is forgotten. */
export async function reset(request: Request<'reset'>): Promise<void> {
  const { recorder, keeper, paths } = request.house
  const { name, erase } = request.body
  if (name !== vaultName(paths)) throw new Refusal('vault-name', clip(name, argumentBytesMax))
  if (!keeper.exists) throw new Refusal('no-vault')
  request.note({ reason: erase ? 'erase' : 'move aside' })
  await demandHuman(request, `${erase ? 'erase' : 'move aside'} the vault ${name}`)
  recorder.record('vault-reset', request.caller, request.noted)
  const place = { path: paths.vault }
  const aside = await replace(request, async () => {
    if (!erase) return await setAside(place)
    await eraseVault(place)
    return ''
  })
  request.house.log.info({ aside }, 'reset')
  request.reply('kept', { path: aside, bytes: 0 })
}

/** Ends what the vault allowed, then works on its file while nobody can open it. */
async function replace<Result>(
  { house: { keeper, ledger } }: Request,
  work: () => Promise<Result>,
): Promise<Result> {
  return await keeper.replace(async () => {
    ledger.revokeAll()
    return await work()
  })
}

function absolute(path: string): string {
  if (!isAbsolute(path)) throw new Refusal('usage', 'a backup has an absolute path')
  return path
}

type Told = Readonly<Partial<Record<BackendCode, FailureName>>>

/** The same codes are told of the vault itself elsewhere (refusals.ts); here they are about the file that was named. */
const reading: Told = {
  absent: 'backup-unreadable',
  unsafe: 'backup-unreadable',
  unreadable: 'backup-unreadable',
  damaged: 'backup-damaged',
}
const writing: Told = {
  exists: 'backup-exists',
  unsafe: 'backup-unwritable',
  full: 'backup-unwritable',
  unwritable: 'backup-unwritable',
  damaged: 'backup-unwritable',
}

async function about<Result>(path: string, told: Told, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const failure = error instanceof BackendFailure ? told[error.code] : undefined
    if (failure === undefined || !(error instanceof BackendFailure)) throw error
    throw new Refusal(
      failure,
      clip(error.code === 'exists' ? path : `${path}: ${error.message}`, argumentBytesMax),
    )
  }
}
