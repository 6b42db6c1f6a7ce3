// `sgetctl vault backup`, `vault restore` and `reset`: the vault as a file. sgetd does it all; here people are asked.
import { resolve } from 'node:path'
import { Refusal, vaultName } from '@sget/wire'
import { commandLine, type Context } from './context.ts'
import type { Session } from './session.ts'
import { withStartedDaemon } from './starting.ts'
import type { Answer } from './terminal.ts'

/** What somebody can do who has forgotten the passphrase. */
export function forgotten(context: Context): string[] {
  return [
    'without its passphrase nobody can open the vault; if you have forgotten it:',
    `    restore a backup whose passphrase you know: ${commandLine(context, 'sgetctl', 'vault restore FILE')}`,
    `    or begin anew and store the secrets again: ${commandLine(context, 'sgetctl', 'reset')}`,
  ]
}

/** Copies the vault's file, encrypted as it is. */
export async function backup(context: Context, file: string, replace: boolean): Promise<Answer> {
  const path = resolve(file)
  const { bytes } = await withStartedDaemon(context, (session) =>
    session.ask('backup', { path, replace }, 'kept'),
  )
  return {
    json: { backup: path, bytes },
    lines: [
      `wrote ${path}: ${bytes} bytes, encrypted as the vault is, read back and found the same`,
      'it opens with the passphrase that the vault has now; changing that later does not change this copy',
      `to restore it: ${commandLine(context, 'sgetctl', `vault restore ${path}`)}`,
    ],
  }
}

/** Puts a backup in the place of the vault. */
export async function restore(context: Context, file: string, aside: boolean): Promise<Answer> {
  const path = resolve(file)
  const kept = await withStartedDaemon(context, (session) => restoreOrAsk(context, session, { path, aside }))
  return {
    json: { restored: path, bytes: kept.bytes, aside: kept.path === '' ? null : kept.path },
    lines: [
      `restored ${path}; what it holds, policy and config too, is from the day when it was made`,
      ...asideLines(kept.path),
      `open it with the passphrase of that day: ${commandLine(context, 'sget', 'unlock')}`,
    ],
  }
}

/** What is typed after `sgetctl reset`. */
export interface ResetOptions {
  readonly erase: boolean
  /** The name, where it is not to be asked for. */
  readonly yes?: string
}

/** Takes the vault away, for whoever has typed its name. */
export async function reset(context: Context, { erase, yes }: ResetOptions): Promise<Answer> {
  const name = yes ?? (await askName(context, erase))
  const { path } = await withStartedDaemon(context, (session) =>
    session.ask('reset', { name, erase }, 'kept'),
  )
  return {
    json: { reset: name, aside: path === '' ? null : path },
    lines: [
      `the vault ${name} is ${erase ? 'erased' : 'no more in use'}; every grant is revoked`,
      ...asideLines(path),
      `next: ${commandLine(context, 'sgetctl', 'init')}`,
    ],
  }
}

interface Wanted {
  readonly path: string
  readonly aside: boolean
}

async function restoreOrAsk(
  { terminal }: Context,
  session: Session,
  wanted: Wanted,
): Promise<{ readonly path: string; readonly bytes: number }> {
  try {
    return await session.ask('restore', wanted, 'kept')
  } catch (error) {
    if (!(error instanceof Refusal) || error.failure !== 'vault-in-place') throw error
    const answer = await terminal.ask('There is a vault already. Move it aside and restore? [y/N] ')
    if (answer?.toLowerCase() !== 'y') throw error
    return await session.ask('restore', { ...wanted, aside: true }, 'kept')
  }
}

async function askName({ paths, terminal }: Context, erase: boolean): Promise<string> {
  const name = vaultName(paths)
  terminal.tell(`This takes away the vault ${name}, ${paths.vault}, with every secret in it.`)
  terminal.tell(
    erase ? 'It is erased, for good.' : 'It is moved aside, and opens with its passphrase as before.',
  )
  const typed = await terminal.ask(`To go on, type the name of the vault (${name}): `)
  if (typed === undefined || typed === '') throw new Refusal('name-not-typed')
  return typed
}

function asideLines(path: string): string[] {
  return path === '' ? [] : [`the vault that was there is kept: ${path}`]
}
