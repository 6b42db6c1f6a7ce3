// Incoming bytes land in one locked buffer and nowhere else, however many sockets there are.
import assert from 'node:assert/strict'
import { Socket, type SocketConstructorOpts } from 'node:net'
import { type Loan } from './pool.ts'
import { lockedBuffer } from './locked.ts'
import { wipe } from './sodium.ts'

/** So much is read at a time. */
export const receiveBytes = 64 * 1024

/** What Node keeps below a socket, and takes back as an option of a new one. Opaque but for the descriptor. */
interface Handle {
  readonly fd: number
  /** Whether bytes are being read: net.Socket begins to only where they are not. */
  reading: boolean
  /** Does nothing where nothing is read. */
  readStop(): unknown
}

/** Allocated and locked at once; throws MemoryFailure `unlockable` where that cannot be had. */
export class Receiver {
  readonly #buffer = lockedBuffer(receiveBytes)

  /**
   * Moves a socket of which nothing was read yet (accepted with `pauseOnConnect`, or one end of a new pair) into a new one whose bytes go to `onBytes` and never
   * to a `data` event. `onBytes` must have taken what it needs when it returns: the bytes are wiped then.
   * Returning false stops the reading until `resume()`. The server goes on counting the connection.
   */
  adopt(accepted: Socket, onBytes: (bytes: Buffer) => boolean): Socket {
    const options: SocketConstructorOpts = {
      allowHalfOpen: accepted.allowHalfOpen,
      onread: { buffer: this.#buffer, callback: (length) => this.#receive(length, onBytes) },
    }
    const socket = new Socket(Object.assign(options, { handle: takeHandle(accepted) }))
    socket.once('close', () => accepted.destroy())
    return socket
  }

  #receive(length: number, onBytes: (bytes: Buffer) => boolean): boolean {
    const bytes = this.#buffer.subarray(0, length)
    try {
      return onBytes(bytes)
    } finally {
      wipe(bytes)
    }
  }
}

/** The descriptor below a socket: for asking the kernel who the peer is, before a byte is read. */
export function descriptor(socket: Socket): number {
  return handleOf(socket).fd
}

/**
 * Writes the first `length` bytes of a loan and then ends it. The bytes go from locked memory to the kernel.
 * A peer that does not read for as long as the loan lasts loses the connection: half a value, then zeros, never.
 *
 * @returns whether everything was handed to the kernel
 */
export async function sendLoan(socket: Socket, loan: Loan, length: number): Promise<boolean> {
  using lent = loan
  const { promise, resolve } = Promise.withResolvers<boolean>()
  lent.expired.addEventListener('abort', () => socket.destroy(), { once: true })
  socket.write(lent.bytes.subarray(0, length), (error) => {
    resolve(!error)
  })
  return await promise
}

function takeHandle(socket: Socket): Handle {
  const handle = handleOf(socket)
  handle.readStop()
  handle.reading = false
  Object.assign(socket, { _handle: null })
  return handle
}

function handleOf(socket: Socket): Handle {
  const handle = '_handle' in socket ? socket._handle : undefined
  assert(isHandle(handle), 'the socket is closed, or Node changed what is below it')
  return handle
}

function isHandle(value: unknown): value is Handle {
  return typeof value === 'object' && value !== null && 'fd' in value && typeof value.fd === 'number'
}
