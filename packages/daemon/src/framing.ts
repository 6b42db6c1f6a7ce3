// Secrets on their way out: decrypted straight into the frame that carries them, in locked memory.
import type { Loan } from '@sget/memory'
import { encodeAround, frameBytesMax, headBytes, valueBytesMax, type Body } from '@sget/wire/broker'

/** Bytes that a length takes: a frame's, and a secret's before it in a `supply` frame. */
export const lengthBytes = 4

/** What may stand beside a value: the length of its frame, the frame's other fields, and the frame of `done`. */
export const besidesValueBytes = lengthBytes + frameBytesMax - valueBytesMax + headBytes

/** Writes a secret to the beginning of the room that it is given and returns its length. */
export type Fill = (room: Buffer) => Promise<number>

/** The fields of a `value` beside the value. */
export type ValueHead = Omit<Body<'value'>, 'secret'>

/** Lays the frame of a `value` around what `fill` writes, at the beginning of a loan. Returns where the frame ends. */
export async function frameValue(loan: Loan, id: number, head: ValueHead, fill: Fill): Promise<number> {
  const { secretAt } = encodeAround(loan.bytes, 'value', id, { ...head, secret: nothing })
  const room = loan.bytes.subarray(secretAt)
  const secret = room.subarray(0, await fill(room))
  return encodeAround(loan.bytes, 'value', id, { ...head, secret }).end
}

const nothing = new Uint8Array(0)
