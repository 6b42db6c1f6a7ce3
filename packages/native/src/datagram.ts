// Datagrams to a Unix socket, which Node cannot send.
import { addon } from './addon.ts'

/**
 * Sends one datagram to the socket at a path of 1 to 107 bytes, and never waits (unix(7)).
 *
 * @returns nothing when the system took it, else the name of what stopped it (errno(3)): `ENOENT` where there is no
 *   socket, `ECONNREFUSED` where nobody listens, `EAGAIN` where the listener has too much to read already
 */
export const sendDatagram = (path: string, bytes: Buffer): string | undefined =>
  addon.sendDatagram(path, bytes)
