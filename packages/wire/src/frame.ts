// Frames: u32 length, u8 type, u32 request id, then the message's fields. The length counts what follows it.
import { decode, Layout } from './layout.ts'
import { frameBytesMax, plainFrameBytesMax } from './limits.ts'
import { carriesSecret, messageOfType, messages } from './messages.ts'
import type { AnyMessage, Body, MessageName, PlainName, SecretName } from './messages.ts'
import type { Malformation } from './reader.ts'

/** Length, type and request id. */
export const headBytes = 9

const lengthBytes = 4

const layouts = Object.fromEntries(
  Object.entries(messages).map(([name, { fields }]) => [name, new Layout(fields)]),
) as Readonly<Record<MessageName, Layout>>

/** What the first nine bytes of a frame say, after length, limit and type have been checked in this order. */
export interface Head {
  readonly name: MessageName
  readonly id: number
  /** Bytes of fields that follow the head. */
  readonly bodyBytes: number
}

/** A message as it came, with the id of the request that it belongs to. */
export type Received = AnyMessage & { readonly id: number }

/** Reads a frame's head. `bytes` holds at least `headBytes`. */
export function readHead(bytes: Buffer): Head | { malformed: Malformation } {
  const length = bytes.readUInt32BE(0)
  if (length < headBytes - lengthBytes) return { malformed: 'short' }
  if (length > frameBytesMax) return { malformed: 'oversize' }
  const name = messageOfType(bytes.readUInt8(4))
  if (name === undefined) return { malformed: 'unknown-type' }
  if (!carriesSecret(name) && length > plainFrameBytesMax) return { malformed: 'oversize' }
  return { name, id: bytes.readUInt32BE(5), bodyBytes: length - (headBytes - lengthBytes) }
}

/** Reads the fields that follow a head. A `secret` among them is a view of `body`. */
export function readBody(head: Head, body: Buffer): Received | { malformed: Malformation } {
  const fields = decode(body, layouts[head.name])
  if (isMalformed(fields)) return fields
  return { name: head.name, id: head.id, body: fields } as Received
}

/** Whether decoding stopped at something that no message may hold. */
export function isMalformed(result: object): result is { malformed: Malformation } {
  return 'malformed' in result
}

/** One whole frame of a message that carries no secret. */
export function encode<N extends PlainName>(name: N, id: number, body: Body<N>): Buffer {
  const layout = layouts[name]
  const frame = Buffer.allocUnsafe(headBytes + layout.size(body))
  if (frame.length - lengthBytes > plainFrameBytesMax) throw new RangeError(`${name} does not fit a frame`)
  writeHead(frame, name, id, frame.length)
  layout.write(frame, headBytes, body)
  return frame
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
  const layout = layouts[name]
  const secretAt = headBytes + layout.size(body)
  const end = secretAt + body.secret.length
  if (end - lengthBytes > frameBytesMax || end > into.length)
    throw new RangeError(`${name} does not fit a frame`)
  writeHead(into, name, id, end)
  layout.write(into, headBytes, body)
  return { secretAt, end }
}

function writeHead(frame: Buffer, name: MessageName, id: number, frameLength: number): void {
  frame.writeUInt32BE(frameLength - lengthBytes, 0)
  frame.writeUInt8(messages[name].type, 4)
  frame.writeUInt32BE(id, 5)
}
