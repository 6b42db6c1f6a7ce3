// A process with many connections: crowd.ts HOME idle COUNT | values CONNECTIONS REQUESTS REF | deaf CONNECTIONS REQUESTS REF
// Prints one line of JSON when it has what it wants, and then stays until its standard input ends.
import { createHash } from 'node:crypto'
import { harden } from '@sget/native'
import { encode } from '@sget/wire/broker'
import { failureIn, Peer, want } from './peer.ts'

const [home = '', act = '', connections = '0', requests = '0', ref = ''] = process.argv.slice(2)
const peers = Array.from({ length: Number(connections) }, () => new Peer(home).hello())

/** How many connections are served, and how many were turned away. */
async function idle(): Promise<object> {
  const first = await Promise.all(peers.map(async (peer) => (await peer.hears(1))[0]))
  return {
    served: first.filter((message) => message?.name === 'welcome').length,
    busy: first.filter((message) => failureIn(message) === 'busy').length,
  }
}

/** Asks for all of it at once; from `ready` on nobody may read this process. */
async function ask(): Promise<void> {
  const ids = Array.from({ length: Number(requests) }, (_, at) => at + 2)
  for (const peer of peers) peer.say(...ids.map((id) => want(id, ref)))
  await Promise.all(peers.map((peer) => peer.hears(1 + ids.length)))
  harden()
  for (const peer of peers) peer.say(...ids.map((id) => encode('ack', id, {})))
}

/** How many values came, and the hashes of them; each is let go as soon as it has come. */
async function values(): Promise<object> {
  await ask()
  const sums = new Set<string>()
  let count = 0
  const take = (peer: Peer): boolean => {
    for (const message of peer.heard.splice(0)) {
      if (message.name === 'value') sums.add(createHash('sha256').update(message.body.secret).digest('hex'))
      if (message.name === 'value') count += 1
      if (message.name === 'done' || message.name === 'failure') left.set(peer, (left.get(peer) ?? 0) - 1)
    }
    return (left.get(peer) ?? 0) <= 0
  }
  const left = new Map(peers.map((peer) => [peer, Number(requests)]))
  await Promise.all(peers.map((peer) => peer.until(() => take(peer))))
  return { count, sums: [...sums] }
}

/** Asks, and reads nothing of what comes. */
async function deaf(): Promise<object> {
  await ask()
  for (const peer of peers) peer.pause()
  return {}
}

const acts: Record<string, (() => Promise<object>) | undefined> = { idle, values, deaf }
console.log(JSON.stringify(await acts[act]?.()))
process.stdin.resume().once('end', () => process.exit())
