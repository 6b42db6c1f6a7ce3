// The frames of the protocol between clients and the daemon.
import { protocol, type Body, type PlainName, type SecretName, type messages } from './messages.ts'
import type { Malformation } from './reader.ts'
import type { HeadIn, ReceivedIn } from './table.ts'

export { headBytes, isMalformed } from './table.ts'

/** What the first nine bytes of a frame say, after length, limit and type have been checked in this order. */
export type Head = HeadIn<typeof messages>

/** A message as it came, with the id of the request that it belongs to. */
export type Received = ReceivedIn<typeof messages>

/** Reads a frame's head. `bytes` holds at least `headBytes`. */
export function readHead(bytes: Buffer): Head | { malformed: Malformation } {
  return protocol.readHead(bytes)
}

/** Reads the fields that follow a head. A `secret` among them is a view of `body`. */
export function readBody(head: Head, body: Buffer): Received | { malformed: Malformation } {
  return protocol.readBody(head, body)
}

/** One whole frame of a message that carries no secret. */
export function encode<N extends PlainName>(name: N, id: number, body: Body<N>): Buffer {
  return protocol.encode(name, id, body)
}

/**
 * Lays a frame around a secret that stands, or will stand, in `into` itself, so that it is never copied.
 *
 * @param body the fields; of `secret` only the length matters
 * @returns where the secret begins and where the frame ends
 */
export function encodeAround<N extends SecretName>(
  into: Buffer,
  name: N,
  id: number,
  body: Body<N>,
): { secretAt: number; end: number } {
  return protocol.encodeAround(into, name, id, body)
}
