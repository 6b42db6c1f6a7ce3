// Stands in the courier's place and does what no courier should: which of it, the name of its file says (hostile-MOOD.mjs).
import { basename } from 'node:path'
import { Socket } from 'node:net'
import { courierTable } from '../../packages/courier/src/messages.ts'
import { harden } from '../../packages/native/src/index.ts'

const mood = basename(import.meta.filename).replace(/^hostile-|\.mjs$/g, '')
const socket = new Socket({ fd: 3 })
socket.on('end', () => process.exit(0))
socket.on('error', () => process.exit(0))

const say = (frame: Buffer): void => void socket.write(frame)
const encode: typeof courierTable.encode = (name, id, body) => courierTable.encode(name, id, body)

function value(id: number, bytes: number): Buffer {
  const frame = Buffer.alloc(13 + bytes, 'v')
  courierTable.encodeAround(frame, 'value', id, { secret: frame.subarray(13) })
  return frame
}

/** As fast as it is taken. */
function flood(frame: Buffer): void {
  const go = (): void => {
    while (socket.write(frame));
    socket.once('drain', go)
  }
  go()
}

const pageOf = (bytes: number): { name: string }[] =>
  Array.from({ length: 16 }, () => ({ name: 'n'.repeat(bytes) }))

const invitation = encode('invited', 1, { url: 'https://provider.example/', code: '', seconds: 300 })

/** What it answers to the job that comes, of id 1. */
const answers: Readonly<Record<string, (bytes: Buffer, times: number) => void>> = {
  garbage: () => say(Buffer.alloc(1024, 0xff)),
  'bad-text': () => say(Buffer.from([0, 0, 0, 9, 0x83, 0, 0, 0, 1, 0, 1, 0xff, 0])),
  oversize: () => say(Buffer.from([0x7f, 0xff, 0xff, 0xff, 0x84, 0, 0, 0, 1])),
  half: (_, times) => {
    if (times === 1) say(encode('done', 1, {}).subarray(0, 7))
  },
  'half-and-gone': () => {
    socket.write(encode('failed', 1, { code: 3 }).subarray(0, 9), () => process.exit(0))
  },
  closes: () => socket.destroy(),
  'closes-and-stays': () => {
    socket.destroy()
    setInterval(() => undefined, 1000)
  },
  'unasked-value': () => say(value(1, 10)),
  'unknown-job': () => say(encode('done', 999, {})),
  'ready-twice': () => say(encode('ready', 0, {})),
  'a-job': () => say(encode('cancel', 1, {})),
  'unknown-failure': () => say(encode('failed', 1, { code: 77 })),
  nothing: () => say(encode('done', 1, {})),
  'another-answer': () => say(encode('admitted', 1, { seconds: 1, renewable: true })),
  'told-twice': () => {
    for (let at = 0; at < 2; at++) say(encode('version', 1, { version: 1 }))
  },
  invites: () => say(invitation),
  'invites-twice': () => say(Buffer.concat([invitation, invitation])),
  'large-offer': () => say(encode('offer', 1, { name: 'f', bytes: 1024 * 1024 + 1 })),
  'two-offers': () => {
    for (let at = 0; at < 2; at++) say(encode('offer', 1, { name: 'f', bytes: 10 }))
  },
  'no-value': (_, times) => {
    if (times === 1) say(encode('offer', 1, { name: 'f', bytes: 10 }))
  },
  'another-length': (_, times) =>
    say(times === 1 ? encode('offer', 1, { name: 'f', bytes: 10 }) : value(1, 11)),
  'another-id': (_, times) => say(times === 1 ? encode('offer', 1, { name: 'f', bytes: 10 }) : value(2, 10)),
  'done-before-value': () => {
    say(encode('offer', 1, { name: 'f', bytes: 10 }))
    say(encode('done', 1, {}))
  },
  'many-fields': (_, times) =>
    say(Buffer.concat([...(times > 1 ? [value(1, 1)] : []), encode('offer', 1, { name: 'f', bytes: 1 })])),
  'flood-of-names': () => flood(encode('names', 1, { names: pageOf(4000) })),
  'flood-of-short-names': () => flood(encode('names', 1, { names: pageOf(1) })),
  'flood-of-halves': () => flood(Buffer.from([0, 0x0f, 0, 0, 0x84, 0, 0, 0, 1])),
  silent: () => undefined,
}

if (mood === 'gone-at-once') process.exit(0)
if (mood !== 'open') harden()
if (mood === 'job-before-ready') say(encode('done', 1, {}))
if (mood !== 'never-ready') say(encode('ready', 0, {}))
let times = 0
socket.on('data', (bytes: Buffer) => answers[mood]?.(bytes, ++times))
