// No value passes the mask, in whatever way it is written and in whatever pieces it comes, and nothing else changes.
import { randomInt } from 'node:crypto'
import { existsSync } from 'node:fs'
import t from 'tap'
import { Chance } from './chance.ts'
import { foreigners, spellers, type Speller } from './encoders.ts'
import { labelOf, outputs, play, type Output, type Piece, type Scene, type Secret } from './masking.ts'

/** SGET_TEST_ROUNDS asks for more than a suite has time for, SGET_TEST_SEED for a run that was. */
const rounds = Number(process.env['SGET_TEST_ROUNDS'] ?? 10_000)
const seed = Number(process.env['SGET_TEST_SEED'] ?? randomInt(2 ** 32))
const roundsPerValue = 16
/** So many values are spelled by bash, too. */
const shellValues = 300
const scenesPerProcess = 60
const valueBytesMin = 6

const ascii = Array.from({ length: 95 }, (_, at) => String.fromCharCode(0x20 + at))
/** Of quotes alone, those that a shell puts around them would be seen as more of the same. */
const unquoted = ascii.filter((letter) => letter !== "'")
const marks = Array.from('\'"\\/%+&<>#$`!;=\t ')
const beyond = Array.from('äéßñ€中文🎉🔑𝔘\u00a0\u2028é')

type Make = (chance: Chance) => Buffer

/** Kinds of values, by what they are made of. */
const kinds: readonly Make[] = [
  (chance) => text(chance, ascii, chance.length(6, 3000)),
  (chance) => text(chance, [...ascii, ...marks, ...marks, ...marks], chance.length(6, 300)),
  (chance) => text(chance, [...ascii, ...beyond, ...beyond], chance.length(6, 700)),
  (chance) => text(chance, beyond, chance.length(6, 60)),
  (chance) => Buffer.from(chance.bytes(chance.length(6, 3000))),
  (chance) => repeated(text(chance, unquoted, 1), chance.length(6, 1000)),
  (chance) => repeated(text(chance, unquoted, chance.length(2, 9)), chance.length(3, 60)),
  lines,
]

/** One that is long enough to be looked for. */
function value(chance: Chance): Buffer {
  const made = chance.pick(kinds)(chance)
  return made.length < valueBytesMin ? value(chance) : made
}

const repeated = (bytes: Buffer, times: number): Buffer => Buffer.from(bytes.toString().repeat(times))

function text(chance: Chance, letters: readonly string[], length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => chance.pick(letters)).join(''))
}

function lines(chance: Chance): Buffer {
  const end = chance.pick(['\n', '\r\n'])
  const made = Array.from({ length: chance.length(2, 30) }, () =>
    text(chance, [...ascii, ...beyond], chance.length(1, 80)).toString(),
  )
  return Buffer.from(made.join(end) + chance.pick(['', end]))
}

/** What a program prints around a value: nothing of it looks like one, and the value ends where a word does. */
function surroundings(chance: Chance): Buffer {
  const words = [
    'GET',
    '/index.html',
    '200',
    'level=info',
    '{"time":',
    '"2026-11-22T08:00:00Z"',
    '\u001b[32mok',
    '🚀',
    '\\n',
    '&amp;',
    '%20',
  ]
  const length = chance.length(1, 40) - 1
  return Buffer.from(
    Array.from({ length }, () => `${chance.pick(words)}${chance.pick([' ', '\n', ', ', '\r\n'])}`).join(''),
  )
}

/** Cuts a stream into pieces of one byte, of a few, of many, or not at all. */
function pieces(chance: Chance, stream: Buffer): Piece[] {
  const longest = chance.pick([1, 3, 17, 300, 4096, Infinity])
  const cut: Piece[] = []
  for (let at = 0; at < stream.length;) {
    const length = longest === Infinity ? stream.length : 1 + chance.below(longest)
    cut.push({ bytes: stream.subarray(at, at + length) })
    at += length
  }
  return cut
}

