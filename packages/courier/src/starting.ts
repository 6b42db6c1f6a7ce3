// The start of the program: nobody may look into it, and sgetd is at the other end of its socket, or it ends.
import { Socket } from 'node:net'
import { Receiver } from '@sget/memory'
import { endWithParent, harden } from '@sget/native'
import { Desk } from './desk.ts'
import type { Kinds } from './kinds.ts'
import { courierDescriptor, courierTable } from './messages.ts'
import { worldly, type Pace } from './oidc/login.ts'
import { unsafeSurroundings } from './surroundings.ts'
import { complain } from './terminal.ts'

/** Ends the process. */
export type Exit = (code: number) => never

/**
 * Takes jobs until sgetd closes the socket, dies, or sends what is no message. An error that is no failure is a bug: it ends
 * the process.
 *
 * @param pace of those who sign in: a test has less time than the world
 */
export function start(kinds: Kinds, exit: Exit, pace: Pace = worldly): void {
  const unsafe = unsafeSurroundings()
  if (unsafe !== undefined) {
    complain(unsafe)
    exit(1)
  }
  harden()
  // The end of the socket tells the same, but only to one that is not caught in a loop.
  endWithParent()
  const desk = new Desk(kinds, (frame, written) => socket.write(frame, written), pace)
  const socket = new Receiver().adopt(new Socket({ fd: courierDescriptor }), (bytes) => {
    if (!desk.receive(bytes)) exit(1)
    return true
  })
  socket.on('error', () => exit(0))
  socket.on('end', () => exit(0))
  socket.on('close', () => exit(0))
  socket.write(courierTable.encode('ready', 0, {}))
}
