// Whose socket it is: nothing is sent to a daemon of another user.
import { closeDescriptor, peer } from '@sget/native'
import { Refusal } from '@sget/wire'

/**
 * A check for `connect`, for the socket at that path.
 *
 * @param uid the only user whose daemon is trusted
 */
export function servedBy(uid: number, path: string): (descriptor: number) => void {
  return (descriptor) => {
    const server = peer(descriptor)
    if (server === undefined) throw new Refusal('daemon-gone')
    if (server.pidfd >= 0) closeDescriptor(server.pidfd)
    if (server.uid !== uid) throw new Refusal('foreign-daemon', path)
  }
}
