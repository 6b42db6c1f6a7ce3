// What this process asks of the system for itself: a lock, closed memory, time since boot.
import { addon } from './addon.ts'

/** Takes an exclusive lock on an open file, which ends with the process (flock(2)); false when another one holds it. */
export const lock = (descriptor: number): boolean => addon.lock(descriptor)

/** No core file, no ptrace, no /proc/PID/mem for others of our user (RLIMIT_CORE 0, PR_SET_DUMPABLE 0). Throws on failure. */
export const harden = (): void => {
  addon.harden()
}

/**
 * Where the system can (PR_SET_PDEATHSIG): when the process that started this one dies, however it dies, this one is killed.
 * One that had died before is not noticed.
 */
export const endWithParent = (): void => {
  addon.endWithParent()
}

/** Milliseconds since boot, time asleep included (CLOCK_BOOTTIME). */
export const bootMillis = (): number => addon.bootMillis()

/** The same in the unit of `startTicks`: a process that starts now bears this number. */
export const bootTicks = (): number => addon.bootTicks()
