// What must be true around a process that keeps secrets, asserted once at start.
import { statSync } from 'node:fs'
import inspector from 'node:inspector'
import { guard } from '@sget/native'

/** The flags with which the launcher starts every Node program of ours, and no other. */
export const nodeFlags = [
  '--disable-sigusr1',
  '--no-warnings',
  '--no-global-search-paths',
  '--max-semi-space-size=2',
]

/** PROC_USER_INIT_INO of linux/proc_ns.h: the inode of the first user namespace. */
const initialUserNamespace = 0xeffffffdn

/** The reason why this process must not keep secrets, or undefined when all is well. */
export function unsafeSurroundings(): string | undefined {
  if (process.execArgv.join(' ') !== nodeFlags.join(' '))
    return 'it was not started by its launcher: use build/bin/sgetd'
  if (inspector.url() !== undefined) return 'an inspector is open'
  if (process.platform !== 'linux') return undefined
  if (guard(process.pid)?.tracer !== 0) return 'a debugger or tracer watches it'
  if (statSync('/proc/self/ns/user', { bigint: true }).ino !== initialUserNamespace)
    return 'it runs in a user namespace of its own, where others may be root over it'
  return undefined
}