/** A value with all the ways in which it can be written. */
interface Known {
  readonly secret: Secret
  readonly spellers: readonly Speller[]
}

/** A stream and what must come of it. */
interface Round {
  readonly by: string
  readonly stream: Buffer
  readonly expected: Buffer
}

/** A byte with which no value goes on beyond where it was put, in any encoding. */
function edge(chance: Chance, secrets: readonly Known[]): Buffer {
  const edges = ['=', '"', '|', '>', ';'].map((mark) => Buffer.from(mark))
  const free = edges.filter((mark) => secrets.every(({ secret }) => !secret.value.includes(mark)))
  return chance.pick([...free, Buffer.of(0x1f)])
}

/** One to three values in a stream, in the middle of other things or right at its beginning or end. */
function round(chance: Chance, secrets: readonly Known[]): Round {
  const between = (): Buffer =>
    Buffer.concat([edge(chance, secrets), surroundings(chance), edge(chance, secrets)])
  const atEnd = (): Buffer => (chance.below(4) === 0 ? Buffer.alloc(0) : between())
  const parts = Array.from({ length: 1 + chance.below(3) }, (_, at) => {
    const { secret, spellers } = chance.pick(secrets)
    const { by, before = '', spelled, after = '' } = chance.pick(spellers)(chance)
    const around = (middle: Buffer): Buffer =>
      Buffer.concat([Buffer.from(before), middle, Buffer.from(after)])
    const ahead = at === 0 ? atEnd() : between()
    return { by, ahead, stream: around(spelled), expected: around(labelOf(secret)) }
  })
  const end = atEnd()
  return {
    by: parts.map(({ by }) => by).join(', '),
    stream: Buffer.concat([...parts.flatMap(({ ahead, stream }) => [ahead, stream]), end]),
    expected: Buffer.concat([...parts.flatMap(({ ahead, expected }) => [ahead, expected]), end]),
  }
}

/** Values, their spellings, and streams to mask them in; the same for the same seed. */
async function scenes(chance: Chance, count: number): Promise<{ scene: Scene; rounds: Round[] }[]> {
  const values = Array.from({ length: count }, () => value(chance))
  const foreign = await foreigners(values, shellValues)
  const known = values.map((value, at) => ({
    secret: { value, ref: `db/${chance.below(1000)}#field` },
    spellers: spellers(value, foreign[at] ?? { python: {} }),
  }))
  return known.map((one) => {
    const secrets = [one, ...Array.from({ length: chance.below(3) }, () => chance.pick(known))]
    const rounds = Array.from({ length: roundsPerValue }, () => round(chance, secrets))
    const streams = rounds.map(({ stream }) => pieces(chance, stream))
    const output = chance.pick(Object.keys(outputs) as Output[])
    return { scene: { output, secrets: secrets.map(({ secret }) => secret), streams }, rounds }
  })
}

t.setTimeout(240_000)

const skip = existsSync('/usr/bin/python3') ? false : 'python3 is missing'

t.test('no value passes in any encoding, and no other byte changes', { skip }, async (t) => {
  t.comment(`SGET_TEST_SEED=${seed}`)
  const all = await scenes(new Chance(seed), rounds / roundsPerValue)
  let passed = 0
  for (let at = 0; at < all.length; at += scenesPerProcess) {
    const some = all.slice(at, at + scenesPerProcess)
    const played = await play(some.map(({ scene }) => scene))
    for (const [index, { scene, rounds }] of some.entries())
      for (const [stream, { by, expected }] of rounds.entries()) {
        const came = Buffer.concat(played[index]?.[stream] ?? [])
        if (came.equals(expected)) passed++
        else t.same(came.toString('latin1'), expected.toString('latin1'), `${by}: ${told(scene)}`)
      }
  }
  t.equal(passed, rounds, `${rounds} rounds`)
})

const told = ({ secrets }: Scene): string => secrets.map(({ value }) => value.toString('base64')).join(' ')
