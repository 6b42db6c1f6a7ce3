// The other half of the floor: a minimal Node server that answers whatever comes with a few bytes.
import { createServer } from 'node:net'

const [path = ''] = process.argv.slice(2)
const answer = Buffer.from('a value of twenty-4 bytes')
createServer((socket) => {
  socket.on('error', () => socket.destroy())
  socket.on('data', () => socket.end(answer))
}).listen(path, () => process.stdout.write('listening\n'))
