// Where fuzzing begins: the vectors, and what a daemon and a human would really say.
import { encode, encodeAround, type AnyMessage } from '@sget/wire/broker'
import { type Harness } from '../../packages/sget/test/fuzzer.ts'
import { vectorsOf } from '../../packages/wire/test/fixtures/vectors.ts'

/** What the first byte of the harness `replies` chooses: what sget is about, and in which way. */
const plays = { all: 0, read: 1, bring: 2, between: 3 } as const
const ways = 8

/** The inputs that a harness is given first. */
export function seedsOf(name: Harness): Buffer[] {
  switch (name) {
    case 'frames':
      return frames()
    case 'replies':
      return replies()
    case 'options':
      return lines()
    case 'mask':
      return streams()
  }
}

/** Values of every kind, alone and two of them, in streams where each of the readings spells them. */
function streams(): Buffer[] {
  const values = [
    'correct horse',
    'p@ss\'w"rd\\/+%&<>',
    'gr\u00fc\u00dfe \u{1f389}\u001b',
    'aaaaaaaa',
    'ab\ncd\nefghijkl\r\nm',
  ]
  const counted = values
    .map((value) => Buffer.from(value))
    .map((value) => Buffer.concat([Buffer.of(value.length), value]))
  const spelled = Array.from({ length: 22 }, (_, choice) => [0x20, 0xff, choice, choice * 7])
  const stream = Buffer.from(spelled.flat())
  const binary = Buffer.concat([Buffer.of(8, 0, 0xff, 0xfe, 0x80, 0, 1, 2, 3)])
  return [
    ...[...counted, binary].flatMap((value) =>
      [0, 3, 6, 9].map((kind) => Buffer.concat([Buffer.of(kind), value, stream])),
    ),
    ...counted.map((value, at) => Buffer.concat([Buffer.of(1), value, counted[at - 1] ?? binary, stream])),
  ]
}

function frames(): Buffer[] {
  return vectorsOf('frames').map(({ bytes }) => bytes)
}

/** Each frame of the vectors after a welcome, and whole conversations, in every way of each play. */
function replies(): Buffer[] {
  const welcome = said({ name: 'welcome', body: { version: 1, program: 'sgetd 0.1.0' } }, 0)
  const single = frames().map((frame) => Buffer.concat([Buffer.of(plays.all), welcome, frame]))
  const whole = conversations().flatMap((frames) =>
    Object.values(plays).flatMap((play) =>
      Array.from({ length: ways }, (_, way) =>
        Buffer.concat([Buffer.of(way * 4 + play), welcome, ...frames]),
      ),
    ),
  )
  return [...single, ...whole]
}

function conversations(): Buffer[][] {
  const ready = (values: number) => said({ name: 'ready', body: { values } })
  const value = (index: number) =>
    said({ name: 'value', body: { index, variable: 'A', ref: 'a/b#c', secret } })
  const done = said({ name: 'done', body: {} })
  const room = said({ name: 'room', body: {} })
  const waiting = said({
    name: 'waiting',
    body: { request: 'k7q2m4xa', level: 1, summary: 'a/b', seconds: 9 },
  })
  const failure = (number: number, id = 1) => said({ name: 'failure', body: { number, argument: 'a/b' } }, id)
  return [
    [ready(1), value(0), done],
    [ready(2), value(0), value(1), done],
    [waiting, ready(1), value(0), done],
    [ready(1), room, done],
    [ready(1), room, failure(49)],
    [done],
    ...[1, 5, 17, 68, 81, 0, 999, 65535].map((number) => [failure(number)]),
    [failure(4, 0)],
    [failure(17, 2)],
    [waiting, waiting, failure(40)],
  ]
}

const secret = Buffer.from('correct horse')

/** A message of the daemon, as the answer to the request with that id. */
function said(message: AnyMessage, id = 1): Buffer {
  if (message.name !== 'value' && message.name !== 'supply') return encode(message.name, id, message.body)
  const frame = Buffer.alloc(4096)
  const { secretAt, end } = encodeAround(frame, message.name, id, message.body)
  frame.set(message.body.secret, secretAt)
  return frame.subarray(0, end)
}

/** Command lines, and each ref and variable of the vectors where one would stand. */
function lines(): Buffer[] {
  const options = ['--home', '--grant', '--reveal', '-e', '--trim', '--replace', '--prefix', '--new']
  const more = ['--passphrase', '--new-passphrase', '--help', '-h', '--version', '--', '-', 'status', 'a/b#c']
  const words = [...options, ...more, 'run', 'put', 'import', 'unlock', 'prove', 'passwd']
  const values = ['', '=', '=/tmp', '=/nonexistent/x', '=0', '=1', '=7', '=A=a/b', '=PATH=a/b']
  const refs = vectorsOf('refs').map(({ bytes }) => bytes)
  const variables = vectorsOf('variables').map(({ bytes }) => bytes)
  return [
    ...words.flatMap((word) => values.map((value) => Buffer.from(`${word}${value}`))),
    ...words.flatMap((word) => ['1', '/tmp', 'a/b', 'A=a/b'].map((next) => Buffer.from(`${word}\0${next}`))),
    Buffer.from(['run', '-e', 'A=a/b', '-e', 'B=c/d#e', '--grant=x', '--', 'psql', '-h', 'x'].join('\0')),
    Buffer.from(['--home', '/tmp', 'put', 'a/b', '--replace', '--passphrase', '0'].join('\0')),
    ...refs.map((ref) => Buffer.concat([Buffer.from('-e\0A='), ref])),
    ...variables.map((variable) => Buffer.concat([Buffer.from('-e\0'), variable, Buffer.from('=a/b')])),
  ]
}
