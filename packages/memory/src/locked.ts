// Memory that is never swapped, never dumped and never freed while the process lives.
import { readFileSync } from 'node:fs'
import { MemoryFailure } from './failure.ts'
import { type Guarded, malloc, mlock } from './sodium.ts'

/** Holds what was ever locked: the collector would free it, and libsodium unlocks what is freed. */
const kept: Guarded[] = []

/**
 * A zeroed buffer in locked memory that lives as long as the process.
 *
 * The lock is proved, not assumed: mlock must succeed, and where the kernel tells (Linux), the process
 * must have as many more bytes locked as were asked for.
 *
 * @throws MemoryFailure `unlockable`
 */
export function lockedBuffer(bytes: number): Guarded {
  const before = lockedBytes()
  const buffer = malloc(bytes)
  kept.push(buffer)
  lock(buffer)
  const after = lockedBytes()
  if (before !== undefined && after !== undefined && after - before < bytes) throw unlockable(bytes)
  buffer.fill(0)
  return buffer
}

/** How much this process has locked (`VmLck` of proc_pid_status(5)), or undefined where the system does not tell. */
export function lockedBytes(): number | undefined {
  const kibibytes = /^VmLck:\s+(\d+) kB$/m.exec(ownStatus())?.[1]
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
}

function ownStatus(): string {
  return process.platform === 'linux' ? readFileSync('/proc/self/status', 'latin1') : ''
}

function lock(buffer: Guarded): void {
  try {
    mlock(buffer)
  } catch {
    throw unlockable(buffer.length)
  }
}

function unlockable(bytes: number): MemoryFailure {
  return new MemoryFailure('unlockable', `cannot lock ${bytes} bytes of memory: see RLIMIT_MEMLOCK`)
}
