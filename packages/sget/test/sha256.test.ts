// The fingerprint of a command line is the SHA-256 that everybody else computes.
import { createHash, randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import t from 'tap'
import { run } from '../../../test/rig/process.ts'

const program = resolve(import.meta.dirname, '../../../build/test/sha256')

/** Around the ends of the one block and of the padding, and longer than both. */
const lengths = [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 1000, 100_000]

t.test('at every length around a block, in pieces of any size', async (t) => {
  for (const length of lengths) {
    const bytes = randomBytes(length)
    const expected = `${createHash('sha256').update(bytes).digest('hex')}\n`
    for (const piece of ['1', '63', '64', '65', '4096'])
      if (length < 1000 || piece !== '1')
        t.match(await run(program, [piece], { input: bytes }), { code: 0, stdout: expected })
  }
})
