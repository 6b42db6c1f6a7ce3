// Sockets that were there before this process: handed over by a service manager that listened on them.
import { addon } from './addon.ts'

/**
 * What was handed over: `descriptors`, which no program that we start inherits; or a `fault`: `foreign` where it was
 * meant for another process, `malformed` where it does not say what it is.
 */
export type Activation = { descriptors: number[] } | { fault: 'foreign' | 'malformed' }

/**
 * Takes what a service manager handed over: on Linux by LISTEN_PID and LISTEN_FDS (sd_listen_fds(3)), which are gone
 * from the environment after that; on macOS by launch_activate_socket(3). Undefined where nobody did.
 */
export const activation = (): Activation | undefined => addon.activation()

/** A socket. `path`: where it is bound, empty for one that has no place among the files. */
export type Listening = {
  family: 'unix' | 'internet' | 'other'
  type: 'stream' | 'datagram' | 'other'
  listens: boolean
  path: string
}

/** What is behind a descriptor of ours; undefined when that is no socket. */
export const listening = (descriptor: number): Listening | undefined => addon.listening(descriptor)
