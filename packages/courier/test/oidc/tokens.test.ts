// The secrets of a session in one buffer.
import t from 'tap'
import { SsoFailure } from '../../src/oidc/failure.ts'
import { pack, tokenBytes, tokenText, unpack } from '../../src/oidc/tokens.ts'

const sample = (): ReturnType<typeof unpack> => ({
  access: Buffer.from('access'),
  refresh: Buffer.alloc(0),
  id: Buffer.from('an id token'),
  key: Buffer.from([0, 1, 255]),
})

t.test('what is packed comes out again, where it lies', (t) => {
  const packed = pack(sample())
  t.strictSame(unpack(packed), sample())
  t.equal(packed.toString('hex', 0, 10), '00000006616363657373')
  unpack(packed).access.fill(0)
  t.equal(packed.toString('latin1', 4, 10), '\0'.repeat(6), 'nothing was copied')
  t.end()
})

t.test('what was packed is wiped', (t) => {
  const tokens = sample()
  pack(tokens)
  for (const part of Object.values(tokens)) t.ok(part.every((byte) => byte === 0))
  t.end()
})

t.test('what was not packed by us is a bug', (t) => {
  const packed = pack(sample())
  for (let length = 0; length < packed.length; length++)
    t.throws(() => unpack(packed.subarray(0, length)), { code: 'ERR_ASSERTION' }, `cut at ${length}`)
  t.throws(() => unpack(Buffer.concat([packed, Buffer.alloc(1)])), { code: 'ERR_ASSERTION' })
  const huge = Buffer.alloc(64 * 1024)
  huge.writeUInt32BE(48 * 1024 + 1)
  t.throws(() => unpack(huge), { code: 'ERR_ASSERTION' })
  t.end()
})

t.test('a token is printable ASCII', (t) => {
  t.equal(tokenText(tokenBytes('eyJ-._~+/=')), 'eyJ-._~+/=')
  t.equal(tokenBytes(undefined).length, 0)
  for (const token of ['\0', 'a\nb', 'ü', '\x7f', '😀', 'x'.repeat(48 * 1024 + 1)])
    t.throws(() => tokenBytes(token), new SsoFailure('unreadable'))
  t.end()
})
