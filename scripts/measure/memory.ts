// What a process takes of the machine's memory.
import { readFileSync } from 'node:fs'

/** A line of /proc/PID/status (proc_pid_status(5)), in MiB. */
export function memoryMebibytes(pid: number, field: 'VmRSS' | 'VmLck'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024
}
