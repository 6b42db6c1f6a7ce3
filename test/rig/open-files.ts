// What a process has open, as root sees it in /proc.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'

/** The inode in the link of a socket's descriptor. */
export const inodeOf = /^socket:\[(\d+)\]$/

/** The links of a process's descriptors, by their numbers. */
export function descriptors(pid: number): ReadonlyMap<string, string> {
  const open = new Map<string, string>()
  for (const number of readdirSync(`/proc/${pid}/fd`)) {
    const link = linkOf(`/proc/${pid}/fd/${number}`)
    if (link !== undefined) open.set(number, link)
  }
  return open
}

/** Of our own, the one that was open to list them is closed by now. */
function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

/** Sockets of the network that a process has open. */
export function networkSockets(pid: number): string[] {
  const tables = ['tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6', 'packet', 'netlink']
  const rows = tables.flatMap((name) =>
    readFileSync(`/proc/${pid}/net/${name}`, 'latin1').split('\n').slice(1),
  )
  const inodes = new Set(rows.flatMap((row) => row.trim().split(/\s+/)))
  return [...descriptors(pid).values()].filter((link) => inodes.has(inodeOf.exec(link)?.[1] ?? '-'))
}
