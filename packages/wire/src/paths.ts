// Where everything of ours lies: fixed places under the user's home, or a whole separate instance under one folder.
import { basename, dirname } from 'node:path'
import { socketPathBytesMax } from './limits.ts'

/** The files of one instance, as absolute paths. */
export interface Paths {
  /** Drafts that people edit: `policy.toml`, `config.toml`. */
  readonly config: string
  readonly policy: string
  readonly configuration: string
  /** The encrypted vault file. */
  readonly vault: string
  readonly state: string
  readonly audit: string
  readonly log: string
  readonly lock: string
  /** Counts wrong passphrases. */
  readonly tries: string
  readonly socket: string
}

/**
 * The places of an instance. No environment variable takes part.
 *
 * @param userHome the home directory that the user's line in the password database names
 * @param instance the folder given with `--home`, absolute; undefined for the user's own instance
 */
export function instancePaths(userHome: string, instance: string | undefined): Paths {
  const own = instance === undefined
  const config = own ? `${userHome}/.config/sget` : `${instance}/config`
  const share = own ? `${userHome}/.local/share/sget` : `${instance}/share`
  const state = own ? `${userHome}/.local/state/sget` : `${instance}/state`
  return {
    config,
    policy: `${config}/policy.toml`,
    configuration: `${config}/config.toml`,
    vault: `${share}/vault`,
    state,
    audit: `${state}/audit`,
    log: `${state}/sgetd.log`,
    lock: `${state}/lock`,
    tries: `${state}/tries`,
    socket: `${state}/run/socket`,
  }
}

/**
 * What the vault of an instance is called, for whoever has to say that they mean this one: `default` under the home
 * directory, else the last part of the folder given with `--home`.
 */
export function vaultName({ vault }: Paths): string {
  const share = dirname(vault)
  const folder = basename(share) === 'share' ? basename(dirname(share)) : ''
  return folder === '' ? 'default' : folder
}

/** Whether a socket can be bound at the path at all. */
export function isSocketPath(path: string): boolean {
  return path.startsWith('/') && Buffer.byteLength(path) <= socketPathBytesMax
}
