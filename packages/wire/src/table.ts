// The messages of one protocol as a value: what each is called, its number and fields, and how it becomes a frame.
// A frame is: u32 length, u8 type, u32 request id, then the message's fields. The length counts what follows it.
import { decode, Layout } from './layout.ts'
import { frameBytesMax, plainFrameBytesMax } from './limits.ts'
import type { Malformation } from './reader.ts'
import type { Fields, Kind, Schema } from './schema.ts'

/** Length, type and request id. */
export const headBytes = 9

const lengthBytes = 4

/** Every message of a protocol, by name. Types are unique among them. */
export type Messages = Readonly<Record<string, { readonly type: number; readonly fields: Schema }>>

/** The name of a message. */
export type NameIn<M extends Messages> = keyof M & string

/** What a message of that name holds. */
export type BodyIn<M extends Messages, N extends NameIn<M>> = Fields<M[N]['fields']>

type Carries<S extends Schema> = 'secret' extends S[keyof S] ? true : false

/** The messages that can carry a secret. */
export type SecretNameIn<M extends Messages> = {
  [N in NameIn<M>]: Carries<M[N]['fields']> extends true ? N : never
}[NameIn<M>]

/** The messages that cannot. */
export type PlainNameIn<M extends Messages> = Exclude<NameIn<M>, SecretNameIn<M>>

/** A message with its name: switch on `name` to learn its fields. */
export type AnyIn<M extends Messages> = {
  [N in NameIn<M>]: { readonly name: N; readonly body: BodyIn<M, N> }
}[NameIn<M>]

/** What the first nine bytes of a frame say, after length, limit and type have been checked in this order. */
export interface HeadIn<M extends Messages> {
  readonly name: NameIn<M>
  readonly id: number
  /** Bytes of fields that follow the head. */
  readonly bodyBytes: number
}

/** A message as it came, with the id of the request that it belongs to. */
export type ReceivedIn<M extends Messages> = AnyIn<M> & { readonly id: number }

/** Whether decoding stopped at something that no message may hold. */
export function isMalformed(result: object): result is { malformed: Malformation } {
  return 'malformed' in result
}

/** Reads and writes the frames of one protocol. */
export class Table<M extends Messages> {
  readonly #types: ReadonlyMap<NameIn<M>, number>
  readonly #names: ReadonlyMap<number, NameIn<M>>
  readonly #layouts: ReadonlyMap<NameIn<M>, Layout>
  readonly #secrets: ReadonlySet<string>

  constructor(messages: M) {
    const rows = Object.entries(messages) as [NameIn<M>, M[NameIn<M>]][]
    this.#types = new Map(rows.map(([name, { type }]) => [name, type]))
    this.#names = new Map(rows.map(([name, { type }]) => [type, name]))
    this.#layouts = new Map(rows.map(([name, { fields }]) => [name, new Layout(fields)]))
    this.#secrets = new Set(
      rows.filter(([, { fields }]) => Object.values<Kind>(fields).includes('secret')).map(([name]) => name),
    )
  }

  /** The message with that number, or undefined when there is none. */
  nameOf(type: number): NameIn<M> | undefined {
    return this.#names.get(type)
  }

  /** Whether a frame of this message ends in bytes that must stay in locked memory. */
  carriesSecret(name: NameIn<M>): name is SecretNameIn<M> {
    return this.#secrets.has(name)
  }

  /** Reads a frame's head. `bytes` holds at least `headBytes`. */
  readHead(bytes: Buffer): HeadIn<M> | { malformed: Malformation } {
    const length = bytes.readUInt32BE(0)
    if (length < headBytes - lengthBytes) return { malformed: 'short' }
    if (length > frameBytesMax) return { malformed: 'oversize' }
    const name = this.nameOf(bytes.readUInt8(4))
    if (name === undefined) return { malformed: 'unknown-type' }
    if (!this.carriesSecret(name) && length > plainFrameBytesMax) return { malformed: 'oversize' }
    return { name, id: bytes.readUInt32BE(5), bodyBytes: length - (headBytes - lengthBytes) }
  }

  /** Reads the fields that follow a head. A `secret` among them is a view of `body`. */
  readBody(head: HeadIn<M>, body: Buffer): ReceivedIn<M> | { malformed: Malformation } {
    const fields = decode(body, this.#layout(head.name))
    if (isMalformed(fields)) return fields
    return { name: head.name, id: head.id, body: fields } as ReceivedIn<M>
  }

  /** One whole frame of a message that carries no secret. Throws RangeError where that does not fit. */
  encode<N extends PlainNameIn<M>>(name: N, id: number, body: BodyIn<M, N>): Buffer {
    const layout = this.#layout(name)
    const frame = Buffer.allocUnsafe(headBytes + layout.size(body))
    if (frame.length - lengthBytes > plainFrameBytesMax) throw new RangeError(`${name} does not fit a frame`)
    this.#writeHead(frame, name, id, frame.length)
    layout.write(frame, headBytes, body)
    return frame
  }

  /**
   * Lays a frame around a secret that stands, or will stand, in `into` itself, so that it is never copied.
   *
   * @param body the fields; of `secret` only the length matters
   * @returns where the secret begins and where the frame ends
   */
  encodeAround<N extends SecretNameIn<M>>(
    into: Buffer,
    name: N,
    id: number,
    body: BodyIn<M, N> & { readonly secret: Uint8Array },
  ): { secretAt: number; end: number } {
    const layout = this.#layout(name)
    const secretAt = headBytes + layout.size(body)
    const end = secretAt + body.secret.length
    if (end - lengthBytes > frameBytesMax || end > into.length)
      throw new RangeError(`${name} does not fit a frame`)
    this.#writeHead(into, name, id, end)
    layout.write(into, headBytes, body)
    return { secretAt, end }
  }

  #writeHead(frame: Buffer, name: NameIn<M>, id: number, frameLength: number): void {
    frame.writeUInt32BE(frameLength - lengthBytes, 0)
    frame.writeUInt8(this.#types.get(name) ?? 0, 4)
    frame.writeUInt32BE(id, 5)
  }

  #layout(name: NameIn<M>): Layout {
    const layout = this.#layouts.get(name)
    if (layout === undefined) throw new RangeError(`there is no message ${name}`)
    return layout
  }
}
