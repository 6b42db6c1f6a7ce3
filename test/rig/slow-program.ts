// A client that sleeps between `ready` and `ack`: slow-program HOME REF. It prints `ready`, waits for a line, hardens
// itself as sget does, acknowledges, and prints what it is answered beside the terms: the failure, or the name of the message.
import { once } from 'node:events'
import { encode } from '../../packages/wire/src/broker.ts'
import { failureIn, Peer, want } from '../../packages/daemon/test/peer.ts'
import { harden } from '../../packages/native/src/index.ts'

const [, , home = '', ref = ''] = process.argv
const id = 2
const peer = new Peer(home).hello().say(want(id, ref))
await peer.until(() => peer.heard.some(({ name }) => name === 'ready'))
console.log(peer.heard.at(-1)?.name)
await once(process.stdin, 'data')
harden()
const before = peer.heard.length
peer.say(encode('ack', id, {}))
const answers = () => peer.heard.slice(before).filter(({ name }) => name !== 'terms')
await peer.until(() => answers().length > 0)
const [answer] = answers()
console.log(failureIn(answer) || answer?.name)
process.exit(0)
