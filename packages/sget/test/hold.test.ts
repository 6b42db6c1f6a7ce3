// What the mask releases when: the clock is the test's own, and nothing waits.
import t from 'tap'
import { play, type Output, type Piece, type Secret } from './masking.ts'

const secret: Secret = { value: Buffer.from('correct-horse'), ref: 'a/b' }
const label = '[sget:a/b]'

/** Plays [milliseconds that pass, text that comes] to one mask: what each released, and the end. */
async function released(
  output: Output,
  steps: readonly (readonly [afterMs: number, text: string])[],
  secrets: readonly Secret[] = [secret],
): Promise<string[]> {
  const pieces: Piece[] = steps.map(([afterMs, text]) => ({ afterMs, bytes: Buffer.from(text, 'latin1') }))
  const played = await play([{ output, secrets, streams: [pieces] }])
  return (played[0]?.[0] ?? []).map((bytes) => bytes.toString('latin1'))
}

/** How much of one stream each step released: with labels as long as the values, so that it can be compared. */
const amounts = async (output: Output, steps: readonly (readonly [number, string])[]): Promise<number[]> => {
  const alike: Secret = { value: Buffer.from('tenletters'), ref: 'a/b' }
  return (await released(output, steps, [alike])).map(({ length }) => length)
}

t.test('whole: nothing goes before the end', async (t) => {
  t.same(
    await released('whole', [
      [0, 'a line\n'],
      [1000, `${'x'.repeat(300_000)}\n`],
      [1000, ''],
      [0, 'correct-horse'],
    ]),
    ['', '', '', '', `a line\n${'x'.repeat(300_000)}\n${label}`],
  )
})

t.test('steady: complete lines go 20 ms after the first byte that is held', async (t) => {
  t.same(
    await released('steady', [
      [0, 'one\n'],
      [10, 'two\nthree'],
      [9, ''],
      [1, ''],
      [1000, ''],
      [0, ' more\nfour'],
    ]),
    ['', '', '', 'one\ntwo\n', '', 'three more\n', 'four'],
  )
})

t.test(
  'steady: without a newline nothing goes before the end, and not more than a value takes is held',
  async (t) => {
    const spellingBytesMax = secret.value.length * 12
    const [first, second, third, end] = await released('steady', [
      [0, 'x'.repeat(spellingBytesMax)],
      [1000, 'yz'],
      [1000, ''],
    ])
    t.equal(first, '')
    t.equal(second, 'xx')
    t.equal(third, '')
    t.equal(end, `${'x'.repeat(spellingBytesMax - 2)}yz`)
  },
)

t.test('steady: when bytes go does not depend on whether they are those of a value', async (t) => {
  const outputs: Output[] = ['steady', 'steadyTerminal']
  const guesses = ['tenletters', 'tenletterz', 'tenlet', 'tenletterstenletters', 't', 'tenlette\nrs']
  for (const output of outputs)
    for (const guess of guesses) {
      const other = guess.replace(/[a-z]/g, 'q')
      const steps = (text: string): [number, string][] => [
        [0, text],
        [1, ''],
        [20, ''],
        [30, `${text}\n`],
        [19, text],
        [1, ''],
        [60, 'x'.repeat(200)],
        [0, text],
        [20, ''],
        [20, `\n${text}\n`],
        [50, ''],
      ]
      t.same(await amounts(output, steps(guess)), await amounts(output, steps(other)), `${output}: ${guess}`)
    }
})

t.test('steady: a value in two writes is masked when both come before the clock', async (t) => {
  t.same(
    await released('steady', [
      [0, 'a correct-'],
      [500, 'horse\n'],
      [20, ''],
    ]),
    ['', `a ${label}\n`, '', ''],
  )
})

t.test('steady: each line of a value is masked by itself, however far apart they come', async (t) => {
  const pem: Secret = { value: Buffer.from('-----BEGIN-----\nMIIEvQIBADANBg\n-----END-----\n'), ref: 'k/k' }
  const steps = ['-----BEGIN-----\n', 'MIIEvQIBADANBg\n', '-----END-----\n'].flatMap(
    (line): [number, string][] => [
      [0, line],
      [100, ''],
    ],
  )
  t.same(
    (await released('steady', steps, [pem])).filter((text) => text !== ''),
    // With the last line the value is whole, newline and all.
    ['[sget:k/k]\n', '[sget:k/k]\n', '[sget:k/k]'],
  )
})

t.test('steady: where all lines of a value are short, so many more are held back', async (t) => {
  const pins: Secret = { value: Buffer.from('1111\n2222\n3333'), ref: 'p/p' }
  const outputs: Output[] = ['steady', 'steadyTerminal']
  for (const output of outputs) {
    t.same(
      await released(
        output,
        [
          [0, 'a\n'],
          [20, '1111\n'],
          [50, '2222\n'],
          [50, '3333\n'],
          [50, 'b\n'],
          [50, 'c\n'],
          [50, 'd'],
          [50, ''],
        ],
        [pins],
      ),
      ['', '', 'a\n', '[sget:p/p]', '', '\n', '', '', 'b\nc\nd'],
      output,
    )
  }
})

t.test('steady terminal: a line without an end goes out as well', async (t) => {
  t.same(
    await released('steadyTerminal', [
      [0, 'Password: '],
      [19, ''],
      [1, ''],
      [5, '.'],
      [20, '.'],
    ]),
    ['', '', 'Password: ', '', '..', ''],
  )
})

t.test(
  'steady terminal: of a value in two halves with the clock between them the second is masked',
  async (t) => {
    t.same(
      await released('steadyTerminal', [
        [0, 'correct-'],
        [20, ''],
        [100, 'horse!'],
        [20, ''],
      ]),
      ['', 'correct-', '', `${label}!`, ''],
    )
  },
)

t.test('prompt: what can be no beginning goes at once', async (t) => {
  t.same(
    await released('prompt', [
      [0, '$ '],
      [0, '? '],
      [0, '!'],
    ]),
    ['$ ', '? ', '!', ''],
  )
})

t.test('prompt: a short beginning goes after 50 ms', async (t) => {
  t.same(
    await released('prompt', [
      [0, '> corr'],
      [49, ''],
      [1, ''],
      [0, '> cor'],
      [49, 'r'],
      [1, ''],
    ]),
    ['> ', '', 'corr', '> ', '', 'corr', ''],
  )
})

t.test('prompt: a longer beginning waits until it is decided', async (t) => {
  t.same(
    await released('prompt', [
      [0, 'correct-'],
      [100_000, ''],
      [0, 'horse'],
      [0, 'correct-h'],
      [100_000, ''],
      [0, '?'],
      [0, 'correct-hor'],
    ]),
    ['', '', label, '', '', 'correct-h?', '', 'correct-hor'],
  )
})

t.test(
  'prompt: a value that came in two halves, the first too short to wait for, is masked from there',
  async (t) => {
    t.same(
      await released('prompt', [
        [0, 'corr'],
        [50, ''],
        [0, 'ect-horse'],
      ]),
      ['', 'corr', label, ''],
    )
  },
)

t.test('prompt: who prints a value byte by byte gets the first five', async (t) => {
  const steps = Array.from('correct-horse', (byte): [number, string][] => [
    [0, byte],
    [50, ''],
  ]).flat()
  t.equal((await released('prompt', steps)).join(''), `corre${label}`)
})
