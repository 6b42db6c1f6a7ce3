// Who is at the other end of a socket, and whether that process still lives.
import { addon } from './addon.ts'

/** The process that connected, with its ids as of that moment. `pid` is 0 when it is in a pid namespace we cannot see. */
export type Peer = { pid: number; uid: number; gid: number; pidfd: number }

/**
 * The peer of a connected Unix socket: SO_PEERCRED, and a pidfd of it that the caller closes (SO_PEERPIDFD, unix(7);
 * -1 on kernels before 6.5). Undefined when the peer is gone already. Throws on a descriptor that is no such socket.
 */
export const peer = (socket: number): Peer | undefined => addon.peer(socket)

/** The user at the other end of a connected socket; undefined when nobody is there any more. */
export function peerUid(socket: number): number | undefined {
  const found = peer(socket)
  if (found !== undefined && found.pidfd >= 0) closeDescriptor(found.pidfd)
  return found?.uid
}

/** A descriptor that stands for the process, whatever becomes of its pid (pidfd_open(2)); undefined when there is none. */
export const pidfdOpen = (pid: number): number | undefined => addon.pidfdOpen(pid)

/** Whether the process of a pidfd has ended. While it has not, what /proc said of its pid was said of it. */
export const exited = (pidfd: number): boolean => addon.exited(pidfd)

/** Closes a descriptor that came from here. */
export const closeDescriptor = (descriptor: number): void => {
  addon.closeDescriptor(descriptor)
}
