import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type Server, type Socket, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { Pool, Receiver, descriptor, receiveBytes, sendLoan } from '@sget/memory'
import { copies } from './fixtures/scan.ts'

const directory = mkdtempSync(join(tmpdir(), 'sget-receiver-'))
t.teardown(() => {
  rmSync(directory, { recursive: true })
})

const receiver = new Receiver()
let sockets = 0

interface Pair {
  readonly client: Socket
  readonly accepted: Socket
  readonly server: Server
}

/** A connected pair of real sockets; the accepted one has not read a byte. */
async function pair(): Promise<Pair> {
  const path = join(directory, String((sockets += 1)))
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }).listen(path)
  const client = connect({ path, allowHalfOpen: true })
  const [accepted] = (await once(server, 'connection')) as [Socket]
  t.teardown(() => {
    client.destroy()
    server.close()
  })
  return { client, accepted, server }
}

/** Starts a broker in a process of its own; it ends with the test. */
async function broker(way: 'adopted' | 'ordinary'): Promise<{ path: string; pid: number; locked: number }> {
  const path = join(directory, way)
  const program = join(import.meta.dirname, 'fixtures/broker.ts')
  const child = spawn(process.execPath, [program, path, way], { stdio: ['pipe', 'pipe', 'inherit'], env: {} })
  t.teardown(() => child.stdin.end())
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { path, pid: child.pid ?? 0, locked: Number(line.toString().split(' ')[1]) }
}

async function echo(path: string, value: Buffer): Promise<Buffer> {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(value.length)
  return await buffer(connect(path).end(Buffer.concat([length, value])))
}

t.test(
  'a value passes through a process and leaves no copy in it',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const { path, pid, locked } = await broker('adopted')
    const marker = randomBytes(48)
    for (let round = 0; round < 50; round += 1) {
      const values = Array.from({ length: 4 }, (_, i) =>
        Buffer.concat([marker, Buffer.alloc(i * 100_000, round)]),
      )
      const echoes = await Promise.all(values.map((value) => echo(path, value)))
      t.strictSame(echoes, values)
    }
    t.equal(copies(pid, marker), 0)
    t.ok(locked > 0 && locked < 5 * 1024 * 1024, `${locked} bytes are locked`)
  },
)

t.test(
  'the scan finds what an ordinary data handler leaves',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const { path, pid } = await broker('ordinary')
    const marker = randomBytes(48)
    t.strictSame(await echo(path, marker), marker)
    t.not(copies(pid, marker), 0)
  },
)

t.test('an adopted socket reads into wiped memory, in order, and is told the end', async (t) => {
  const { client, accepted } = await pair()
  t.ok(descriptor(accepted) > 2)
  const sent = randomBytes(3 * receiveBytes + 1)
  const pieces: Buffer[] = []
  const views: Buffer[] = []
  const socket = receiver.adopt(accepted, (bytes) => {
    views.push(bytes)
    return pieces.push(Buffer.from(bytes)) > 0
  })
  socket.on('data', () => t.fail('bytes went to an ordinary buffer'))
  t.throws(() => descriptor(accepted), /closed/)
  client.end(sent)
  await once(socket, 'end')
  t.strictSame(Buffer.concat(pieces), sent)
  t.ok(views.every((view) => view.every((byte) => byte === 0)))
  socket.end('answer after their end')
  t.equal((await buffer(client)).toString(), 'answer after their end')
})

t.test('a receiver that says no gets nothing until it resumes', async (t) => {
  const { client, accepted } = await pair()
  const sent = randomBytes(20 * receiveBytes)
  const pieces: Buffer[] = []
  const socket = receiver.adopt(accepted, (bytes) => {
    pieces.push(Buffer.from(bytes))
    setImmediate(() => {
      t.equal(pieces.length, calls, 'nothing came in between')
      calls += 1
      socket.resume()
    })
    return false
  })
  let calls = 1
  client.end(sent)
  await once(socket, 'end')
  t.strictSame(Buffer.concat(pieces), sent)
  t.ok(calls > 20)
})

t.test('the server counts an adopted connection until it closes', async (t) => {
  const { client, accepted, server } = await pair()
  const socket = receiver.adopt(accepted, () => true)
  const count = async (): Promise<number> =>
    await new Promise((resolve) => {
      server.getConnections((_, connections) => {
        resolve(connections)
      })
    })
  t.equal(await count(), 1)
  const closed = once(server.close(), 'close')
  client.destroy()
  socket.on('end', () => socket.end())
  await Promise.all([once(socket, 'close'), closed])
  t.equal(await count(), 0)
})

t.test('a broken connection is an error of the adopted socket', async (t) => {
  const { client, accepted } = await pair()
  const socket = receiver.adopt(accepted, () => true)
  client.destroy()
  socket.write(randomBytes(1 << 20))
  await t.rejects(once(socket, 'close'), { code: /EPIPE|ECONNRESET/ })
  t.ok(socket.destroyed)
})

t.test('a loan that is sent arrives whole and ends', async (t) => {
  const { client, accepted } = await pair()
  const pool = new Pool({ frames: 1, frameBytes: 1 << 20 })
  const loan = await pool.loan()
  const socket = receiver.adopt(accepted, () => true)
  const sent = randomBytes(1 << 20)
  sent.copy(loan.bytes)
  const received = buffer(client)
  t.ok(await sendLoan(socket, loan, sent.length))
  socket.end()
  t.throws(() => loan.bytes, { code: 'ended' })
  t.strictSame(await received, sent)
})

t.test('a peer that does not read in time loses the connection and never sees wiped bytes', async (t) => {
  const { client, accepted } = await pair()
  const pool = new Pool({ frames: 1, frameBytes: 2 << 20, loanMs: 50 })
  const loan = await pool.loan()
  loan.bytes.fill(7)
  const socket = receiver.adopt(accepted, () => true)
  client.pause()
  t.notOk(await sendLoan(socket, loan, loan.bytes.length))
  t.ok(socket.destroyed)
  using next = await pool.loan()
  t.ok(next.bytes.every((byte) => byte === 0))
  const received = await buffer(client)
  t.ok(received.length < 2 << 20 && received.every((byte) => byte === 7))
})

t.test('an end of a new pair is adopted, though it has begun to read', async (t) => {
  const echo = spawn('/bin/bash', ['-c', 'read -r line <&3; printf "%s!" "$line" >&3'], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  })
  const pieces: string[] = []
  const socket = receiver.adopt(echo.stdio[3] as Socket, (bytes) => pieces.push(bytes.toString()) > 0)
  socket.on('data', () => t.fail('bytes went to an ordinary buffer'))
  socket.write('hello\n')
  await once(socket, 'close')
  t.equal(pieces.join(''), 'hello!')
})
