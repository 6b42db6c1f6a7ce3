// What Node alone spends on the exchange for a value: the frames of sgetd's answers with nothing behind them, no peer, no
// decision, no record, no vault.
import { createServer } from 'node:net'
import { encode, encodeAround, protocolVersion } from '@sget/wire/broker'

const [path = ''] = process.argv.slice(2)
const secret = Buffer.from('a value of twenty-4 bytes')
const granted = Buffer.concat([
  encode('welcome', 1, { version: protocolVersion, program: 'canned' }),
  encode('ready', 2, { values: 1 }),
])
const frame = Buffer.alloc(256)
const body = { index: 0, variable: '', ref: 'bench/value#password', secret }
const { secretAt, end } = encodeAround(frame, 'value', 2, body)
secret.copy(frame, secretAt)
const given = Buffer.concat([frame.subarray(0, end), encode('done', 2, {})])
createServer((socket) => {
  let heard = 0
  socket.on('error', () => socket.destroy())
  socket.on('data', () => socket.write(heard++ === 0 ? granted : given))
}).listen(path, () => process.stdout.write('listening\n'))
