// One who asks sgetd about logins, as whoever started it: asker-program HOME [WORD…]. Obeys its words, or else the lines of
// standard input, and tells each answer as a line of JSON: `browser` and `device` (what is answered first), `came` (what
// became of it), `session`, `logout`.
import { createInterface } from 'node:readline'
import { Asker, type Login } from './signing-in.ts'

const [, , home = '', ...words] = process.argv
const asker = new Asker(home)
let login: Login | undefined

async function obey(word: string): Promise<unknown> {
  if (word === 'session') return asker.session()
  if (word === 'logout') return asker.logout()
  if (word === 'came') return login?.came()
  login = asker.login({ device: word === 'device', again: true })
  const first = await login.first()
  return first === 'invitation' ? login.invited() : first
}

const orders = words.length > 0 ? words : createInterface({ input: process.stdin })
for await (const word of orders) process.stdout.write(`${JSON.stringify(await obey(word))}\n`)
process.exit(0)
