// A process that means harm until its standard input ends: harm.ts HOME idle|drip|flood|large. Prints a line once it is
// at it.
import { setTimeout as delay } from 'node:timers/promises'
import { harden } from '@sget/native'
import { encode } from '@sget/wire/broker'
import { Peer, want, status } from '../../packages/daemon/test/peer.ts'

const [home = '', act = ''] = process.argv.slice(2)
const idleConnections = 250
const drippingConnections = 200
const floodingConnections = 4
const largeConnections = 16
/** As many as may be in flight on one connection. */
const requests = 64
const dripMs = 1000

const peers = (count: number): Peer[] => Array.from({ length: count }, () => new Peer(home))

/** Connections that are greeted and say nothing more. */
async function idle(): Promise<void> {
  await Promise.all(peers(idleConnections).map((peer) => peer.hello().hears(1)))
}

/** A byte a second on each. */
function drip(): void {
  const frame = status(2)
  for (const peer of peers(drippingConnections)) void keepDripping(peer.hello(), frame)
}

async function keepDripping(peer: Peer, frame: Buffer): Promise<void> {
  for (let at = 0; ; at += 1) {
    peer.say(frame.subarray(at % frame.length, (at % frame.length) + 1))
    await delay(dripMs)
  }
}

/** Requests without a pause, as many at a time as may be. */
function flood(): void {
  for (const peer of peers(floodingConnections)) void keepAsking(peer.hello())
}

async function keepAsking(peer: Peer): Promise<void> {
  const asked = Array.from({ length: requests }, (_, at) => status(at + 2))
  await peer.hears(1)
  for (;;) {
    peer.heard.splice(0)
    peer.say(...asked)
    await peer.hears(requests)
  }
}

/** The largest values there are, as many at a time as may be, over and over. */
function large(): void {
  harden()
  for (let at = 0; at < largeConnections; at += 1) void keepReading()
}

async function keepReading(): Promise<void> {
  const ids = Array.from({ length: requests }, (_, at) => at + 2)
  for (;;) {
    const peer = new Peer(home).hello()
    peer.say(...ids.map((id) => want(id, 'bench/large')))
    await peer.hears(1 + requests)
    peer.heard.splice(0)
    peer.say(...ids.map((id) => encode('ack', id, {})))
    for (let left = requests; left > 0;) {
      await peer.hears(1)
      left -= peer.heard.splice(0).filter(({ name }) => name === 'done' || name === 'failure').length
    }
    peer.leave()
  }
}

const acts: Record<string, (() => Promise<void> | void) | undefined> = { idle, drip, flood, large }
await acts[act]?.()
console.log(act)
process.stdin.resume().once('end', () => process.exit())
